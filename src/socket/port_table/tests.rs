use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const RULES: PortRules =
    PortRules { privileged_below: 1024, privileged: false, ephemeral: [32_768, 60_999] };
const A: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
const B: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 3);
const PEER: SocketAddrV4 = at(Ipv4Addr::new(192, 0, 2, 1), 6100);
const STRANGER: SocketAddrV4 = at(Ipv4Addr::new(192, 0, 2, 1), 6101);
const NONE: BindOptions = BindOptions { reuse_address: false, reuse_port: false };
const ADDRESS: BindOptions = BindOptions { reuse_address: true, reuse_port: false };
const PORT: BindOptions = BindOptions { reuse_address: false, reuse_port: true };

const fn at(address: Ipv4Addr, port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(address, port)
}

fn dice() -> Stream {
    Stream::new(1, "ports")
}

/// A table with dice and a socket numbering, whose host has the addresses A and B.
struct Host {
    table: PortTable,
    rng: Stream,
    sockets: u32,
}

impl Host {
    fn new(rules: PortRules) -> Self {
        Self { table: PortTable::new(rules), rng: dice(), sockets: 0 }
    }
    fn socket(&mut self) -> SocketId {
        self.sockets += 1;
        SocketId(self.sockets - 1)
    }
    fn bind(&mut self, socket: SocketId, request: BindRequest) -> Result<u16, Errno> {
        self.table.bind(socket, request, |address| [A, B].contains(&address), &mut self.rng)
    }
    fn bound(&mut self, request: BindRequest) -> Result<SocketId, Errno> {
        let socket = self.socket();
        self.bind(socket, request).map(|_| socket)
    }
}

fn request(
    protocol: Protocol,
    address: Option<Ipv4Addr>,
    port: u16,
    options: BindOptions,
) -> BindRequest {
    BindRequest { options, ..BindRequest::new(protocol, address, port) }
}

#[test]
fn conflicts_are_those_of_linux() {
    use Protocol::{Tcp, Udp};
    let taken = Err(Errno::EADDRINUSE);
    // Protocol, address and options of two sockets at one port, whether the first listens, and
    // what the second bind() gave on Linux 6.18.
    for (first, listens, second, outcome) in [
        ((Tcp, None, NONE), false, (Udp, None, NONE), Ok(7100)),
        ((Tcp, None, NONE), false, (Tcp, None, NONE), taken),
        ((Udp, None, NONE), false, (Udp, None, NONE), taken),
        ((Tcp, None, NONE), false, (Tcp, Some(A), NONE), taken),
        ((Tcp, Some(A), NONE), false, (Tcp, None, NONE), taken),
        ((Tcp, Some(A), NONE), false, (Tcp, Some(B), NONE), Ok(7100)),
        ((Udp, None, NONE), false, (Udp, Some(A), NONE), taken),
        ((Udp, Some(A), NONE), false, (Udp, None, NONE), taken),
        ((Udp, Some(A), NONE), false, (Udp, Some(B), NONE), Ok(7100)),
        ((Tcp, None, ADDRESS), false, (Tcp, None, ADDRESS), Ok(7100)),
        ((Tcp, None, ADDRESS), true, (Tcp, None, ADDRESS), taken),
        ((Tcp, None, ADDRESS), true, (Tcp, Some(A), ADDRESS), taken),
        ((Tcp, None, PORT), true, (Tcp, None, PORT), Ok(7100)),
        ((Tcp, None, NONE), false, (Tcp, None, ADDRESS), taken),
        ((Udp, None, ADDRESS), false, (Udp, None, ADDRESS), Ok(7100)),
        ((Udp, None, PORT), false, (Udp, None, PORT), Ok(7100)),
        ((Udp, None, NONE), false, (Udp, None, ADDRESS), taken),
        ((Udp, None, ADDRESS), false, (Udp, Some(A), ADDRESS), Ok(7100)),
        ((Udp, None, ADDRESS), false, (Udp, None, PORT), taken),
    ] {
        let mut host = Host::new(RULES);
        let holder = host.bound(request(first.0, first.1, 7100, first.2)).expect("a free port");
        if listens {
            host.table.listen(holder).expect("a bound socket");
        }
        let other = host.socket();
        let got = host.bind(other, request(second.0, second.1, 7100, second.2));
        assert_eq!(got, outcome, "{first:?}, {listens}, {second:?}");
        if listens && got.is_ok() {
            assert_eq!(host.table.listen(other), Ok(()));
        }
        host.table.release(holder);
        host.table.release(other);
        assert_eq!(host.bind(other, request(second.0, None, 7100, NONE)), Ok(7100));
    }
}

