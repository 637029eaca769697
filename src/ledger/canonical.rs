//! Canonical JSON (RFC 8785), straight from a value: what the ledger signs and compares.
//!
//! The ledger's format is narrower than the standard: keys are plain ASCII (whose order is the same in bytes and in UTF-16, which
//! the standard sorts by), numbers are integers of at most 2^53.

use std::fmt;
use std::io::Write as _;

use serde::ser::{self, Serialize};
use smallvec::SmallVec;

/// The largest integer that every JSON reader keeps exactly: 2^53.
const LARGEST_INTEGER: u64 = 1 << 53;

/// Why a value has no canonical form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// It holds something that the format leaves out.
    #[error("it holds {0}, which the ledger's format does not allow")]
    Outside(&'static str),
    /// It can't be written at all.
    #[error("{0}")]
    Other(String),
}

impl ser::Error for NotCanonical {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }
}

/// Writes the canonical form of `value` behind what `out` holds.
pub(super) fn write(value: &impl Serialize, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    value.serialize(Writer { out })
}

struct Writer<'o> {
    out: &'o mut Vec<u8>,
}

impl Writer<'_> {
    fn integer(self, number: impl fmt::Display, size: u64) -> Result<(), NotCanonical> {
        if size > LARGEST_INTEGER {
            return Err(NotCanonical::Outside("an integer beyond 2^53"));
        }
        // Writing to a Vec never fails.
        write!(self.out, "{number}").ok();
        Ok(())
    }
}

/// Whether nothing of it is escaped. Every byte is looked at, for so the compiler looks at many at once.
fn is_plain(text: &[u8]) -> bool {
    text.iter().fold(true, |plain, &byte| plain & (byte >= b' ') & (byte != b'"') & (byte != b'\\'))
}

fn is_plain_ascii(key: &[u8]) -> bool {
    key.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    if is_plain(text) {
        out.extend_from_slice(text);
    } else {
        text.iter().for_each(|byte| write_byte(*byte, out));
    }
    out.push(b'"');
}

fn write_byte(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        8 => out.extend_from_slice(b"\\b"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\n' => out.extend_from_slice(b"\\n"),
        12 => out.extend_from_slice(b"\\f"),
        b'\r' => out.extend_from_slice(b"\\r"),
        0..b' ' => drop(write!(out, "\\u{byte:04x}")),
        _ => out.push(byte),
    }
}

/// An array, and whether it has an item yet.
struct Array<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
    end: &'static str,
}

/// An object whose fields stand in the order of writing, to be sorted at the end.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    fields: SmallVec<[Field; 8]>,
    end: &'static str,
}

/// Where a field's key begins, without its quotes: the closing one would sort before longer keys, but behind '!'. And where that
/// ends, and where its value ends.
#[derive(Clone, Copy)]
struct Field {
    from: usize,
    key_end: usize,
    end: usize,
}

impl<'o> Object<'o> {
    fn new(out: &'o mut Vec<u8>, end: &'static str) -> Self {
        out.push(b'{');
        Self { start: out.len(), out, fields: SmallVec::new(), end }
    }

    fn key(&mut self, key: &(impl Serialize + ?Sized)) -> Result<(), NotCanonical> {
        let from = self.begin_key();
        key.serialize(Writer { out: self.out })?;
        match &self.out[from..] {
            [b'"', key @ .., b'"'] if is_plain_ascii(key) => {
                self.end_key(from);
                Ok(())
            }
            _ => Err(NotCanonical::Outside("a key that is not plain ASCII")),
        }
    }

