//! `ring`: routers `n0`, `n1`, ... in a circle; the last link joins the last to `n0`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Class, Sketch, at_least, with_hosts};
use crate::kinds::Fault;

/// Parameters of `ring`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How many routers, at least 3.
    #[schemars(range(min = 3))]
    pub count: u32,
    /// Hosts at each router: h0, h1, ...
    #[serde(default)]
    pub hosts: u32,
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        with_hosts(u64::from(self.count), u64::from(self.count), self.hosts)
    }
    fn draw(&self, sketch: &mut Sketch) {
        sketch.routers(self.count);
        for node in 0..self.count {
            sketch.link(node, (node + 1) % self.count, Class::Link);
        }
        sketch.hosts(self.hosts);
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        at_least("count", self.count, 3, &mut faults);
        faults
    }
}
