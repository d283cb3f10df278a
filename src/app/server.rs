//! What all applications that wait on a port have in common.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{BindOptions, Os};
use crate::id::SocketId;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::{Limit, Time};

/// A UDP socket bound to `port`, with room for `buffer`. `None`, with the reason in the results, if
/// that cannot be.
pub(super) fn bind(
    os: &mut dyn Os,
    address: Option<Ipv4Addr>,
    port: PortSpec,
    buffer: Option<Limit>,
) -> Option<SocketId> {
    let socket = os.udp_socket();
    if let Some(limit) = buffer {
        os.set_receive_buffer(socket, limit);
    }
    match os.bind(socket, address, port.number) {
        Ok(()) => Some(socket),
        Err(errno) => {
            os.close(socket);
            os.flow().fail(errno.name());
            None
        }
    }
}

/// The backlog unless said: Linux's `SOMAXCONN`.
pub(super) const fn default_backlog() -> u32 {
    4096
}

/// How many requests a process works on at a time, unless said: it does one thing after the other.
pub(super) const fn default_workers() -> u32 {
    1
}

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

/// A TCP socket that listens, and the process that accepts its connections at a pace.
#[derive(Debug, Default)]
pub(super) struct Acceptor {
    socket: Option<SocketId>,
    /// Whether a timer says when the next connection is accepted.
    pauses: bool,
}

impl Acceptor {
    /// Listens on `port`; if that cannot be, the reason goes to the results.
    pub(super) fn listen(
        &mut self,
        os: &mut dyn Os,
        address: Option<Ipv4Addr>,
        port: PortSpec,
        backlog: u32,
        tcp: &Settings,
    ) {
        self.socket = listen(os, address, port, backlog, tcp);
    }

    /// Whether this is the socket that listens.
    pub(super) fn is(&self, socket: SocketId) -> bool {
        self.socket == Some(socket)
    }

    /// Accepts a connection, if the process accepts now and one waits. The span, unless zero, is
    /// how long the process then accepts no other: [`Acceptor::resume`] belongs at its end.
    pub(super) fn accept(&mut self, os: &mut dyn Os, pace: AcceptPace) -> Option<(SocketId, Time)> {
        let AcceptPace::Every(gap) = pace else { return None };
        let listener = self.socket.filter(|_| !self.pauses)?;
        let (socket, _) = os.accept(listener).ok()?;
        self.pauses = !gap.is_zero();
        Some((socket, gap))
    }

    /// The process accepts again.
    pub(super) const fn resume(&mut self) {
        self.pauses = false;
    }

    /// Calls `listen()` again, with another backlog.
    pub(super) fn set_backlog(&self, os: &mut dyn Os, backlog: u32) {
        if let Some(listener) = self.socket {
            // It listens already, and can only be told another backlog.
            let _ = os.listen(listener, backlog);
        }
    }
}

/// Requests that wait until the process has time to work on them, in the order of their coming.
#[derive(Debug)]
pub(super) struct Work<T> {
    waiting: VecDeque<T>,
    busy: u32,
}

impl<T> Default for Work<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), busy: 0 }
    }
}

impl<T> Work<T> {
    /// A request has come.
    pub(super) fn add(&mut self, request: T) {
        self.waiting.push_back(request);
    }

    /// The next request, if fewer than `workers` are worked on.
    pub(super) fn begin(&mut self, workers: u32) -> Option<T> {
        let next = if self.busy < workers { self.waiting.pop_front() } else { None };
        self.busy += u32::from(next.is_some());
        next
    }

    /// The work on a request is done.
    pub(super) const fn end(&mut self) {
        self.busy -= 1;
    }
}

/// A TCP socket that listens on `port`. `None`, with the reason in the results, if that cannot be.
pub(super) fn listen(
    os: &mut dyn Os,
    address: Option<Ipv4Addr>,
    port: PortSpec,
    backlog: u32,
    tcp: &Settings,
) -> Option<SocketId> {
    let socket = os.tcp_socket();
    os.set_tcp(socket, tcp);
    os.set_bind_options(socket, BindOptions { reuse_address: true, reuse_port: false });
    match os.bind(socket, address, port.number).and_then(|()| os.listen(socket, backlog)) {
        Ok(()) => Some(socket),
        Err(errno) => {
            os.close(socket);
            os.flow().fail(errno.name());
            None
        }
    }
}