    /// The name of a field, which stands in this program's own source.
    fn name(&mut self, name: &'static str) {
        debug_assert!(is_plain_ascii(name.as_bytes()), "{name}");
        let from = self.begin_key();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'"');
        self.end_key(from);
    }

    fn begin_key(&mut self) -> usize {
        if !self.fields.is_empty() {
            self.out.push(b',');
        }
        self.out.len()
    }

    fn end_key(&mut self, from: usize) {
        self.fields.push(Field { from: from + 1, key_end: self.out.len() - 1, end: 0 });
        self.out.push(b':');
    }

    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), NotCanonical> {
        value.serialize(Writer { out: self.out })?;
        if let Some(field) = self.fields.last_mut() {
            field.end = self.out.len();
        }
        Ok(())
    }

    fn finish(mut self) {
        let Self { out, fields, start, end } = &mut self;
        let key = |field: &Field| &out[field.from..field.key_end];
        if !fields.is_sorted_by(|first, second| key(first) < key(second)) {
            // Two of one name keep the order of writing.
            fields.sort_by(|first, second| key(first).cmp(key(second)));
            let written = out.len();
            for (number, field) in fields.iter().enumerate() {
                if number > 0 {
                    out.push(b',');
                }
                out.extend_from_within(field.from - 1..field.end);
            }
            out.drain(*start..written);
        }
        out.extend_from_slice(end.as_bytes());
    }
}

impl<'o> ser::Serializer for Writer<'o> {
    type Ok = ();
    type Error = NotCanonical;
    type SerializeSeq = Array<'o>;
    type SerializeTuple = Array<'o>;
    type SerializeTupleStruct = Array<'o>;
    type SerializeTupleVariant = Array<'o>;
    type SerializeMap = Object<'o>;
    type SerializeStruct = Object<'o>;
    type SerializeStructVariant = Object<'o>;

    fn serialize_bool(self, yes: bool) -> Result<(), NotCanonical> {
        self.out.extend_from_slice(if yes { b"true" } else { b"false" });
        Ok(())
    }
    fn serialize_i8(self, number: i8) -> Result<(), NotCanonical> {
        self.serialize_i64(number.into())
    }
    fn serialize_i16(self, number: i16) -> Result<(), NotCanonical> {
        self.serialize_i64(number.into())
    }
    fn serialize_i32(self, number: i32) -> Result<(), NotCanonical> {
        self.serialize_i64(number.into())
    }
    fn serialize_i64(self, number: i64) -> Result<(), NotCanonical> {
        self.integer(number, number.unsigned_abs())
    }
    fn serialize_u8(self, number: u8) -> Result<(), NotCanonical> {
        self.serialize_u64(number.into())
    }
    fn serialize_u16(self, number: u16) -> Result<(), NotCanonical> {
        self.serialize_u64(number.into())
    }
    fn serialize_u32(self, number: u32) -> Result<(), NotCanonical> {
        self.serialize_u64(number.into())
    }
    fn serialize_u64(self, number: u64) -> Result<(), NotCanonical> {
        self.integer(number, number)
    }
    fn serialize_f32(self, _: f32) -> Result<(), NotCanonical> {
        Err(NotCanonical::Outside("a number with a fraction"))
    }
    fn serialize_f64(self, _: f64) -> Result<(), NotCanonical> {
        Err(NotCanonical::Outside("a number with a fraction"))
    }
    fn serialize_char(self, character: char) -> Result<(), NotCanonical> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, text: &str) -> Result<(), NotCanonical> {
        write_string(text.as_bytes(), self.out);
        Ok(())
    }
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), NotCanonical> {
        let from = self.out.len() + 1;
        write!(self.out, "\"{value}\"").map_err(ser::Error::custom)?;
        let end = self.out.len() - 1;
        if !is_plain(&self.out[from..end]) {
            let text = self.out.split_off(from - 1);
            write_string(&text[1..text.len() - 1], self.out);
        }
        Ok(())
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<(), NotCanonical> {
        Err(NotCanonical::Outside("raw bytes"))
    }
    fn serialize_none(self) -> Result<(), NotCanonical> {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotCanonical> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), NotCanonical> {
        self.out.extend_from_slice(b"null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NotCanonical> {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Result<(), NotCanonical> {
        self.serialize_str(name)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NotCanonical> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), NotCanonical> {
        let mut object = Object::new(self.out, "}");
        object.name(name);
        object.value(value)?;
        object.finish();
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Array<'o>, NotCanonical> {
        self.out.push(b'[');
        Ok(Array { out: self.out, empty: true, end: "]" })
    }
    fn serialize_tuple(self, length: usize) -> Result<Array<'o>, NotCanonical> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Array<'o>, NotCanonical> {
        self.serialize_seq(Some(length))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Array<'o>, NotCanonical> {
        self.out.push(b'{');
        write_string(name.as_bytes(), self.out);
        self.out.extend_from_slice(b":[");
        Ok(Array { out: self.out, empty: true, end: "]}" })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Object<'o>, NotCanonical> {
        Ok(Object::new(self.out, "}"))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'o>, NotCanonical> {
        Ok(Object::new(self.out, "}"))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Object<'o>, NotCanonical> {
        self.out.push(b'{');
        write_string(name.as_bytes(), self.out);
        self.out.push(b':');
        Ok(Object::new(self.out, "}}"))
    }
}

impl Array<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        value.serialize(Writer { out: self.out })
    }

    fn finish(self) {
        self.out.extend_from_slice(self.end.as_bytes());
    }
}

