//! `hotfix merged` and `hotfix drift` side by side with `git cherry` on the same questions, whole processes.
//!
//! ```text
//! cargo bench --bench merged                                   synthetic histories of 1,000, 10,000 and 100,000 commits
//! cargo bench --bench merged -- cases REPOSITORY CASES.csv 200  that many of the labelled cases, drawn at random
//! cargo bench --bench merged -- drift REPOSITORY LINE INTO      a release line
//! ```

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a benchmark runs programs and ends where it can't")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs of each program; the fastest counts.
const RUNS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["cases", repository, cases, count] => labelled(Path::new(repository), cases, count.parse().unwrap()),
        ["drift", repository, line, into] => drift(Path::new(repository), line, into),
        _ => [1_000, 10_000, 100_000].into_iter().for_each(synthetic),
    }
}

/// The time of a program's fastest run, and the most memory that it held, in KiB.
fn run(program: &str, repository: &Path, arguments: &[&str]) -> (Duration, u64) {
    let once = || {
        let start = Instant::now();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(repository)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.wait().unwrap();
        start.elapsed()
    };
    let fastest = (0..RUNS).map(|_| once()).min().unwrap();
    (fastest, peak(program, repository, arguments))
}

/// The high-water mark that the kernel tells while the program runs, asked every millisecond.
fn peak(program: &str, repository: &Path, arguments: &[&str]) -> u64 {
    let mut command = Command::new(program);
    let mut child =
        command.args(arguments).current_dir(repository).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let mark =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|mark| mark.split_whitespace().next());
        most = most.max(mark.and_then(|mark| mark.parse().ok()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    }
    most
}

fn labelled(repository: &Path, cases: &str, count: usize) {
    let text = std::fs::read_to_string(cases).unwrap();
    let mut rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    rows.sort_by_key(|row| drawn(row[0]));
    let (mut ours, mut cherrys, mut ratios, mut slowest) = (0.0, 0.0, Vec::new(), 0.0_f64);
    for row in rows.iter().take(count) {
        let (base, tip, main) = (row[2], row[3], row[4]);
        let (mine, _) =
            run(env!("CARGO_BIN_EXE_hotfix"), repository, &["merged", &format!("{base}..{tip}"), "--into", main]);
        let (cherry, _) = run("git", repository, &["cherry", main, tip, base]);
        let (mine, cherry) = (mine.as_secs_f64() * 1e3, cherry.as_secs_f64() * 1e3);
        (ours, cherrys) = (ours + mine, cherrys + cherry);
        if cherry >= 10.0 {
            ratios.push(mine / cherry);
        } else {
            slowest = slowest.max(mine - cherry);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
    println!("sum: hotfix {ours:.0} ms, git cherry {cherrys:.0} ms, ratio {:.2}", ours / cherrys);
    println!("median ratio where git cherry takes 10 ms or more ({} cases): {median:.2}", ratios.len());
    println!("most that hotfix is behind where it takes less: {slowest:.1} ms");
}

/// A place in a random order that is the same in every run: FNV-1a of the case's id, mixed as in splitmix64.
fn drawn(id: &str) -> u64 {
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mixed = id.bytes().fold(0xcbf2_9ce4_8422_2325, hash).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 31)
}

fn drift(repository: &Path, line: &str, into: &str) {
    compare("drift", repository, &["drift", line, "--into", into], &["cherry", into, line]);
}

fn compare(what: &str, repository: &Path, ours: &[&str], cherry: &[&str]) {
    let (mine, my_peak) = run(env!("CARGO_BIN_EXE_hotfix"), repository, ours);
    let (git, its_peak) = run("git", repository, cherry);
    let ratio = mine.as_secs_f64() / git.as_secs_f64();
    println!("{what}: hotfix {mine:.1?} ({my_peak} KiB), git cherry {git:.1?} ({its_peak} KiB), ratio {ratio:.2}");
}

/// A main of so many commits since the fix's base, each to one of a hundred files, the fix's landing halfway.
fn synthetic(commits: usize) {
    let directory = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        assert!(Command::new("git").args(arguments).current_dir(directory.path()).status().unwrap().success());
    };
    git(&["init", "-q", "--bare", "-b", "main", "."]);
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(directory.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = std::io::BufWriter::new(import.stdin.take().unwrap());
    let lines = |file: usize, edit: usize| -> String {
        (0..50)
            .map(|line| {
                format!("line {line} of {file}{}\n", if line == 7 { format!(" edit {edit}") } else { String::new() })
            })
            .collect()
    };
    let mut commit = |reference: &str, from: Option<&str>, time: usize, path: &str, text: &str| {
        let head = format!(
            "commit refs/heads/{reference}\ncommitter A <a@example.com> {} +0000\ndata 1\nx\n",
            1_700_000_000 + time * 60
        );
        let from = from.map(|from| format!("from {from}\n")).unwrap_or_default();
        write!(stream, "{head}{from}M 100644 inline {path}\ndata {}\n{text}\n", text.len()).unwrap();
    };
    let fixed = lines(3, 0).replace("line 30 of 3\n", "line 30 of 3 is fixed\n");
    commit("main", None, 0, "src/file_3.txt", &lines(3, 0));
    commit("fix", Some("refs/heads/main"), 1, "src/file_3.txt", &fixed);
    for number in 1..commits {
        let file = number % 100;
        let text = lines(file, number);
        let landed = file == 3 && number > commits / 2;
        let text = if landed { text.replace("line 30 of 3\n", "line 30 of 3 is fixed\n") } else { text };
        commit("main", None, number + 1, &format!("src/file_{file}.txt"), &text);
    }
    drop(stream);
    assert!(import.wait().unwrap().success());
    for graph in [false, true] {
        if graph {
            git(&["commit-graph", "write", "--reachable"]);
        }
        let what = format!("{commits} commits{}", if graph { ", commit-graph" } else { "" });
        compare(&what, directory.path(), &["merged", "fix~1..fix", "--into", "main"], &["cherry", "main", "fix"]);
    }
}
