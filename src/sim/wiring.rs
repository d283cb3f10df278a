//! Who is plugged where: interfaces numbered, broadcast domains and hub media found.

use petgraph::unionfind::UnionFind;

use super::plan::{NodeKind, Plan};
use crate::id::{ChannelId, InterfaceId, LinkId, NodeId};

/// One end of a link: an interface of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plug {
    /// The node.
    pub node: NodeId,
    /// Its interface.
    pub interface: InterfaceId,
    /// The direction in which this interface sends.
    pub out: ChannelId,
    /// The interface at the other end.
    pub peer: (NodeId, InterfaceId),
}

/// Every interface of the network.
#[derive(Debug, Clone, Default)]
pub struct Wiring {
    /// By node, then by interface.
    pub plugs: Vec<Vec<Plug>>,
    /// By link: the interfaces at its ends.
    pub ends: Vec<[InterfaceId; 2]>,
    /// By link: the broadcast domain that it belongs to.
    pub segment_of: Vec<usize>,
    /// How many broadcast domains there are; they are numbered in the order of links.
    pub segments: usize,
    /// By link: the shared medium that it belongs to, if it is plugged into a hub.
    pub medium_of: Vec<Option<u32>>,
    /// How many shared media there are.
    pub media: usize,
}

impl Wiring {
    /// Numbers the interfaces of each node in the order in which links name it.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut counts = vec![0u16; plan.nodes.len()];
        let mut next = |node: NodeId| {
            let interface = InterfaceId(counts[node.index()]);
            counts[node.index()] += 1;
            interface
        };
        let ends: Vec<_> = plan.links.iter().map(|link| link.ends.map(&mut next)).collect();
        let mut plugs = vec![Vec::new(); plan.nodes.len()];
        for (index, (link, interfaces)) in plan.links.iter().zip(&ends).enumerate() {
            for end in 0..2 {
                plugs[link.ends[end].index()].push(Plug {
                    node: link.ends[end],
                    interface: interfaces[end],
                    out: ChannelId::of(LinkId::from_index(index), end == 0),
                    peer: (link.ends[1 - end], interfaces[1 - end]),
                });
            }
        }
        let (segment_of, segments) = segments(plan, |_| true);
        let (medium_of, media) = domains(plan, |kind| matches!(kind, NodeKind::Hub), |_| true);
        let on_hub = |link: usize| {
            plan.links[link]
                .ends
                .iter()
                .any(|end| matches!(plan.nodes[end.index()].kind, NodeKind::Hub))
        };
        let medium_of = medium_of
            .into_iter()
            .enumerate()
            .map(|(link, medium)| on_hub(link).then_some(medium as u32))
            .collect();
        Self { plugs, ends, segment_of, segments, medium_of, media }
    }
}

/// The broadcast domain of each link, and how many there are, if only some links work.
pub(super) fn segments(plan: &Plan, works: impl Fn(usize) -> bool) -> (Vec<usize>, usize) {
    domains(plan, |kind| !kind.is_ip(), works)
}

/// Joins links that work and meet at a node of a kind that `joins`; numbers the groups in link order.
fn domains(
    plan: &Plan,
    joins: impl Fn(&NodeKind) -> bool,
    works: impl Fn(usize) -> bool,
) -> (Vec<usize>, usize) {
    let mut union = UnionFind::new(plan.links.len());
    let mut first_link = vec![None; plan.nodes.len()];
    for (index, link) in plan.links.iter().enumerate() {
        for end in link.ends {
            if works(index) && joins(&plan.nodes[end.index()].kind) {
                let first = *first_link[end.index()].get_or_insert(index);
                union.union(first, index);
            }
        }
    }
    let mut number = vec![None; plan.links.len()];
    let mut count = 0;
    let groups = (0..plan.links.len())
        .map(|link| {
            *number[union.find(link)].get_or_insert_with(|| {
                count += 1;
                count - 1
            })
        })
        .collect();
    (groups, count)
}
