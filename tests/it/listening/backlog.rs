//! The queues of a listener: how many wait, and what becomes of those that find no room.

use portolan::id::SocketId;
use portolan::node::config::{CookiePolicy, IpConfig};
use portolan::packet::ipv4::{self, Transport};
use portolan::packet::tcp::{Flags, Segment};
use portolan::units::Time;

use super::{assert_near, config, connect, listen};
use crate::support::lab::{CLIENT, Lab, SERVER, final_ack, segment, server};

/// So many clients, 10 ms after one another, to a listener that accepts nobody for 2.5 s.
fn crowd(config: &IpConfig, backlog: u32, clients: usize) -> (Lab, SocketId) {
    let mut lab = Lab::new(config);
    lab.delay = Time::from_us(50);
    let listener = listen(&mut lab, backlog);
    for _ in 0..clients {
        connect(&mut lab, 80);
        lab.run(Time::from_ms(10));
    }
    (lab, listener)
}

#[test]
fn a_backlog_of_n_lets_one_more_wait() {
    for (backlog, clients, completed) in [(0, 4, 1), (1, 5, 2), (5, 9, 6), (128, 132, 129)] {
        let (lab, _) = crowd(&config(), backlog, clients);
        assert_eq!(lab.count(SERVER, "ESTABLISHED"), completed, "listen({backlog})");
        assert_eq!(lab.count(CLIENT, "ESTABLISHED"), completed, "listen({backlog})");
        // The others are not answered at all, and go on asking.
        assert_eq!(lab.count(CLIENT, "SYN-SENT"), clients - completed);
        let answers = lab.seen.iter().filter(|seen| seen.from == server(80));
        assert_eq!(answers.count(), completed, "SYN-ACKs of listen({backlog})");
    }
}

/// The segments of the client that came so many places after the first, from `since` on: when, and
/// what.
fn traced(lab: &Lab, client: usize, since: Time) -> Vec<(Time, String)> {
    let mut clients: Vec<_> = lab.seen.iter().map(|seen| seen.from).collect();
    clients.retain(|from| *from != server(80));
    clients.dedup();
    let mut known = Vec::new();
    for client in clients {
        if !known.contains(&client) {
            known.push(client);
        }
    }
    let own = known[client];
    let of_client = lab.seen.iter().filter(|seen| seen.from == own || seen.to == own);
    let since = of_client.filter(|seen| seen.at >= since);
    since.map(|seen| (seen.at, format!("{}", seen.segment.flags))).collect()
}

fn flags(trace: &[(Time, String)]) -> Vec<&str> {
    trace.iter().map(|(_, flags)| flags.as_str()).collect()
}

/// Measured with listen(1): after one accept, three SYNs that are sent again in the same tick are all
/// answered. The first final ACK takes the place; the second is ignored, so its SYN-ACK comes again 1.02 and 3.04 s
/// later; the third had a cookie, which nobody sends again.
#[test]
fn one_accept_makes_room_for_one_client_though_several_are_answered() {
    for abort in [false, true] {
        let rules = IpConfig { abort_on_overflow: abort, ..config() };
        let (mut lab, listener) = crowd(&rules, 1, 2);
        for _ in 0..3 {
            connect(&mut lab, 80);
        }
        lab.run_until(Time::from_ms(2500));
        lab.call(SERVER, move |os| os.accept(listener).map(|_| ())).expect("two wait");
        lab.run_until(Time::from_secs(8));
        let since = Time::from_ms(2500);
        let [third, fourth, fifth] = [2, 3, 4].map(|client| traced(&lab, client, since));
        assert_eq!(flags(&third), ["S", "S.", "."]);
        assert_eq!(flags(&fifth), ["S", "S.", "."]);
        if abort {
            assert_eq!(flags(&fourth), ["S", "S.", ".", "R"]);
        } else {
            assert_eq!(flags(&fourth), ["S", "S.", ".", "S.", ".", "S.", "."]);
            let first = fourth[1].0;
            let again = [fourth[3].0 - first, fourth[5].0 - first];
            assert_near(&again, &[1.024, 3.04]);
        }
        let counters = lab.counters(SERVER);
        assert_eq!((counters.cookies_sent, counters.cookies_received), (1, 1));
    }
}

struct Burst {
    cookies: CookiePolicy,
    abort: bool,
    backlog: u32,
    syns: u16,
    syn_acks: usize,
    half_open: usize,
}

#[test]
fn a_burst_of_syns_finds_as_much_room_as_measured() {
    let room = [(1, 8, 2), (5, 16, 6), (128, 262, 129)];
    for (cookies, abort) in [
        (CookiePolicy::Off, false),
        (CookiePolicy::Off, true),
        (CookiePolicy::WhenFull, false),
        (CookiePolicy::WhenFull, true),
    ] {
        for (backlog, syns, half_open) in room {
            let all = usize::from(syns);
            let syn_acks = if cookies == CookiePolicy::Off { half_open } else { all };
            check_burst(&Burst { cookies, abort, backlog, syns, syn_acks, half_open });
        }
    }
}

