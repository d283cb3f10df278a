//! `star`: hosts `h0`, `h1`, ... around one node called `center`; links `h0--center`, ...

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Role, Sketch, at_least};
use crate::kinds::Fault;

/// Parameters of `star`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How many hosts.
    pub count: u32,
    /// What the node in the middle is; a switch unless said.
    #[serde(default)]
    pub center: Center,
}

/// What stands in the middle of a star.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Center {
    /// A switch: all hosts are on one segment.
    #[default]
    Switch,
    /// A hub: all hosts share one medium.
    Hub,
    /// A router: each host has a segment of its own.
    Router,
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        (u64::from(self.count) + 1, u64::from(self.count))
    }
    fn draw(&self, sketch: &mut Sketch) {
        let role = match self.center {
            Center::Switch => Role::Switch,
            Center::Hub => Role::Hub,
            Center::Router => Role::Router,
        };
        let center = sketch.node("center".into(), role);
        sketch.hosts_at(center, self.count);
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        at_least("count", self.count, 1, &mut faults);
        faults
    }
}
