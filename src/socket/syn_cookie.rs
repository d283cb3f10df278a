//! SYN cookies: a listener's memory of a SYN, kept in the SYN-ACK's sequence number.
//!
//! As in Linux (`net/ipv4/syncookies.c`): the upper eight bits count spans of 60 s, the rest hides
//! which of four segment sizes the SYN named. What else the SYN offered is kept in the low six
//! bits of the SYN-ACK's timestamp, and is lost where timestamps are not in use.

use std::net::SocketAddrV4;

use super::hash;
use crate::packet::tcp::{Flags, Options, Segment, SeqNum, Timestamps};
use crate::rng::Stream;
use crate::units::Time;

/// The segment sizes that a cookie can remember (`msstab`).
const SIZES: [u16; 4] = [536, 1300, 1440, 1460];
/// How long one count of the clock lasts.
const SPAN: Time = Time::from_secs(60);
/// A cookie this many spans old is not taken (`MAX_SYNCOOKIE_AGE`).
const MAX_AGE: u32 = 2;
const LOW_24: u32 = 0x00ff_ffff;
/// Bits of the timestamp: the window scale, or this for none; SACK; ECN.
const NO_SCALE: u32 = 0xf;
const SACK: u32 = 1 << 4;
const ECN: u32 = 1 << 5;
const OPTION_BITS: u32 = 0x3f;

/// A host's maker and judge of SYN cookies.
#[derive(Debug)]
pub struct SynCookies {
    secrets: [u64; 2],
}

impl SynCookies {
    /// Cookies under secrets from a host's dice.
    #[must_use]
    pub fn new(dice: &mut Stream) -> Self {
        Self { secrets: [dice.below(u64::MAX), dice.below(u64::MAX)] }
    }

    /// How long after a listener's queue overflowed its cookies come back.
    #[must_use]
    pub const fn lifetime() -> Time {
        SPAN.saturating_mul(MAX_AGE as u64)
    }

    /// The initial sequence number that stands for `syn`.
    #[must_use]
    pub fn make(
        &self,
        now: Time,
        local: SocketAddrV4,
        remote: SocketAddrV4,
        syn: &Segment,
    ) -> SeqNum {
        let wanted = syn.options.mss.unwrap_or(SIZES[0]);
        let size = SIZES.iter().rposition(|size| *size <= wanted).unwrap_or(0) as u32;
        let count = Self::count(now);
        let hidden = self.mask(count, local, remote).wrapping_add(size) & LOW_24;
        let base = hash::of_ends(self.secrets[0], local, remote) as u32;
        let sum = base.wrapping_add(syn.seq.value()).wrapping_add(count << 24).wrapping_add(hidden);
        SeqNum::new(sum)
    }

    /// The SYN-ACK's timestamp with the SYN's other offers in its low bits; never later than
    /// the clock.
    #[must_use]
    pub fn stamp(clock: u32, syn: &Segment) -> u32 {
        let Options { window_scale, sack_permitted, .. } = syn.options;
        let mut bits = window_scale.map_or(NO_SCALE, u32::from) & NO_SCALE;
        if sack_permitted {
            bits |= SACK;
        }
        if syn.flags.ece && syn.flags.cwr {
            bits |= ECN;
        }
        let stamp = clock & !OPTION_BITS | bits;
        if stamp.wrapping_sub(clock).cast_signed() > 0 {
            stamp.wrapping_sub(OPTION_BITS + 1)
        } else {
            stamp
        }
    }

    /// The SYN that `ack` answers the cookie of, if it does.
    #[must_use]
    pub fn check(
        &self,
        now: Time,
        local: SocketAddrV4,
        remote: SocketAddrV4,
        ack: &Segment,
    ) -> Option<Segment> {
        let client_isn = ack.seq.wrapping_add(u32::MAX);
        let cookie = ack.ack.value().wrapping_sub(1);
        let base = hash::of_ends(self.secrets[0], local, remote) as u32;
        let rest = cookie.wrapping_sub(base).wrapping_sub(client_isn.value());
        let age = Self::count(now).wrapping_sub(rest >> 24) & 0xff;
        if age >= MAX_AGE {
            return None;
        }
        let mask = self.mask(Self::count(now).wrapping_sub(age), local, remote);
        let size = SIZES.get((rest.wrapping_sub(mask) & LOW_24) as usize)?;
        Some(Self::restored(ack, client_isn, *size))
    }

