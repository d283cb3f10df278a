//! One node's routing table.

use std::fmt;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::computed::Computed;
use super::prefix::{Key, longest_match};
use crate::id::InterfaceId;

/// Where to hand a packet: out of which interface, and to whom on that segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NextHop {
    /// The interface to send out of.
    pub interface: InterfaceId,
    /// The router to send to; `None` if the destination itself is on the segment.
    pub gateway: Option<Ipv4Addr>,
}

/// Where a route comes from. Of two routes to the same prefix the lesser source is used, as with
/// the administrative distances of routers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The subnet of one of the node's own interfaces.
    Connected,
    /// The scenario says so.
    Static,
    /// Found by the shortest-path computation.
    Computed,
}

/// One route of a table, as looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// The destinations.
    pub prefix: Ipv4Net,
    /// Where the route comes from.
    pub source: Source,
    /// The cost of the path. It is for people to read: no lookup compares metrics.
    pub metric: u32,
    /// The next hops, ascending: several if their paths cost the same; none if the route says that
    /// its destinations are unreachable.
    pub hops: &'a [NextHop],
}

/// One node's routing table.
///
/// A lookup takes the route with the longest prefix (RFC 1812, section 5.2.4.3), and of several
/// routes to one prefix the one with the best [`Source`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes {
    /// The routes that were inserted one by one, sorted; a better source sorts later.
    keys: Vec<Key>,
    /// For each key, the rest of its route.
    entries: Vec<Entry>,
    computed: Computed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    source: Source,
    metric: u32,
    hops: Box<[NextHop]>,
}

impl Routes {
    /// The next hops towards `to`, ascending and at least one; `None` if it is unreachable.
    #[must_use]
    pub fn lookup(&self, to: Ipv4Addr) -> Option<&[NextHop]> {
        self.lookup_route(to).map(|route| route.hops).filter(|hops| !hops.is_empty())
    }

    /// The route that decides about packets towards `to`.
    #[must_use]
    pub fn lookup_route(&self, to: Ipv4Addr) -> Option<Route<'_>> {
        let count_up_to = |bound| self.keys.partition_point(|&key| key <= bound);
        let own = longest_match(&self.keys, to, count_up_to, |_| true).map(|at| self.route(at));
        let computed = self.computed.longest_match(to);
        match (own, computed) {
            (Some(own), Some(computed))
                if own.prefix.prefix_len() < computed.prefix.prefix_len() =>
            {
                Some(computed)
            }
            (own, computed) => own.or(computed),
        }
    }

    /// Adds a route, or replaces the one to the same prefix from the same source.
    ///
    /// The bits of `prefix` beyond its length do not matter. A route without `hops` makes its
    /// destinations unreachable, whatever shorter prefixes say.
    pub fn insert(&mut self, prefix: Ipv4Net, source: Source, metric: u32, mut hops: Vec<NextHop>) {
        hops.sort_unstable();
        hops.dedup();
        let entry = Entry { source, metric, hops: hops.into() };
        let key = key(prefix, source);
        match self.keys.binary_search(&key) {
            Ok(at) => self.entries[at] = entry,
            Err(at) => {
                self.keys.insert(at, key);
                self.entries.insert(at, entry);
            }
        }
    }

    /// Removes the route to exactly `prefix` from `source`. Says whether there was one.
    pub fn remove(&mut self, prefix: Ipv4Net, source: Source) -> bool {
        let inserted = self.keys.binary_search(&key(prefix, source));
        if let Ok(at) = inserted {
            self.keys.remove(at);
            self.entries.remove(at);
        }
        // A route can be both inserted as a computed one and among those of `set_computed`.
        let computed = source == Source::Computed && self.computed.remove(prefix);
        inserted.is_ok() || computed
    }

    /// Replaces all computed routes and leaves the others alone.
    pub fn set_computed(&mut self, computed: Computed) {
        self.computed = computed;
        let is_kept = |entry: &Entry| entry.source != Source::Computed;
        let mut kept = self.entries.iter().map(is_kept);
        self.keys.retain(|_| kept.next().expect("every key has an entry"));
        self.entries.retain(is_kept);
    }

    /// All routes in the order of their prefixes, the one that is used first where a prefix has
    /// several.
    pub fn iter(&self) -> impl Iterator<Item = Route<'_>> {
        let own = (0..self.keys.len()).map(|at| self.route(at));
        let mut all: Vec<Route<'_>> = own.chain(self.computed.iter()).collect();
        // Stable: an inserted computed route stays before one of `set_computed`, as in a lookup.
        all.sort_by_key(|route| (route.prefix, route.source));
        all.into_iter()
    }

    fn route(&self, at: usize) -> Route<'_> {
        let Entry { source, metric, hops } = &self.entries[at];
        Route { prefix: self.keys[at].prefix(), source: *source, metric: *metric, hops }
    }
}

fn key(prefix: Ipv4Net, source: Source) -> Key {
    let rank = match source {
        Source::Connected => 2,
        Source::Static => 1,
        Source::Computed => 0,
    };
    Key::new(prefix, rank)
}

impl fmt::Display for NextHop {
    /// As `ip route` prints it: `via 10.0.0.1 dev eth0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(gateway) = self.gateway {
            write!(f, "via {gateway} ")?;
        }
        write!(f, "dev eth{}", self.interface.0)
    }
}

impl fmt::Display for Source {
    /// The name that `ip route` would show as the route's `proto`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Connected => "kernel",
            Self::Static => "static",
            Self::Computed => "computed",
        })
    }
}

impl fmt::Display for Route<'_> {
    /// As `ip route` prints it: on one line, or with a line for each of several next hops.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hops.is_empty() {
            f.write_str("unreachable ")?;
        }
        if self.prefix.prefix_len() == 0 {
            f.write_str("default")?;
        } else if self.prefix.prefix_len() == 32 {
            write!(f, "{}", self.prefix.addr())?;
        } else {
            write!(f, "{}", self.prefix)?;
        }
        if let [hop] = self.hops {
            write!(f, " {hop}")?;
        }
        write!(f, " proto {}", self.source)?;
        if !self.hops.is_empty() && self.hops.iter().all(|hop| hop.gateway.is_none()) {
            f.write_str(" scope link")?;
        }
        if self.metric != 0 {
            write!(f, " metric {}", self.metric)?;
        }
        if self.hops.len() > 1 {
            for hop in self.hops {
                write!(f, "\n\tnexthop {hop} weight 1")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Routes {
    /// All routes as `ip route` prints them, each ended by a line feed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|route| writeln!(f, "{route}"))
    }
}
