//! `dumbbell`: hosts `s0`, `s1`, ... that send, hosts `d0`, `d1`, ... their destinations, and
//! routers `left` and `right` between, joined by the one link that all share, `left--right`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Class, Role, Sketch, at_least};
use crate::kinds::Fault;

/// Parameters of `dumbbell`. Links of hosts follow `access`, the shared one `bottleneck`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How many hosts send.
    pub senders: u32,
    /// How many hosts receive; as many as send unless said.
    #[serde(default)]
    pub receivers: Option<u32>,
}

impl Config {
    fn receivers(&self) -> u32 {
        self.receivers.unwrap_or(self.senders)
    }
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        let hosts = u64::from(self.senders) + u64::from(self.receivers());
        (hosts + 2, hosts + 1)
    }
    fn draw(&self, sketch: &mut Sketch) {
        let left = sketch.node("left".into(), Role::Router);
        let right = sketch.node("right".into(), Role::Router);
        for number in 0..self.senders {
            let sender = sketch.node(format!("s{number}"), Role::Host);
            sketch.link(sender, left, Class::Access);
        }
        sketch.link(left, right, Class::Bottleneck);
        for number in 0..self.receivers() {
            let receiver = sketch.node(format!("d{number}"), Role::Host);
            sketch.link(right, receiver, Class::Access);
        }
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        at_least("senders", self.senders, 1, &mut faults);
        at_least("receivers", self.receivers(), 1, &mut faults);
        faults
    }
}
