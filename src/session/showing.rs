//! How an answer reaches a terminal: through which pager, and with which links.

use std::io::IsTerminal;

use super::Globals;
use crate::process::pager;
use crate::render::links;

/// When web addresses in a terminal are links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Hyperlinks {
    /// Where the terminal is known to show them; FORCE_HYPERLINK=1 or 0 says so for it.
    #[default]
    Auto,
    /// In every terminal.
    Always,
    /// Nowhere.
    Never,
}

/// The commands whose job is to show: their long answers go through the pager. What was done is said at once.
const PAGED: &[&str] = &["audit", "drift", "explain", "keys", "log", "policy", "report", "show", "status"];

/// What this process's terminal allows, and what its person wants.
pub(super) struct Showing {
    /// The rows of the terminal that long answers are paged on; none where nothing is paged.
    rows: Option<usize>,
    /// Whether web addresses are links.
    pub(super) linked: bool,
    /// GIT_PAGER and PAGER; an empty one means that there is none.
    pagers: [Option<String>; 2],
    /// What git would set for its pager, where the environment does not.
    defaults: Vec<(&'static str, &'static str)>,
}

impl Showing {
    #[expect(clippy::disallowed_methods, reason = "this is the room that reads the environment")]
    pub(super) fn of_process(globals: &Globals) -> Self {
        let given = |name: &str| std::env::var(name).ok();
        let set = |name: &str| given(name).filter(|value| !value.is_empty());
        let capable = std::io::stdout().is_terminal() && set("TERM").as_deref() != Some("dumb");
        let size = terminal_size::terminal_size().filter(|_| capable && !globals.no_pager);
        let wanted = match (globals.hyperlinks, set("FORCE_HYPERLINK").as_deref()) {
            (Hyperlinks::Never, _) | (Hyperlinks::Auto, Some("0")) => false,
            (Hyperlinks::Always, _) | (Hyperlinks::Auto, Some(_)) => true,
            (Hyperlinks::Auto, None) => links::are_known(set),
        };
        let unset = |pair: &(&str, &str)| given(pair.0).is_none();
        Self {
            rows: size.map(|(_, rows)| usize::from(rows.0)),
            linked: capable && wanted,
            pagers: [given("GIT_PAGER"), given("PAGER")],
            defaults: [("LESS", "FRX"), ("LV", "-c")].into_iter().filter(unset).collect(),
        }
    }

    /// Hands a command's answer to the pager, if it is one of those that show and longer than the screen; whether it was shown.
    /// `configured` is git's `core.pager`. A pager is a pipe, so the text it gets holds no links.
    pub(super) fn page(&self, command: &str, text: &str, configured: impl FnOnce() -> Option<String>) -> bool {
        let is_paged = command.split(' ').next().is_some_and(|first| PAGED.contains(&first));
        let is_long = self.rows.is_some_and(|rows| text.lines().count() >= rows);
        if !is_paged || !is_long {
            return false;
        }
        let [git, general] = &self.pagers;
        let chosen = git.clone().or_else(configured).or_else(|| general.clone());
        let chosen = chosen.unwrap_or_else(|| "less".to_owned());
        !chosen.is_empty() && chosen != "cat" && pager::show(&chosen, &self.defaults, text)
    }
}
