//! Serde over the tree: plain `#[derive(Deserialize)]` structs whose errors know where they arose.
//!
//! A table hands out its `kind` first, so that a type whose shape depends on it can read it and
//! then the rest with the same map access; errors still point at the exact value.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::fault::Span;
use super::value::{Entry, Node, Table, Value};
use super::words;

/// Why a value cannot be read.
#[derive(Debug, Clone)]
pub(super) struct DeError {
    pub(super) problem: Problem,
    /// The innermost value or key in which it arose.
    pub(super) span: Option<Span>,
    /// The way to it from the outside, last step first.
    pub(super) path: Vec<Step>,
}

/// One step into the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// What is wrong.
#[derive(Debug, Clone)]
pub(super) enum Problem {
    /// A message of the type itself, with the remedy after a semicolon.
    Message(String),
    /// A key that there is not.
    UnknownKey { found: String, known: &'static [&'static str] },
    /// A word that is none of those allowed.
    UnknownWord { found: String, known: &'static [&'static str] },
    /// A key that must be there.
    Missing(&'static str),
    /// A value of another type, or outside the type's range.
    Type { found: String, expected: String },
}

impl DeError {
    const fn new(problem: Problem) -> Self {
        Self { problem, span: None, path: Vec::new() }
    }
    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
    fn within(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }
}

impl fmt::Display for DeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problem)
    }
}
impl std::error::Error for DeError {}

impl de::Error for DeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Problem::Message(message.to_string()))
    }
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Str(text) => format!("the text \"{}\"", words::short(text)),
            Unexpected::Bool(truth) => format!("{truth}"),
            Unexpected::Signed(number) => format!("the number {number}"),
            Unexpected::Unsigned(number) => format!("the number {number}"),
            Unexpected::Float(number) => format!("the number {number}"),
            Unexpected::Map => "a table".into(),
            Unexpected::Seq => "a list".into(),
            Unexpected::Unit => "null".into(),
            Unexpected::Other(what) => what.into(),
            other => other.to_string(),
        };
        Self::new(Problem::Type { found, expected: words::type_name(&expected.to_string()) })
    }
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }
    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let found = match length {
            0 => "nothing".into(),
            1 => "one value".into(),
            _ => format!("{length} values"),
        };
        Self::new(Problem::Type { found, expected: words::type_name(&expected.to_string()) })
    }
    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownWord { found: variant.into(), known })
    }
    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownKey { found: field.into(), known })
    }
    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Missing(field))
    }
    fn duplicate_field(field: &'static str) -> Self {
        Self::new(Problem::Message(format!("`{field}` is written twice")))
    }
}

/// Reads one value.
#[derive(Debug, Clone, Copy)]
pub(super) struct De<'a>(pub(super) &'a Node);

impl<'de> De<'de> {
    fn any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.0.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => visitor.visit_i64(number),
                (_, Ok(number)) => visitor.visit_u64(number),
                _ => Err(de::Error::invalid_value(
                    Unexpected::Other("a number beyond 64 bits"),
                    &visitor,
                )),
            },
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(truth) => visitor.visit_bool(*truth),
            Value::Datetime(_) => {
                Err(de::Error::invalid_type(Unexpected::Other("a date or time of day"), &visitor))
            }
            Value::Null | Value::Gone => visitor.visit_unit(),
            Value::Array(nodes) => visitor.visit_seq(Elements { nodes, next: 0 }),
            Value::Table(table) => visitor.visit_map(Entries::new(table, &[])),
        }
    }
}

impl<'de> Deserializer<'de> for De<'de> {
    type Error = DeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.any(visitor).map_err(|error| error.at(self.0.span))
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let read = match self.0.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        };
        read.map_err(|error| error.at(self.0.span))
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        visitor.visit_newtype_struct(self).map_err(|error| error.at(self.0.span))
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        let read = match &self.0.value {
            Value::String(text) => visitor.visit_enum(StrDeserializer::<DeError>::new(text)),
            Value::Table(table) if table.0.len() == 1 => {
                let (name, entry) = table.0.first().expect("a table of one entry");
                visitor.visit_enum(Variant { name, entry })
            }
            _ => self.any(visitor).map_err(|mut error: DeError| {
                if let Problem::Type { expected, .. } = &mut error.problem {
                    *expected =
                        format!("one of the words {}", words::list(variants.iter().copied()));
                }
                error
            }),
        };
        read.map_err(|error| error.at(self.0.span))
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// Reads a table without some of its keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableDe<'a> {
    pub(super) table: &'a Table,
    pub(super) without: &'a [&'a str],
}

impl<'de> Deserializer<'de> for TableDe<'de> {
    type Error = DeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_map(Entries::new(self.table, self.without))
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Elements<'a> {
    nodes: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = DeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DeError> {
        while self.nodes.get(self.next).is_some_and(|node| node.value == Value::Gone) {
            self.next += 1;
        }
        let Some(node) = self.nodes.get(self.next) else { return Ok(None) };
        let step = Step::Index(self.next);
        self.next += 1;
        seed.deserialize(De(node)).map(Some).map_err(|error| error.at(node.span).within(step))
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.nodes.len() - self.next)
    }
}

struct Entries<'a> {
    rest: Vec<(&'a str, &'a Entry)>,
    value: Option<(&'a str, &'a Entry)>,
}

impl<'a> Entries<'a> {
    /// The entries of `table` but those `without`, in reverse, so that `kind` comes out first.
    fn new(table: &'a Table, without: &[&str]) -> Self {
        let mut rest: Vec<_> = table
            .0
            .iter()
            .map(|(key, entry)| (key.as_str(), entry))
            .filter(|(key, _)| !without.contains(key))
            .collect();
        rest.reverse();
        if let Some(at) = rest.iter().position(|(key, _)| *key == "kind") {
            let kind = rest.remove(at);
            rest.push(kind);
        }
        Self { rest, value: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = DeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DeError> {
        let Some((key, entry)) = self.rest.pop() else { return Ok(None) };
        self.value = Some((key, entry));
        seed.deserialize(StrDeserializer::<DeError>::new(key))
            .map(Some)
            .map_err(|error| error.at(entry.key).within(Step::Key(key.into())))
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DeError> {
        let Some((key, entry)) = self.value.take() else {
            return Err(de::Error::custom("a value was read before its key"));
        };
        seed.deserialize(De(&entry.node))
            .map_err(|error| error.at(entry.node.span).within(Step::Key(key.into())))
    }
}

/// An enum written as `{ variant = value }`.
struct Variant<'a> {
    name: &'a str,
    entry: &'a Entry,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = DeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DeError> {
        seed.deserialize(StrDeserializer::<DeError>::new(self.name))
            .map(|variant| (variant, Self { ..self }))
            .map_err(|error| error.at(self.entry.key).within(Step::Key(self.name.into())))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = DeError;

    fn unit_variant(self) -> Result<(), DeError> {
        Err(de::Error::invalid_type(Unexpected::Map, &"a text"))
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DeError> {
        seed.deserialize(De(&self.entry.node))
            .map_err(|error| error.within(Step::Key(self.name.into())))
    }
    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        De(&self.entry.node)
            .deserialize_any(visitor)
            .map_err(|error| error.within(Step::Key(self.name.into())))
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.tuple_variant(0, visitor)
    }
}
