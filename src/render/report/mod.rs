//! A report in every format.

mod document;
mod html;
mod sheet;
mod terminal;
mod words;

pub use self::document::document;
pub use self::html::{Happened, LISTED, Listed, html};
pub use self::sheet::csv;
pub use self::terminal::text;

#[cfg(test)]
mod tests;
