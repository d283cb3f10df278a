//! All shortest paths of the network, as each node's routes.
//!
//! The graph is OSPF's (RFC 2328, section 2.1): nodes and segments are vertices. The way from a node
//! onto a segment costs what its interface costs; the way from a segment to a node is free. For
//! each node, Dijkstra's algorithm finds the distance of every segment and *all* first hops that
//! lead there at that distance. Most segments are cables between two routers or have one router
//! only; the search passes over these, and their distances follow from those of their ends.

use std::cmp::Ordering;
use std::sync::Arc;

use ipnet::Ipv4Net;
use petgraph::Directed;
use petgraph::csr::Csr;

use super::computed::Computed;
use super::frontier::Frontier;
use super::hop_sets::{HopSets, SetId};
use super::prefix::Prefixes;
use super::table::NextHop;
use super::topology::{Attachment, Topology};

/// The routes of every node: to each segment that the node is not attached to and can reach, with
/// all next hops of least cost, ascending.
///
/// A path's cost is the sum of the costs of the interfaces that it leaves nodes by. Only nodes that
/// forward relay. A host with exactly one working router as neighbour gets just a default route
/// through it, as if configured by DHCP; other hosts get the full table.
///
/// # Panics
/// If an attachment's node or segment does not exist.
#[must_use]
pub fn compute(topology: &Topology) -> Vec<Computed> {
    let mut paths = ShortestPaths::new(topology);
    (0..topology.forwards.len()).map(|node| paths.routes(node)).collect()
}

/// Segments by their index, then nodes; the weights are costs.
type Graph = Csr<(), u32, Directed, u32>;

/// The computation behind [`compute`], for one node at a time.
#[derive(Debug)]
pub struct ShortestPaths {
    /// The working attachments of each node, in the order of their interfaces.
    by_node: Vec<Vec<Attachment>>,
    /// The working attachments of each segment's routers.
    routers: Vec<Vec<Attachment>>,
    forwards: Vec<bool>,
    graph: Graph,
    cable_ends: Vec<CableEnd>,
    prefixes: Arc<Prefixes>,
    /// The place of its prefix and the index of each segment, sorted.
    by_prefix: Vec<(u32, u32)>,
    default: Arc<Prefixes>,
    search: Search,
    draft: Draft,
}

/// A way to send a first packet off: a router that a node has as neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FirstHop {
    hop: NextHop,
    router: usize,
    cost: u32,
}

/// A router's way onto a segment that the graph passes over.
#[derive(Debug, Clone, Copy)]
struct CableEnd {
    segment: u32,
    vertex: u32,
    cost: u32,
}

impl CableEnd {
    fn new(end: &Attachment, segments: usize) -> Self {
        let vertex = (segments + end.node) as u32;
        Self { segment: end.segment as u32, vertex, cost: cost(end) }
    }
}

impl ShortestPaths {
    /// Prepares the graph of `topology`.
    ///
    /// # Panics
    /// If an attachment's node or segment does not exist.
    #[must_use]
    pub fn new(topology: &Topology) -> Self {
        let segments = topology.segments.len();
        let mut by_node = vec![Vec::new(); topology.forwards.len()];
        let mut routers = vec![Vec::new(); segments];
        for attachment in topology.attachments.iter().filter(|attachment| attachment.up) {
            by_node[attachment.node].push(*attachment);
            if topology.forwards[attachment.node] {
                routers[attachment.segment].push(*attachment);
            }
        }
        by_node.iter_mut().for_each(|of_node| of_node.sort_by_key(|a| (a.interface, a.address)));
        let graph = graph(&routers, topology.forwards.len());
        let cables = routers.iter().filter(|routers| is_cable(routers)).flatten();
        let cable_ends = cables.map(|end| CableEnd::new(end, segments)).collect();
        let prefixes = Prefixes::new(topology.segments.iter().copied());
        let place = |prefix| prefixes.position(prefix).expect("all prefixes are in the list");
        let places = topology.segments.iter().map(|&prefix| place(prefix) as u32);
        let mut by_prefix: Vec<(u32, u32)> = places.zip(0..).collect();
        by_prefix.sort_unstable();
        Self {
            by_node,
            routers,
            forwards: topology.forwards.clone(),
            graph,
            cable_ends,
            prefixes: Arc::new(prefixes),
            by_prefix,
            default: Arc::new(Prefixes::new([Ipv4Net::default()])),
            search: Search::new(segments),
            draft: Draft::default(),
        }
    }

