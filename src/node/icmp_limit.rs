//! The limit on ICMP errors to one destination, as Linux keeps it (`icmp_ratelimit`): a burst,
//! then one per interval.
//!
//! Not modelled: the limit on errors to all destinations together (`icmp_msgs_per_sec`).

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::config::IpConfig;
use crate::units::Time;

/// Destinations remembered at once. When more are needed, those whose full burst is back go,
/// which changes nothing, and after them the one not written to for longest.
const MAX_DESTINATIONS: usize = 1024;

/// A token bucket filled with time: an error costs one interval of it.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    credit: Time,
    filled_at: Time,
}

/// The buckets of one node.
#[derive(Debug)]
pub struct IcmpLimit {
    interval: Time,
    capacity: Time,
    buckets: BTreeMap<Ipv4Addr, Bucket>,
}

impl IcmpLimit {
    /// All buckets full, with the limits of `config`.
    #[must_use]
    pub fn new(config: &IpConfig) -> Self {
        let interval = config.icmp_interval;
        let capacity = interval.saturating_mul(u64::from(config.icmp_burst));
        Self { interval, capacity, buckets: BTreeMap::new() }
    }

    /// Changes the limits; buckets keep what they have, up to the new burst.
    pub fn set(&mut self, config: &IpConfig) {
        let buckets = std::mem::take(&mut self.buckets);
        *self = Self { buckets, ..Self::new(config) };
    }

    /// Whether an error may be sent to `destination` now; if so, it is counted.
    pub fn allow(&mut self, now: Time, destination: Ipv4Addr) -> bool {
        if self.interval.is_zero() {
            return true;
        }
        if self.buckets.len() >= MAX_DESTINATIONS && !self.buckets.contains_key(&destination) {
            self.make_room(now);
        }
        let full = Bucket { credit: self.capacity, filled_at: now };
        let bucket = self.buckets.entry(destination).or_insert(full);
        bucket.credit = bucket.credit_at(now).min(self.capacity);
        bucket.filled_at = now;
        let allowed = bucket.credit >= self.interval;
        if allowed {
            bucket.credit = bucket.credit - self.interval;
        }
        allowed
    }

    fn make_room(&mut self, now: Time) {
        let capacity = self.capacity;
        self.buckets.retain(|_, bucket| bucket.credit_at(now) < capacity);
        if self.buckets.len() >= MAX_DESTINATIONS {
            let idle = self.buckets.iter().min_by_key(|(_, bucket)| bucket.filled_at);
            if let Some((&destination, _)) = idle {
                self.buckets.remove(&destination);
            }
        }
    }
}

impl Bucket {
    const fn credit_at(&self, now: Time) -> Time {
        self.credit.saturating_add(now.saturating_sub(self.filled_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);

    /// As measured on Linux: of 50 datagrams at once 6 are answered, then one a second.
    #[test]
    fn a_burst_and_then_one_per_interval() {
        let mut limit = IcmpLimit::new(&IpConfig::default());
        let answered = |limit: &mut IcmpLimit, at| (0..50).filter(|_| limit.allow(at, TO)).count();
        assert_eq!(answered(&mut limit, Time::ZERO), 6);
        let steady: Vec<_> =
            (1..=40).map(|n| answered(&mut limit, Time::from_ms(n * 100))).collect();
        assert_eq!(steady.iter().sum::<usize>(), 4);
        assert_eq!((steady[8], steady[9], steady[19]), (0, 1, 1));
        assert!(limit.allow(Time::from_secs(4), Ipv4Addr::new(10, 0, 0, 2)), "one per destination");
        assert_eq!(answered(&mut limit, Time::from_secs(100)), 6, "no more than the burst");
    }

    #[test]
    fn no_interval_is_no_limit() {
        let config = IpConfig { icmp_interval: Time::ZERO, ..IpConfig::default() };
        let mut limit = IcmpLimit::new(&config);
        assert!((0..1000).all(|_| limit.allow(Time::ZERO, TO)));
        let silent = IpConfig { icmp_burst: 0, ..IpConfig::default() };
        limit.set(&silent);
        assert!(!limit.allow(Time::from_secs(9), TO));
    }

    #[test]
    fn memory_is_bounded_and_the_limit_still_holds() {
        let mut limit = IcmpLimit::new(&IpConfig::default());
        for n in 0..5000 {
            limit.allow(Time::from_us(n), Ipv4Addr::from_bits(n as u32));
        }
        assert_eq!(limit.buckets.len(), MAX_DESTINATIONS);
        let last = Ipv4Addr::from_bits(4999);
        assert_eq!((0..50).filter(|_| limit.allow(Time::from_us(5000), last)).count(), 5);
    }
}
