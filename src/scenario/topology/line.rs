//! `line`: routers `n0`, `n1`, ... in a row, links `n0--n1`, `n1--n2`, ...

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Class, Sketch, at_least, with_hosts};
use crate::kinds::Fault;

/// Parameters of `line`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How many routers.
    pub count: u32,
    /// Hosts at each router: h0, h1, ...
    #[serde(default)]
    pub hosts: u32,
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        let count = u64::from(self.count);
        with_hosts(count, count.saturating_sub(1), self.hosts)
    }
    fn draw(&self, sketch: &mut Sketch) {
        sketch.routers(self.count);
        for node in 1..self.count {
            sketch.link(node - 1, node, Class::Link);
        }
        sketch.hosts(self.hosts);
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        at_least("count", self.count, 1, &mut faults);
        faults
    }
}
