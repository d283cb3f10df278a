//! A picture of the network: nodes as icons, links as lines with their rate and delay.
//!
//! `layout` says where nodes go, `tiers` if the network is a tree or a Clos network; `icon` draws them;
//! `labels` finds places for words.

mod icon;
mod labels;
mod layout;
mod tiers;

use serde::{Deserialize, Serialize};

use super::canvas::{Anchor, Canvas, Point, Stroke};
use super::input::PlotInput;
use super::page::{self, Area, words};
use super::sheet::Format;
use super::style::{GREY, HEIGHT, INK};
use crate::link;
use crate::report::human;
use crate::sim::{LinkPlan, NodeKind, Plan};
use labels::Labels;

/// A network to be drawn.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Topology {
    /// All nodes.
    pub nodes: Vec<TopologyNode>,
    /// All links.
    pub links: Vec<TopologyLink>,
}

/// A node to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopologyNode {
    /// Its name.
    pub name: String,
    /// Its icon.
    pub shape: Shape,
    /// Where it is, east and north in any unit, if it is anywhere. Used if all nodes have places.
    pub at: Option<(f64, f64)>,
}

/// What a node is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// A screen.
    Host,
    /// A disc with arrows in and out.
    Router,
    /// A box with arrows there and back.
    Switch,
    /// A hexagon with one arrow.
    Hub,
}

/// A link to be drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopologyLink {
    /// Its ends, as places in the list of nodes.
    pub ends: [usize; 2],
    /// What is written at it, line by line.
    pub label: Vec<String>,
}

/// With more links their labels would not be legible.
const MAX_LABELLED_LINKS: usize = 30;
/// With more nodes their names would not be legible.
const MAX_NAMED_NODES: usize = 64;

impl Topology {
    /// The network of a plan. `places` are the nodes' coordinates, east and north, by id; they may
    /// be missing.
    #[must_use]
    pub fn of(plan: &Plan, places: &[Option<(f64, f64)>]) -> Self {
        let nodes = plan.nodes.iter().enumerate().map(|(i, node)| TopologyNode {
            name: node.name.clone(),
            shape: match node.kind {
                NodeKind::Host(_) => Shape::Host,
                NodeKind::Router(_) => Shape::Router,
                NodeKind::Switch(_) => Shape::Switch,
                NodeKind::Hub => Shape::Hub,
            },
            at: places.get(i).copied().flatten(),
        });
        let links = plan.links.iter().map(|link| TopologyLink {
            ends: link.ends.map(crate::id::NodeId::index),
            label: label(link),
        });
        Self { nodes: nodes.collect(), links: links.collect() }
    }

    /// The ends of links that both exist: a stored file may say anything.
    fn edges(&self) -> Vec<[usize; 2]> {
        let exist = |ends: &[usize; 2]| ends.iter().all(|&end| end < self.nodes.len());
        self.links.iter().map(|link| link.ends).filter(exist).collect()
    }

    /// The label, if all links have the same.
    fn common_label(&self) -> Option<String> {
        let first = &self.links.first()?.label;
        let same = self.links.len() > 1 && self.links.iter().all(|link| link.label == *first);
        same.then(|| first.join(", "))
    }

