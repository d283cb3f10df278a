use super::*;

const IF: InterfaceId = InterfaceId(0);
const ME: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const PEER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const MAC: Mac = Mac::numbered(2);

fn cache() -> NeighborCache {
    NeighborCache::new(Timing::from(&IpConfig::default()))
}

fn resolve(cache: &mut NeighborCache, now: Time, packet: PacketId) -> Resolution {
    let ix = cache.index(IF, PEER);
    cache.resolve(now, ix, packet)
}

fn message(operation: Operation, sender_mac: Mac) -> Message {
    Message { operation, sender_mac, sender_ip: PEER, target_mac: Mac([0; 6]), target_ip: ME }
}

fn timeout(cache: &mut NeighborCache) -> (Time, Vec<Action>) {
    let at = cache.poll_timeout().expect("a timer runs");
    let mut actions = Vec::new();
    cache.handle_timeout(at, &mut actions);
    (at, actions)
}

fn state(cache: &NeighborCache, now: Time) -> State {
    cache.table(now)[0].state
}

fn s(seconds: u64) -> Time {
    Time::from_secs(seconds)
}

fn request(unicast: Option<Mac>) -> Vec<Action> {
    vec![Action::Request { interface: IF, ip: PEER, unicast }]
}

/// As measured on Linux: three requests one second apart, unreachable after three seconds.
#[test]
fn gives_up_after_three_requests() {
    let mut cache = cache();
    let first = resolve(&mut cache, s(0), PacketId(7));
    assert_eq!(first, Resolution::Wait { send_request: true });
    let second = resolve(&mut cache, Time::from_ms(1), PacketId(8));
    assert_eq!(second, Resolution::Wait { send_request: false });
    assert_eq!(timeout(&mut cache), (s(1), request(None)));
    assert_eq!(timeout(&mut cache), (s(2), request(None)));
    let packets = vec![PacketId(7), PacketId(8)];
    let give_up = Action::GiveUp { interface: IF, ip: PEER, packets };
    assert_eq!(timeout(&mut cache), (s(3), vec![give_up]));
    assert_eq!((cache.poll_timeout(), state(&cache, s(3))), (None, State::Failed));
    let again = resolve(&mut cache, s(4), PacketId(9));
    assert_eq!(again, Resolution::Wait { send_request: true });
}

#[test]
fn an_answer_releases_and_is_trusted_then_goes_stale_without_a_timer() {
    let mut cache = cache();
    resolve(&mut cache, s(0), PacketId(7));
    resolve(&mut cache, s(0), PacketId(8));
    let mut released = Vec::new();
    let reply = message(Operation::Reply, MAC);
    assert_eq!(cache.heard(s(0), IF, &reply, true, &mut released), Some(MAC));
    assert_eq!(released, [PacketId(7), PacketId(8)]);
    assert_eq!(cache.poll_timeout(), None);
    let ix = cache.index(IF, PEER);
    assert_eq!(cache.lookup(s(29), ix), Some(MAC));
    assert_eq!(cache.poll_timeout(), None);
    assert_eq!((state(&cache, s(29)), state(&cache, s(30))), (State::Reachable, State::Stale));
}

fn stale_and_used() -> NeighborCache {
    let mut cache = cache();
    resolve(&mut cache, s(0), PacketId(7));
    cache.heard(s(0), IF, &message(Operation::Reply, MAC), true, &mut Vec::new());
    assert_eq!(resolve(&mut cache, s(40), PacketId(8)), Resolution::Known(MAC));
    assert_eq!(state(&cache, s(40)), State::Delay);
    cache
}

#[test]
fn a_used_stale_entry_is_checked_by_unicast() {
    let mut cache = stale_and_used();
    assert_eq!(timeout(&mut cache), (s(45), request(Some(MAC))));
    let ix = cache.index(IF, PEER);
    assert_eq!(cache.lookup(s(45), ix), Some(MAC), "it works while it is checked");
    cache.heard(s(45), IF, &message(Operation::Reply, MAC), true, &mut Vec::new());
    assert_eq!((cache.poll_timeout(), state(&cache, s(45))), (None, State::Reachable));
}

#[test]
fn an_unanswered_check_fails_and_the_next_packet_asks_all() {
    let mut cache = stale_and_used();
    for at in [45, 46, 47] {
        assert_eq!(timeout(&mut cache), (s(at), request(Some(MAC))));
    }
    assert_eq!(timeout(&mut cache), (s(48), vec![]));
    assert_eq!((cache.poll_timeout(), state(&cache, s(48))), (None, State::Failed));
    let next = resolve(&mut cache, s(49), PacketId(9));
    assert_eq!(next, Resolution::Wait { send_request: true });
}

#[test]
fn the_oldest_waiting_packet_makes_room() {
    let timing = Timing { queue: 2, ..Timing::from(&IpConfig::default()) };
    let mut cache = NeighborCache::new(timing);
    for n in 0..2 {
        resolve(&mut cache, s(0), PacketId(n));
    }
    let third = resolve(&mut cache, s(0), PacketId(2));
    assert_eq!(third, Resolution::QueueFull(PacketId(0)));
    let mut released = Vec::new();
    cache.heard(s(0), IF, &message(Operation::Reply, MAC), true, &mut released);
    assert_eq!(released, [PacketId(1), PacketId(2)]);
}

#[test]
fn only_a_request_for_us_makes_an_entry() {
    let mut cache = cache();
    let (request, reply) = (message(Operation::Request, MAC), message(Operation::Reply, MAC));
    let mut released = Vec::new();
    assert_eq!(cache.heard(s(0), IF, &request, false, &mut released), None);
    assert_eq!(cache.heard(s(0), IF, &reply, true, &mut released), None);
    let nobody = Message { sender_ip: Ipv4Addr::UNSPECIFIED, ..request };
    assert_eq!(cache.heard(s(0), IF, &nobody, true, &mut released), None);
    assert_eq!(cache.table(s(0)), []);
    assert_eq!(cache.heard(s(0), IF, &request, true, &mut released), Some(MAC));
    assert_eq!(state(&cache, s(0)), State::Stale);
    assert_eq!(cache.poll_timeout(), None);
    assert_eq!(resolve(&mut cache, s(1), PacketId(1)), Resolution::Known(MAC));
}

#[test]
fn anybodys_message_moves_an_existing_entry() {
    let mut cache = cache();
    resolve(&mut cache, s(0), PacketId(7));
    cache.heard(s(0), IF, &message(Operation::Reply, MAC), true, &mut Vec::new());
    let other = Mac::numbered(9);
    cache.heard(s(1), IF, &message(Operation::Request, MAC), false, &mut Vec::new());
    assert_eq!(state(&cache, s(1)), State::Reachable, "the same address changes nothing");
    cache.heard(s(1), IF, &message(Operation::Request, other), false, &mut Vec::new());
    assert_eq!(state(&cache, s(1)), State::Stale);
    assert_eq!(resolve(&mut cache, s(1), PacketId(1)), Resolution::Known(other));
}
