//! What an incident owes, in words: who, and until when.

use super::moment;
use crate::domain::debts::Owed;
use crate::domain::identity::Moment;
use crate::domain::refusal::Refusal;
use crate::render::{Page, Tone};

/// In a few words, for a list: the code, and its time where it presses.
pub fn briefly(page: &Page, owed: &Owed, now: Moment) -> String {
    let about = owed.about.as_ref().map(|gate| format!(" {gate}")).unwrap_or_default();
    let code = format!("{}{about}", owed.refusal.code.word());
    match owed.until {
        Some(until) if owed.overdue => {
            page.mark(Tone::Bad, &format!("{code} (overdue for {}, by {})", moment::ago(now, until), owed.by))
        }
        Some(until) => format!("{code} (in {})", moment::until(now, until)),
        None => code,
    }
}

/// As a refusal that also says who owes it, and until when.
pub fn in_full(owed: &Owed, now: Moment) -> Refusal {
    let when = match owed.until {
        Some(until) if owed.overdue => format!(", overdue for {}", moment::ago(now, until)),
        Some(until) => format!(" within {}", moment::until(now, until)),
        None => String::new(),
    };
    let message = format!("{}; {} owes it{when}", owed.refusal.message, owed.by);
    Refusal { message, ..owed.refusal.clone() }
}
