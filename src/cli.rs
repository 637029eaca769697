//! The command line: the clap tree, the dispatch, the only exit.
