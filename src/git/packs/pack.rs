//! A pack file and its index.

use std::path::Path;

use symbolic_common::ByteView;

use crate::domain::identity::ObjectId;

/// One pack and its index, both mapped into memory as git and libgit2 do it: nobody writes to a pack once it has its name.
pub(super) struct Pack {
    index: ByteView<'static>,
    data: ByteView<'static>,
    /// How many ids the index holds.
    count: usize,
}

/// Where the ids begin in an index: behind its head and the fan-out table.
const IDS: usize = 8 + 4 * 256;

impl Pack {
    pub(super) fn open(index: &Path) -> Option<Self> {
        let data = ByteView::open(index.with_extension("pack")).ok()?;
        let index = ByteView::open(index).ok()?;
        let table = index.get(..IDS)?.strip_prefix(b"\xfftOc\0\0\0\x02")?;
        let fanout = table.as_chunks::<4>().0;
        let count = usize::try_from(u32::from_be_bytes(*fanout.last()?)).ok()?;
        (fanout.is_sorted() && index.len() >= IDS + 28 * count).then_some(Self { index, data, count })
    }

    /// At which byte of the pack an object begins.
    pub(super) fn find(&self, id: ObjectId) -> Option<usize> {
        let wanted = id.as_bytes();
        // For each first byte of an id: how many ids begin with that or a lesser one.
        let up_to = |first: usize| self.number(8 + 4 * first);
        let first = usize::from(wanted[0]);
        let (low, high) = (first.checked_sub(1).map_or(Some(0), up_to)?, up_to(first)?);
        let ids = self.index.get(IDS + 20 * low..IDS + 20 * high)?.as_chunks::<20>().0;
        // Nearly always the first bytes decide, and they compare as one number.
        let head = |id: &[u8; 20]| id.first_chunk().copied().map(u64::from_be_bytes);
        let order = |id: &[u8; 20]| head(id).cmp(&head(wanted)).then_with(|| id.cmp(wanted));
        self.offset(low + ids.binary_search_by(order).ok()?)
    }

    /// The byte at which the object with this place in the index begins.
    fn offset(&self, place: usize) -> Option<usize> {
        let small = self.number(IDS + 24 * self.count + 4 * place)?;
        if small & 0x8000_0000 == 0 {
            return Some(small);
        }
        // Behind 2 GiB it stands in a table of its own.
        let at = IDS + 28 * self.count + 8 * (small & 0x7fff_ffff);
        usize::try_from(u64::from_be_bytes(*self.index.get(at..at + 8)?.as_array()?)).ok()
    }

    fn number(&self, at: usize) -> Option<usize> {
        usize::try_from(u32::from_be_bytes(*self.index.get(at..at + 4)?.as_array()?)).ok()
    }

    /// What stands in the pack from a byte on.
    pub(super) fn from(&self, offset: usize) -> Option<&[u8]> {
        self.data.get(offset..)
    }
}