#[test]
fn only_one_of_two_that_share_by_address_may_listen() {
    let mut host = Host::new(RULES);
    let tcp = request(Protocol::Tcp, None, 7100, ADDRESS);
    let [first, second] = [(); 2].map(|()| host.bound(tcp).expect("they share"));
    assert_eq!(host.table.listen(first), Ok(()));
    assert_eq!(host.table.listen(first), Ok(()));
    assert_eq!(host.table.listen(second), Err(Errno::EADDRINUSE));
    host.table.release(first);
    assert_eq!(host.table.listen(second), Ok(()));
    let udp = host.bound(request(Protocol::Udp, None, 7100, NONE)).expect("another space");
    assert_eq!(host.table.listen(udp), Err(Errno::EINVAL));
}

#[test]
fn bind_fails_in_the_order_of_linux() {
    let mut host = Host::new(RULES);
    let socket = host.socket();
    let tcp = |address, port| request(Protocol::Tcp, address, port, NONE);
    let elsewhere = Some(*PEER.ip());
    assert_eq!(host.bind(socket, tcp(elsewhere, 80)), Err(Errno::EADDRNOTAVAIL));
    for (port, outcome) in [
        (1, Err(Errno::EACCES)),
        (80, Err(Errno::EACCES)),
        (1023, Err(Errno::EACCES)),
        (1024, Ok(1024)),
        (8080, Ok(8080)),
    ] {
        for protocol in [Protocol::Tcp, Protocol::Udp] {
            assert_eq!(host.bind(socket, request(protocol, None, port, NONE)), outcome);
            assert_eq!(host.table.release(socket).is_some(), outcome.is_ok());
        }
    }
    assert_eq!(host.bind(socket, tcp(Some(Ipv4Addr::UNSPECIFIED), 8080)), Ok(8080));
    assert_eq!(host.table.get(socket).map(|binding| binding.address), Some(None));
    assert_eq!(host.bind(socket, tcp(None, 8081)), Err(Errno::EINVAL));
    // Port 0 needs no privilege, echo identifiers never do.
    let other = host.socket();
    assert!(host.bind(other, tcp(None, 0)).is_ok_and(|port| port >= 32_768));
    let echo = host.socket();
    assert_eq!(host.bind(echo, request(Protocol::Icmp, None, 7, NONE)), Ok(7));
    let low = host.socket();
    host.table.set_rules(PortRules { privileged_below: 80, ..RULES });
    assert_eq!(host.bind(low, tcp(None, 79)), Err(Errno::EACCES));
    assert_eq!(host.bind(low, tcp(None, 80)), Ok(80));
    host.table.release(low);
    host.table.set_rules(PortRules { privileged: true, ..RULES });
    assert_eq!(host.bind(low, tcp(None, 79)), Ok(79));
}

#[test]
fn the_most_specific_udp_socket_receives() {
    let mut host = Host::new(RULES);
    let udp = |address| request(Protocol::Udp, address, 7200, ADDRESS);
    let wildcard = host.bound(udp(None)).expect("free");
    let specific = host.bound(udp(Some(A))).expect("shared");
    let connected = host.bound(udp(Some(A))).expect("shared");
    host.table.connect(connected, A, PEER).expect("bound");
    let to = |host: &Host, address, from| host.table.lookup(Protocol::Udp, at(address, 7200), from);
    assert_eq!(to(&host, A, PEER), Some(connected));
    assert_eq!(to(&host, A, STRANGER), Some(specific));
    assert_eq!(to(&host, B, PEER), Some(wildcard));
    assert_eq!(host.table.lookup(Protocol::Tcp, at(A, 7200), PEER), None);
    assert_eq!(host.table.lookup(Protocol::Udp, at(A, 7201), PEER), None);
    // Of two wildcard sockets the second one got all.
    let second = host.bound(udp(None)).expect("shared");
    assert_eq!(to(&host, B, PEER), Some(second));
    for socket in [wildcard, specific, second] {
        host.table.release(socket);
    }
    assert_eq!((to(&host, A, STRANGER), to(&host, A, PEER)), (None, Some(connected)));
    assert_eq!(host.table.connect(connected, A, STRANGER), Ok(()));
    assert_eq!((to(&host, A, STRANGER), to(&host, A, PEER)), (Some(connected), None));
    // A connected socket still holds its port.
    assert_eq!(host.bound(request(Protocol::Udp, None, 7200, NONE)), Err(Errno::EADDRINUSE));
    assert_eq!(host.table.connect(wildcard, A, PEER), Err(Errno::EINVAL));
}

