//! Closed sets that a scenario chooses from by `kind`: one list registers each member.

use std::borrow::Cow;
use std::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, Visitor};

/// Defines an enum of `kind = "name"` choices, each with a configuration of its own.
///
/// Beside the enum come `KINDS` (the names, in order), `kind()` (the name of a value), `config()` (what all kinds share, as a trait object), `from_kind()` (deserializes the rest of a table once its kind is known, so that an error
/// inside still points at the exact value) and `schemas()` (for the published JSON Schema).
macro_rules! kinds {
    (
        $(#[$doc:meta])* $name:ident: $contract:path {
            $($(#[$member_doc:meta])* $kind:literal => $variant:ident($config:ty),)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "built once per component, never moved on a hot path")]
        pub enum $name {
            $($(#[$member_doc])* $variant($config),)*
        }

        impl $name {
            /// The names of all kinds, as scenarios write them.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// The name of this value's kind.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $kind,)*
                }
            }

            /// The configuration, as what every kind's configuration can do.
            #[must_use]
            pub fn config(&self) -> &dyn $contract {
                match self {
                    $(Self::$variant(config) => config,)*
                }
            }

            /// The same, to be changed.
            pub fn config_mut(&mut self) -> &mut dyn $contract {
                match self {
                    $(Self::$variant(config) => config,)*
                }
            }

            /// Reads the configuration of the kind called `kind` (the table without its
            /// `kind` key). `None` if there is no such kind.
            ///
            /// # Errors
            /// Those of the deserializer.
            pub fn from_kind<'de, D: serde::Deserializer<'de>>(
                kind: &str,
                rest: D,
            ) -> Option<Result<Self, D::Error>> {
                match kind {
                    $($kind => Some(<$config as serde::Deserialize>::deserialize(rest).map(Self::$variant)),)*
                    _ => None,
                }
            }

            /// Every kind with the JSON Schema of its configuration.
            pub fn schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($kind, generator.subschema_for::<$config>()),)*]
            }
        }
    };
}
pub(crate) use kinds;

/// The `kind` of a table, which comes first if it is there.
pub(crate) fn kind_of<'de, A: MapAccess<'de>>(
    map: &mut A,
    kinds: &'static [&'static str],
) -> Result<String, A::Error> {
    match map.next_key::<Cow<'_, str>>()?.as_deref() {
        Some("kind") => map.next_value_seed(Kind(kinds)),
        _ => Err(de::Error::missing_field("kind")),
    }
}

/// Reads a word that must be one of a list, so that an error points at the word.
struct Kind(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Kind {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        struct Word(&'static [&'static str]);
        impl Visitor<'_> for Word {
            type Value = String;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "one of the words {}", self.0.join(", "))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
                if self.0.contains(&text) {
                    return Ok(text.into());
                }
                Err(E::unknown_variant(text, self.0))
            }
        }
        deserializer.deserialize_str(Word(self.0))
    }
}

/// A table schema with its `kind` as a constant property.
pub(crate) fn with_kind(kind: &str, mut schema: Schema) -> Schema {
    let object = schema.ensure_object();
    object.entry("type").or_insert_with(|| "object".into());
    let properties = object.entry("properties").or_insert_with(|| json_schema!({}).to_value());
    if let Some(properties) = properties.as_object_mut() {
        properties.insert("kind".into(), json_schema!({ "const": kind }).to_value());
    }
    let required = object.entry("required").or_insert_with(|| Vec::<String>::new().into());
    if let Some(list) = required.as_array_mut() {
        list.insert(0, "kind".into());
    }
    schema
}

/// `schema` itself, or what it refers to among the generator's definitions.
pub(crate) fn resolved(generator: &SchemaGenerator, mut schema: Schema) -> Schema {
    // References lead to references at most a few times; a circle ends all the same.
    for _ in 0..8 {
        let name = schema.get("$ref").and_then(|reference| reference.as_str()?.rsplit('/').next());
        let found = name.and_then(|name| generator.definitions().get(name).cloned());
        match found.and_then(|value| Schema::try_from(value).ok()) {
            Some(found) => schema = found,
            None => break,
        }
    }
    schema
}

/// A setting that cannot be: which field, what is wrong with it, what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field's name, as scenarios write it.
    pub field: &'static str,
    /// What is wrong, as a fragment of a sentence.
    pub message: String,
    /// What to do about it.
    pub help: String,
}
