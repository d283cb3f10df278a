//! Port numbers and their IANA names: `http` is 80/tcp.
//!
//! The names are those of the IANA registry (RFC 6335). A scenario writes a port as [`PortSpec`].

mod iana;

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::packet::ipv4::Protocol;

/// What to write where a port is wanted, for error messages.
const EXPECTED: &str = "a number from 0 to 65535 or a service name such as http";

/// The protocols that a name is registered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transports {
    Tcp,
    Udp,
    Both,
}

impl Transports {
    const fn include(self, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Tcp => !matches!(self, Self::Udp),
            Protocol::Udp => !matches!(self, Self::Tcp),
            Protocol::Icmp => false,
        }
    }
}

/// A port as a scenario writes it: `80`, `"80"`, `"http"`, `"53/udp"` or `"domain/udp"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortSpec {
    /// The number.
    pub number: u16,
    /// The protocol, if it was written.
    pub protocol: Option<Protocol>,
}

impl PortSpec {
    /// Reads a number or name, with or without `/tcp` or `/udp`.
    ///
    /// # Errors
    /// What is wrong and what to write, as a fragment of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((port, protocol)) = text.split_once('/') else {
            return port_number(text).map(|number| Self { number, protocol: None });
        };
        let protocol = match protocol.trim().to_ascii_lowercase().as_str() {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            other => return Err(format!("`{other}` has no ports; write /tcp or /udp")),
        };
        let number = port_number(port)?;
        match registered(port.trim()) {
            Some((_, name, transports)) if !transports.include(protocol) => {
                let hint = format!("write {number}/{protocol} if you mean the number");
                Err(format!("`{name}` is not a service of {protocol}; {hint}"))
            }
            _ => Ok(Self { number, protocol: Some(protocol) }),
        }
    }
}

/// The number of a port written as a number or a service name.
///
/// # Errors
/// What is wrong and what to write, as a fragment of a sentence.
pub fn port_number(text: &str) -> Result<u16, String> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    if let Some((number, ..)) = registered(text) {
        return Ok(number);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("`{text}` is not a port; write a number from 0 to 65535"));
    }
    let meant = nearest(text).map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    Err(format!("`{text}` is not a port: write {EXPECTED}{meant}"))
}

/// The IANA name of a port.
#[must_use]
pub fn service_name(port: u16, protocol: Protocol) -> Option<&'static str> {
    let first = iana::NAMES.partition_point(|(number, ..)| *number < port);
    let of_port = iana::NAMES[first..].iter().take_while(|(number, ..)| *number == port);
    of_port.into_iter().find(|(.., on)| on.include(protocol)).map(|(_, name, _)| *name)
}

/// What is registered under a name, upper or lower case, or one of its aliases.
fn registered(name: &str) -> Option<(u16, &'static str, Transports)> {
    let alias = iana::ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    let name = alias.map_or(name, |(_, registered)| *registered);
    iana::NAMES.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name)).copied()
}

/// The known name most like `text`, if one is like it at all.
fn nearest(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let known = iana::NAMES.iter().map(|(_, name, _)| *name);
    let aliases = iana::ALIASES.iter().map(|(alias, _)| *alias);
    // Longer texts cannot be a slip of a name, and would only take time.
    if text.len() > 32 {
        return None;
    }
    known
        .chain(aliases)
        .map(|name| (edits(text.as_bytes(), name.as_bytes()), name))
        .filter(|(edits, name)| *edits * 3 <= name.len())
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// Letters to insert, delete, replace, or swap with the next, to make `a` into `b` (optimal
/// string alignment distance).
fn edits(a: &[u8], b: &[u8]) -> usize {
    let mut before = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                let swapped: &Vec<usize> = &before;
                least = least.min(swapped[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

impl<'de> Deserialize<'de> for PortSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PortVisitor)
    }
}

struct PortVisitor;

impl de::Visitor<'_> for PortVisitor {
    type Value = PortSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a port: {EXPECTED}")
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<PortSpec, E> {
        self.visit_i128(number.into())
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<PortSpec, E> {
        self.visit_i128(number.into())
    }
    fn visit_i128<E: de::Error>(self, number: i128) -> Result<PortSpec, E> {
        u16::try_from(number)
            .map(|number| PortSpec { number, protocol: None })
            .map_err(|_| E::custom(format!("{number} is not a port: write {EXPECTED}")))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<PortSpec, E> {
        PortSpec::parse(text).map_err(E::custom)
    }
}

impl JsonSchema for PortSpec {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Port".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A port: a number, a service name such as http, or either with its protocol, such as 53/udp.",
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": 65_535 },
                { "type": "string", "pattern": r"^\s*[0-9A-Za-z-]+\s*(/\s*([tT][cC][pP]|[uU][dD][pP])\s*)?$" },
            ],
        })
    }
}

#[cfg(test)]
mod tests;
