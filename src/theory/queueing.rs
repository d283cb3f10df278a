//! Queues with one server and Poisson arrivals, in the long run: exact results of queueing theory.
//!
//! `rho` is the offered load: arrivals per mean service time. `room` is for those that wait: the one
//! in service has its own place, so that Kendall's K is `room` + 1.
//!
//! - M/M/1 and M/M/1/K: birth and death (Kleinrock, Queueing Systems I, 1975, sections 3.2 and 3.6).
//! - M/G/1: the formula of Pollaczek (1930) and Khinchine (1932); M/D/1 is its special case.
//! - M/G/1/K: the Markov chain embedded at the ends of services (Kendall 1953; Gross and Harris,
//!   Fundamentals of Queueing Theory, section 5.1.8). It is solved by balancing what crosses from the states up to
//!   j to those above and back: all terms are positive, so that even rare losses have all their digits.

/// The longest room that is reckoned with; a longer one is as good as endless unless the load is nearly 1.
const LONGEST: u64 = 100_000;
/// A load at which the queue is still far from growing without bound, were the room endless.
const FAR_FROM_FULL: f64 = 0.99;
/// Chances below this do not count.
const NEGLIGIBLE: f64 = 1e-30;
/// The highest load of one kind of packets.
const HIGHEST: f64 = 300.0;
/// Chances are kept below this, for their sum not to overflow.
const HUGE: f64 = 1e200;

/// What a queue does in the long run. Times are in mean service times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Steady {
    /// The share of arrivals that find no room.
    pub loss: f64,
    /// The mean number that waits, the one in service not counted.
    pub waiting: f64,
    /// The share of time in which the server works.
    pub busy: f64,
}

impl Steady {
    /// The mean wait of those that are served \[mean service times\], by Little's law.
    #[must_use]
    pub fn wait(&self) -> f64 {
        if self.busy > 0.0 { self.waiting / self.busy } else { 0.0 }
    }

    /// The mean number in the system, the one in service counted.
    #[must_use]
    pub fn in_system(&self) -> f64 {
        self.waiting + self.busy
    }

    fn endless(rho: f64, waiting: f64) -> Self {
        Self { loss: 0.0, waiting, busy: rho }
    }

    fn with_loss(rho: f64, loss: f64, in_system: f64) -> Self {
        let busy = rho * (1.0 - loss);
        Self { loss, waiting: (in_system - busy).max(0.0), busy }
    }
}

/// Exponential service and endless room; nothing if the load is too high for a steady state.
#[must_use]
pub fn mm1(rho: f64) -> Option<Steady> {
    mg1(rho, 1.0)
}

/// Constant service and endless room; nothing if the load is too high for a steady state.
#[must_use]
pub fn md1(rho: f64) -> Option<Steady> {
    mg1(rho, 0.0)
}

/// Any service whose squared coefficient of variation is `scv`, and endless room; nothing if the load
/// is too high for a steady state.
#[must_use]
pub fn mg1(rho: f64, scv: f64) -> Option<Steady> {
    let steady = (0.0..1.0).contains(&rho) && scv.is_finite();
    steady.then(|| Steady::endless(rho, rho * rho * (1.0 + scv) / (2.0 * (1.0 - rho))))
}

/// Exponential service and room for so many; nothing if that is more than is reckoned with.
#[must_use]
pub fn mm1k(rho: f64, room: u64) -> Option<Steady> {
    if room > LONGEST {
        return mm1(rho).filter(|_| rho < FAR_FROM_FULL);
    }
    // From the likelier end, so that nothing overflows.
    let (ratio, upwards) = if rho <= 1.0 { (rho, true) } else { (1.0 / rho, false) };
    let full = room + 1;
    let (mut weight, mut sum, mut number, mut at_full) = (1.0, 0.0, 0.0, 0.0);
    for step in 0..=full {
        let state = if upwards { step } else { full - step };
        sum += weight;
        number += weight * state as f64;
        if state == full {
            at_full = weight;
        }
        weight *= ratio;
    }
    rho.is_finite().then(|| Steady::with_loss(rho, at_full / sum, number / sum))
}

