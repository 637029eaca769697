//! Canonical JSON (RFC 8785), straight from a value: what the ledger signs and compares.
//!
//! The ledger's format is narrower than the standard: keys are plain ASCII (whose order is the same in bytes and in UTF-16, which
//! the standard sorts by), numbers are integers of at most 2^53.

use std::fmt::{self, Write as _};

use serde::ser::{self, Serialize};

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
pub(super) fn write(value: &impl Serialize, out: &mut String) -> Result<(), NotCanonical> {
    value.serialize(Writer { out })
}

struct Writer<'o> {
    out: &'o mut String,
}

impl Writer<'_> {
    fn integer(self, number: impl fmt::Display, size: u64) -> Result<(), NotCanonical> {
        if size > LARGEST_INTEGER {
            return Err(NotCanonical::Outside("an integer beyond 2^53"));
        }
        // Writing to a String never fails.
        write!(self.out, "{number}").ok();
        Ok(())
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            8 => out.push_str("\\b"),
            b'\t' => out.push_str("\\t"),
            b'\n' => out.push_str("\\n"),
            12 => out.push_str("\\f"),
            b'\r' => out.push_str("\\r"),
            byte => drop(write!(out, "\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// An array, and whether it has an item yet.
struct Array<'o> {
    out: &'o mut String,
    empty: bool,
    end: &'static str,
}

/// An object whose fields stand in the order of writing, to be sorted at the end.
struct Object<'o> {
    out: &'o mut String,
    start: usize,
    /// For each field where its key begins and ends, and where its value ends.
    fields: Vec<(usize, usize, usize)>,
    end: &'static str,
}

impl<'o> Object<'o> {
    fn new(out: &'o mut String, end: &'static str) -> Self {
        out.push('{');
        Self { start: out.len(), out, fields: Vec::new(), end }
    }

    fn key(&mut self, key: &(impl Serialize + ?Sized)) -> Result<(), NotCanonical> {
        if !self.fields.is_empty() {
            self.out.push(',');
        }
        let from = self.out.len();
        key.serialize(Writer { out: self.out })?;
        let written = self.out[from..].strip_prefix('"').and_then(|key| key.strip_suffix('"'));
        if !written.is_some_and(|key| key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')) {
            return Err(NotCanonical::Outside("a key that is not plain ASCII"));
        }
        self.fields.push((from, self.out.len(), 0));
        self.out.push(':');
        Ok(())
    }

    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), NotCanonical> {
        value.serialize(Writer { out: self.out })?;
        if let Some(field) = self.fields.last_mut() {
            field.2 = self.out.len();
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), NotCanonical> {
        let key = |(from, key_end, _): &(usize, usize, usize)| &self.out[from + 1..key_end - 1];
        if self.fields.is_sorted_by(|first, second| key(first) < key(second)) {
            self.out.push_str(self.end);
            return Ok(());
        }
        let written = self.out.split_off(self.start);
        let at = |(from, key_end, end): &(usize, usize, usize)| {
            // Without its quotes: the closing one would sort before longer keys, but behind '!'.
            (&written[from - self.start + 1..key_end - self.start - 1], &written[from - self.start..end - self.start])
        };
        self.fields.sort_unstable_by_key(|field| at(field).0);
        for (number, field) in self.fields.iter().enumerate() {
            if number > 0 {
                self.out.push(',');
            }
            self.out.push_str(at(field).1);
        }
        self.out.push_str(self.end);
        Ok(())
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
        self.out.push_str(if yes { "true" } else { "false" });
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
        write_string(text, self.out);
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
        self.out.push_str("null");
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
        object.key(name)?;
        object.value(value)?;
        object.finish()
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Array<'o>, NotCanonical> {
        self.out.push('[');
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
        self.out.push('{');
        write_string(name, self.out);
        self.out.push_str(":[");
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
        self.out.push('{');
        write_string(name, self.out);
        self.out.push(':');
        Ok(Object::new(self.out, "}}"))
    }
}

impl Array<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        if !std::mem::take(&mut self.empty) {
            self.out.push(',');
        }
        value.serialize(Writer { out: self.out })
    }

    fn finish(self) {
        self.out.push_str(self.end);
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
        self.finish()
    }
}

macro_rules! objects {
    ($($part:ident)*) => {$(
        impl ser::$part for Object<'_> {
            type Ok = ();
            type Error = NotCanonical;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), NotCanonical> {
                self.key(key)?;
                self.value(value)
            }
            fn end(self) -> Result<(), NotCanonical> {
                self.finish()
            }
        }
    )*};
}

objects! { SerializeStruct SerializeStructVariant }

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(value: &impl Serialize) -> Result<String, NotCanonical> {
        let mut out = String::new();
        write(value, &mut out).map(|()| out)
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
