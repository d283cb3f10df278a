//! Lists of ports as scenarios write them: `["ssh", 80, "8000-8100"]`.

use std::collections::BTreeSet;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::packet::ipv4::Protocol;
use crate::socket::services::{self, PortSpec};

/// A port, or all from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortRange {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
    /// The protocol, if it was written.
    pub protocol: Option<Protocol>,
}

impl PortRange {
    /// Reads `80`, `ssh`, `53/udp` or `8000-8100`.
    ///
    /// # Errors
    /// What is wrong and what to write, as a fragment of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some((first, last)) = text.split_once('-')
            && [first, last].iter().all(|part| is_number(part))
        {
            return Self::between(services::port_number(first)?, services::port_number(last)?);
        }
        PortSpec::parse(text).map(Self::from)
    }

    fn between(first: u16, last: u16) -> Result<Self, String> {
        if last < first {
            return Err(format!("`{first}-{last}` ends before it begins; write `{last}-{first}`"));
        }
        Ok(Self { first, last, protocol: None })
    }
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl From<PortSpec> for PortRange {
    fn from(port: PortSpec) -> Self {
        Self { first: port.number, last: port.number, protocol: port.protocol }
    }
}

/// The ports of a list, each once, in ascending order; there is no port 0.
#[must_use]
pub(super) fn all(list: &[PortRange]) -> Vec<u16> {
    let ports = list.iter().flat_map(|range| range.first..=range.last);
    let ports: BTreeSet<u16> = ports.filter(|port| *port != 0).collect();
    ports.into_iter().collect()
}

impl<'de> Deserialize<'de> for PortRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RangeVisitor)
    }
}

struct RangeVisitor;

impl<'de> de::Visitor<'de> for RangeVisitor {
    type Value = PortRange;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port: a number, a service name such as http, or a range such as \"1-1024\"")
    }
    fn visit_i64<E: de::Error>(self, number: i64) -> Result<PortRange, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<PortRange, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_i128<E: de::Error>(self, number: i128) -> Result<PortRange, E> {
        self.visit_str(&number.to_string())
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<PortRange, E> {
        PortRange::parse(text).map_err(E::custom)
    }
}

impl JsonSchema for PortRange {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PortRange".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A port: a number, a service name such as http, or all from one to another, such as 1-1024.",
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": 65_535 },
                { "type": "string" },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_numbers_names_and_ranges() {
        let list: Vec<_> = ["8000-8002", "ssh", "53/udp", "80", "8001", "ftp-data"]
            .iter()
            .map(|text| PortRange::parse(text).expect(text))
            .collect();
        assert_eq!(all(&list), [20, 22, 53, 80, 8000, 8001, 8002]);
        assert_eq!(list[2].protocol, Some(Protocol::Udp));
        assert_eq!(all(&[PortRange { first: 0, last: 2, protocol: None }]), [1, 2]);
    }

    #[test]
    fn what_is_no_port_is_told() {
        let told = |text| PortRange::parse(text).expect_err(text);
        assert_eq!(told("9-1"), "`9-1` ends before it begins; write `1-9`");
        assert!(told("1-70000").contains("70000"));
        assert!(told("htpp").contains("did you mean `http`?"));
        assert!(told("-1").contains("is not a port"));
        assert!(told("").contains("is not a port"));
    }
}
