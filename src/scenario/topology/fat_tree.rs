//! `fat-tree`: the three-layer network of routers with k interfaces of Al-Fares, Loukissas and Vahdat ("A
//! scalable, commodity data center network architecture", SIGCOMM 2008, section 3).
//!
//! `(k/2)²` routers `core0`, ...; k pods of k/2 routers `agg0`, ... and k/2 routers `edge0`, ...,
//! numbered pod by pod; k/2 hosts `h0`, ... at each edge. Links: `h0--edge0`, `edge0--agg0`,
//! `agg0--core0`; the i-th aggregation router of a pod has the i-th k/2 cores.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Generator;
use super::sketch::{Class, Role, Sketch};
use crate::kinds::Fault;

/// Parameters of `fat-tree`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Interfaces of each router: an even number.
    #[schemars(range(min = 2))]
    pub k: u32,
}

impl Generator for Config {
    fn size(&self) -> (u64, u64) {
        let k = u64::from(self.k);
        let cube = k.saturating_mul(k).saturating_mul(k);
        let routers = k.saturating_mul(k).saturating_mul(5) / 4;
        ((cube / 4).saturating_add(routers), cube.saturating_mul(3) / 4)
    }
    fn draw(&self, sketch: &mut Sketch) {
        let half = self.k / 2;
        let mut layer = |name: &str, count: u32| -> Vec<u32> {
            (0..count).map(|n| sketch.node(format!("{name}{n}"), Role::Router)).collect()
        };
        let core = layer("core", half * half);
        let agg = layer("agg", self.k * half);
        let edge = layer("edge", self.k * half);
        for pod in 0..self.k {
            let pod = |i: u32| (pod * half + i) as usize;
            for i in 0..half {
                for j in 0..half {
                    sketch.link(agg[pod(i)], core[(i * half + j) as usize], Class::Link);
                }
                for j in 0..half {
                    sketch.link(edge[pod(i)], agg[pod(j)], Class::Link);
                }
            }
        }
        for edge in edge {
            sketch.hosts_at(edge, half);
        }
    }
    fn check(&self) -> Vec<Fault> {
        if self.k >= 2 && self.k.is_multiple_of(2) {
            return Vec::new();
        }
        vec![Fault {
            field: "k",
            message: format!("{} is not an even number of interfaces", self.k),
            help: "write an even number such as 4, 8 or 16".into(),
        }]
    }
}
