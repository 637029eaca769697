use super::*;

fn shell(script: &str) -> Program {
    Program::new("/bin/sh").args(["-c", script])
}

#[test]
fn a_program_gets_arguments_input_environment_and_directory() {
    let program = shell(r#"cat; printf '%s|%s|%s' "$1" "$GREETING" "$(pwd)"; echo warned >&2"#);
    let output = program.args(["x", "a b;$(exit)"]).env("GREETING", "hi").directory("/").input("in ").run();
    let output = output.expect("it succeeds");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "in a b;$(exit)|hi|/");
    assert_eq!(output.stderr, b"warned\n");
}

#[test]
fn failing_missing_and_impossible_programs_are_told_apart() {
    let error = shell("echo out; echo 'first' >&2; echo 'the reason' >&2; exit 7").run().expect_err("it fails");
    assert_eq!(error.to_string(), "'/bin/sh' ended with exit code 7: the reason");
    assert!(matches!(error, RunError::Failed { code: Some(7), stdout, .. } if stdout == b"out\n"));
    let error = Program::new("no-such-program-here").run().expect_err("it is missing");
    assert!(matches!(error, RunError::NotFound { .. }), "{error}");
    let error = shell("true").directory("/no/such/directory").run().expect_err("it can't start");
    assert!(matches!(error, RunError::NotRun { .. }), "{error}");
    let error = shell("kill -9 $$").run().expect_err("it is killed");
    assert_eq!(error.to_string(), "'/bin/sh' was ended by a signal");
}

#[test]
fn a_timeout_ends_the_program_and_what_it_has_started() {
    let limit = Duration::from_millis(200);
    let marker = tempfile::tempdir().expect("a directory");
    let survived = marker.path().join("survived");
    let script = format!("(sleep 1; touch '{}') & sleep 30", survived.display());
    let start = Instant::now();
    let error = shell(&script).time_limit(limit).run().expect_err("it is stopped");
    assert!(matches!(error, RunError::TimedOut { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
    std::thread::sleep(Duration::from_millis(1300));
    assert!(!survived.exists(), "the grandchild lived on");
}

#[test]
fn what_a_stopped_program_had_started_puts_its_things_away_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let away = directory.path().join("away");
    // The one that holds something lives on for a moment after the one that started it has gone.
    let script = "(trap 'sleep 0.02; echo done > \"$0\"; exit' TERM; while :; do sleep 0.02; done) & trap exit TERM; while :; do sleep 0.02; done";
    let program = shell(script).args([away.as_os_str()]).time_limit(Duration::from_millis(300));
    program.run().expect_err("it is stopped");
    assert_eq!(std::fs::read_to_string(&away).expect("it is put away"), "done\n");
}

#[test]
fn endless_output_is_stopped() {
    let error = shell("yes").output_limit(10_000).run().expect_err("it is stopped");
    assert!(matches!(error, RunError::TooMuchOutput { limit: 10_000, .. }), "{error}");
}

#[test]
fn unread_input_and_streams_held_by_a_background_program_do_not_hang() {
    let start = Instant::now();
    assert!(shell("exit 0").input(vec![b'x'; 1 << 20]).run().is_ok());
    let output = shell("echo done; sleep 20 &").run().expect("it succeeds");
    assert_eq!(output.stdout, b"done\n");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_interactive_program_reports_how_it_ended() {
    assert!(shell("true").run_interactive().is_ok());
    assert!(matches!(shell("exit 3").run_interactive(), Err(RunError::Failed { code: Some(3), .. })));
}
