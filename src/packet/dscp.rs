//! The differentiated services codepoint (RFC 2474): the first six bits of the traffic class.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A codepoint, by its name in the IANA registry (`ef`, `af41`, `cs1`) or as a number from 0 to 63.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dscp(u8);

/// The names of the registry beside the classes `af11` to `af43` and `cs0` to `cs7`.
const NAMES: [(&str, u8); 4] = [("default", 0), ("le", 1), ("voice-admit", 44), ("ef", 46)];

impl Dscp {
    /// The codepoint of a traffic class, whose last two bits are ECN's.
    #[must_use]
    pub const fn of(traffic_class: u8) -> Self {
        Self(traffic_class >> 2)
    }

    /// The traffic class with this codepoint that is not ECN-capable.
    #[must_use]
    pub const fn traffic_class(self) -> u8 {
        self.0 << 2
    }

    /// From a number; `None` above 63.
    #[must_use]
    pub const fn new(number: u64) -> Option<Self> {
        if number < 64 { Some(Self(number as u8)) } else { None }
    }

    fn named(name: &str) -> Option<Self> {
        if let Some((_, number)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Some(Self(*number));
        }
        match *name.as_bytes() {
            // RFC 2474, section 4.2.2.
            [b'c', b's', class @ b'0'..=b'7'] => Some(Self((class - b'0') << 3)),
            // RFC 2597, section 6.
            [b'a', b'f', class @ b'1'..=b'4', drop @ b'1'..=b'3'] => {
                Some(Self((class - b'0') << 3 | (drop - b'0') << 1))
            }
            _ => None,
        }
    }
}

const FORMS: &str =
    "a codepoint such as \"ef\", \"af41\", \"cs1\", \"le\", or a number from 0 to 63";

impl<'de> Deserialize<'de> for Dscp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = Dscp;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(FORMS)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Dscp, E> {
                let unknown =
                    || E::custom(format!("there is no codepoint `{text}`; write {FORMS}"));
                Dscp::named(text).ok_or_else(unknown)
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Dscp, E> {
                let unknown =
                    || E::custom(format!("there is no codepoint {number}; write {FORMS}"));
                Dscp::new(number).ok_or_else(unknown)
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Dscp, E> {
                self.visit_u64(u64::try_from(number).unwrap_or(u64::MAX))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for Dscp {
    fn schema_name() -> Cow<'static, str> {
        "Dscp".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A differentiated services codepoint: a name such as ef, af41, cs1, le, or a number.",
            "oneOf": [
                { "type": "string", "pattern": "^(default|le|voice-admit|ef|cs[0-7]|af[1-4][1-3])$" },
                { "type": "integer", "minimum": 0, "maximum": 63 },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::Error as ValueError;

    use super::*;

    fn read(text: &str) -> Result<Dscp, ValueError> {
        Dscp::deserialize(text.into_deserializer())
    }

    #[test]
    fn names_are_those_of_the_registry() {
        let numbers =
            [("cs0", 0), ("cs1", 8), ("af11", 10), ("af23", 22), ("af41", 34), ("cs7", 56)];
        for (name, number) in NAMES.into_iter().chain(numbers) {
            assert_eq!(read(name), Ok(Dscp(number)), "{name}");
        }
        for wrong in ["af44", "af01", "cs8", "EF", ""] {
            let told = read(wrong).expect_err(wrong).to_string();
            assert!(told.contains("write a codepoint such as"), "{told}");
        }
        let number =
            |n: i64| Dscp::deserialize(IntoDeserializer::<ValueError>::into_deserializer(n));
        assert_eq!(number(46), read("ef"));
        assert!(number(64).is_err() && number(-1).is_err());
        assert_eq!(Dscp(46).traffic_class(), 0xb8);
        assert_eq!(Dscp::of(0xbb), Dscp(46));
    }
}
