//! A TCP socket that listens, and the process that accepts its connections at a pace.

use std::net::Ipv4Addr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use crate::app::{BindOptions, Os};
use crate::id::SocketId;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::Time;

/// How a server accepts connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AcceptPace {
    /// One, then none for so long.
    Every(Time),
    /// None: they wait in the accept queue.
    Never,
}

impl Default for AcceptPace {
    fn default() -> Self {
        Self::Every(Time::ZERO)
    }
}

impl<'de> Deserialize<'de> for AcceptPace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim() == "never" {
            return Ok(Self::Never);
        }
        text.parse().map(Self::Every).map_err(|error| {
            de::Error::custom(format!("{error}; \"never\" accepts nothing at all"))
        })
    }
}

impl JsonSchema for AcceptPace {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AcceptPace".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let time = generator.subschema_for::<Time>();
        json_schema!({
            "description": "From one connection that a process accepts to the next: a time, or never.",
            "anyOf": [{ "const": "never" }, time],
        })
    }
}

/// A TCP socket that listens, and the process that accepts its connections.
#[derive(Debug, Default)]
pub(in crate::app) struct Acceptor {
    socket: Option<SocketId>,
    /// Whether a timer says when the next connection is accepted.
    pauses: bool,
}

impl Acceptor {
    /// Listens on `port`; if that cannot be, the reason goes to the results.
    pub(in crate::app) fn listen(
        &mut self,
        os: &mut dyn Os,
        address: Option<Ipv4Addr>,
        port: PortSpec,
        backlog: u32,
        tcp: &Settings,
    ) {
        let socket = os.tcp_socket();
        os.set_tcp(socket, tcp);
        os.set_bind_options(socket, BindOptions { reuse_address: true, reuse_port: false });
        match os.bind(socket, address, port.number).and_then(|()| os.listen(socket, backlog)) {
            Ok(()) => self.socket = Some(socket),
            Err(errno) => {
                os.close(socket);
                os.flow().fail(errno.name());
            }
        }
    }

    /// Whether this is the socket that listens.
    pub(in crate::app) fn is(&self, socket: SocketId) -> bool {
        self.socket == Some(socket)
    }

    /// Accepts a connection, if one waits.
    pub(in crate::app) fn accept(&self, os: &mut dyn Os) -> Option<SocketId> {
        os.accept(self.socket?).ok().map(|(socket, _)| socket)
    }

    /// Accepts a connection, if the process accepts now and one waits. The span, unless zero, is
    /// how long the process then accepts no other: [`Acceptor::resume`] belongs at its end.
    pub(in crate::app) fn accept_at(
        &mut self,
        os: &mut dyn Os,
        pace: AcceptPace,
    ) -> Option<(SocketId, Time)> {
        let AcceptPace::Every(gap) = pace else { return None };
        if self.pauses {
            return None;
        }
        let socket = self.accept(os)?;
        self.pauses = !gap.is_zero();
        Some((socket, gap))
    }

    /// The process accepts again.
    pub(in crate::app) const fn resume(&mut self) {
        self.pauses = false;
    }

    /// Calls `listen()` again, with another backlog.
    pub(in crate::app) fn set_backlog(&self, os: &mut dyn Os, backlog: u32) {
        if let Some(listener) = self.socket {
            // It listens already, and can only be told another backlog.
            let _ = os.listen(listener, backlog);
        }
    }
}
