//! A network as generators draw it: names and lines, no settings.

use crate::kinds::Fault;
use crate::scenario::value::Table;

/// What a generated node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A host.
    Host,
    /// A router; it may run processes too.
    Router,
    /// A switch.
    Switch,
    /// A hub.
    Hub,
}

impl Role {
    pub(super) const ALL: [Self; 4] = [Self::Host, Self::Router, Self::Switch, Self::Hub];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Router => "router",
            Self::Switch => "switch",
            Self::Hub => "hub",
        }
    }
}

/// Which table of settings a generated link follows beside `link`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// None.
    Link,
    /// `access`: one end is a host.
    Access,
    /// `bottleneck`.
    Bottleneck,
}

/// A link of a sketch.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    pub(super) ends: [u32; 2],
    pub(super) class: Class,
    /// Its name, if that is not made of its ends.
    pub(super) name: Option<String>,
    /// Settings of its own.
    pub(super) table: Option<Table>,
}

/// A network being drawn.
#[derive(Debug, Clone, Default)]
pub struct Sketch {
    pub(super) nodes: Vec<(String, Role)>,
    pub(super) links: Vec<Drawn>,
}

impl Sketch {
    /// Draws a node; its number is for [`Sketch::link`].
    pub(super) fn node(&mut self, name: String, role: Role) -> u32 {
        self.nodes.push((name, role));
        self.nodes.len() as u32 - 1
    }

    /// Draws a link between two nodes.
    pub(super) fn link(&mut self, a: u32, b: u32, class: Class) {
        self.links.push(Drawn { ends: [a, b], class, name: None, table: None });
    }

    /// Draws nodes `n0`, `n1`, ... that are routers.
    pub(super) fn routers(&mut self, count: u32) {
        for number in 0..count {
            self.node(format!("n{number}"), Role::Router);
        }
    }

    /// Draws `each` hosts at every node so far: `h0`, `h1`, ... in the order of nodes.
    pub(super) fn hosts(&mut self, each: u32) {
        for node in 0..self.nodes.len() as u32 {
            self.hosts_at(node, each);
        }
    }

    /// Draws hosts at one node, numbered on from those there are.
    pub(super) fn hosts_at(&mut self, node: u32, count: u32) {
        if count == 0 {
            return;
        }
        let first = self.nodes.iter().rev().find_map(|(name, role)| {
            let number = name.strip_prefix('h').filter(|_| *role == Role::Host)?;
            number.parse::<u64>().ok()
        });
        let first = first.map_or(0, |last| last + 1);
        for number in first..first + u64::from(count) {
            let host = self.node(format!("h{number}"), Role::Host);
            self.link(host, node, Class::Access);
        }
    }

    /// The name of a link.
    pub(super) fn link_name(&self, index: usize) -> String {
        let drawn = &self.links[index];
        let [a, b] = drawn.ends.map(|end| &self.nodes[end as usize].0);
        drawn.name.clone().unwrap_or_else(|| format!("{a}--{b}"))
    }
}

/// The size of a network of `nodes` nodes and `links` links with `hosts` hosts at each node.
pub(super) const fn with_hosts(nodes: u64, links: u64, hosts: u32) -> (u64, u64) {
    let hosts = nodes.saturating_mul(hosts as u64);
    (nodes.saturating_add(hosts), links.saturating_add(hosts))
}

/// A number that must be at least `least`.
pub(super) fn at_least(field: &'static str, number: u32, least: u32, faults: &mut Vec<Fault>) {
    if number < least {
        faults.push(Fault {
            field,
            message: format!("{number} is too few"),
            help: format!("write at least {least}"),
        });
    }
}
