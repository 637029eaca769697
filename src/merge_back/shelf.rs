//! The versions of one path, each read and taken apart into lines once for all the hunks that are looked for in them.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::domain::lines::Text;
use crate::failure::Failure;

use super::target::Version;
use super::text::TextJudge;

/// The bytes of each version, once they were read.
type Bytes = Vec<OnceCell<Rc<Vec<u8>>>>;

/// Room for the bytes of these versions.
pub(super) fn bytes(versions: &[Version]) -> Bytes {
    vec![OnceCell::new(); versions.len()]
}

/// The texts of the versions that a judge looks at.
pub(super) struct Shelf<'b> {
    bytes: &'b Bytes,
    texts: Vec<OnceCell<Text<'b>>>,
}

impl<'b> Shelf<'b> {
    /// Nothing is read yet.
    pub(super) fn new(bytes: &'b Bytes) -> Self {
        Self { bytes, texts: vec![OnceCell::new(); bytes.len()] }
    }
}

impl TextJudge<'_, '_> {
    /// The text of the version with this number.
    pub(super) fn text<'s, 'b>(&self, shelf: &'s Shelf<'b>, index: usize) -> Result<&'s Text<'b>, Failure> {
        if let Some(known) = shelf.texts[index].get() {
            return Ok(known);
        }
        let read = self.target.content(self.versions[index].entry)?;
        let bytes = shelf.bytes[index].get_or_init(|| read);
        Ok(shelf.texts[index].get_or_init(|| Text::new(bytes)))
    }
}