    /// The routes of `node`; see [`compute`].
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn routes(&mut self, node: usize) -> Computed {
        let first_hops = self.first_hops(node);
        let Some(first) = first_hops.first() else { return Computed::default() };
        if !self.forwards[node] && first_hops.iter().all(|other| other.router == first.router) {
            return self.default_route(&first_hops);
        }
        self.search(node, &first_hops);
        self.table(node, &first_hops)
    }

    /// The routers next to `node`, in the order in which next hops are listed.
    fn first_hops(&self, node: usize) -> Vec<FirstHop> {
        let mut first_hops: Vec<FirstHop> = self.by_node[node]
            .iter()
            .flat_map(|out| {
                let others = self.routers[out.segment].iter().filter(|other| other.node != node);
                others.map(|other| FirstHop {
                    hop: NextHop { interface: out.interface, gateway: Some(other.address) },
                    router: other.node,
                    cost: cost(out),
                })
            })
            .collect();
        first_hops.sort_unstable();
        first_hops
    }

    /// One route to everywhere, through whatever interfaces lead to the only router most cheaply.
    fn default_route(&self, first_hops: &[FirstHop]) -> Computed {
        let least = first_hops.iter().map(|first| first.cost).min().unwrap_or(0);
        let cheapest = first_hops.iter().filter(|first| first.cost == least);
        let hops = cheapest.map(|first| first.hop).collect();
        Computed::new(self.default.clone(), &[1], &[least], vec![hops])
    }

    /// Finds the distance of everything from `node`.
    fn search(&mut self, node: usize, first_hops: &[FirstHop]) {
        let segments = self.by_prefix.len();
        let search = &mut self.search;
        search.reset(segments + self.by_node.len(), first_hops.len());
        search.labels[segments + node].distance = 0;
        for out in &self.by_node[node] {
            search.offer(
                out.segment as u32,
                Label { distance: cost(out).into(), hops: SetId::EMPTY },
            );
        }
        for (index, first) in first_hops.iter().enumerate() {
            let label = Label { distance: first.cost.into(), hops: SetId::single(index) };
            search.offer((segments + first.router) as u32, label);
        }
        search.run(&self.graph);
    }

    /// The routes of `node` from what the search has found.
    fn table(&mut self, node: usize, first_hops: &[FirstHop]) -> Computed {
        let Search { labels, sets, .. } = &mut self.search;
        for end in &self.cable_ends {
            let Label { distance, hops } = labels[end.vertex as usize];
            // An unreached end stays unreached.
            let found = Label { distance: distance.saturating_add(end.cost.into()), hops };
            let segment = &mut labels[end.segment as usize];
            *segment = segment.or(found, sets);
        }
        for out in &self.by_node[node] {
            labels[out.segment] = Label::CONNECTED;
        }
        let draft = &mut self.draft;
        draft.reset();
        for same_prefix in self.by_prefix.chunk_by(|a, b| a.0 == b.0) {
            let found = same_prefix.iter().map(|&(_, segment)| labels[segment as usize]);
            let best = found.reduce(|best, other| best.or(other, sets)).unwrap_or(Label::UNREACHED);
            draft.push(best, sets, first_hops);
        }
        draft.finish(&self.prefixes)
    }
}

/// What sending out of an interface costs.
fn cost(attachment: &Attachment) -> u32 {
    attachment.cost.max(1)
}

/// Whether a segment joins its routers pairwise at most, so that it need not be on any path.
fn is_cable(routers: &[Attachment]) -> bool {
    routers.len() <= 2
}

/// The graph over segments (by their index) and nodes (after them). Only routers have edges: paths
/// may start and end at hosts but never lead through them.
fn graph(routers: &[Vec<Attachment>], nodes: usize) -> Graph {
    let segments = routers.len();
    let vertex = |node: usize| u32::try_from(segments + node).expect("fewer vertices than 2^32");
    let mut edges: Vec<(u32, u32, u32)> = Vec::new();
    for routers in routers {
        if is_cable(routers) {
            if let [a, b] = routers[..] {
                edges.push((vertex(a.node), vertex(b.node), cost(&a)));
                edges.push((vertex(b.node), vertex(a.node), cost(&b)));
            }
            continue;
        }
        for attachment in routers {
            let (segment, node) = (attachment.segment as u32, vertex(attachment.node));
            edges.push((node, segment, cost(attachment)));
            edges.push((segment, node, 0));
        }
    }
    // A node may have several interfaces on a segment, or cables to a router; the cheapest counts.
    edges.sort_unstable();
    edges.dedup_by_key(|edge| (edge.0, edge.1));
    let mut graph = Csr::from_sorted_edges(&edges).expect("edges are sorted and differ");
    while graph.node_count() < segments + nodes {
        graph.add_node(());
    }
    graph
}

