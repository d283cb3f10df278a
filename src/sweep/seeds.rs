//! The seeds of a sweep as its file writes them.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// Seeds of a cell unless the file says, and the most of them.
const SEEDS: u64 = 10;
pub(super) const MOST_SEEDS: u64 = 1_000_000;
/// The largest seed: SQLite's whole numbers have a sign, and more seeds may follow.
const LARGEST_SEED: u64 = u64::MAX >> 2;

/// A number of seeds (from 1 on), a range `"1..20"`, or a list.
#[derive(Debug, Serialize)]
pub(super) struct Seeds(Vec<u64>);

impl Default for Seeds {
    fn default() -> Self {
        Self((1..=SEEDS).collect())
    }
}

impl Seeds {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The seeds, ascending.
    pub(super) fn into_list(self) -> Vec<u64> {
        self.0
    }

    fn range(first: u64, last: u64) -> Result<Self, &'static str> {
        let fits = first <= last && last - first < MOST_SEEDS && last <= LARGEST_SEED;
        if fits { Ok(Self((first..=last).collect())) } else { Err(Self::WRONG) }
    }
    const WRONG: &'static str = "these are no seeds; write a number of them such as 20, a range such as \"1..20\", or a list; a million at most";
}

impl<'de> Deserialize<'de> for Seeds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Seeds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seeds such as 20, a range such as \"1..20\", or a list")
            }
            fn visit_i64<E: de::Error>(self, count: i64) -> Result<Seeds, E> {
                let count = u64::try_from(count).map_err(|_| E::custom(Seeds::WRONG))?;
                self.visit_u64(count)
            }
            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Seeds, E> {
                Seeds::range(1, count).map_err(E::custom)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Seeds, E> {
                let ends = text.split_once("..").and_then(|(first, last)| {
                    Some((first.trim().parse().ok()?, last.trim().parse().ok()?))
                });
                let (first, last) = ends.ok_or_else(|| E::custom(Seeds::WRONG))?;
                Seeds::range(first, last).map_err(E::custom)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Seeds, A::Error> {
                let mut seeds = Vec::new();
                while let Some(seed) = list.next_element::<u64>()? {
                    seeds.push(seed);
                }
                seeds.sort_unstable();
                seeds.dedup();
                let fits = seeds.last().is_some_and(|last| *last <= LARGEST_SEED);
                if fits { Ok(Seeds(seeds)) } else { Err(de::Error::custom(Seeds::WRONG)) }
            }
        }
        deserializer.deserialize_any(Form)
    }
}
