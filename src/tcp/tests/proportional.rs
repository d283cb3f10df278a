//! How much a fast recovery sends. What Linux 6.18 does was tried with segments by hand.

use std::sync::Arc;

use super::pair::{CLIENT, SERVER, opening};
use crate::packet::ipv4::Ecn;
use crate::packet::tcp::{Flags, Options, SackBlock, Segment};
use crate::tcp::Connection;
use crate::tcp::config::Config;
use crate::units::Time;

const MSS: u32 = 1448;

/// A sender with ten of thirty segments in flight over a path of 40 ms.
struct Sender {
    connection: Connection,
    /// An acknowledgment of nothing.
    bare: Segment,
}

impl Sender {
    fn new() -> Self {
        let config = Arc::new(Config::linux());
        let mut connection = Connection::connect(Arc::clone(&config), opening(CLIENT));
        let syn = connection.poll_transmit(Time::ZERO).expect("a SYN").segment;
        let mut server = Connection::accept(config, opening(SERVER), Time::ZERO, &syn);
        let answer = server.poll_transmit(Time::ZERO).expect("a SYN-ACK").segment;
        let now = Time::from_ms(40);
        connection.handle_segment(now, &answer, Ecn::NotEct);
        connection.send(u64::from(30 * MSS)).expect("room");
        let options = Options { mss: None, window_scale: None, ..answer.options };
        let seq = answer.seq.wrapping_add(1);
        let bare = Segment { seq, flags: Flags::ACK, window: 2000, options, ..answer };
        let mut sender = Self { connection, bare };
        assert_eq!(sender.sent(40), [0; 0], "an acknowledgment of the SYN-ACK, and the first ten");
        sender
    }

    /// The numbers of the segments that go out now, but for the first ten as they go out first.
    fn sent(&mut self, ms: u64) -> Vec<u32> {
        let now = Time::from_ms(ms);
        self.connection.handle_timeout(now);
        let first = self.bare.ack;
        let outgoing = std::iter::from_fn(|| self.connection.poll_transmit(now));
        let data = outgoing.filter(|outgoing| outgoing.segment.data_length > 0);
        let numbers = data.map(|sent| sent.segment.seq.distance_from(first) as u32 / MSS + 1);
        numbers.filter(|_| ms > 40).collect()
    }

    /// The segments before `ack` have arrived, and those in `ranges`.
    fn told(&mut self, ms: u64, ack: u32, ranges: &[(u32, u32)]) {
        let place = |number: u32| self.bare.ack.wrapping_add((number - 1) * MSS);
        let mut told = Segment { ack: place(ack), ..self.bare };
        if let Some(stamps) = &mut told.options.timestamps {
            stamps.echo = stamps.echo.wrapping_add(ms as u32 - 40);
        }
        for (first, last) in ranges {
            told.options.sack.push(SackBlock { start: place(*first), end: place(last + 1) });
        }
        self.connection.handle_segment(Time::from_ms(ms), &told, Ecn::NotEct);
    }
}

/// Three have arrived, and seven are lost: three go out. From then on one more goes out than has
/// arrived, unless a retransmission is found to be lost.
#[test]
fn a_recovery_that_loses_again_does_not_grow() {
    for (ack, ranges, expected) in
        [(3, &[(4, 4), (8, 10)][..], &[3, 6][..]), (4, &[(8, 10)][..], &[6, 7, 11][..])]
    {
        let mut sender = Sender::new();
        sender.told(80, 1, &[(8, 10)]);
        assert_eq!(sender.sent(80), [1, 2, 3]);
        sender.told(122, 2, &[(8, 10)]);
        assert_eq!(sender.sent(122), [4, 5]);
        // Two more have arrived: 2 and 4, so that 3 is lost again; or 2 and 3.
        sender.told(167, ack, ranges);
        assert_eq!(sender.sent(167), expected);
    }
}

/// Where a timer finds the loss, one segment goes out, and not all that the window has room for.
#[test]
fn a_recovery_that_a_timer_begins_sends_one_segment() {
    let mut sender = Sender::new();
    sender.told(80, 1, &[(9, 10)]);
    assert_eq!(sender.sent(80), [11, 12]);
    assert_eq!(sender.sent(98), [1]);
}
