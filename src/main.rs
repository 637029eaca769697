//! The one call.

fn main() -> std::process::ExitCode {
    hotfix::cli::main()
}
