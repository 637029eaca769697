//! Reading objects out of pack files.
//!
//! A verdict reads thousands of objects, and most of its time went into libgit2's way to each. This is the short way, for what
//! nearly every object is: an entry of a pack with an index of version 2 (`gitformat-pack`, git 2.41). Whatever else it meets,
//! a loose object, an alternate, a damaged file, it leaves to libgit2, which answers or says what is wrong.

mod pack;

use foldhash::HashMap;
use std::cell::{Cell, RefCell};
use std::path::Path;
use std::rc::Rc;

use libdeflater::Decompressor;

use crate::domain::identity::ObjectId;
use crate::failure::Failure;

use self::pack::Pack;
use super::objects::{self, Kind};
use super::repository::Repository;
use super::{are_stored_objects_trusted, to_oid};

/// An object's kind and content.
pub(in crate::git) type Object = (Kind, Rc<Vec<u8>>);

impl Repository {
    /// An object of one of three kinds. Exit 4 where it is not here, is damaged, or is of another kind.
    pub(in crate::git) fn object(&self, id: ObjectId, kind: Kind) -> Result<Rc<Vec<u8>>, Failure> {
        let is_sound = |content: &[u8]| are_stored_objects_trusted() || objects::is_sound(id, kind, content);
        let found = self.packs().read(id).filter(|(found, content)| *found == kind && is_sound(content));
        if let Some((_, content)) = found {
            return Ok(content);
        }
        let read = || {
            let odb = self.inner.odb()?;
            let object = odb.read(to_oid(id))?;
            let other = || git2::Error::from_str(&format!("{id} is a {}, not a {}", object.kind(), kind.raw()));
            if object.kind() == kind.raw() { Ok(Rc::new(object.data().to_vec())) } else { Err(other()) }
        };
        read().map_err(|error| self.lacking(id, error))
    }

    /// Whether an object is here.
    pub fn has(&self, id: ObjectId) -> bool {
        self.packs().holds(id) || self.inner.odb().is_ok_and(|odb| odb.exists(to_oid(id)))
    }

    pub(in crate::git) fn packs(&self) -> &Packs {
        self.packs.get_or_init(|| Packs::open(&self.common_directory().join("objects")))
    }
}

/// A repository's packs, as they were when they were opened.
pub(in crate::git) struct Packs {
    packs: Vec<Pack>,
    /// The pack that held the last object: the next one is likely beside it.
    last: Cell<usize>,
    known: RefCell<Known>,
    inflater: RefCell<Decompressor>,
}

/// The largest object that is read here, in bytes.
const LARGEST: usize = 512 << 20;

/// The most deltas on the way to an object; git makes chains of 50, and 4,095 at most.
const DEEPEST: usize = 4_095;

impl Packs {
    /// Opens every pack below a directory of objects; none of what can't be read as expected.
    pub(in crate::git) fn open(objects: &Path) -> Self {
        let entries = std::fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
        let mut indexes: Vec<_> = entries.map(|entry| entry.path()).collect();
        indexes.retain(|path| path.extension().is_some_and(|extension| extension == "idx"));
        indexes.sort();
        let packs = indexes.iter().filter_map(|index| Pack::open(index)).collect();
        let (last, known) = Default::default();
        Self { packs, last, known, inflater: RefCell::new(Decompressor::new()) }
    }

    /// Whether the object is in one of the packs.
    pub(in crate::git) fn holds(&self, id: ObjectId) -> bool {
        self.find(id).is_some()
    }

    /// An object; none if it is in no pack, or can't be read here.
    pub(in crate::git) fn read(&self, id: ObjectId) -> Option<Object> {
        self.unpack(self.find(id)?)
    }

    /// Appends an object's content to `out` and tells its kind, for who reads one object after another and none again: it is not
    /// kept. None, and nothing appended, if it is in no pack, or can't be read here.
    pub(in crate::git) fn read_once(&self, id: ObjectId, out: &mut Vec<u8>) -> Option<Kind> {
        let place = self.find(id)?;
        let (Form::Whole(kind), size, data) = self.packed(place)? else {
            let (kind, content) = self.unpack(place)?;
            out.extend_from_slice(&content);
            return Some(kind);
        };
        let before = out.len();
        out.resize(before + size, 0);
        if self.inflate(data, &mut out[before..]) {
            return Some(kind);
        }
        out.truncate(before);
        None
    }

    fn find(&self, id: ObjectId) -> Option<Place> {
        let count = self.packs.len();
        (0..count).map(|step| (self.last.get() + step) % count).find_map(|pack| {
            let offset = self.packs[pack].find(id)?;
            self.last.set(pack);
            Some(Place { pack, offset })
        })
    }

    fn unpack(&self, mut place: Place) -> Option<Object> {
        let mut deltas = Vec::new();
        let (kind, mut content) = loop {
            if let Some(known) = self.known.borrow_mut().get(place) {
                break known;
            }
            let (form, content) = self.entry(place)?;
            let content = Rc::new(content);
            let base = match form {
                Form::Whole(kind) => {
                    self.known.borrow_mut().keep(place, (kind, Rc::clone(&content)));
                    break (kind, content);
                }
                Form::DeltaOf(offset) => Place { offset, ..place },
                Form::DeltaOfId(id) => self.find(id)?,
            };
            deltas.push((place, content));
            if deltas.len() > DEEPEST {
                return None;
            }
            place = base;
        };
        for (place, delta) in deltas.into_iter().rev() {
            content = Rc::new(applied(&content, &delta)?);
            self.known.borrow_mut().keep(place, (kind, Rc::clone(&content)));
        }
        Some((kind, content))
    }

