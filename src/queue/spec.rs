//! How a scenario writes a discipline: its size alone (`"50p"`) for a `fifo`, or a table with its `kind`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::QueueSpec;
use crate::kinds::{kind_of, resolved, with_kind};
use crate::units::Limit;

impl<'de> Deserialize<'de> for QueueSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = QueueSpec;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as \"50p\", or a table such as { kind = \"fifo\", limit = \"50p\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<QueueSpec, E> {
                if QueueSpec::KINDS.contains(&text) {
                    return Err(E::custom(format!(
                        "`{text}` is a kind of queue; write {{ kind = \"{text}\" }}"
                    )));
                }
                if text.starts_with(char::is_alphabetic) {
                    return Err(E::custom(format!(
                        "`{text}` is no size of a queue; write for example \"50p\" (which is a \
                         drop-tail queue), or a table with one of the kinds {}",
                        QueueSpec::KINDS.join(", ")
                    )));
                }
                text.parse().map(QueueSpec::fifo).map_err(E::custom)
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<QueueSpec, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<QueueSpec, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<QueueSpec, A::Error> {
                let kind = kind_of(&mut map, QueueSpec::KINDS)?;
                QueueSpec::from_kind(&kind, MapAccessDeserializer::new(map))
                    .unwrap_or_else(|| Err(de::Error::unknown_variant(&kind, QueueSpec::KINDS)))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for QueueSpec {
    fn schema_name() -> Cow<'static, str> {
        "Queue".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let limit = generator.subschema_for::<Limit>();
        let mut forms = vec![limit];
        for (kind, schema) in Self::schemas(generator) {
            forms.push(with_kind(kind, resolved(generator, schema)));
        }
        json_schema!({
            "description": "The queue before a link: its size as a drop-tail queue, or a discipline by kind.",
            "oneOf": forms,
        })
    }
}
