//! Which interfaces are captured.

use std::collections::BTreeMap;

use crate::id::{InterfaceId, NodeId};
use crate::scenario::{Scenario, Tap};
use crate::sim::Plan;

/// The most files at once: systems let a process have about twice as many open.
pub const MOST_FILES: usize = 500;

/// An interface of a node that is captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tapped {
    /// One that a cable goes into.
    Wired(InterfaceId),
    /// `lo`: packets of a host to itself.
    Loopback,
}

/// The interfaces that are captured, by node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice(BTreeMap<NodeId, Vec<Tapped>>);

impl Choice {
    /// Every interface of every node.
    #[must_use]
    pub fn everything(plan: &Plan) -> Self {
        let nodes = (0..plan.nodes.len()).map(NodeId::from_index);
        Self(nodes.map(|node| (node, all_of(plan, node))).collect())
    }

    /// What a scenario asks for.
    #[must_use]
    pub fn default_of(scenario: &Scenario) -> Self {
        let mut choice: BTreeMap<NodeId, Vec<Tapped>> = BTreeMap::new();
        for tap in &scenario.record.capture {
            let (node, more) = match *tap {
                Tap::Node(node) => (node, all_of(&scenario.plan, node)),
                Tap::Interface(node, interface) => (node, vec![Tapped::Wired(interface)]),
                Tap::Loopback(node) => (node, vec![Tapped::Loopback]),
            };
            choice.entry(node).or_default().extend(more);
        }
        for taps in choice.values_mut() {
            taps.sort_unstable();
            taps.dedup();
        }
        Self(choice)
    }

    /// Whether nothing is captured.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many files that makes.
    #[must_use]
    pub fn files(&self) -> usize {
        self.0.values().map(|taps| parts(taps).len()).sum()
    }

    /// What is captured of a node, by file. `name` is the node's, `several` whether it has several interfaces.
    pub(super) fn files_of(
        &self,
        node: NodeId,
        name: &str,
        several: bool,
    ) -> Vec<(String, Vec<Tapped>)> {
        let taps = self.0.get(&node).map_or(&[][..], Vec::as_slice);
        let named = |taps: Vec<Tapped>| match (several, taps.first()) {
            (true, Some(Tapped::Wired(first))) => (format!("{name}.eth{}", first.index()), taps),
            (true, Some(Tapped::Loopback)) => (format!("{name}.lo"), taps),
            _ => (name.to_owned(), taps),
        };
        parts(taps).into_iter().map(named).collect()
    }
}

/// One file for each interface that cables go into; `lo`, which comes last, goes with the first.
fn parts(taps: &[Tapped]) -> Vec<Vec<Tapped>> {
    let (wired, loopback): (Vec<Tapped>, Vec<Tapped>) =
        taps.iter().partition(|tapped| **tapped != Tapped::Loopback);
    let mut parts: Vec<Vec<Tapped>> = wired.into_iter().map(|tapped| vec![tapped]).collect();
    match parts.first_mut() {
        Some(first) => first.extend(loopback),
        None if !loopback.is_empty() => parts.push(loopback),
        None => {}
    }
    parts
}

fn all_of(plan: &Plan, node: NodeId) -> Vec<Tapped> {
    let ends = plan.links.iter().flat_map(|link| link.ends).filter(|end| *end == node).count();
    let wired = (0..ends).map(|index| Tapped::Wired(InterfaceId::from_index(index)));
    let loopback = plan.nodes[node.index()].kind.is_ip().then_some(Tapped::Loopback);
    wired.chain(loopback).collect()
}