#[test]
fn sharing_by_port_divides_the_senders() {
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let mut host = Host::new(RULES);
        let all =
            [(); 2].map(|()| host.bound(request(protocol, None, 7300, PORT)).expect("shared"));
        let lookup =
            |host: &Host, port| host.table.lookup(protocol, at(A, 7300), at(*PEER.ip(), port));
        if protocol == Protocol::Tcp {
            assert_eq!(lookup(&host, 5000), None, "nobody listens");
            assert!(all.iter().all(|&socket| host.table.listen(socket).is_ok()));
        }
        let first = (0..1000).filter(|&port| lookup(&host, port) == Some(all[0])).count();
        assert!((400..600).contains(&first), "{first} of 1000");
        assert!((0..1000).all(|port| lookup(&host, port) == lookup(&host, port)));
    }
}

#[test]
fn tcp_connections_come_before_their_listener() {
    let mut host = Host::new(RULES);
    let listener = host.bound(request(Protocol::Tcp, None, 8080, ADDRESS)).expect("free");
    host.table.listen(listener).expect("bound");
    let child = host.socket();
    assert_eq!(host.table.accept(child, at(A, 8080), PEER, ADDRESS), Ok(()));
    assert_eq!(host.table.accept(child, at(A, 8080), PEER, ADDRESS), Err(Errno::EINVAL));
    let twin = host.socket();
    assert_eq!(host.table.accept(twin, at(A, 8080), PEER, ADDRESS), Err(Errno::EADDRNOTAVAIL));
    let lookup = |host: &Host, from| host.table.lookup(Protocol::Tcp, at(A, 8080), from);
    assert_eq!((lookup(&host, PEER), lookup(&host, STRANGER)), (Some(child), Some(listener)));
    // A listener starts again beside an old connection only if both have SO_REUSEADDR.
    host.table.release(listener);
    let plain = request(Protocol::Tcp, None, 8080, NONE);
    assert_eq!(host.bind(listener, plain), Err(Errno::EADDRINUSE));
    assert_eq!(host.bind(listener, BindRequest { options: ADDRESS, ..plain }), Ok(8080));
    assert_eq!(host.table.listen(listener), Ok(()));
    assert_eq!(host.table.connect(listener, A, STRANGER), Err(Errno::EINVAL));
    assert_eq!(host.table.iter().map(|(socket, _)| socket).collect::<Vec<_>>(), [listener, child]);
}

#[test]
fn exhaustion_is_reported_as_in_linux() {
    let rules = PortRules { ephemeral: [50_000, 50_009], ..RULES };
    let mut host = Host::new(rules);
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let mut given = Vec::new();
        for _ in 0..10 {
            let socket = host.socket();
            // Sharing is only for those who name a port.
            given.push(host.bind(socket, request(protocol, None, 0, PORT)).expect("some are free"));
        }
        given.sort_unstable();
        assert!(given.into_iter().eq(50_000..=50_009));
        assert_eq!(host.bound(request(protocol, None, 0, PORT)), Err(Errno::EADDRINUSE));
    }
    let socket = host.socket();
    assert_eq!(host.table.bind_any(socket, Protocol::Udp, &mut dice()), Err(Errno::EAGAIN));
    assert_eq!(
        host.table.connect_any(socket, A, PEER, &mut dice()),
        Err(Errno::EADDRNOTAVAIL),
        "all are bound"
    );
    // Connections: each destination has the whole range, a second local address too.
    let mut host = Host::new(rules);
    for (address, remote) in [(A, PEER), (A, STRANGER), (B, PEER)] {
        let mut ports = Vec::new();
        for _ in 0..10 {
            let socket = host.socket();
            let port = host.table.connect_any(socket, address, remote, &mut host.rng);
            ports.push(port.expect("some are free"));
        }
        assert!(ports[..5].iter().all(|port| port % 2 == 0), "{ports:?}");
        let socket = host.socket();
        let none = host.table.connect_any(socket, address, remote, &mut host.rng);
        assert_eq!(none, Err(Errno::EADDRNOTAVAIL));
    }
    // Every port has a connection, which a wildcard would overlap.
    assert_eq!(host.bound(request(Protocol::Tcp, None, 0, NONE)), Err(Errno::EADDRINUSE));
}

