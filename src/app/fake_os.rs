//! A stand-in for the operating system in tests: one process, a clock, a script of what happens.
//! It has no TCP: what speaks TCP is tested on a whole network.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};

use super::{
    App, AppSpec, BindOptions, Line, Listening, Os, Readiness, Received, SocketError, Wake,
};
use crate::id::SocketId;
use crate::observe::FlowStats;
use crate::packet::{icmp, ipv4, udp::Content};
use crate::rng::Stream;
use crate::socket::{Errno, services::PortSpec};
use crate::tcp::config::Settings;
use crate::units::{Limit, Time};

/// Where the process under test runs.
pub(super) const HERE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
/// Where the host called `bob` is.
pub(super) const BOB: Ipv4Addr = Ipv4Addr::new(10, 0, 9, 2);

/// A datagram or echo request that the process sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sent {
    pub(super) at: Time,
    pub(super) socket: SocketId,
    pub(super) to: SocketAddrV4,
    pub(super) length: u16,
    pub(super) content: Content,
    pub(super) ttl: u8,
}

/// What comes back for something sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reply {
    /// A datagram from where it went, after a span, with data of this length.
    Datagram(Time, u16, Content),
    /// An ICMP error from this host, after a span.
    Error(Time, Ipv4Addr, icmp::Error),
}

#[derive(Debug, Clone, Copy)]
enum Event {
    Timer(u32),
    Datagram(SocketId, Received),
    Error(SocketId, SocketError),
}

/// How the network answers what is sent.
pub(super) type Script = Box<dyn FnMut(&Sent) -> Vec<Reply>>;

pub(super) struct FakeOs {
    pub(super) now: Time,
    pub(super) sent: Vec<Sent>,
    pub(super) flow: FlowStats,
    pub(super) rtts: Vec<Time>,
    pub(super) bound: Vec<(SocketId, Option<Ipv4Addr>, u16)>,
    pub(super) buffers: Vec<Limit>,
    pub(super) dont_fragment: Vec<bool>,
    pub(super) closed: Vec<SocketId>,
    pub(super) allowed: Vec<(ipv4::Protocol, u16, Ipv4Addr, Time)>,
    /// The errors that calls give, while set.
    pub(super) bind_error: Option<Errno>,
    pub(super) send_error: Option<Errno>,
    pub(super) connect_error: Option<Errno>,
    script: Script,
    names: Vec<String>,
    dice: Stream,
    ttl: u8,
    sockets: u32,
    connected: Vec<SocketId>,
    events: BTreeMap<(Time, u64), Event>,
    order: u64,
    inbox: VecDeque<(SocketId, Received)>,
    errors: VecDeque<(SocketId, SocketError)>,
    /// Errors that wait for the next call on a connected socket.
    pending: VecDeque<(SocketId, Errno)>,
}

impl FakeOs {
    /// A network that answers nothing.
    pub(super) fn silent() -> Self {
        Self::answering(|_| Vec::new())
    }

    /// A network that answers what is sent as `script` says.
    pub(super) fn answering(script: impl FnMut(&Sent) -> Vec<Reply> + 'static) -> Self {
        Self {
            now: Time::ZERO,
            sent: Vec::new(),
            flow: FlowStats::default(),
            rtts: Vec::new(),
            bound: Vec::new(),
            buffers: Vec::new(),
            dont_fragment: Vec::new(),
            closed: Vec::new(),
            allowed: Vec::new(),
            bind_error: None,
            send_error: None,
            connect_error: None,
            script: Box::new(script),
            names: Vec::new(),
            dice: Stream::new(1, "apps.test"),
            ttl: 64,
            sockets: 0,
            connected: Vec::new(),
            events: BTreeMap::new(),
            order: 0,
            inbox: VecDeque::new(),
            errors: VecDeque::new(),
            pending: VecDeque::new(),
        }
    }

    /// A started process with these settings.
    pub(super) fn start(&mut self, spec: &AppSpec) -> Box<dyn App> {
        let mut app = spec.config().build();
        app.start(self);
        app
    }