/// Constant service and room for so many; nothing if that, or the load, is more than is reckoned with.
#[must_use]
pub fn md1k(rho: f64, room: u64) -> Option<Steady> {
    mg1k(rho, &[(1.0, 1.0)], room)
}

/// Service that takes one of several times, each given by its share of the arrivals and its length
/// in parts of the mean; and room for so many. Nothing if that, or the load, is more than is reckoned with.
#[must_use]
pub fn mg1k(rho: f64, kinds: &[(f64, f64)], room: u64) -> Option<Steady> {
    let most = kinds.iter().map(|(_, length)| rho * length).fold(0.0, f64::max);
    if !(rho > 0.0 && most < HIGHEST) {
        return (rho == 0.0).then(|| Steady::endless(0.0, 0.0));
    }
    if room > LONGEST {
        let second: f64 = kinds.iter().map(|(share, length)| share * length * length).sum();
        return mg1(rho, second - 1.0).filter(|_| rho < FAR_FROM_FULL);
    }
    let arrivals = Arrivals::of(rho, kinds);
    let mut chain = Chain::new(&arrivals);
    let places = room as usize + 1;
    while chain.states.len() < places {
        chain.add();
    }
    let sum: f64 = chain.states.iter().sum();
    let number: f64 = chain.states.iter().enumerate().map(|(j, weight)| j as f64 * weight).sum();
    let empty = chain.states[0] / sum;
    // Those that find j there, among those that are let in and those that are not.
    let let_in = 1.0 / (empty + rho);
    let loss = match chain.tail(rho, sum) {
        Some(tail) => (1.0 - rho) * tail / (1.0 - rho * tail),
        None => ((empty + rho - 1.0) / (empty + rho)).max(0.0),
    };
    let in_system = let_in * number / sum + loss * places as f64;
    Some(Steady::with_loss(rho, loss, in_system))
}

/// How many arrive during one service: the chance of `n` or more, for each `n`.
struct Arrivals {
    none: f64,
    at_least: Vec<f64>,
}

impl Arrivals {
    fn of(rho: f64, kinds: &[(f64, f64)]) -> Self {
        let most = kinds.iter().map(|(_, length)| rho * length).fold(0.0, f64::max);
        let count = (most + 12.0 * most.sqrt() + 60.0) as usize;
        let mut exactly = vec![0.0; count];
        for &(share, length) in kinds {
            let mean = rho * length;
            let mut chance = share * libm::exp(-mean);
            for (n, sum) in exactly.iter_mut().enumerate() {
                *sum += chance;
                chance *= mean / (n as f64 + 1.0);
            }
        }
        let none = exactly[0];
        // From the smallest on, so that none is lost beside the large ones.
        let mut at_least = exactly;
        for n in (0..count - 1).rev() {
            at_least[n] += at_least[n + 1];
        }
        let kept = at_least.iter().position(|&chance| chance < NEGLIGIBLE).unwrap_or(count);
        at_least.truncate(kept.max(2));
        Self { none, at_least }
    }
}

/// The states that services leave behind, each with a weight: from the empty one upwards.
struct Chain<'a> {
    arrivals: &'a Arrivals,
    states: Vec<f64>,
}

impl<'a> Chain<'a> {
    fn new(arrivals: &'a Arrivals) -> Self {
        Self { arrivals, states: vec![1.0] }
    }

    /// The next state: as much comes down from it as goes up to it and beyond.
    fn add(&mut self) {
        let (last, chances) = (self.states.len() - 1, &self.arrivals.at_least);
        let chance = |n: usize| chances.get(n).copied().unwrap_or(0.0);
        let mut up = self.states[0] * chance(last + 1);
        let first = (last + 3).saturating_sub(chances.len()).max(1);
        for (state, weight) in self.states.iter().enumerate().skip(first) {
            up += weight * chance(last + 2 - state);
        }
        let next = up / self.arrivals.none;
        self.states.push(next);
        if next > HUGE {
            self.states.iter_mut().for_each(|weight| *weight /= HUGE);
        }
    }

