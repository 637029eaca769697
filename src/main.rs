//! The one call.

fn main() {}
