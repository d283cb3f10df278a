//! Closed sets that a scenario chooses from by `kind`: one list registers each member.

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