    /// Lets the clock run to `until`, the end included.
    pub(super) fn run(&mut self, app: &mut dyn App, until: Time) {
        while let Some(first) = self.events.first_entry() {
            if first.key().0 > until {
                break;
            }
            let ((at, _), event) = first.remove_entry();
            self.now = at;
            match event {
                Event::Timer(token) => app.wake(self, Wake::Timer(token)),
                Event::Datagram(socket, datagram) => {
                    self.inbox.push_back((socket, datagram));
                    app.wake(self, Wake::Ready(socket));
                }
                Event::Error(socket, error) => {
                    self.errors.push_back((socket, error));
                    if self.connected.contains(&socket) {
                        self.pending.push_back((socket, error.errno));
                    }
                    app.wake(self, Wake::Ready(socket));
                }
            }
        }
        self.now = until;
    }

    /// A datagram that reaches `socket` after a span.
    pub(super) fn arrives(
        &mut self,
        after: Time,
        socket: SocketId,
        from: SocketAddrV4,
        length: u16,
        content: Content,
    ) {
        let created = self.now;
        let datagram = Received { from, to: HERE, length, content, ttl: 64, created, flow: None };
        self.add(after, Event::Datagram(socket, datagram));
    }

    /// When each datagram was sent.
    pub(super) fn send_times(&self) -> Vec<Time> {
        self.sent.iter().map(|sent| sent.at).collect()
    }

    /// How many datagrams wait to be read.
    pub(super) fn waiting(&self) -> usize {
        self.inbox.len()
    }

    fn add(&mut self, after: Time, event: Event) {
        self.events.insert((self.now + after, self.order), event);
        self.order += 1;
    }

    fn reply(&mut self, sent: &Sent, reply: Reply) {
        match reply {
            Reply::Datagram(after, length, content) => {
                self.arrives(after, sent.socket, sent.to, length, content);
            }
            Reply::Error(after, offender, error) => {
                let error = SocketError::from_icmp(error, Some(offender), sent.to);
                self.add(after, Event::Error(sent.socket, error));
            }
        }
    }
}

/// The first of `queue` that is for `socket`.
fn take<T>(queue: &mut VecDeque<(SocketId, T)>, socket: SocketId) -> Option<T> {
    let index = queue.iter().position(|(owner, _)| *owner == socket)?;
    queue.remove(index).map(|(_, thing)| thing)
}

