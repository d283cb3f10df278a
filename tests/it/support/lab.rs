//! Two hosts and a cable, with every system call and every segment in the test's own hands.
//!
//! Packets for the addresses of the hosts arrive after [`Lab::delay`]; those for others are only
//! noted, so that a test can play any host that it likes ([`Lab::inject`]).

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::sync::{Arc, Mutex};

use portolan::app::{App, AppSpec, Os, Wake};
use portolan::id::{AppId, ChannelId, InterfaceId, LinkId, NodeId, PacketId, SocketId};
use portolan::node::config::IpConfig;
use portolan::node::stack::Stack;
use portolan::node::{Cx, Effect, Interface, IpNode};
use portolan::observe::{FlowStats, Interest, Observation};
use portolan::packet::ethernet::{self, Mac};
use portolan::packet::ipv4::{self, Transport};
use portolan::packet::tcp::{Flags, Options, Segment, SeqNum, Timestamps};
use portolan::packet::{Label, Payload};
use portolan::rng::Stream;
use portolan::units::Time;

/// The host that mostly connects.
pub(crate) const CLIENT: usize = 0;
/// The host that mostly listens.
pub(crate) const SERVER: usize = 1;
const HOSTS: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)];
/// The host that the test plays.
pub(crate) const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);

type Job = Box<dyn FnOnce(&mut dyn Os) + Send>;

/// A process that does what the test says.
#[derive(Clone, Default)]
struct Hands(Arc<Mutex<VecDeque<Job>>>);

impl std::fmt::Debug for Hands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hands")
    }
}

impl App for Hands {
    fn start(&mut self, _: &mut dyn Os) {}
    fn wake(&mut self, os: &mut dyn Os, _: Wake) {
        while let Some(job) = self.0.lock().expect("nobody panicked").pop_front() {
            job(os);
        }
    }
    fn reconfigure(&mut self, _: &mut dyn Os, _: &AppSpec) {}
}

enum Event {
    Arrives(usize, ipv4::Packet),
    SocketTimer(usize, SocketId),
    NodeTimer(usize),
    Loopback(usize, PacketId),
    Wake(usize, Wake),
}

/// A segment on the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) at: Time,
    pub(crate) from: SocketAddrV4,
    pub(crate) to: SocketAddrV4,
    pub(crate) segment: Segment,
}

pub(crate) struct Lab {
    hosts: Vec<IpNode>,
    hands: [Hands; 2],
    cx: Cx,
    events: BTreeMap<(Time, u64), Event>,
    order: u64,
    /// From one end of the cable to the other.
    pub(crate) delay: Time,
    /// Every segment that a host has sent.
    pub(crate) seen: Vec<Seen>,
    /// When sockets became ready, by host.
    pub(crate) woken: Vec<(Time, usize, SocketId)>,
    /// The state of every connection that there is, by host and ends.
    pub(crate) states: BTreeMap<(u32, SocketAddrV4, SocketAddrV4), &'static str>,
}

impl Lab {
    /// Two hosts with the same settings and 20 ms of cable between them.
    pub(crate) fn new(config: &IpConfig) -> Self {
        let flows = vec![FlowStats::starting(Time::ZERO); 2];
        let mut cx = Cx::new(flows);
        cx.interest = Interest::Outcomes;
        let hands = [Hands::default(), Hands::default()];
        let hosts = (0..2).map(|index| host(index, config.clone(), &hands[index])).collect();
        let mut lab = Self {
            hosts,
            hands,
            cx,
            events: BTreeMap::new(),
            order: 0,
            delay: Time::from_ms(20),
            seen: Vec::new(),
            woken: Vec::new(),
            states: BTreeMap::new(),
        };
        for host in 0..2 {
            lab.hosts[host].start(&mut lab.cx, 0);
        }
        lab
    }

