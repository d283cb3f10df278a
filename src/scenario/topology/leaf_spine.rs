//! `leaf-spine`: routers `leaf0`, ... each linked to every router `spine0`, ... (links
//! `leaf0--spine0`); hosts `h0`, `h1`, ... leaf by leaf (links `h0--leaf0`).

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Class, Role, Sketch, at_least, with_hosts};
use crate::kinds::Fault;

/// Parameters of `leaf-spine`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How many leaves.
    pub leaves: u32,
    /// How many spines.
    pub spines: u32,
    /// Hosts at each leaf.
    pub hosts: u32,
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        let (leaves, spines) = (u64::from(self.leaves), u64::from(self.spines));
        let (nodes, links) = with_hosts(leaves, leaves.saturating_mul(spines), self.hosts);
        (nodes.saturating_add(spines), links)
    }
    fn draw(&self, sketch: &mut Sketch) {
        let spines: Vec<u32> =
            (0..self.spines).map(|n| sketch.node(format!("spine{n}"), Role::Router)).collect();
        let leaves: Vec<u32> =
            (0..self.leaves).map(|n| sketch.node(format!("leaf{n}"), Role::Router)).collect();
        for &leaf in &leaves {
            for &spine in &spines {
                sketch.link(leaf, spine, Class::Link);
            }
        }
        for leaf in leaves {
            sketch.hosts_at(leaf, self.hosts);
        }
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        at_least("leaves", self.leaves, 1, &mut faults);
        at_least("spines", self.spines, 1, &mut faults);
        faults
    }
}