macro_rules! arrays {
    ($($part:ident $method:ident)*) => {$(
        impl ser::$part for Array<'_> {
            type Ok = ();
            type Error = NotCanonical;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
                self.item(value)
            }
            fn end(self) -> Result<(), NotCanonical> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

arrays! {
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

impl ser::SerializeMap for Object<'_> {
    type Ok = ();
    type Error = NotCanonical;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotCanonical> {
        self.key(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        self.value(value)
    }
    fn end(self) -> Result<(), NotCanonical> {
        self.finish();
        Ok(())
    }
}

macro_rules! objects {
    ($($part:ident)*) => {$(
        impl ser::$part for Object<'_> {
            type Ok = ();
            type Error = NotCanonical;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), NotCanonical> {
                self.name(key);
                self.value(value)
            }
            fn end(self) -> Result<(), NotCanonical> {
                self.finish();
                Ok(())
            }
        }
    )*};
}

objects! { SerializeStruct SerializeStructVariant }

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(value: &impl Serialize) -> Result<String, NotCanonical> {
        let mut out = Vec::new();
        write(value, &mut out).map(|()| String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn keys_are_sorted_and_nothing_is_escaped_that_need_not_be() {
        let value: serde_json::Value = serde_json::from_str(
            r#" { "b" : [1, -2, null, true, {}, []], "a!":1, "a":{"z":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/\u2028\u007f", "A":0} } "#,
        )
        .expect("JSON");
        // The string is the example of RFC 8785, section 3.2.2, and two characters more.
        let expected = "{\"a\":{\"A\":0,\"z\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{2028}\u{7f}\"},\"a!\":1,\"b\":[1,-2,null,true,{},[]]}";
        assert_eq!(canonical(&value).as_deref(), Ok(expected));
    }

    #[test]
    fn every_shape_that_serde_knows_is_written_as_serde_json_does() {
        #[derive(serde::Serialize)]
        enum Shape {
            Unit,
            One(char),
            Two(u8, i16),
            Fields { x: Option<()>, y: f32 },
        }
        #[derive(serde::Serialize)]
        struct Tuple(i8, u16);
        fn same(value: &impl Serialize) {
            assert_eq!(canonical(value).ok(), serde_json::to_string(value).ok());
        }
        same(&Shape::Unit);
        same(&Shape::One('ü'));
        same(&Shape::Two(1, -2));
        same(&Tuple(-1, 2));
        same(&(1_i32, 2_u64, Some(()), None::<u8>));
        let fields = Shape::Fields { x: None, y: 0.5 };
        assert_eq!(canonical(&fields), Err(NotCanonical::Outside("a number with a fraction")));
    }

    #[test]
    fn what_is_outside_the_format_is_refused() {
        let refused = |value: serde_json::Value| canonical(&value).expect_err("it is refused").to_string();
        assert!(refused(serde_json::json!(1.5)).contains("a number with a fraction"));
        assert!(refused(serde_json::json!(9_007_199_254_740_993_u64)).contains("beyond 2^53"));
        assert!(refused(serde_json::json!(-9_007_199_254_740_993_i64)).contains("beyond 2^53"));
        assert!(canonical(&9_007_199_254_740_992_u64).is_ok());
        for key in ["ü", "a b", "a\"", "\\", "\n"] {
            assert!(refused(serde_json::json!({ key: 1 })).contains("a key that is not plain ASCII"), "{key:?}");
        }
        assert!(canonical(&std::collections::BTreeMap::from([(1, 2)])).is_err());
    }
}