#[test]
fn crowds_change_nothing_but_the_time_it_takes() {
    let rules = PortRules { ephemeral: [50_000, 50_399], ..RULES };
    let (mut host, mut rng) = (Host::new(rules), dice());
    let mut taken = BTreeMap::new();
    let mut pick_as_without = |taken: &BTreeMap<u16, SocketId>| {
        let free = |port| !taken.contains_key(&port);
        ephemeral::pick(rules.ephemeral, Order::FirstHalf, &mut rng, free)
    };
    for round in 0..3 {
        // Until all are taken, and a few times in vain.
        for _ in 0..405 - taken.len() {
            let socket = host.socket();
            let port = host.table.connect_any(socket, A, PEER, &mut host.rng).ok();
            assert_eq!(port, pick_as_without(&taken));
            taken.extend(port.map(|port| (port, socket)));
        }
        assert_eq!(taken.len(), 400);
        // Some of them, most, and all.
        let leave = |port: &u16, _: &mut SocketId| round == 2 || port % 10 <= 4 * (round + 1);
        for (_, socket) in taken.extract_if(.., leave) {
            assert!(host.table.release(socket).is_some());
        }
    }
    assert!(taken.is_empty());
}

#[test]
fn echo_identifiers_come_from_the_whole_space() {
    let mut host = Host::new(PortRules { ephemeral: [50_000, 50_000], ..RULES });
    let ids: Vec<u16> = (0..20)
        .map(|_| {
            let socket = host.socket();
            host.table.bind_any(socket, Protocol::Icmp, &mut host.rng).expect("plenty")
        })
        .collect();
    assert!(ids.iter().any(|&id| id < 32_768) && ids.iter().any(|&id| id > 32_768), "{ids:?}");
    host.table.connect(SocketId(0), A, PEER).expect("bound");
    let reply = |from| host.table.lookup(Protocol::Icmp, at(A, ids[0]), at(from, 0));
    assert_eq!((reply(*PEER.ip()), reply(B)), (Some(SocketId(0)), None));
}

/// A table without any order or index: all sockets in one list, oldest first.
#[derive(Default)]
struct Naive(Vec<(SocketId, Binding)>);

impl Naive {
    fn may_bind(&self, wanted: &Binding) -> bool {
        self.0.iter().all(|(_, held)| {
            let apart = matches!((held.address, wanted.address), (Some(x), Some(y)) if x != y);
            let shared = held.options.reuse_port && wanted.options.reuse_port
                || held.options.reuse_address && wanted.options.reuse_address && !held.listening;
            held.protocol != wanted.protocol || held.port != wanted.port || apart || shared
        })
    }
    fn may_listen(&self, wanted: &Binding) -> bool {
        let listeners = self.0.iter().filter(|(_, held)| held.listening);
        Naive(listeners.copied().collect()).may_bind(wanted)
    }
    /// Those to whom a packet may go: the most specific ones.
    fn lookup(
        &self,
        protocol: Protocol,
        local: SocketAddrV4,
        remote: SocketAddrV4,
    ) -> Vec<SocketId> {
        let rank = |b: &Binding| {
            let matches = b.protocol == protocol
                && b.port == local.port()
                && b.address.is_none_or(|address| address == *local.ip())
                && b.remote.is_none_or(|end| end == remote)
                && (b.listening || b.remote.is_some() || protocol != Protocol::Tcp);
            matches.then_some((b.remote.is_some(), b.address.is_some()))
        };
        let best = self.0.iter().filter_map(|(_, b)| rank(b)).max();
        let all = self.0.iter().filter(|(_, b)| best.is_some() && rank(b) == best);
        all.map(|(socket, _)| *socket).collect()
    }
}