impl Os for FakeOs {
    fn now(&self) -> Time {
        self.now
    }
    fn rng(&mut self) -> &mut Stream {
        &mut self.dice
    }
    fn set_timer(&mut self, after: Time, token: u32) {
        self.add(after, Event::Timer(token));
    }
    fn udp_socket(&mut self) -> SocketId {
        self.sockets += 1;
        SocketId(self.sockets)
    }
    fn icmp_socket(&mut self) -> SocketId {
        self.udp_socket()
    }
    fn bind(
        &mut self,
        socket: SocketId,
        address: Option<Ipv4Addr>,
        port: u16,
    ) -> Result<(), Errno> {
        self.bound.push((socket, address, port));
        self.bind_error.map_or(Ok(()), Err)
    }
    fn connect(&mut self, socket: SocketId, _: SocketAddrV4) -> Result<(), Errno> {
        self.connected.push(socket);
        self.connect_error.map_or(Ok(()), Err)
    }
    fn send_to(
        &mut self,
        socket: SocketId,
        to: SocketAddrV4,
        length: u16,
        content: Content,
    ) -> Result<(), Errno> {
        assert!(!self.closed.contains(&socket), "sends on a closed socket");
        if let Some(errno) = take(&mut self.pending, socket).or(self.send_error) {
            return Err(errno);
        }
        let sent = Sent { at: self.now, socket, to, length, content, ttl: self.ttl };
        self.sent.push(sent);
        for reply in (self.script)(&sent) {
            self.reply(&sent, reply);
        }
        Ok(())
    }
    fn receive_from(&mut self, socket: SocketId) -> Result<Received, Errno> {
        if let Some(errno) = take(&mut self.pending, socket) {
            return Err(errno);
        }
        take(&mut self.inbox, socket).ok_or(Errno::EAGAIN)
    }
    fn take_error(&mut self, socket: SocketId) -> Option<SocketError> {
        take(&mut self.errors, socket)
    }
    fn local_address(&self, _: SocketId) -> Option<SocketAddrV4> {
        Some(SocketAddrV4::new(HERE, 40_000))
    }
    fn set_receive_buffer(&mut self, _: SocketId, limit: Limit) {
        self.buffers.push(limit);
    }
    fn set_ttl(&mut self, _: SocketId, ttl: u8) {
        self.ttl = ttl;
    }
    fn set_dont_fragment(&mut self, _: SocketId, forbid: bool) {
        self.dont_fragment.push(forbid);
    }
    fn set_bind_options(&mut self, _: SocketId, _: BindOptions) {}
    fn tcp_socket(&mut self) -> SocketId {
        self.udp_socket()
    }
    fn set_tcp(&mut self, _: SocketId, _: &Settings) {}
    fn listen(&mut self, _: SocketId, _: u32) -> Result<(), Errno> {
        Err(Errno::EOPNOTSUPP)
    }
    fn accept(&mut self, _: SocketId) -> Result<(SocketId, SocketAddrV4), Errno> {
        Err(Errno::EOPNOTSUPP)
    }
    fn send(&mut self, _: SocketId, _: u64) -> Result<u64, Errno> {
        Err(Errno::EOPNOTSUPP)
    }
    fn send_message(&mut self, _: SocketId, _: &str, _: u64) -> Result<u64, Errno> {
        Err(Errno::EOPNOTSUPP)
    }
    fn receive(&mut self, _: SocketId, _: u64) -> Result<u64, Errno> {
        Err(Errno::EAGAIN)
    }
    fn receive_line(&mut self, _: SocketId) -> Option<Line> {
        None
    }
    fn shutdown(&mut self, _: SocketId) -> Result<(), Errno> {
        Err(Errno::EOPNOTSUPP)
    }
    fn abort(&mut self, socket: SocketId) {
        self.close(socket);
    }
    fn poll(&self, _: SocketId) -> Readiness {
        Readiness::default()
    }
    fn take_socket_error(&mut self, _: SocketId) -> Result<(), Errno> {
        Ok(())
    }
    fn peer_address(&self, _: SocketId) -> Option<SocketAddrV4> {
        None
    }
    fn listening(&self) -> Vec<Listening> {
        Vec::new()
    }
    fn raw_socket(&mut self) -> SocketId {
        self.udp_socket()
    }
    fn send_raw(&mut self, packet: ipv4::Packet) -> Result<(), Errno> {
        let to = SocketAddrV4::new(packet.destination, packet.transport.ports().1);
        let content = Content::Numbered(self.sent.len() as u64);
        let length = packet.transport.length();
        let sent = Sent { at: self.now, socket: SocketId(0), to, length, content, ttl: packet.ttl };
        self.sent.push(sent);
        Ok(())
    }
    fn receive_raw(&mut self, _: SocketId) -> Result<ipv4::Packet, Errno> {
        Err(Errno::EAGAIN)
    }
    fn allow(&mut self, protocol: ipv4::Protocol, port: u16, source: Ipv4Addr, until: Time) {
        self.allowed.push((protocol, port, source, until));
    }
    fn source_address(&mut self, _: Ipv4Addr) -> Option<Ipv4Addr> {
        Some(HERE)
    }
    fn close(&mut self, socket: SocketId) {
        self.closed.push(socket);
    }
    fn flow(&mut self) -> &mut FlowStats {
        &mut self.flow
    }
    fn round_trip(&mut self, rtt: Time) {
        self.flow.rtt.add(rtt);
        self.rtts.push(rtt);
    }
    fn answered(&mut self, took: Time) {
        self.flow.responses.add(took);
    }
    fn name_number(&mut self, name: &str) -> u32 {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        }) as u32
    }
}

/// The settings of the application `kind`, read from TOML with every destination at `bob`.
#[cfg(feature = "cli")]
pub(super) fn settings(kind: &str, text: &str) -> Result<AppSpec, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
    let mut spec = AppSpec::from_kind(kind, table)
        .ok_or_else(|| format!("no kind {kind}"))?
        .map_err(|error| error.to_string())?;
    for (_, target) in spec.config_mut().targets() {
        target.address = BOB;
    }
    Ok(spec)
}

/// The fields that a check finds fault with.
pub(super) fn faulty(spec: &AppSpec) -> Vec<&'static str> {
    spec.config().check().iter().map(|fault| fault.field).collect()
}

/// A port written as a number.
pub(super) const fn port(number: u16) -> PortSpec {
    PortSpec { number, protocol: None }
}