fn check_burst(burst: &Burst) {
    let Burst { cookies, abort, backlog, syns, syn_acks, half_open } = *burst;
    let rules = IpConfig { syn_cookies: cookies, abort_on_overflow: abort, ..config() };
    let mut lab = Lab::new(&rules);
    listen(&mut lab, backlog);
    let what = format!("{cookies:?}, abort {abort}, listen({backlog})");
    for port in 0..syns {
        lab.peer_sends(2000 + port, segment(Flags::SYN, 7000, 0));
    }
    assert_eq!(lab.seen.len(), syn_acks, "SYN-ACKs, {what}");
    assert_eq!(lab.count(SERVER, "SYN-RECEIVED"), half_open, "{what}");
    for port in 2000..2000 + syns {
        if let Some((_, syn_ack)) = lab.answers(port).first() {
            lab.peer_sends(port, final_ack(syn_ack));
        }
    }
    assert_eq!(lab.count(SERVER, "ESTABLISHED"), half_open, "{what}");
    let resets = lab.seen.iter().filter(|seen| seen.segment.flags.rst).count();
    assert_eq!(resets, 0, "{what}");
    let counters = lab.counters(SERVER);
    let refused = u64::from(syns) - half_open as u64;
    if cookies == CookiePolicy::Off {
        assert_eq!((counters.syn_dropped, counters.accept_overflows), (refused, 0), "{what}");
    } else {
        assert_eq!((counters.cookies_sent, counters.cookies_received), (refused, refused));
        assert_eq!((counters.syn_dropped, counters.accept_overflows), (0, refused), "{what}");
    }
}

/// 3000 SYNs from nowhere, then a client: cookies, listen(N), `max-syn-backlog`, how many are half
/// open, how many answered, whether the client is served within 2.5 s.
#[test]
fn a_flood_is_met_as_measured() {
    use CookiePolicy::{Always, Off, WhenFull};
    for (cookies, backlog, max_syn_backlog, half_open, answered, served) in [
        (Off, 1, 2048, 2, 2, false),
        (Off, 5, 2048, 6, 6, false),
        (Off, 16, 2048, 17, 17, false),
        (Off, 128, 2048, 129, 129, false),
        (Off, 1024, 2048, 1025, 1025, false),
        (Off, 1024, 128, 97, 97, false),
        (Off, 128, 128, 97, 97, false),
        (WhenFull, 1, 2048, 2, 3000, true),
        (WhenFull, 5, 2048, 6, 3000, true),
        (WhenFull, 16, 2048, 17, 3000, true),
        (WhenFull, 128, 2048, 129, 3000, true),
        (WhenFull, 1024, 128, 1025, 3000, true),
        (Always, 16, 2048, 0, 3000, true),
    ] {
        let rules = IpConfig { syn_cookies: cookies, max_syn_backlog, ..config() };
        let mut lab = Lab::new(&rules);
        listen(&mut lab, backlog);
        for port in 0..3000 {
            lab.peer_sends(2000 + port, segment(Flags::SYN, 7000, 0));
        }
        let what = format!("{cookies:?}, listen({backlog}), {max_syn_backlog}");
        assert_eq!(lab.count(SERVER, "SYN-RECEIVED"), half_open, "{what}");
        assert_eq!(lab.seen.len(), answered, "{what}");
        let counters = lab.counters(SERVER);
        assert_eq!(counters.max_tcp_memory_bytes, half_open as u64 * 304, "{what}");
        let (dropped, sent) = match cookies {
            Off => (3000 - half_open as u64, 0),
            WhenFull | Always => (0, 3000 - half_open as u64),
        };
        assert_eq!((counters.syn_dropped, counters.cookies_sent), (dropped, sent), "{what}");
        connect(&mut lab, 80);
        lab.run(Time::from_ms(2500));
        assert_eq!(lab.count(CLIENT, "ESTABLISHED"), usize::from(served), "{what}");
    }
}

/// The SYN-ACK could not be sent, so there is nothing to remember the SYN for.
#[test]
fn a_syn_from_where_no_route_leads_is_not_remembered() {
    for syn_cookies in [CookiePolicy::Off, CookiePolicy::Always] {
        let mut lab = Lab::new(&IpConfig { syn_cookies, ..config() });
        listen(&mut lab, 5);
        let stranger = std::net::Ipv4Addr::new(192, 0, 2, 1);
        let syn = Segment { source_port: 5000, ..segment(Flags::SYN, 1, 0) };
        lab.inject(SERVER, ipv4::Packet::new(stranger, *server(80).ip(), Transport::Tcp(syn)));
        lab.run(Time::from_secs(10));
        assert_eq!(lab.count(SERVER, "SYN-RECEIVED"), 0);
        assert_eq!((lab.counters(SERVER).syn_dropped, lab.seen.len()), (1, 0));
    }
}
