//! Random spans of time, as applications use them for service and think times.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::kinds::Fault;
use crate::rng::Stream;
use crate::units::Time;

/// How long something takes: always the same (`"2ms"`), exponentially distributed
/// (`{ exponential = "2ms" }`, the mean), or Pareto-distributed
/// (`{ pareto = { mean = "2ms", shape = 1.5 } }`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Duration {
    /// Always this.
    Constant(Time),
    /// Exponentially distributed with this mean.
    Exponential(Time),
    /// Pareto-distributed: mostly short, now and then very long.
    Pareto(Pareto),
}

/// The Pareto distribution with the probability `(least / x)^shape` of exceeding `x`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pareto {
    /// The mean, which is `least * shape / (shape - 1)`.
    pub mean: Time,
    /// The tail index; it must exceed 1, or there is no mean. Up to 2 the variance is infinite, and
    /// many such sources together are self-similar (Willinger et al. 1997).
    #[schemars(extend("exclusiveMinimum" = 1))]
    pub shape: f64,
}

impl Pareto {
    /// Not inlined: the divisions would be done ahead of knowing that they are wanted, with
    /// whatever lies there, and cost more than all else where that is a subnormal number.
    #[inline(never)]
    fn draw(self, dice: &mut Stream) -> Time {
        let least = self.mean.as_secs_f64() * (self.shape - 1.0) / self.shape;
        Time::from_secs_f64(least * dice.pareto(self.shape))
    }
}

impl Duration {
    /// Draws one.
    pub fn draw(self, dice: &mut Stream) -> Time {
        match self {
            Self::Constant(time) => time,
            Self::Exponential(mean) => dice.exponential_time(mean),
            Self::Pareto(pareto) => pareto.draw(dice),
        }
    }

    /// The mean.
    #[must_use]
    pub const fn mean(self) -> Time {
        match self {
            Self::Constant(mean) | Self::Exponential(mean) => mean,
            Self::Pareto(pareto) => pareto.mean,
        }
    }

    /// What is wrong with it as the setting called `field`, if anything.
    #[must_use]
    pub fn check(self, field: &'static str) -> Option<Fault> {
        match self {
            Self::Pareto(Pareto { shape, .. }) if !(shape > 1.0 && shape.is_finite()) => {
                Some(Fault {
                    field,
                    message: format!("a Pareto distribution of shape {shape} has no mean"),
                    help: "write a shape above 1, such as 1.5".into(),
                })
            }
            _ => None,
        }
    }
}

impl Default for Duration {
    fn default() -> Self {
        Self::Constant(Time::ZERO)
    }
}

const KINDS: &[&str] = &["constant", "exponential", "pareto"];

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Duration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a time such as \"2ms\", { exponential = \"2ms\" } or { pareto = { mean = \"2ms\", shape = 1.5 } }",
                )
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
                text.parse().map(Duration::Constant).map_err(E::custom)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Duration, A::Error> {
                let read = match map.next_key::<String>()?.as_deref() {
                    Some("constant") => Duration::Constant(map.next_value()?),
                    Some("exponential") => Duration::Exponential(map.next_value()?),
                    Some("pareto") => Duration::Pareto(map.next_value()?),
                    Some(other) => return Err(de::Error::unknown_field(other, KINDS)),
                    None => return Err(de::Error::invalid_length(0, &self)),
                };
                match map.next_key::<String>()? {
                    None => Ok(read),
                    Some(_) => Err(de::Error::invalid_length(2, &self)),
                }
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let time = generator.subschema_for::<Time>();
        let pareto = generator.subschema_for::<Pareto>();
        json_schema!({
            "description": "How long something takes: a time, or a random time of a distribution.",
            "oneOf": [
                time,
                { "type": "object", "properties": { "constant": time }, "required": ["constant"], "additionalProperties": false },
                { "type": "object", "properties": { "exponential": time }, "required": ["exponential"], "additionalProperties": false },
                { "type": "object", "properties": { "pareto": pareto }, "required": ["pareto"], "additionalProperties": false },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_mean_and_the_least_value_they_should() {
        let mut dice = Stream::new(1, "test");
        let mean = Time::from_ms(2);
        let pareto = Duration::Pareto(Pareto { mean, shape: 3.0 });
        for duration in [Duration::Constant(mean), Duration::Exponential(mean), pareto] {
            assert_eq!(duration.mean(), mean);
            let sum: f64 = (0..100_000).map(|_| duration.draw(&mut dice).as_secs_f64()).sum();
            assert!((sum / 100_000.0 - 0.002).abs() < 0.000_04, "{duration:?}: {sum}");
        }
        let least = (0..10_000).map(|_| pareto.draw(&mut dice)).min().expect("draws");
        assert!(least >= Time::from_ps(2_000_000_000 * 2 / 3) && least < Time::from_us(1340));
    }

    #[test]
    fn refuses_a_pareto_without_a_mean() {
        for shape in [1.0, 0.0, -1.0, f64::NAN, f64::INFINITY] {
            let duration = Duration::Pareto(Pareto { mean: Time::from_ms(1), shape });
            let fault = duration.check("off").expect("a fault");
            assert!(fault.field == "off" && fault.message.contains("no mean"), "{fault:?}");
            duration.draw(&mut Stream::new(1, "test"));
        }
        assert_eq!(Duration::Exponential(Time::ZERO).check("off"), None);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn reads_every_form() {
        #[derive(Debug, Deserialize)]
        struct Holder {
            d: Duration,
        }
        let read = |text: &str| {
            toml::from_str::<Holder>(text).map(|holder| holder.d).map_err(|e| e.to_string())
        };
        let ms = Time::from_ms(2);
        assert_eq!(read("d = '2ms'"), Ok(Duration::Constant(ms)));
        assert_eq!(read("d = { constant = '2ms' }"), Ok(Duration::Constant(ms)));
        assert_eq!(read("d = { exponential = '2ms' }"), Ok(Duration::Exponential(ms)));
        let pareto = Duration::Pareto(Pareto { mean: ms, shape: 1.5 });
        assert_eq!(read("d = { pareto = { mean = '2ms', shape = 1.5 } }"), Ok(pareto));
        for (text, told) in [
            ("d = 2", "a time such as \"2ms\""),
            ("d = { normal = '2ms' }", "unknown field `normal`, expected one of `constant`"),
            ("d = {}", "invalid length 0"),
            ("d = { constant = '1ms', exponential = '2ms' }", "invalid length 2"),
            ("d = { pareto = { mean = '2ms' } }", "missing field `shape`"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
