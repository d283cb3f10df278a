//! Named random streams: one seed gives every component dice of its own.
//!
//! A stream depends on the run's seed and the component's *name* only, so adding a link or a
//! host leaves the dice of all others alone. ChaCha8 gives the same numbers on every machine.

mod ziggurat;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::units::{Ratio, Time};

/// The random numbers of one component.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of the component called `name` in the run with this `seed`.
    #[must_use]
    pub fn new(seed: u64, name: &str) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&fnv1a(name.as_bytes(), 0xcbf2_9ce4_8422_2325).to_le_bytes());
        key[16..24].copy_from_slice(&fnv1a(name.as_bytes(), 0x9e37_79b9_7f4a_7c15).to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Dice for a part of this component, by its number from 1: the same however often these were
    /// thrown before.
    #[must_use]
    pub fn part(&self, number: u64) -> Self {
        let mut dice = self.0.clone();
        dice.set_stream(number);
        dice.set_word_pos(0);
        Self(dice)
    }

    /// A whole number from 0 up to `bound`, which it never is; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // Lemire's multiply-shift; the bias is below bound/2^64.
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 up to 1, which it never is, in steps of 2^-53.
    pub fn unit(&mut self) -> f64 {
        ziggurat::unit(self.0.next_u64())
    }

    /// True with probability `chance`. Certain and impossible chances throw no dice.
    pub fn chance(&mut self, chance: Ratio) -> bool {
        !chance.is_zero() && (chance == Ratio::ONE || self.unit() < chance.as_f64())
    }

    /// An exponentially distributed number with mean 1.
    pub fn exponential(&mut self) -> f64 {
        ziggurat::exponential(|| self.0.next_u64())
    }

    /// A Pareto-distributed number with this `shape` and minimum 1 (its mean is
    /// `shape / (shape - 1)` where `shape` exceeds 1).
    pub fn pareto(&mut self, shape: f64) -> f64 {
        libm::pow(1.0 - self.unit(), -1.0 / shape)
    }

    /// An exponentially distributed span with this mean.
    pub fn exponential_time(&mut self, mean: Time) -> Time {
        Time::from_ps((self.exponential() * mean.as_ps() as f64) as u64)
    }

    /// A span evenly distributed from zero to `bound`.
    pub fn time_below(&mut self, bound: Time) -> Time {
        Time::from_ps(self.below(bound.as_ps()))
    }
}

/// One step of SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
/// 2014): a bijection in which every input bit flips every output bit with probability near 1/2.
#[must_use]
pub const fn mix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The Fowler–Noll–Vo hash (FNV-1a, 64 bits) of `bytes`, from a starting value.
fn fnv1a(bytes: &[u8], start: u64) -> u64 {
    bytes.iter().fold(start, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_and_independent_of_each_other() {
        let draw = |seed, name: &str| Stream::new(seed, name).below(1_000_000);
        assert_eq!(draw(1, "links.a--b"), draw(1, "links.a--b"));
        assert_ne!(draw(1, "links.a--b"), draw(2, "links.a--b"));
        assert_ne!(draw(1, "links.a--b"), draw(1, "links.b--a"));
        // Pinned: a change here changes every result ever published.
        assert_eq!(draw(1, "links.a--b"), PINNED);
    }
    const PINNED: u64 = 177_996;

    #[test]
    fn parts_do_not_depend_on_what_was_thrown() {
        let mut whole = Stream::new(1, "links.a--b");
        let mut early = whole.part(1);
        whole.below(9);
        let (mut late, mut other) = (whole.part(1), whole.part(2));
        let draw = |dice: &mut Stream| [0; 4].map(|_| dice.below(1_000_000));
        let first = draw(&mut early);
        assert_eq!(first, draw(&mut late));
        assert_ne!(first, draw(&mut other));
        assert_ne!(first, draw(&mut Stream::new(1, "links.a--b")));
    }

    #[test]
    fn distributions_have_their_means() {
        let mut stream = Stream::new(1, "test");
        let mean = |draw: &mut dyn FnMut() -> f64| (0..200_000).map(|_| draw()).sum::<f64>() / 2e5;
        assert!((mean(&mut || stream.unit()) - 0.5).abs() < 0.005);
        assert!((mean(&mut || stream.exponential()) - 1.0).abs() < 0.01);
        assert!((mean(&mut || stream.pareto(3.0)) - 1.5).abs() < 0.01);
        assert_eq!(stream.below(0), 0);
        assert!(!stream.chance(Ratio::ZERO) && stream.chance(Ratio::ONE));
    }
}
