//! The README's picture: a real terminal, run and rendered anew; `UPDATE_README=1` writes it.

use crate::place::{ADA, GRACE};
use crate::prompt::Wizard;
use crate::readme::{shop, steady};

const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/.assets/terminal.svg");

/// The columns of the terminal.
const WIDTH: u16 = 92;

/// What is typed in the picture.
const TYPED: [&str; 2] = ["hotfix check INC-42 --answers answers.yaml", "hotfix close INC-42"];

fn shown() -> String {
    let place = shop();
    place.hotfix(&["init"]).exits(0);
    place.git(&["add", "policy/hotfix.yaml"]);
    place.git(&["commit", "-q", "-m", "Say what qualifies as a hotfix"]);
    place.write(
        "answers.yaml",
        "roll-back: schema-changed\nroll-back.evidence: db/migrate/7_totals.sql\nflag-off: no-flag\nseverity: sev1\n\
         why_now: money\ndata_at_risk: no\naffected: most\nworkaround: none\n",
    );
    let on_terminal = |line: &str| {
        let mut command = place.command("sh", &place.path(), ADA);
        let script = "read go; printf '=begun='; \"$0\" \"$@\" </dev/null; echo =ended=";
        command.args(["-c", script, env!("CARGO_BIN_EXE_hotfix")]).args(line.split(' ').skip(1));
        command
            .stdin(std::process::Stdio::inherit())
            .env("TERM", "xterm-256color")
            .env("TZ", "UTC")
            .env_remove("NO_COLOR");
        let mut terminal = Wizard::of(command, (WIDTH, 60));
        terminal.see("=ended=");
        let shown = terminal.shown().replace('\r', "").replace("=ended=", "");
        shown.split("=begun=").nth(1).unwrap().to_owned()
    };
    let check = on_terminal(TYPED[0]);
    place.git(&["switch", "-q", "release/1.5"]);
    place.git(&["switch", "-q", "-c", "hotfix/INC-42"]);
    place.git(&["apply", "fix.patch"]);
    place.git(&["commit", "-q", "-a", "-m", "INC-42: sum every price"]);
    place.hotfix(&["fix", "INC-42", "HEAD", "--proof", "test=totals", "--guarded-by-flag", "no"]).exits(0);
    place.hotfix_by(GRACE, &["approve", "INC-42"]).exits(0);
    place.git(&["switch", "-q", "release/1.5"]);
    place.git(&["merge", "-q", "--ff-only", "hotfix/INC-42"]);
    place.git(&["switch", "-q", "main"]);
    place.hotfix(&["deployed", "INC-42"]).exits(0);
    place.hotfix(&["restored", "INC-42", "--by", "hotfix"]).exits(0);
    let close = on_terminal(TYPED[1]);
    let prompt = |line: &str| format!("\u{1b}[1m$ {line}\u{1b}[0m\n");
    steady(&format!("{}{check}\n{}{close}", prompt(TYPED[0]), prompt(TYPED[1])))
}

#[test]
fn the_picture_is_what_a_terminal_shows() {
    let drawn = anstyle_svg::Term::new().min_width_px(780).render_svg(shown().trim_end());
    // The colours that a terminal has by default are hard to read on black.
    let drawn = [
        ("#AAAAAA", "#E6EDF3"),
        ("#000000", "#0D1117"),
        ("#00AA00", "#7EE787"),
        ("#AA0000", "#FF7B72"),
        ("#AA5500", "#E3B341"),
        ("opacity: 0.4", "opacity: 0.75"),
    ]
    .iter()
    .fold(drawn, |drawn, (faint, clear)| drawn.replace(faint, clear));
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::create_dir_all(std::path::Path::new(PICTURE).parent().unwrap()).unwrap();
        std::fs::write(PICTURE, drawn).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(PICTURE).unwrap_or_default();
    let differing = kept.lines().zip(drawn.lines()).find(|(kept, drawn)| kept != drawn);
    assert!(kept == drawn, "the first line that differs: {differing:#?}");
    // Nothing in it asks for anything from anywhere.
    assert!(
        !drawn.contains("http://") || drawn.matches("http").count() == drawn.matches("http://www.w3.org").count(),
        "{drawn}"
    );
}