    fn restored(ack: &Segment, client_isn: SeqNum, mss: u16) -> Segment {
        let mut flags = Flags::SYN;
        let mut options = Options { mss: Some(mss), ..Options::default() };
        if let Some(Timestamps { value, echo }) = ack.options.timestamps {
            let scale = echo & NO_SCALE;
            options.window_scale = (scale != NO_SCALE).then_some(scale as u8);
            options.sack_permitted = echo & SACK != 0;
            options.timestamps = Some(Timestamps { value, echo: 0 });
            flags.ece = echo & ECN != 0;
            flags.cwr = flags.ece;
        }
        Segment { seq: client_isn, ack: SeqNum::default(), flags, options, data_length: 0, ..*ack }
    }

    fn count(now: Time) -> u32 {
        (now.as_ps() / SPAN.as_ps()) as u32
    }

    fn mask(&self, count: u32, local: SocketAddrV4, remote: SocketAddrV4) -> u32 {
        hash::of_ends(self.secrets[1] ^ u64::from(count), local, remote) as u32
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn end(last: u8, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, last), port)
    }

    fn syn() -> Segment {
        Segment {
            source_port: 5000,
            destination_port: 80,
            seq: SeqNum::new(u32::MAX),
            ack: SeqNum::default(),
            flags: Flags::SYN,
            window: 64_240,
            options: Options {
                mss: Some(1452),
                window_scale: Some(7),
                sack_permitted: true,
                timestamps: Some(Timestamps { value: 5, echo: 0 }),
                ..Options::default()
            },
            data_length: 0,
        }
    }

    /// The client's answer to a SYN-ACK with this cookie and stamp.
    fn answer(cookie: SeqNum, stamp: u32) -> Segment {
        Segment {
            seq: syn().seq.wrapping_add(1),
            ack: cookie.wrapping_add(1),
            flags: Flags::ACK,
            options: Options {
                timestamps: Some(Timestamps { value: 9, echo: stamp }),
                ..Options::default()
            },
            ..syn()
        }
    }

    #[test]
    fn an_answer_brings_the_offers_back() {
        let cookies = SynCookies::new(&mut Stream::new(1, "nodes.a"));
        let (here, there) = (end(1, 80), end(2, 5000));
        let made = cookies.make(Time::from_secs(100), here, there, &syn());
        let ack = answer(made, SynCookies::stamp(1_000_000, &syn()));
        let back = cookies.check(Time::from_secs(130), here, there, &ack).expect("valid");
        assert_eq!(back.options.mss, Some(1440), "the next smaller size that fits four");
        assert_eq!((back.options.window_scale, back.options.sack_permitted), (Some(7), true));
        assert_eq!((back.seq, back.flags), (syn().seq, Flags::SYN));
    }

    #[test]
    fn a_cookie_is_good_for_its_ends_and_two_minutes() {
        let cookies = SynCookies::new(&mut Stream::new(1, "nodes.a"));
        let (here, there) = (end(1, 80), end(2, 5000));
        let ack = answer(cookies.make(Time::ZERO, here, there, &syn()), 0);
        let valid = |at, from| cookies.check(Time::from_secs(at), here, from, &ack).is_some();
        assert!(valid(119, there));
        assert!(!valid(120, there));
        assert!(!valid(0, end(2, 5001)));
        let guessed = Segment { ack: ack.ack.wrapping_add(1 << 20), ..ack };
        assert!(cookies.check(Time::ZERO, here, there, &guessed).is_none());
    }

    #[test]
    fn a_stamp_never_runs_ahead_of_the_clock() {
        for clock in [0, 1, 63, 64, 1_000_000, u32::MAX] {
            let behind = clock.wrapping_sub(SynCookies::stamp(clock, &syn()));
            assert!(behind <= 64, "{clock}");
        }
    }
}
