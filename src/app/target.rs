//! Where an application sends: `"bob:80"`, `"bob:http"`, `"bob"` or `"10.0.9.2:53"`.

use std::net::{Ipv4Addr, SocketAddrV4};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::socket::services;

/// A destination as written, and the address it turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The node's name or address, as written.
    pub host: String,
    /// The port, if one was written.
    pub port: Option<u16>,
    /// The address; filled in once the network's addresses are known.
    pub address: Ipv4Addr,
}

impl Target {
    /// Reads `host`, `host:port` or `host:service`.
    ///
    /// # Errors
    /// What is wrong, as a fragment of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some((_, place)) = text.split_once("://") {
            let place = place.split('/').next().unwrap_or_default();
            let port = if place.contains(':') { "" } else { ":80" };
            return Err(format!(
                "a destination is no URL; write a node and its port: \"{place}{port}\""
            ));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port_number(host, port)?)),
            None => (text, None),
        };
        if let (None, Some((host, port))) = (port, host.split_once([' ', ',', ';', '/']))
            && services::port_number(port).is_ok()
        {
            let (host, port) = (host.trim(), port.trim());
            return Err(format!("`{text}` has no colon; write \"{host}:{port}\""));
        }
        if host.is_empty() {
            return Err(format!("`{text}` names no host; write for example \"bob:80\""));
        }
        Ok(Self { host: host.into(), port, address: Ipv4Addr::UNSPECIFIED })
    }

    /// The address with the port written, or else `default_port`.
    #[must_use]
    pub fn socket_address(&self, default_port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(self.address, self.port.unwrap_or(default_port))
    }

    /// The host as written with the port written, or else `default_port`: `bob:80`.
    #[must_use]
    pub fn with_port(&self, default_port: u16) -> String {
        format!("{}:{}", self.host, self.port.unwrap_or(default_port))
    }
}

/// The port of a destination, which the application's own protocol knows.
fn port_number(host: &str, text: &str) -> Result<u16, String> {
    match text.split_once('/') {
        Some((port, protocol)) => Err(format!(
            "`{port}/{protocol}` says the protocol too; write \"{host}:{port}\": the kind of \
             application decides between TCP and UDP"
        )),
        None => services::port_number(text),
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

impl JsonSchema for Target {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Target".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A destination: node or address, with a port number or service name where one is needed, such as bob:80.",
        })
    }
}
