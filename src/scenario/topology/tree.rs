//! `tree`: inner nodes `n0` (the root), `n1`, ... level by level; hosts `h0`, `h1`, ... below
//! the last level. Links go from parent to child: `n0--n1`; those of hosts are `h0--n3`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Class, Role, Sketch, at_least};
use crate::kinds::Fault;

/// Parameters of `tree`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Levels below the root; the last one are the hosts.
    pub depth: u32,
    /// Children of each inner node.
    pub fanout: u32,
    /// What inner nodes are; routers unless said.
    #[serde(default)]
    pub inner: Inner,
}

/// What inner nodes of a tree are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Inner {
    /// Routers.
    #[default]
    Router,
    /// Switches: the whole tree is one segment.
    Switch,
}

impl Config {
    /// Nodes of a level.
    fn level(&self, level: u32) -> u64 {
        u64::from(self.fanout).checked_pow(level).unwrap_or(u64::MAX)
    }
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        // Beyond 64 levels even a fanout of 1 is no tree that anybody means, and 2 is too many.
        let levels = (0..=self.depth.min(64)).map(|level| self.level(level));
        let mut nodes = levels.fold(0u64, u64::saturating_add);
        if self.depth > 64 {
            nodes = u64::MAX;
        }
        (nodes, nodes.saturating_sub(1))
    }
    fn draw(&self, sketch: &mut Sketch) {
        let role = match self.inner {
            Inner::Router => Role::Router,
            Inner::Switch => Role::Switch,
        };
        let mut level = vec![sketch.node("n0".into(), role)];
        for _ in 1..self.depth {
            let mut next = Vec::new();
            for &parent in &level {
                for _ in 0..self.fanout {
                    let child = sketch.node(format!("n{}", sketch.nodes.len()), role);
                    sketch.link(parent, child, Class::Link);
                    next.push(child);
                }
            }
            level = next;
        }
        for parent in level {
            sketch.hosts_at(parent, self.fanout);
        }
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        at_least("depth", self.depth, 1, &mut faults);
        at_least("fanout", self.fanout, 1, &mut faults);
        faults
    }
}
