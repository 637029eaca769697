//! `hotfix man`: the manual pages.

use std::path::PathBuf;

use crate::failure::{ExitCode, Failure};
use crate::session::Session;

/// Write the manual pages into a directory: one a command, and one for `git hotfix --help`
#[derive(clap::Args)]
pub struct Args {
    /// The directory, such as ~/.local/share/man/man1; it is made where it does not exist
    #[arg(value_name = "DIRECTORY")]
    pages: PathBuf,
}

/// Writes them.
pub fn run(args: Args, command: clap::Command, session: &Session) -> Result<ExitCode, Failure> {
    session.answers_in_no_format()?;
    let directory = session.start().join(args.pages);
    let failed = |error| Failure::because(format!("failed to write into {}", directory.display()), error);
    std::fs::create_dir_all(&directory).map_err(failed)?;
    clap_mangen::generate_to(command, &directory).map_err(failed)?;
    // git asks for this page: `git hotfix --help` is `man git-hotfix`.
    std::fs::write(directory.join("git-hotfix.1"), ".so man1/hotfix.1\n").map_err(failed)?;
    session.note(&format!("The pages are in {}", directory.display()));
    Ok(ExitCode::Open)
}
