//! `conversation`: two processes that replay what was once said over a TCP connection or in UDP
//! datagrams: who said how much, and after which pause.
//!
//! One table says it all, that of the client (`to` and `messages`). Its server (`port`) is told by
//! the scenario who will call and what to answer: see [`Configuration::script`] and
//! [`Configuration::scripts`].

mod player;
mod script;

pub use script::{Does, End, Message, Messages, Over, Script};

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use self::player::{Outcome, Player};
use super::server::{self, Acceptor};
use super::stream::{self, Timers};
use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::Bytes;

/// Settings of `conversation`: those of a client have `to` and `messages`, those of a server `port`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Client: host and port of the server.
    #[serde(default)]
    pub to: Option<Target>,
    /// Server: the port to bind.
    #[serde(default)]
    pub port: Option<PortSpec>,
    /// Whether it is spoken over `tcp` (unless said) or in datagrams of `udp`.
    #[serde(default)]
    pub over: Over,
    /// Client: what both ends say, in order.
    #[serde(default, deserialize_with = "shared")]
    #[schemars(with = "Vec<Message>")]
    pub messages: Messages,
    /// Client: the port to send from; an ephemeral one unless said.
    #[serde(default)]
    pub source_port: Option<PortSpec>,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
    /// Server: what its clients will say, and it to them. Filled in by the scenario.
    #[serde(skip)]
    pub scripts: Vec<Script>,
}

fn shared<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Messages, D::Error> {
    Vec::deserialize(deserializer).map(Into::into)
}