#[derive(Debug, Clone)]
enum Call {
    Bind(BindRequest),
    Connect(usize, bool, bool),
    Listen(usize),
    Release(usize),
}

fn call() -> impl Strategy<Value = Call> {
    let protocol = prop_oneof![Just(Protocol::Udp), Just(Protocol::Tcp)];
    let address = prop_oneof![Just(None), Just(Some(A)), Just(Some(B))];
    let options = prop_oneof![Just(NONE), Just(ADDRESS), Just(PORT)];
    let bind = (protocol, address, 2000..2004_u16, options)
        .prop_map(|(protocol, address, port, options)| request(protocol, address, port, options));
    prop_oneof![
        4 => bind.prop_map(Call::Bind),
        2 => (0..100_usize, any::<bool>(), any::<bool>()).prop_map(|(s, a, p)| Call::Connect(s, a, p)),
        2 => (0..100_usize).prop_map(Call::Listen),
        1 => (0..100_usize).prop_map(Call::Release),
    ]
}

/// Does the call to both; they must agree.
fn apply(host: &mut Host, model: &mut Naive, call: Call) {
    let count = model.0.len();
    match call {
        Call::Bind(BindRequest { protocol, address, port, options }) => {
            let wanted =
                Binding { protocol, address, port, remote: None, options, listening: false };
            let socket = host.socket();
            let outcome = host.bind(socket, request(protocol, address, port, options));
            assert_eq!(outcome.is_ok(), model.may_bind(&wanted), "{wanted:?}");
            if outcome.is_ok() {
                model.0.push((socket, wanted));
            }
        }
        _ if count == 0 => {}
        Call::Connect(which, a, peer) => {
            let (socket, held) = model.0[which % count];
            let address = held.address.unwrap_or(if a { A } else { B });
            let remote = if peer { PEER } else { STRANGER };
            let new = Binding { address: Some(address), remote: Some(remote), ..held };
            let twin = held.protocol == Protocol::Tcp
                && model.0.iter().any(|(_, b)| {
                    (b.protocol, b.address, b.port, b.remote)
                        == (new.protocol, new.address, new.port, new.remote)
                });
            let outcome = host.table.connect(socket, address, remote);
            assert_eq!(outcome.is_ok(), !twin && !held.listening);
            if outcome.is_ok() {
                model.0[which % count].1 = new;
            }
        }
        Call::Listen(which) => {
            let (socket, held) = model.0[which % count];
            let may = held.protocol == Protocol::Tcp
                && held.remote.is_none()
                && (held.listening || model.may_listen(&held));
            assert_eq!(host.table.listen(socket).is_ok(), may, "{held:?}");
            model.0[which % count].1.listening = may;
        }
        Call::Release(which) => {
            let (socket, held) = model.0.remove(which % count);
            assert_eq!(host.table.release(socket), Some(held));
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_a_plain_list(calls in prop::collection::vec(call(), 0..60)) {
        let (mut host, mut model) = (Host::new(RULES), Naive::default());
        for call in calls {
            apply(&mut host, &mut model, call);
            for (protocol, port) in [(Protocol::Udp, 2000), (Protocol::Udp, 2001), (Protocol::Tcp, 2000), (Protocol::Tcp, 2001)] {
                for (local, remote) in [(A, PEER), (A, STRANGER), (B, PEER)] {
                    let candidates = model.lookup(protocol, at(local, port), remote);
                    let found = host.table.lookup(protocol, at(local, port), remote);
                    // What was found last, for the packet before or before the last call, misleads nobody.
                    let taker = host.table.demultiplex(protocol, at(local, port), remote);
                    prop_assert_eq!(taker, found);
                    match found {
                        Some(socket) => prop_assert!(candidates.contains(&socket)),
                        None => prop_assert!(candidates.is_empty()),
                    }
                }
            }
            let mut held: Vec<_> = model.0.iter().map(|(socket, binding)| (*socket, binding)).collect();
            held.sort_unstable_by_key(|(socket, _)| *socket);
            prop_assert!(host.table.iter().eq(held));
        }
    }
}
