//! The form of an event: its fields in the order of their names, which is that of canonical JSON; and the kinds of payload.
//!
//! So the body stands before the kind that says what it is. Whoever knows the kind beforehand reads the body in its place;
//! serde's own reader of such an enum has to keep it until the kind has come.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::event::Event;
use super::moment::Written;

/// Declares the kind of each payload as it is written, and what is written and read of a payload beside it.
macro_rules! kinds {
    ($($name:ident = $kind:literal,)*) => {
        impl Payload {
            /// The kinds that this program knows, as they are written.
            pub const KINDS: &[&str] = &[$($kind),*];

            /// The kind, as it is written.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $kind,)*
                }
            }
        }

        impl serde::Serialize for crate::domain::form::Body<&Payload> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0 {
                    $(Payload::$name(body) => body.serialize(serializer),)*
                }
            }
        }

        impl<'de> serde::de::DeserializeSeed<'de> for crate::domain::form::Body<crate::domain::form::OfKind<'_>> {
            type Value = Payload;
            fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Payload, D::Error> {
                match self.0.0 {
                    $($kind => Deserialize::deserialize(deserializer).map(Payload::$name),)*
                    other => Err(serde::de::Error::unknown_variant(other, Payload::KINDS)),
                }
            }
        }
    };
}

pub(super) use kinds;

/// What is written of a payload beside its kind.
pub(super) struct Body<Of>(pub(super) Of);

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { format, id, ledger, actor, at, incident, texts, payload } = self;
        let count = 7 + usize::from(incident.is_some()) + usize::from(!texts.is_empty());
        let mut fields = serializer.serialize_struct("Event", count)?;
        fields.serialize_field("actor", actor)?;
        fields.serialize_field("at", &Written(*at))?;
        fields.serialize_field("body", &Body(payload))?;
        fields.serialize_field("format", format)?;
        fields.serialize_field("id", id)?;
        if let Some(incident) = incident {
            fields.serialize_field("incident", incident)?;
        }
        fields.serialize_field("kind", payload.kind())?;
        fields.serialize_field("ledger", ledger)?;
        if !texts.is_empty() {
            fields.serialize_field("texts", texts)?;
        }
        fields.end()
    }
}

/// Reads an event of a kind that is known beforehand. What it says itself of its kind, and what else it holds, is not looked at:
/// whoever has to know writes the event again and compares.
#[derive(Clone, Copy)]
pub struct OfKind<'k>(pub &'k str);

impl<'de> DeserializeSeed<'de> for OfKind<'_> {
    type Value = Event;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Event, D::Error> {
        deserializer.deserialize_map(self)
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "kebab-case")]
enum Field {
    Actor,
    At,
    Body,
    Format,
    Id,
    Incident,
    Ledger,
    Texts,
    #[serde(other)]
    Other,
}

impl<'de> Visitor<'de> for OfKind<'_> {
    type Value = Event;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Event, A::Error> {
        let (mut actor, mut at, mut payload, mut format, mut id, mut ledger) = (None, None, None, None, None, None);
        let (mut incident, mut texts) = Default::default();
        while let Some(field) = map.next_key()? {
            match field {
                Field::Actor => actor = Some(map.next_value()?),
                Field::At => at = Some(map.next_value::<Written>()?.0),
                Field::Body => payload = Some(map.next_value_seed(Body(self))?),
                Field::Format => format = Some(map.next_value()?),
                Field::Id => id = Some(map.next_value()?),
                Field::Incident => incident = map.next_value()?,
                Field::Ledger => ledger = Some(map.next_value()?),
                Field::Texts => texts = map.next_value()?,
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let lacks = A::Error::missing_field;
        Ok(Event {
            format: format.ok_or_else(|| lacks("format"))?,
            id: id.ok_or_else(|| lacks("id"))?,
            ledger: ledger.ok_or_else(|| lacks("ledger"))?,
            actor: actor.ok_or_else(|| lacks("actor"))?,
            at: at.ok_or_else(|| lacks("at"))?,
            incident,
            texts,
            payload: payload.ok_or_else(|| lacks("body"))?,
        })
    }
}