/// What is known of a vertex: how far it is, and the first hops that lead there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Label {
    distance: u64,
    hops: SetId,
}

impl Label {
    const UNREACHED: Self = Self { distance: u64::MAX, hops: SetId::EMPTY };
    /// A segment that the searching node is attached to: nearer than any other.
    const CONNECTED: Self = Self { distance: 0, hops: SetId::EMPTY };

    /// The nearer of two ways, or the first hops of both: to one segment by either end of its cable, or
    /// to several segments that bear one prefix.
    fn or(self, other: Self, sets: &mut HopSets) -> Self {
        match self.distance.cmp(&other.distance) {
            Ordering::Less => self,
            Ordering::Greater => other,
            Ordering::Equal => Self { hops: sets.union(self.hops, other.hops), ..self },
        }
    }
}

/// The state of one node's search; kept, so that the next one need not allocate.
#[derive(Debug)]
struct Search {
    labels: Vec<Label>,
    frontier: Frontier,
    sets: HopSets,
}

impl Search {
    fn new(segments: usize) -> Self {
        let frontier = Frontier::new(segments);
        Self { labels: Vec::new(), frontier, sets: HopSets::default() }
    }

    fn reset(&mut self, vertices: usize, first_hops: usize) {
        self.labels.clear();
        self.labels.resize(vertices, Label::UNREACHED);
        self.frontier.reset();
        self.sets.reset(first_hops);
    }

    /// Dijkstra's algorithm from the vertices that have been offered.
    fn run(&mut self, graph: &Graph) {
        while let Some((distance, vertex)) = self.frontier.pop() {
            let Label { distance: shortest, hops } = self.labels[vertex as usize];
            if shortest < distance {
                continue;
            }
            let edges = graph.neighbors_slice(vertex).iter().zip(graph.edges_slice(vertex));
            for (&to, &cost) in edges {
                self.offer(to, Label { distance: distance + u64::from(cost), hops });
            }
        }
    }

    /// A path to `vertex` has been found: the first one, a shorter one, or one as short.
    fn offer(&mut self, vertex: u32, found: Label) {
        let known = &mut self.labels[vertex as usize];
        if found.distance < known.distance {
            *known = found;
            self.frontier.push(found.distance, vertex);
        } else if found.distance == known.distance {
            known.hops = self.sets.union(known.hops, found.hops);
        }
    }
}

/// One node's routes in the making; kept, so that the next node's need not allocate.
#[derive(Debug, Default)]
struct Draft {
    groups: Vec<u32>,
    metrics: Vec<u32>,
    hops: Vec<Box<[NextHop]>>,
    /// For each set of first hops, the group that it has become, or 0.
    group_of: Vec<u32>,
}

impl Draft {
    fn reset(&mut self) {
        self.groups.clear();
        self.metrics.clear();
        self.group_of.clear();
    }

    /// Adds the route to the next prefix: none if there are no first hops.
    fn push(&mut self, label: Label, sets: &HopSets, first_hops: &[FirstHop]) {
        if label.hops == SetId::EMPTY {
            self.groups.push(0);
            self.metrics.push(0);
            return;
        }
        let set = label.hops.index();
        if self.group_of.len() <= set {
            self.group_of.resize(sets.len(), 0);
        }
        if self.group_of[set] == 0 {
            let members = sets.members(label.hops).iter();
            self.hops.push(members.map(|&index| first_hops[index as usize].hop).collect());
            self.group_of[set] = self.hops.len() as u32;
        }
        self.groups.push(self.group_of[set]);
        self.metrics.push(u32::try_from(label.distance).unwrap_or(u32::MAX));
    }

    fn finish(&mut self, prefixes: &Arc<Prefixes>) -> Computed {
        let hops = std::mem::take(&mut self.hops);
        Computed::new(prefixes.clone(), &self.groups, &self.metrics, hops)
    }
}
