//! A pack file and its index.

use std::cell::{Cell, OnceCell};
use std::fs::File;
use std::path::Path;

use crate::domain::identity::ObjectId;

/// One pack and its index. They are read and not mapped: a page fault costs more than the few hundred bytes of an entry.
pub(super) struct Pack {
    index: File,
    pub(super) data: File,
    /// For each first byte of an id: how many ids begin with that or a lesser one.
    fanout: Vec<u64>,
    /// How often the index was asked.
    asked: Cell<u64>,
    /// All of the index, once it was asked often.
    whole: OnceCell<Vec<u8>>,
}

/// Where the ids begin in an index: behind its head and the fan-out table.
const IDS: u64 = 8 + 4 * 256;

/// How many ids of an index are read at once: ids are spread evenly, so the place of one is known to within this many.
const WINDOW: u64 = 64;

/// A read of few bytes takes about as long as a read of this many in one go.
const READ_COSTS: u64 = 1_024;

impl Pack {
    pub(super) fn open(index: &Path) -> Option<Self> {
        let data = File::open(index.with_extension("pack")).ok()?;
        let index = File::open(index).ok()?;
        let head = read_exact(&index, 0, &mut [0; IDS as usize])?.to_vec();
        let table = head.strip_prefix(b"\xfftOc\0\0\0\x02")?;
        let fanout: Vec<u64> = table.chunks_exact(4).map(number).collect();
        fanout.is_sorted().then(|| Self { index, data, fanout, asked: Cell::new(0), whole: OnceCell::new() })
    }

    /// At which byte of the pack an object begins.
    pub(super) fn find(&self, id: ObjectId) -> Option<u64> {
        let wanted = id.as_bytes();
        let first = usize::from(wanted[0]);
        let (mut low, mut high) = (first.checked_sub(1).map_or(0, |before| self.fanout[before]), self.fanout[first]);
        // A guess by the next bytes of the id first; where it was wrong, halves.
        let mut guess = low + (((high - low) * number(&wanted[1..5])) >> 32);
        let mut buffer = [0; 20 * WINDOW as usize];
        while low < high {
            let start = guess.saturating_sub(WINDOW / 2).clamp(low, high - 1);
            let end = (start + WINDOW).min(high);
            let ids = self.ask(IDS + 20 * start, &mut buffer[..20 * usize::try_from(end - start).ok()?])?;
            let ids = ids.as_chunks::<20>().0;
            match ids.binary_search(wanted) {
                Ok(at) => return self.offset(start + at as u64),
                Err(0) => high = start,
                Err(at) if at == ids.len() => low = end,
                Err(_) => return None,
            }
            guess = u64::midpoint(low, high);
        }
        None
    }

    /// The byte at which the object with this number in the index begins.
    fn offset(&self, number_of_id: u64) -> Option<u64> {
        let count = *self.fanout.last()?;
        let small = number(self.ask(IDS + 24 * count + 4 * number_of_id, &mut [0; 4])?);
        if small & 0x8000_0000 == 0 {
            return Some(small);
        }
        Some(number(self.ask(IDS + 28 * count + 8 * (small & 0x7fff_ffff), &mut [0; 8])?))
    }

    /// So many bytes of the index, from this one on. Who asks for many objects is better off with all of it in memory.
    fn ask<'b>(&'b self, offset: u64, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let length = IDS + 28 * self.fanout.last()?;
        self.asked.set(self.asked.get() + 1);
        if self.asked.get() * READ_COSTS < length {
            return read_exact(&self.index, offset, buffer);
        }
        let whole = self.whole.get_or_init(|| {
            // What lies behind are places beyond the first 2 GiB of a pack, and checksums.
            let size = self.index.metadata().map_or(0, |file| file.len());
            let mut whole = vec![0; usize::try_from(size).unwrap_or(0)];
            let read = read(&self.index, 0, &mut whole).unwrap_or(0);
            whole.truncate(read);
            whole
        });
        let start = usize::try_from(offset).ok()?;
        whole.get(start..start.checked_add(buffer.len())?)
    }
}

/// A number, its highest byte first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Fills the buffer from this place of a file; none where the file ends before.
fn read_exact<'b>(file: &File, offset: u64, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    (read(file, offset, buffer)? == buffer.len()).then_some(buffer)
}

/// Reads from this place of a file until the buffer is full or the file ends; how many bytes that were.
pub(super) fn read(file: &File, offset: u64, buffer: &mut [u8]) -> Option<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read_at(file, &mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(filled)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
