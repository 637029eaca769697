//! One file a subcommand: its `Args` and `run`; load, decide, act, render, nothing else.
