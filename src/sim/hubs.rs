//! What hubs cannot do: they repeat each bit as it comes, so they can neither wait nor choose.

use petgraph::unionfind::UnionFind;

use super::address::AddressFault;
use super::plan::{LinkPlan, NodeKind, Plan};
use super::wiring::Wiring;
use crate::id::NodeId;
use crate::units::Rate;

/// Loops of hubs, and hubs whose links differ in rate.
pub(super) fn faults(plan: &Plan, wiring: &Wiring) -> Vec<AddressFault> {
    let mut faults = loops(plan);
    faults.extend(rates(plan, &plan.links, wiring));
    faults
}

fn is_hub(plan: &Plan, node: NodeId) -> bool {
    matches!(plan.nodes[node.index()].kind, NodeKind::Hub)
}

/// Hubs joined in a ring: what one repeats comes back to it for ever.
fn loops(plan: &Plan) -> Vec<AddressFault> {
    let mut union = UnionFind::new(plan.nodes.len());
    plan.links
        .iter()
        .filter(|link| link.ends.into_iter().all(|end| is_hub(plan, end)))
        .filter(|link| !union.union(link.ends[0].index(), link.ends[1].index()))
        .map(|link| {
            let message = format!("link `{}` closes a loop of hubs", link.name);
            let help = "a repeater has no spanning tree: remove the link, or use switches";
            AddressFault::new(link.ends[0], None, message, help)
        })
        .collect()
}

/// A hub has no buffer: what comes in at one rate cannot leave at another (IEEE 802.3, clause 9).
/// `links` are those of the plan, which may have other settings by now.
#[must_use]
pub fn rates(plan: &Plan, links: &[LinkPlan], wiring: &Wiring) -> Vec<AddressFault> {
    let mut first: Vec<Option<Rate>> = vec![None; wiring.media];
    let mut faults = Vec::new();
    for (link, medium) in links.iter().zip(&wiring.medium_of) {
        let Some(medium) = *medium else { continue };
        let common = *first[medium as usize].get_or_insert(link.directions[0].rate);
        let other = link.directions.iter().map(|way| way.rate).find(|rate| *rate != common);
        let hub = link.ends.into_iter().find(|end| is_hub(plan, *end));
        if let (Some(other), Some(hub)) = (other, hub) {
            let message =
                format!("link `{}` at {other} shares a hub with links at {common}", link.name);
            let help = "a hub has no buffer: give its links one rate, or use a switch";
            faults.push(AddressFault::new(hub, None, message, help));
        }
    }
    faults
}
