//! `hotfix completions`: what makes a shell complete incidents, facts and reasons.

pub mod candidates;

use clap_complete::env::{EnvCompleter, Powershell};

use crate::failure::{ExitCode, Failure};
use crate::session::{Format, Session};

/// The variable by which a shell asks this program what could stand at the cursor.
pub const VARIABLE: &str = "HOTFIX_COMPLETE";

/// Print what makes a shell complete commands, incidents, facts, reasons, gates and roles
///
/// The first lines of what is printed say where it goes. The shell then asks this program at every Tab, so nothing grows old.
#[derive(clap::Args)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    #[value(name = "powershell")]
    Pwsh,
}

/// Prints the script.
pub fn run(args: Args, session: &Session) -> Result<ExitCode, Failure> {
    let script = match args.shell {
        Shell::Bash => include_str!("hotfix.bash").to_owned(),
        Shell::Zsh => include_str!("hotfix.zsh").to_owned(),
        Shell::Fish => include_str!("hotfix.fish").to_owned(),
        Shell::Pwsh => power_shell()?,
    };
    session.print(&script, Format::Text)?;
    Ok(ExitCode::Open)
}

fn power_shell() -> Result<String, Failure> {
    let failed = |error| Failure::because("failed to write the completion", error);
    let mut script = "# Completion of hotfix for PowerShell. Put this line into $PROFILE:\n\
                      #     hotfix completions powershell | Out-String | Invoke-Expression\n"
        .to_owned()
        .into_bytes();
    Powershell.write_registration(VARIABLE, "hotfix", "hotfix", "hotfix", &mut script).map_err(failed)?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}
