//! Asking: a terminal, plain lines, or nobody.
