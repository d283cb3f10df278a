//! Values with a short form: `loss = "0.1%"`, `framing = "ppp"`.
//!
//! Where the long form is a table with a `kind`, the kind is read first (our deserializer hands
//! it out first) and the rest as that kind's own settings.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::kinds::{kind_of, resolved, with_kind};
use crate::link::Framing;
use crate::link::loss::{GilbertElliott, List, LossSpec};
use crate::units::{Bytes, Ratio};

/// A loss model: a probability, or a model by `kind` with its parameters.
#[derive(Debug, Clone)]
pub(super) struct LossField(pub(super) LossSpec);

/// Link-layer bytes: `ethernet`, `ppp`, `none`, or a number of bytes.
#[derive(Debug, Clone)]
pub(super) struct FramingField(pub(super) Framing);

/// The loss models that `kind` chooses from.
const LOSS_KINDS: &[&str] = &["bernoulli", "gilbert-elliott", "list"];

/// The framings with a name.
const FRAMINGS: &[&str] = &["ethernet", "ppp", "none"];

/// Parameters of independent loss.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Bernoulli {
    /// Probability to lose each packet.
    p: Ratio,
}

impl<'de> Deserialize<'de> for LossField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = LossField;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a probability such as \"0.1%\", or a table with `kind`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<LossField, E> {
                let chance: Ratio = text.parse().map_err(E::custom)?;
                Ok(LossField(bernoulli(chance)))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<LossField, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<LossField, E> {
                self.visit_str(&number.to_string())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LossField, A::Error> {
                let kind = kind_of(&mut map, LOSS_KINDS)?;
                let rest = MapAccessDeserializer::new(map);
                Ok(LossField(match kind.as_str() {
                    "bernoulli" => bernoulli(Bernoulli::deserialize(rest)?.p),
                    "list" => LossSpec::List(List::deserialize(rest)?),
                    _ => LossSpec::GilbertElliott(GilbertElliott::deserialize(rest)?),
                }))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

const fn bernoulli(chance: Ratio) -> LossSpec {
    if chance.is_zero() { LossSpec::None } else { LossSpec::Bernoulli(chance) }
}

impl<'de> Deserialize<'de> for FramingField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl Visitor<'_> for Form {
            type Value = FramingField;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"ethernet\", \"ppp\", \"none\", or a size such as \"18B\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<FramingField, E> {
                Ok(FramingField(match text {
                    "ethernet" => Framing::ETHERNET,
                    "ppp" => Framing::PPP,
                    "none" => Framing::NONE,
                    _ if text.starts_with(|c: char| c.is_ascii_digit()) => {
                        let overhead: Bytes = text.parse().map_err(E::custom)?;
                        if overhead.get() > 65_535 {
                            return Err(E::custom(format!(
                                "`{text}` is more than any link layer adds; write at most 65535B"
                            )));
                        }
                        Framing { overhead, minimum: Bytes::new(0) }
                    }
                    _ => return Err(E::unknown_variant(text, FRAMINGS)),
                }))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<FramingField, E> {
                self.visit_str(&number.to_string())
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// The schema of a type, in place rather than by reference.
pub(super) fn inline<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

/// The keys that the settings of a kind must have, by its schema.
pub(super) fn required_keys(
    schemas: fn(&mut SchemaGenerator) -> Vec<(&'static str, Schema)>,
    kind: &str,
) -> Vec<String> {
    let mut generator = SchemaGenerator::default();
    let found = schemas(&mut generator).into_iter().find(|(name, _)| *name == kind);
    let schema = found.map(|(_, schema)| resolved(&generator, schema));
    let list = schema.and_then(|schema| schema.get("required")?.as_array().cloned());
    list.unwrap_or_default().iter().filter_map(|key| Some(key.as_str()?.to_owned())).collect()
}

impl JsonSchema for LossField {
    fn schema_name() -> Cow<'static, str> {
        "Loss".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let ratio = generator.subschema_for::<Ratio>();
        let bernoulli = with_kind(LOSS_KINDS[0], inline::<Bernoulli>(generator));
        let bursts = with_kind(LOSS_KINDS[1], inline::<GilbertElliott>(generator));
        let list = with_kind(LOSS_KINDS[2], inline::<List>(generator));
        json_schema!({
            "description": "Which packets a link loses: a probability, or a model by kind.",
            "oneOf": [ratio, bernoulli, bursts, list],
        })
    }
}

impl JsonSchema for FramingField {
    fn schema_name() -> Cow<'static, str> {
        "Framing".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let bytes = generator.subschema_for::<Bytes>();
        json_schema!({
            "description": "What the link layer adds to each packet: a link layer by name, or a number of bytes.",
            "oneOf": [{ "enum": FRAMINGS }, bytes],
        })
    }
}
