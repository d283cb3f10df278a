//! Late, repeated and impossible segments of an established connection. What Linux 6.18 does was tried
//! with segments by hand.

use super::close::{answer, established, from_client};
use super::pair::SERVER;
use crate::packet::ipv4::Ecn;
use crate::packet::tcp::{Flags, Segment};
use crate::units::Time;

#[test]
fn impossible_acknowledgments_are_rarely_challenged_even_with_data() {
    for distance in [100, -100_i32] {
        let mut pair = established();
        let wrong = from_client(&mut pair, Flags::ACK, 0, 10);
        let wrong = Segment { ack: wrong.ack.wrapping_add(distance.cast_unsigned()), ..wrong };
        assert_eq!(answer(&mut pair, &wrong).map(|s| s.flags), Some(Flags::ACK), "{distance}");
        pair.now += Time::from_ms(60);
        assert_eq!(answer(&mut pair, &wrong), None, "{distance}");
        assert_eq!(pair.end(SERVER).receive_queue(), 0, "{distance}");
    }
}

#[test]
fn a_timestamp_may_be_older_by_one() {
    for (age, expected) in [(1, 10), (2, 0)] {
        let mut pair = established();
        let bare = from_client(&mut pair, Flags::ACK, 0, 0);
        assert_eq!(answer(&mut pair, &bare), None);
        let mut late = Segment { data_length: 10, ..bare };
        let stamps = late.options.timestamps.as_mut().expect("timestamps");
        stamps.value = stamps.value.wrapping_sub(age);
        let told = answer(&mut pair, &late).expect("an acknowledgment");
        assert_eq!(pair.end(SERVER).receive_queue(), expected);
        // It is not what is echoed.
        let recent = bare.options.timestamps.map(|stamps| stamps.value);
        assert_eq!(told.options.timestamps.map(|stamps| stamps.echo), recent);
    }
}

#[test]
fn after_old_data_acknowledgments_do_not_wait() {
    for place in [-10, -20] {
        let mut pair = established();
        let mut next = from_client(&mut pair, Flags::ACK, 0, 10);
        let mut send = |next: &mut Segment| {
            pair.now += Time::from_ms(60);
            let now = pair.now;
            pair.end(SERVER).handle_timeout(now);
            while pair.end(SERVER).poll_transmit(now).is_some() {}
            let told = answer(&mut pair, next);
            next.seq = next.seq.wrapping_add(10);
            told.is_some()
        };
        let waited = (0..20).map(|_| !send(&mut next)).filter(|waits| *waits).count();
        assert_eq!(waited, 4, "those after the first sixteen");
        let mut old = Segment { seq: next.seq.wrapping_add(i32::cast_unsigned(place)), ..next };
        assert!(send(&mut old));
        assert!(send(&mut next) && send(&mut next), "{place}");
    }
}

#[test]
fn a_late_window_takes_nothing_back() {
    for (window, expected) in [(2, 1000_u32), (2000, 2000), (0, 0)] {
        let mut pair = established();
        let bare = from_client(&mut pair, Flags::ACK, 0, 0);
        let now = pair.now;
        for window in [1000, window] {
            let told = Segment { window, ..bare };
            pair.end(SERVER).handle_segment(now, &told, Ecn::NotEct);
        }
        assert_eq!(pair.end(SERVER).window.size, expected << 7, "{window}");
    }
}
