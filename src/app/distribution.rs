//! Random spans of time and amounts of data, as applications use them.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::kinds::Fault;
use crate::rng::Stream;
use crate::units::{Bytes, Time};

/// How long something takes: always the same (`"2ms"`), exponentially distributed
/// (`{ exponential = "2ms" }`, the mean), or Pareto-distributed
/// (`{ pareto = { mean = "2ms", shape = 1.5 } }`).
pub type Duration = Distribution<Time>;

/// How much something is, in the same three forms: `"20kB"`, `{ exponential = "20kB" }`,
/// `{ pareto = { mean = "20kB", shape = 1.2 } }`.
pub type Amount = Distribution<Bytes>;

/// What a scenario can leave to the dice.
pub trait Quantity: Copy + PartialEq + fmt::Debug + FromStr + JsonSchema {
    /// What the distribution is called in the published schema, and what it is.
    const SCHEMA: (&'static str, &'static str);
    /// What may be written, for error messages.
    const EXPECTED: &'static str;
    /// Nothing.
    const ZERO: Self;
    /// Draws from the exponential distribution with this mean.
    fn exponential(self, dice: &mut Stream) -> Self;
    /// As a number.
    fn to_f64(self) -> f64;
    /// What a number stands for.
    fn from_f64(number: f64) -> Self;
}

impl Quantity for Time {
    const SCHEMA: (&'static str, &'static str) =
        ("Duration", "How long something takes: a time, or a random time of a distribution.");
    const EXPECTED: &'static str = "a time such as \"2ms\", { exponential = \"2ms\" } or { pareto = { mean = \"2ms\", shape = 1.5 } }";
    const ZERO: Self = Self::ZERO;
    fn exponential(self, dice: &mut Stream) -> Self {
        dice.exponential_time(self)
    }
    fn to_f64(self) -> f64 {
        self.as_secs_f64()
    }
    fn from_f64(number: f64) -> Self {
        Self::from_secs_f64(number)
    }
}

impl Quantity for Bytes {
    const SCHEMA: (&'static str, &'static str) =
        ("Amount", "How much data: a size, or a random size of a distribution.");
    const EXPECTED: &'static str = "a size such as \"20kB\", { exponential = \"20kB\" } or { pareto = { mean = \"20kB\", shape = 1.2 } }";
    const ZERO: Self = Self::new(0);
    fn exponential(self, dice: &mut Stream) -> Self {
        Self::from_f64(self.to_f64() * dice.exponential())
    }
    fn to_f64(self) -> f64 {
        self.get() as f64
    }
    /// To whole bytes, halves up.
    fn from_f64(number: f64) -> Self {
        Self::new((number + 0.5) as u64)
    }
}

/// A quantity, or the distribution that it is drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution<T> {
    /// Always this.
    Constant(T),
    /// Exponentially distributed with this mean.
    Exponential(T),
    /// Pareto-distributed: mostly little, now and then very much.
    Pareto(Pareto<T>),
}

/// The Pareto distribution with the probability `(least / x)^shape` of exceeding `x`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pareto<T> {
    /// The mean, which is `least * shape / (shape - 1)`.
    pub mean: T,
    /// The tail index; it must exceed 1, or there is no mean. Up to 2 the variance is infinite, and
    /// many such sources together are self-similar (Willinger et al. 1997).
    #[schemars(extend("exclusiveMinimum" = 1))]
    pub shape: f64,
}

impl<T: Quantity> Pareto<T> {
    /// Not inlined: the divisions would be done ahead of knowing that they are wanted, with
    /// whatever lies there, and cost more than all else where that is a subnormal number.
    #[inline(never)]
    fn draw(self, dice: &mut Stream) -> T {
        let least = self.mean.to_f64() * (self.shape - 1.0) / self.shape;
        T::from_f64(least * dice.pareto(self.shape))
    }
}

impl<T: Quantity> Distribution<T> {
    /// Draws one.
    pub fn draw(self, dice: &mut Stream) -> T {
        match self {
            Self::Constant(value) => value,
            Self::Exponential(mean) => mean.exponential(dice),
            Self::Pareto(pareto) => pareto.draw(dice),
        }
    }

    /// The mean.
    #[must_use]
    pub const fn mean(self) -> T {
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

impl<T: Quantity> Default for Distribution<T> {
    fn default() -> Self {
        Self::Constant(T::ZERO)
    }
}

const KINDS: &[&str] = &["constant", "exponential", "pareto"];

struct Form<T>(PhantomData<T>);

impl<'de, T> Visitor<'de> for Form<T>
where
    T: Quantity + Deserialize<'de>,
    T::Err: fmt::Display,
{
    type Value = Distribution<T>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(Distribution::Constant).map_err(E::custom)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let read = match map.next_key::<String>()?.as_deref() {
            Some("constant") => Distribution::Constant(map.next_value()?),
            Some("exponential") => Distribution::Exponential(map.next_value()?),
            Some("pareto") => Distribution::Pareto(map.next_value()?),
            Some(other) => return Err(de::Error::unknown_field(other, KINDS)),
            None => return Err(de::Error::invalid_length(0, &self)),
        };
        match map.next_key::<String>()? {
            None => Ok(read),
            Some(_) => Err(de::Error::invalid_length(2, &self)),
        }
    }
}

impl<'de, T> Deserialize<'de> for Distribution<T>
where
    T: Quantity + Deserialize<'de>,
    T::Err: fmt::Display,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Form(PhantomData))
    }
}

impl<T: Quantity> JsonSchema for Distribution<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::SCHEMA.0.into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let plain = generator.subschema_for::<T>();
        let pareto = generator.subschema_for::<Pareto<T>>();
        json_schema!({
            "description": T::SCHEMA.1,
            "oneOf": [
                plain,
                { "type": "object", "properties": { "constant": plain }, "required": ["constant"], "additionalProperties": false },
                { "type": "object", "properties": { "exponential": plain }, "required": ["exponential"], "additionalProperties": false },
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
    fn amounts_have_their_mean_and_least_value_too() {
        let mut dice = Stream::new(1, "test");
        let mean = Bytes::new(20_000);
        let pareto = Amount::Pareto(Pareto { mean, shape: 3.0 });
        for amount in [Amount::Constant(mean), Amount::Exponential(mean), pareto] {
            let sum: u64 = (0..100_000).map(|_| amount.draw(&mut dice).get()).sum();
            assert!((1_960_000_000..2_040_000_000).contains(&sum), "{amount:?}: {sum}");
        }
        let least = (0..10_000).map(|_| pareto.draw(&mut dice)).min().expect("draws");
        assert!((13_333..13_400).contains(&least.get()), "{least}");
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
