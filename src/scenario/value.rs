//! The tree of a scenario's text: values that know where they were written.

use std::rc::Rc;

use indexmap::IndexMap;

use super::fault::Span;

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    String(String),
    Integer(i128),
    Float(f64),
    Boolean(bool),
    /// A TOML date or time; nothing in a scenario is one.
    Datetime(String),
    /// JSON's `null`: as if the key were not there.
    Null,
    Array(Vec<Node>),
    Table(Table),
    /// An element that was taken out of its list; the others keep their places.
    Gone,
}

/// A key's place and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Span,
    pub(crate) node: Rc<Node>,
}

/// A table in the order of the text. Values are shared between copies.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Table(pub(crate) IndexMap<String, Entry>);

impl Table {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.0.get(key)
    }
    pub(crate) fn insert(&mut self, key: &str, place: Span, node: Node) {
        self.0.insert(key.into(), Entry { key: place, node: Rc::new(node) });
    }
    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        self.0.shift_remove(key)
    }
    /// The entries with these keys.
    #[must_use]
    pub(crate) fn only(&self, keys: &[&str]) -> Self {
        let chosen = self.0.iter().filter(|(key, _)| keys.contains(&key.as_str()));
        Self(chosen.map(|(key, entry)| (key.clone(), entry.clone())).collect())
    }
    /// The same table with the keys of `over` set; tables in both are merged in turn, unless
    /// `over` chooses a `kind` (or either is no table), for which it replaces what was there.
    #[must_use]
    pub(crate) fn merged(&self, over: &Self) -> Self {
        let mut merged = self.clone();
        for (key, entry) in &over.0 {
            let node = match (merged.0.get(key).map(|old| &old.node.value), &entry.node.value) {
                (Some(Value::Table(old)), Value::Table(new)) if new.get("kind").is_none() => {
                    Rc::new(Node { span: entry.node.span, value: Value::Table(old.merged(new)) })
                }
                _ => Rc::clone(&entry.node),
            };
            merged.0.insert(key.clone(), Entry { key: entry.key, node });
        }
        merged
    }
}

impl Node {
    pub(crate) const fn string(span: Span, text: String) -> Self {
        Self { span, value: Value::String(text) }
    }
    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
    pub(crate) const fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }
    /// What it is, with its article, for messages.
    pub(crate) const fn what(&self) -> &'static str {
        match self.value {
            Value::String(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Boolean(_) => "true or false",
            Value::Datetime(_) => "a date or time of day",
            Value::Null | Value::Gone => "null",
            Value::Array(_) => "a list",
            Value::Table(_) => "a table",
        }
    }
}