    /// The chance of the states that there are none of, were the room endless; it is not asked for where
    /// it would take long to find. `sum` is that of the states that there are.
    fn tail(&mut self, rho: f64, sum: f64) -> Option<f64> {
        const FAR_BELOW: f64 = 0.98;
        if rho > FAR_BELOW {
            return None;
        }
        let mut tail = 0.0;
        loop {
            self.add();
            let next = *self.states.last()?;
            tail += next;
            if next <= tail * 1e-17 {
                return Some(tail / (sum + tail));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_room_by_pollaczek_and_khinchine() {
        // Waits in service times: M/D/1 rho / 2(1 - rho), M/M/1 the double.
        let (md1, mm1) = (md1(0.8).expect("steady"), mm1(0.8).expect("steady"));
        assert!((md1.wait() - 2.0).abs() < 1e-12 && (mm1.wait() - 4.0).abs() < 1e-12);
        assert!((mm1.in_system() - 4.0).abs() < 1e-12);
        assert_eq!((super::md1(1.0), super::mm1(f64::NAN)), (None, None));
        // Long rooms are endless.
        for kinds in [&[(1.0, 1.0)][..], &[(0.5, 0.4), (0.5, 1.6)]] {
            let finite = mg1k(0.7, kinds, 400).expect("reckoned with");
            let second: f64 = kinds.iter().map(|(share, length)| share * length * length).sum();
            let endless = mg1(0.7, second - 1.0).expect("steady");
            assert!((finite.waiting - endless.waiting).abs() < 1e-9, "{finite:?} {endless:?}");
            assert!(finite.loss < 1e-20);
        }
    }

    #[test]
    fn many_short_steps_are_an_exponential_service() {
        // Service times at the middles of equally likely parts of the exponential distribution.
        let parts = 4000;
        let kinds: Vec<(f64, f64)> = (0..parts)
            .map(|i| (f64::from(i) + 0.5) / f64::from(parts))
            .map(|u| (1.0 / f64::from(parts), -libm::log(u)))
            .collect();
        let (near, exact) = (mg1k(0.9, &kinds, 5), mm1k(0.9, 5));
        let (near, exact) = (near.expect("a load below 1"), exact.expect("short"));
        assert!((near.loss / exact.loss - 1.0).abs() < 2e-3, "{near:?} {exact:?}");
        assert!((near.waiting / exact.waiting - 1.0).abs() < 2e-3, "{near:?} {exact:?}");
    }

    #[test]
    fn both_ways_to_the_loss_agree() {
        for room in [0, 1, 7, 50] {
            let arrivals = Arrivals::of(0.9, &[(1.0, 1.0)]);
            let mut chain = Chain::new(&arrivals);
            while chain.states.len() <= room {
                chain.add();
            }
            let sum: f64 = chain.states.iter().sum();
            let direct = (chain.states[0] / sum - 0.1) / (chain.states[0] / sum + 0.9);
            let loss = md1k(0.9, room as u64).expect("short").loss;
            assert!((direct - loss).abs() < 1e-14, "{room}: {direct} {loss}");
        }
        // Without room to wait it is Erlang's loss formula, whatever the service.
        assert!((md1k(0.9, 0).expect("short").loss - 0.9 / 1.9).abs() < 1e-15);
        assert!((mm1k(0.9, 0).expect("short").loss - 0.9 / 1.9).abs() < 1e-15);
    }

    #[test]
    fn overload_and_long_rooms_are_no_trouble() {
        let full = md1k(5.0, 2000).expect("reckoned with");
        assert!((full.loss - 0.8).abs() < 1e-9 && full.waiting > 1999.0, "{full:?}");
        let full = mm1k(5.0, 2000).expect("reckoned with");
        assert!((full.loss - 0.8).abs() < 1e-9 && full.waiting > 1999.0, "{full:?}");
        assert_eq!(md1k(0.5, u64::MAX).map(|it| it.loss), Some(0.0));
        assert_eq!((md1k(1.0, u64::MAX), md1k(1e9, 3)), (None, None));
        assert_eq!(md1k(0.0, 3).map(|it| it.in_system()), Some(0.0));
    }
}
