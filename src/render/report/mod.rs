//! A report in every format.

mod terminal;
mod words;

pub use self::terminal::text;

#[cfg(test)]
mod tests;