    /// The entry at a place: how it is written, and the object or the difference.
    fn entry(&self, place: Place) -> Option<(Form, Vec<u8>)> {
        let (form, size, data) = self.packed(place)?;
        let mut content = vec![0; size];
        self.inflate(data, &mut content).then_some((form, content))
    }

    /// An entry as it lies in its pack: how it is written, its size when inflated, and its data, with what comes behind.
    fn packed(&self, place: Place) -> Option<(Form, usize, &[u8])> {
        let bytes = self.packs[place.pack].from(place.offset)?;
        let (form, size, start) = head(bytes, place.offset)?;
        Some((form, size, &bytes[start..]))
    }

    /// Fills `out`. False if the data make less or more than that, or nothing.
    fn inflate(&self, data: &[u8], out: &mut [u8]) -> bool {
        self.inflater.borrow_mut().zlib_decompress(data, out).is_ok_and(|made| made == out.len())
    }
}

/// Where an entry begins: in which pack, and at which byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    pack: usize,
    offset: usize,
}

/// How an entry is written.
enum Form {
    Whole(Kind),
    /// As the difference from the entry at that byte of the same pack.
    DeltaOf(usize),
    /// As the difference from that object.
    DeltaOfId(ObjectId),
}

/// Reads the head of the entry at `offset`: how it is written, its size when inflated, and where its data begin.
fn head(bytes: &[u8], offset: usize) -> Option<(Form, usize, usize)> {
    let first = *bytes.first()?;
    let (mut at, mut size, mut shift) = (1, usize::from(first & 15), 4);
    let mut more = first & 128 != 0;
    while more {
        let byte = *bytes.get(at)?;
        size |= usize::from(byte & 127).checked_shl(shift).filter(|_| shift < 60)?;
        (at, shift, more) = (at + 1, shift + 7, byte & 128 != 0);
    }
    let form = match first >> 4 & 7 {
        1 => Form::Whole(Kind::Commit),
        2 => Form::Whole(Kind::Tree),
        3 => Form::Whole(Kind::Blob),
        6 => {
            let mut byte = *bytes.get(at)?;
            let mut back = usize::from(byte & 127);
            while byte & 128 != 0 {
                at += 1;
                byte = *bytes.get(at)?;
                back = (back.checked_add(1)?.checked_mul(128)?) | usize::from(byte & 127);
            }
            at += 1;
            Form::DeltaOf(offset.checked_sub(back).filter(|_| back > 0)?)
        }
        7 => {
            let id = bytes.get(at..at + 20)?.as_array::<20>()?;
            at += 20;
            Form::DeltaOfId(ObjectId::from_bytes(*id))
        }
        _ => return None,
    };
    (size <= LARGEST && at <= bytes.len()).then_some((form, size, at))
}

/// The object that a difference makes of its base.
fn applied(base: &[u8], mut delta: &[u8]) -> Option<Vec<u8>> {
    if varint(&mut delta)? != base.len() {
        return None;
    }
    let size = varint(&mut delta).filter(|size| *size <= LARGEST)?;
    let mut made = Vec::with_capacity(size);
    while let Some((&command, rest)) = delta.split_first() {
        delta = rest;
        if command & 128 == 0 {
            // So many new bytes; zero is reserved.
            let (new, rest) = delta.split_at_checked(usize::from(command)).filter(|_| command != 0)?;
            made.extend_from_slice(new);
            delta = rest;
        } else {
            let mut part = |bits: std::ops::Range<u32>| {
                let mut value = 0_usize;
                for (byte, bit) in bits.enumerate() {
                    if command & 1 << bit != 0 {
                        let (&next, rest) = delta.split_first()?;
                        value |= usize::from(next) << (8 * byte);
                        delta = rest;
                    }
                }
                Some(value)
            };
            let (start, length) = (part(0..4)?, part(4..7)?);
            let length = if length == 0 { 0x1_0000 } else { length };
            made.extend_from_slice(base.get(start..start.checked_add(length)?)?);
        }
        if made.len() > size {
            return None;
        }
    }
    (made.len() == size).then_some(made)
}

fn varint(bytes: &mut &[u8]) -> Option<usize> {
    let (mut value, mut shift) = (0_usize, 0);
    loop {
        let (&byte, rest) = bytes.split_first().filter(|_| shift < 60)?;
        *bytes = rest;
        value |= usize::from(byte & 127) << shift;
        shift += 7;
        if byte & 128 == 0 {
            return Some(value);
        }
    }
}

/// Objects that were read, the newest in `young`: a history's objects are mostly differences from those read just before.
#[derive(Default)]
struct Known {
    young: HashMap<Place, Object>,
    old: HashMap<Place, Object>,
    bytes: usize,
}

/// How many bytes each half of what is known may hold.
const KEPT: usize = 32 << 20;

impl Known {
    fn get(&mut self, place: Place) -> Option<Object> {
        if let Some((kind, content)) = self.young.get(&place) {
            return Some((*kind, Rc::clone(content)));
        }
        let object = self.old.remove(&place)?;
        self.keep(place, (object.0, Rc::clone(&object.1)));
        Some(object)
    }

    fn keep(&mut self, place: Place, object: Object) {
        self.bytes += object.1.len();
        self.young.insert(place, object);
        if self.bytes > KEPT {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

#[cfg(test)]
mod tests;