    /// How many nodes of each kind there are, in words.
    fn census(&self) -> String {
        let kinds = [
            (Shape::Host, "host", "hosts"),
            (Shape::Router, "router", "routers"),
            (Shape::Switch, "switch", "switches"),
            (Shape::Hub, "hub", "hubs"),
        ];
        let count = |shape| self.nodes.iter().filter(|node| node.shape == shape).count();
        let told = kinds.into_iter().filter_map(|(shape, one, many)| match count(shape) {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

/// Rate and delay of a link; both directions' where they differ.
fn label(link: &LinkPlan) -> Vec<String> {
    let [there, back] = &link.directions;
    let both = |show: &dyn Fn(&link::Config) -> String| {
        let (there, back) = (show(there), show(back));
        if there == back { there } else { format!("{there} / {back}") }
    };
    let rate = both(&|config| human::rate(config.rate.as_bps() as f64));
    if there.delay.is_zero() && back.delay.is_zero() {
        return vec![rate];
    }
    vec![rate, both(&|config| human::time(config.delay.as_secs_f64()))]
}

/// The picture, or nothing for a network without nodes.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let network = &input.topology;
    if network.nodes.is_empty() {
        return None;
    }
    let common = network.common_label();
    let mut remark = network.census();
    if let Some(label) = &common {
        remark += &format!("; all links {label}");
    }
    let subtitle = input.subtitle(Some(remark));
    Some(page::sheet(format, HEIGHT, "The network", &subtitle, |canvas, sheet| {
        draw_network(canvas, network, sheet, common.is_none());
    }))
}

/// Draws links, nodes, their names and, if they are `labelled`, what is written at links.
fn draw_network(canvas: &Canvas<'_>, network: &Topology, sheet: Area, labelled: bool) {
    let mapped = network.nodes.iter().all(|node| node.at.is_some());
    // On a map nodes are not spread evenly.
    let radius = radius(network.nodes.len() * if mapped { 2 } else { 1 });
    let area = inner(sheet, radius, network);
    let places = layout::places(network, area, radius * 3.2);
    let radius = match radius > SMALLEST {
        true => radius.min(layout::nearest(&places) * 0.44).max(SMALLEST),
        false => radius,
    };
    let lines = lines(&network.edges(), &places);
    let width = if radius > 20.0 { 4.0 } else { 2.0 };
    for line in &lines {
        canvas.line(line, Stroke::solid(GREY, width));
    }
    let mut labels = Labels::new(sheet, &lines, &places, radius);
    for (node, &place) in network.nodes.iter().zip(&places) {
        icon::draw(canvas, node.shape, place, radius);
    }
    if network.nodes.len() <= MAX_NAMED_NODES {
        for (node, &place) in network.nodes.iter().zip(&places) {
            let size = if network.nodes.len() <= 30 { 26.0 } else { 16.5 };
            let (at, name) = labels.beside(place, &node.name, size);
            canvas.text(at, &name, words(INK, size, Anchor::Middle));
        }
    }
    if labelled && network.links.len() <= MAX_LABELLED_LINKS {
        write_labels(canvas, network, &lines, &mut labels);
    }
}

/// Writes the labels of links. Short links come first: long ones have more places to offer.
fn write_labels(
    canvas: &Canvas<'_>,
    network: &Topology,
    lines: &[[Point; 2]],
    labels: &mut Labels<'_>,
) {
    let size = if lines.len() > 12 { 19.0 } else { 22.0 };
    let exist = |link: &&TopologyLink| link.ends.iter().all(|&end| end < network.nodes.len());
    let mut links: Vec<_> = network.links.iter().filter(exist).zip(lines).collect();
    let length = |[(x0, y0), (x1, y1)]: &[Point; 2]| libm::hypot(x1 - x0, y1 - y0);
    links.sort_by(|a, b| length(a.1).total_cmp(&length(b.1)));
    for (link, &line) in links {
        let places = labels.along(line, &link.label, size);
        for (text, at) in link.label.iter().zip(places) {
            canvas.text(at, text, words(GREY, size, Anchor::Middle));
        }
    }
}

/// Size of the smallest icons [px].
const SMALLEST: f64 = 4.0;

/// Size of icons [px].
fn radius(nodes: usize) -> f64 {
    match nodes {
        0..=12 => 36.0,
        13..=30 => 27.0,
        31..=64 => 17.0,
        65..=250 => 9.0,
        _ => SMALLEST,
    }
}

/// Where the middles of icons may be, so that icons and names stay on the sheet.
fn inner(sheet: Area, radius: f64, network: &Topology) -> Area {
    let named = network.nodes.len() <= MAX_NAMED_NODES;
    // Names of few nodes are large.
    let (aside, below) = match (named, network.nodes.len()) {
        (true, 0..=30) => (radius + 75.0, radius + 40.0),
        (true, _) => (radius + 32.0, radius + 32.0),
        (false, _) => (radius, radius),
    };
    Area {
        left: sheet.left + aside,
        top: sheet.top + radius + 24.0,
        right: sheet.right - aside,
        bottom: sheet.bottom - below,
    }
}

/// The lines of links. Links between the same two nodes lie side by side.
fn lines(edges: &[[usize; 2]], places: &[Point]) -> Vec<[Point; 2]> {
    const APART: f64 = 16.0;
    let key = |&[a, b]: &[usize; 2]| (a.min(b), a.max(b));
    let mut count = std::collections::BTreeMap::<_, usize>::new();
    for edge in edges {
        *count.entry(key(edge)).or_default() += 1;
    }
    let mut drawn = std::collections::BTreeMap::<_, usize>::new();
    let line = |edge: &[usize; 2]| {
        let (low, high) = key(edge);
        let nth = drawn.entry((low, high)).or_default();
        let aside = (*nth as f64 - (count[&(low, high)] - 1) as f64 / 2.0) * APART;
        *nth += 1;
        let (from, to) = (places[low], places[high]);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = libm::sqrt(dx * dx + dy * dy).max(1e-9);
        let (nx, ny) = (-dy / length * aside, dx / length * aside);
        [(from.0 + nx, from.1 + ny), (to.0 + nx, to.1 + ny)]
    };
    edges.iter().map(line).collect()
}