impl Configuration for Config {
    fn listens(&self) -> Option<(Protocol, u16)> {
        server::listens(self.over.protocol(), self.port?)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(Conversation {
            config: self.clone(),
            expected: self.scripts.iter().cloned().collect(),
            acceptor: Acceptor::default(),
            datagrams: None,
            players: BTreeMap::new(),
            begun: 0,
            timers: Timers::default(),
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        self.to.iter_mut().map(|to| ("to", to)).collect()
    }
    fn script(&self) -> Option<Script> {
        let source_port = self.source_port.map(|port| port.number).filter(|port| *port != 0);
        let to = self.to.as_ref()?.socket_address(0);
        let messages = Arc::clone(&self.messages);
        Some(Script { from: Vec::new(), source_port, to, over: self.over, messages })
    }
    fn scripts(&mut self) -> Option<&mut Vec<Script>> {
        self.port.is_some().then_some(&mut self.scripts)
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        match (&self.to, self.port) {
            (Some(to), None) => faults.extend(check::needs_port("to", to)),
            (None, Some(port)) => faults.extend(self.check_port("port", port)),
            (Some(_), Some(_)) => {
                let help = "keep `to` for the client and write `port` in a table for the server";
                faults.push(check::fault("port", "`to` and `port` make both ends of it", help));
            }
            (None, None) => {
                let help = "write to = \"bob:80\" for the client, port = 80 for the server";
                faults.push(check::fault("to", "it is neither a client nor a server", help));
            }
        }
        if self.port.is_some() && !self.messages.is_empty() {
            let help = "write them in the table of the client; its server is told";
            faults.push(check::fault("messages", "a server needs no messages", help));
        }
        faults.extend(self.source_port.and_then(|port| self.check_port("source-port", port)));
        faults.extend(self.check_messages());
        faults.extend(check::tcp("tcp", &self.tcp));
        faults
    }
}

impl Config {
    fn check_port(&self, field: &'static str, port: PortSpec) -> Option<Fault> {
        match self.over {
            Over::Tcp => check::tcp_port(field, port),
            Over::Udp => check::udp_port(field, port),
        }
    }

    fn check_messages(&self) -> Option<Fault> {
        let fault = |index: usize, what: &str, help: &str| {
            check::fault("messages", format!("message {} {what}", index + 1), help)
        };
        self.messages.iter().enumerate().find_map(|(index, message)| {
            let writes = message.does == Does::Write;
            if self.over == Over::Udp {
                let fits = check::data_size("messages", message.size);
                return fits.or_else(|| {
                    (!writes).then(|| fault(index, "means nothing in datagrams", "write a `size`"))
                });
            }
            if writes == (message.size == Bytes::default()) {
                let help = "write a `size`, or what it `does` other than writing";
                let what = if writes { "has no size" } else { "has a size and does no writing" };
                return Some(fault(index, what, help));
            }
            None
        })
    }
}

/// A connection, by its socket; or whoever sends datagrams, by the socket and the address.
type Name = (SocketId, Option<SocketAddrV4>);

/// What a timer is for: a player that sleeps, by its name, and its number, as sockets are used again.
type Sleeper = (Name, u64);

#[derive(Debug)]
struct Conversation {
    config: Config,
    /// Server: scripts that nobody has called for yet.
    expected: VecDeque<Script>,
    acceptor: Acceptor,
    /// The socket of datagrams.
    datagrams: Option<SocketId>,
    players: BTreeMap<Name, Player>,
    /// Players begun so far.
    begun: u64,
    timers: Timers<Sleeper>,
}

impl Conversation {
    /// Plays a part.
    fn add(&mut self, name: Name, own: End, messages: Messages) {
        self.begun += 1;
        self.players.insert(name, Player::new(self.begun, own, messages, self.config.over));
    }

    /// Takes the script of a client that has called. One that nobody knows is listened to.
    fn script_for(&mut self, peer: SocketAddrV4) -> Messages {
        let fits = |script: &Script| {
            script.from.contains(peer.ip()) && script.source_port.is_none_or(|p| p == peer.port())
        };
        let place = self.expected.iter().position(fits);
        let script = place.and_then(|place| self.expected.remove(place));
        script.map_or_else(Messages::default, |script| script.messages)
    }

    fn connect(&mut self, os: &mut dyn Os, to: SocketAddrV4) {
        match stream::open(os, to, self.config.source_port, &self.config.tcp) {
            Ok(socket) => {
                let name = (socket, None);
                self.add(name, End::Client, Arc::clone(&self.config.messages));
                if let Some(player) = self.players.get_mut(&name) {
                    player.opening = true;
                }
            }
            Err(errno) => {
                os.flow().errors += 1;
                os.flow().fail(errno.name());
            }
        }
    }

    /// Opens the socket of datagrams.
    fn bind(&mut self, os: &mut dyn Os, port: Option<PortSpec>) {
        let socket = os.udp_socket();
        let bound = port.map_or(Ok(()), |port| os.bind(socket, None, port.number));
        match bound {
            Ok(()) => self.datagrams = Some(socket),
            Err(errno) => {
                os.close(socket);
                os.flow().fail(errno.name());
            }
        }
    }

    fn accept(&mut self, os: &mut dyn Os) {
        while let Some(socket) = self.acceptor.accept(os) {
            let messages = os.peer_address(socket).map(|peer| self.script_for(peer));
            self.add((socket, None), End::Server, messages.unwrap_or_default());
            self.advance(os, (socket, None), false);
        }
    }

    /// Reads what datagrams there are.
    fn receive(&mut self, os: &mut dyn Os, socket: SocketId) {
        while let Ok(received) = os.receive_from(socket) {
            let name = (socket, Some(received.from));
            if !self.players.contains_key(&name) && self.config.to.is_none() {
                let messages = self.script_for(received.from);
                self.add(name, End::Server, messages);
            }
            if let Some(player) = self.players.get_mut(&name) {
                player.heard(1);
                self.advance(os, name, false);
            }
        }
        // ICMP errors are no answers; the operating system has counted them.
        while os.take_error(socket).is_some() {}
    }

    /// Lets a player do what it can now.
    fn advance(&mut self, os: &mut dyn Os, name: Name, slept: bool) {
        let Some(player) = self.players.get_mut(&name) else { return };
        let number = player.number;
        match player.advance(os, name, slept) {
            Ok(Outcome::Waits) => {}
            Ok(Outcome::Sleeps(span)) => self.timers.set(os, span, (name, number)),
            Ok(Outcome::Done) => {
                self.players.remove(&name);
                self.done(os);
            }
            Err(errno) => {
                self.players.remove(&name);
                os.close(name.0);
                if self.config.to.is_some() {
                    os.flow().fail(errno.name());
                }
            }
        }
    }

    /// A part is played to its end.
    fn done(&self, os: &mut dyn Os) {
        let now = os.now();
        if self.config.to.is_some() {
            os.flow().completed = Some(now);
        }
    }
}

impl App for Conversation {
    fn start(&mut self, os: &mut dyn Os) {
        match (self.config.to.clone(), self.config.over) {
            (Some(to), over) => {
                os.flow().opens(over.protocol(), to.with_port(0));
                let address = to.socket_address(0);
                if over == Over::Tcp {
                    return self.connect(os, address);
                }
                self.bind(os, self.config.source_port);
                if let Some(socket) = self.datagrams {
                    let messages = Arc::clone(&self.config.messages);
                    self.add((socket, Some(address)), End::Client, messages);
                    self.advance(os, (socket, Some(address)), false);
                }
            }
            (None, Over::Udp) => self.bind(os, self.config.port),
            (None, Over::Tcp) => {
                let Some(port) = self.config.port else { return };
                let backlog = server::default_backlog();
                self.acceptor.listen(os, None, port, backlog, &self.config.tcp);
            }
        }
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(token) => {
                let Some((name, number)) = self.timers.take(token) else { return };
                if self.players.get(&name).is_some_and(|player| player.number == number) {
                    self.advance(os, name, true);
                }
            }
            Wake::Ready(socket) if self.acceptor.is(socket) => self.accept(os),
            Wake::Ready(socket) if self.datagrams == Some(socket) => self.receive(os, socket),
            Wake::Ready(socket) => self.advance(os, (socket, None), false),
        }
    }

    /// The settings are those of the start: what was said once is said once.
    fn reconfigure(&mut self, _: &mut dyn Os, _: &AppSpec) {}
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::super::fake_os::{faulty, settings};

    #[test]
    fn says_which_setting_makes_no_sense() {
        let check = |text: &str| faulty(&settings("conversation", text).expect(text));
        let said =
            "messages = [{ from = 'client', size = '9B' }, { from = 'server', does = 'fin' }]";
        assert_eq!(check(&format!("to = 'bob:9'\n{said}")), [""; 0]);
        assert_eq!(check("port = 'http'"), [""; 0]);
        assert_eq!(check("over = 'udp'\nport = '9/udp'"), [""; 0]);
        assert_eq!(check(""), ["to"]);
        assert_eq!(check(&format!("to = 'bob'\nport = 9\n{said}")), ["port", "messages"]);
        assert_eq!(check(&format!("over = 'udp'\nto = 'bob'\n{said}")), ["to", "messages"]);
        assert_eq!(check("to = 'bob:9'\nmessages = [{ from = 'client' }]"), ["messages"]);
        let both = "to = 'bob:9'\nmessages = [{ from = 'client', size = '9B', does = 'read' }]";
        assert_eq!(check(both), ["messages"]);
        assert_eq!(check("port = '9/udp'\nsource-port = '8/udp'"), ["port", "source-port"]);
    }
}
