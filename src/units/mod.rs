//! Quantities: newtypes that parse from and print as text with a unit.
//!
//! Everything a scenario states carries its unit in a string (`"10Mbps"`, `"5ms"`, `"64KiB"`,
//! `"50p"`, `"1%"`); these types are what such strings become. All are integers or exact
//! fractions of them, so a sum made by hand matches the simulation to the last digit.

mod hint;
mod limit;
mod maybe_time;
mod parse;
mod rate;
mod ratio;
mod size;
mod time;

pub use limit::Limit;
pub use maybe_time::MaybeTime;
pub use parse::UnitError;
pub use rate::Rate;
pub use ratio::Ratio;
pub use size::Bytes;
pub use time::Time;

/// Serde and JSON Schema for a quantity that is written as a string.
macro_rules! as_text {
    ($type:ty, $name:literal, $doc:literal, $pattern:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::units::parse::from_text(deserializer)
            }
        }
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string", "description": $doc, "pattern": $pattern,
                })
            }
        }
    };
}
use as_text;
