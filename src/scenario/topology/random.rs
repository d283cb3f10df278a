//! `random`: routers `n0`, `n1`, ... joined at random, always connected.
//!
//! A random tree first (each router is linked to one of those before it, all equally likely), then
//! links between pairs drawn evenly (as in the graphs of Erdős and Rényi, G(n, M)) until there
//! are `count * degree / 2`. The dice are `seed`'s alone: the network is the same in all runs of a
//! sweep over the seeds of the scenario.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Class, Sketch, at_least, with_hosts};
use crate::kinds::Fault;
use crate::rng::Stream;

/// Parameters of `random`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How many routers.
    pub count: u32,
    /// How many links a router has in the mean; 3 unless said, or as many as there can be. A connected
    /// network of `count` routers has from 2 - 2 / `count` to `count` - 1.
    #[serde(default)]
    pub degree: Option<f64>,
    /// Which of the networks of this size; 1 unless said.
    #[serde(default = "one")]
    pub seed: u64,
    /// Hosts at each router: h0, h1, ...
    #[serde(default)]
    pub hosts: u32,
}

const fn one() -> u64 {
    1
}

impl Config {
    /// The fewest links that join so many routers, and the most.
    fn bounds(&self) -> (u64, u64) {
        let count = u64::from(self.count);
        (count.saturating_sub(1), count * count.saturating_sub(1) / 2)
    }

    /// How many links are wanted, whether there can be so many or not.
    fn wanted(&self, degree: f64) -> u64 {
        libm::round(degree * f64::from(self.count) / 2.0) as u64
    }

    /// How many links: what `degree` asks for.
    fn links(&self) -> u64 {
        let (fewest, most) = self.bounds();
        self.wanted(self.degree.unwrap_or(3.0)).clamp(fewest, most)
    }
}

impl Config {
    /// Draws pairs beside those of the tree, until there are as many as wanted.
    fn add_pairs(&self, pairs: &mut BTreeSet<(u32, u32)>, dice: &mut Stream) {
        let (count, wanted) = (u64::from(self.count), self.links());
        let all = count * count.saturating_sub(1) / 2;
        if wanted < all / 2 {
            while (pairs.len() as u64) < wanted {
                let (a, b) = (dice.below(count) as u32, dice.below(count) as u32);
                if a != b {
                    pairs.insert((a.min(b), a.max(b)));
                }
            }
            return;
        }
        // Where most pairs are wanted, drawing would mostly find pairs there are: go through all
        // and take each with the right chance (Knuth's selection sampling, algorithm S).
        let mut open = all - pairs.len() as u64;
        for (a, b) in (0..self.count).flat_map(|a| (a + 1..self.count).map(move |b| (a, b))) {
            if !pairs.contains(&(a, b)) {
                if dice.below(open) < wanted - pairs.len() as u64 {
                    pairs.insert((a, b));
                }
                open -= 1;
            }
        }
    }
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        with_hosts(u64::from(self.count), self.links(), self.hosts)
    }
    fn draw(&self, sketch: &mut Sketch) {
        let mut dice = Stream::new(self.seed, "topology");
        sketch.routers(self.count);
        let mut pairs = BTreeSet::new();
        for node in 1..self.count {
            pairs.insert((dice.below(u64::from(node)) as u32, node));
        }
        self.add_pairs(&mut pairs, &mut dice);
        for (a, b) in pairs {
            sketch.link(a, b, Class::Link);
        }
        sketch.hosts(self.hosts);
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        at_least("count", self.count, 1, &mut faults);
        let Some(degree) = self.degree else { return faults };
        let (fewest, most) = self.bounds();
        if !(degree >= 0.0 && degree.is_finite()) {
            faults.push(Fault {
                field: "degree",
                message: format!("{degree} is not a number of links"),
                help: "write a number such as 3.0".into(),
            });
        } else if self.count > 1 && !(fewest..=most).contains(&self.wanted(degree)) {
            let each = |links: u64| links as f64 * 2.0 / f64::from(self.count);
            let (low, high) = (libm::ceil(each(fewest) * 100.0) / 100.0, each(most));
            faults.push(Fault {
                field: "degree",
                message: format!(
                    "{} routers cannot be joined by {degree} links each in the mean",
                    self.count
                ),
                help: format!("write a number from {low} to {high}"),
            });
        }
        faults
    }
}