    /// What a process on a host gets from the operating system.
    pub(crate) fn call<T: Send + 'static>(
        &mut self,
        host: usize,
        job: impl FnOnce(&mut dyn Os) -> T + Send + 'static,
    ) -> T {
        let result = Arc::new(Mutex::new(None));
        let place = Arc::clone(&result);
        let job: Job = Box::new(move |os| *place.lock().expect("alone") = Some(job(os)));
        self.hands[host].0.lock().expect("alone").push_back(job);
        self.hosts[host].wake(&mut self.cx, 0, Wake::Timer(0));
        self.settle();
        let result = result.lock().expect("alone").take();
        result.expect("the process was woken")
    }

    /// Lets the clock run on for a span.
    pub(crate) fn run(&mut self, span: Time) {
        self.run_until(self.cx.now + span);
    }

    /// Lets the clock run until a time.
    pub(crate) fn run_until(&mut self, until: Time) {
        while let Some(first) = self.events.first_entry() {
            if first.key().0 > until {
                break;
            }
            let ((at, _), event) = first.remove_entry();
            self.cx.now = at;
            self.handle(event);
            self.settle();
        }
        self.cx.now = until;
    }

    /// A packet reaches a host now.
    pub(crate) fn inject(&mut self, host: usize, packet: ipv4::Packet) {
        self.handle(Event::Arrives(host, packet));
        self.settle();
    }

    /// The peer sends a segment, which reaches the server now.
    pub(crate) fn peer_sends(&mut self, source_port: u16, segment: Segment) {
        let segment = Segment { source_port, ..segment };
        self.inject(SERVER, ipv4::Packet::new(PEER, HOSTS[SERVER], Transport::Tcp(segment)));
    }

    /// What the server has sent to a port of the peer so far.
    pub(crate) fn answers(&self, port: u16) -> Vec<(Time, Segment)> {
        let to = SocketAddrV4::new(PEER, port);
        let answers = self.seen.iter().filter(|seen| seen.to == to);
        answers.map(|seen| (seen.at, seen.segment)).collect()
    }

    /// How many connections of a host are in a state now.
    pub(crate) fn count(&self, host: usize, state: &str) -> usize {
        let of_host = self.states.iter().filter(|((node, ..), _)| *node == host as u32);
        of_host.filter(|(_, is)| **is == state).count()
    }

    /// The counters of a host.
    pub(crate) fn counters(&self, host: usize) -> portolan::observe::results::Host {
        self.hosts[host].stack.counters()
    }

    fn handle(&mut self, event: Event) {
        let cx = &mut self.cx;
        match event {
            Event::Arrives(host, packet) => {
                let destination = Mac::numbered(host as u32);
                let header = ethernet::Header { destination, source: Mac::numbered(9) };
                let id = cx.create(header, Payload::Ipv4(packet), Label::new(None, cx.now));
                self.hosts[host].stack.receive(cx, InterfaceId(0), id);
            }
            Event::SocketTimer(host, id) => self.hosts[host].stack.handle_socket_timeout(cx, id),
            Event::NodeTimer(host) => self.hosts[host].stack.handle_timeout(cx),
            Event::Loopback(host, id) => self.hosts[host].stack.receive_local(cx, id),
            Event::Wake(host, wake) => self.hosts[host].wake(cx, 0, wake),
        }
    }

    fn later(&mut self, at: Time, event: Event) {
        self.events.insert((at, self.order), event);
        self.order += 1;
    }

    /// Carries out what the hosts want done.
    fn settle(&mut self) {
        let mut next = 0;
        while let Some(&effect) = self.cx.effects.get(next) {
            next += 1;
            match effect {
                Effect::Transmit(channel, id, _) => self.transmit(channel, id),
                Effect::Loopback(node, id) => {
                    let at = self.cx.now + Time::from_us(10);
                    self.later(at, Event::Loopback(node.index(), id));
                }
                Effect::SocketTimer(node, id, at) => {
                    self.later(at, Event::SocketTimer(node.index(), id));
                }
                Effect::NodeTimer(node, at) => self.later(at, Event::NodeTimer(node.index())),
                Effect::AppTimer(app, at, token) => {
                    self.later(at, Event::Wake(app.index(), Wake::Timer(token)));
                }
                Effect::Wake(app, wake) => {
                    if let Wake::Ready(socket) = wake {
                        self.woken.push((self.cx.now, app.index(), socket));
                    }
                    self.hosts[app.index()].wake(&mut self.cx, 0, wake);
                }
            }
        }
        self.cx.effects.clear();
        for (_, what) in self.cx.observed.drain(..) {
            if let Observation::StateChanged { node, local, remote, to, .. } = what {
                self.states.insert((node.0, local, remote), to);
            }
        }
    }

    fn transmit(&mut self, channel: ChannelId, id: PacketId) {
        let packet = self.cx.packets.remove(id);
        let Payload::Ipv4(ip) = packet.payload else { return };
        if let Transport::Tcp(segment) = ip.transport {
            let from = SocketAddrV4::new(ip.source, segment.source_port);
            let to = SocketAddrV4::new(ip.destination, segment.destination_port);
            self.seen.push(Seen { at: self.cx.now, from, to, segment });
        }
        let other = usize::from(channel.is_forward());
        if ip.destination == HOSTS[other] {
            self.later(self.cx.now + self.delay, Event::Arrives(other, ip));
        }
    }
}

fn host(index: usize, config: IpConfig, hands: &Hands) -> IpNode {
    let interface = Interface {
        out: ChannelId::of(LinkId(0), index == CLIENT),
        mac: Mac::numbered(index as u32),
        mtu: 1500,
        up: true,
        address: ipnet::Ipv4Net::new(HOSTS[index], 16).ok(),
        peer: Some(Mac::numbered(9)),
    };
    let id = NodeId::from_index(index);
    let dice = Stream::new(1, &format!("nodes.{index}"));
    let mut node = IpNode::new(Stack::new(id, false, config, vec![interface], dice.clone()));
    node.install(AppId::from_index(index), Box::new(hands.clone()), dice);
    node
}

/// The server's end of a port.
pub(crate) fn server(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(HOSTS[SERVER], port)
}

/// A segment as the peer sends it to port 80, without data.
pub(crate) fn segment(flags: Flags, seq: u32, ack: u32) -> Segment {
    let is_syn = flags.syn;
    let stamps = Timestamps { value: 1000, echo: 0 };
    let options = Options {
        mss: is_syn.then_some(1460),
        window_scale: is_syn.then_some(7),
        sack_permitted: is_syn,
        timestamps: is_syn.then_some(stamps),
        ..Options::default()
    };
    Segment {
        source_port: 0,
        destination_port: 80,
        seq: SeqNum::new(seq),
        ack: SeqNum::new(ack),
        flags,
        window: 64_240,
        options,
        data_length: 0,
    }
}

/// The ACK that ends the handshake which `syn_ack` answers.
pub(crate) fn final_ack(syn_ack: &Segment) -> Segment {
    let echo = syn_ack.options.timestamps.map_or(0, |stamps| stamps.value);
    let mut ack = segment(Flags::ACK, syn_ack.ack.value(), syn_ack.seq.value().wrapping_add(1));
    ack.options.timestamps = Some(Timestamps { value: 1001, echo });
    ack
}
