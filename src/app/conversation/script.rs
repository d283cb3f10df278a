//! What is said in a conversation: who does what, in which order, over what.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::packet::ipv4::Protocol;
use crate::units::{Bytes, Time};

/// What a conversation is spoken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// A connection.
    #[default]
    Tcp,
    /// Datagrams: each message is one.
    Udp,
}

impl Over {
    /// The protocol.
    #[must_use]
    pub const fn protocol(self) -> Protocol {
        match self {
            Self::Tcp => Protocol::Tcp,
            Self::Udp => Protocol::Udp,
        }
    }
}

/// The end of a conversation that does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// That which opened it.
    Client,
    /// The other.
    Server,
}

/// What an end does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Writes `size`.
    #[default]
    Write,
    /// Ends its direction and goes on reading (`shutdown()`).
    Fin,
    /// Closes and leaves the rest to the system (`close()`).
    Close,
    /// Gives the connection up with a reset (`SO_LINGER` with zero time).
    Reset,
    /// Reads no more, until it says `read`.
    StopReading,
    /// Reads again.
    Read,
}

/// One thing that an end of a conversation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Message {
    /// Who does it.
    pub from: End,
    /// How much data is written.
    #[serde(default)]
    pub size: Bytes,
    /// The pause before: from the end of what this end did before and of what it has read until then.
    #[serde(default)]
    pub after: Time,
    /// What is done: `size` is written unless said.
    #[serde(default)]
    pub does: Does,
    /// Whether all that the other end does before this in the list must have arrived before the pause
    /// begins; it must unless said.
    #[serde(default = "yes")]
    pub waits: bool,
}

const fn yes() -> bool {
    true
}

/// A list of messages, shared by those who play it.
pub type Messages = Arc<[Message]>;

/// What a server is to expect of one client.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The addresses that the client may call from.
    pub from: Vec<Ipv4Addr>,
    /// The port that it calls from, if that is known.
    pub source_port: Option<u16>,
    /// Where it calls.
    pub to: SocketAddrV4,
    /// What it is spoken over.
    pub over: Over,
    /// What both say.
    pub messages: Messages,
}
