//! Runs a program with a deadline and an output limit, never through a shell.
