//! Who sends what through which queue, as far as a plan says so before it runs.

use std::net::Ipv4Addr;

use super::routes::{Map, Way};
use crate::app::datagram_source::Settings;
use crate::app::{AppSpec, Target, tcp_client, tcp_server, udp_server};
use crate::id::{ChannelId, NodeId};
use crate::link;
use crate::sim::{AppPlan, NodeKind, Plan, Simulation};
use crate::tcp::config::Config as Tcp;
use crate::units::Time;

/// Headers of a datagram: IPv4 and UDP \[bytes\].
const UDP_HEADERS: u64 = 28;

/// Networks with more than this are not looked at: every pair of applications is compared, and results are kept
/// twenty times over.
const MOST_APPS: usize = 2000;
/// The same of links.
const MOST_LINKS: usize = 10_000;

/// What an application sends through a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Feed {
    /// Datagrams that arrive as a Poisson process: a place in [`Traffic::streams`].
    Poisson(usize),
    /// The data of a long TCP connection: a place in [`Traffic::bulks`].
    Bulk(usize),
    /// The acknowledgments of one.
    Acknowledgments(usize),
    /// Whatever else: an application's place.
    Other(usize),
}

/// Datagrams of one size that arrive as a Poisson process.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    /// Its place among the applications.
    pub(super) app: usize,
    /// Mean time between two of them \[s\].
    pub(super) gap: f64,
    /// Data in each \[bytes\].
    pub(super) size: u64,
    /// Length of each above the link layer \[bytes\].
    pub(super) length: u64,
    /// The directions that they cross.
    pub(super) way: Vec<ChannelId>,
    /// Where they go: the node and the port.
    pub(super) to: (NodeId, u16),
    /// When they begin and when they end.
    pub(super) active: (Time, Time),
}

/// A TCP connection that sends for as long as it can.
#[derive(Debug, Clone)]
pub(super) struct Bulk {
    /// Its place among the applications.
    pub(super) app: usize,
    /// The directions that its data cross.
    pub(super) way: Vec<ChannelId>,
    /// The directions that its acknowledgments cross.
    pub(super) back: Vec<ChannelId>,
    /// The constants of the sender.
    pub(super) sender: Tcp,
    /// The constants of the receiver.
    pub(super) receiver: Tcp,
    /// When it begins and when it ends.
    pub(super) active: (Time, Time),
}

/// All that is sent in a network.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    pub(super) streams: Vec<Stream>,
    pub(super) bulks: Vec<Bulk>,
    /// By direction of a link.
    pub(super) feeds: Vec<Vec<Feed>>,
    /// Ports that something else than a stream sends to.
    pub(super) other_ports: Vec<(NodeId, u16)>,
}

impl Traffic {
    /// What is sent; nothing if nobody can tell beforehand where it goes.
    pub(super) fn of(simulation: &Simulation) -> Option<Self> {
        let plan = simulation.plan();
        let fits = plan.apps.len() <= MOST_APPS && plan.links.len() <= MOST_LINKS;
        if !fits || !is_steady(plan) {
            return None;
        }
        let feeds = vec![Vec::new(); 2 * plan.links.len()];
        let traffic = Self { feeds, ..Self::default() };
        let mut survey = Survey { plan, map: Map::new(simulation), simulation, traffic };
        (0..plan.apps.len()).try_for_each(|app| survey.add(app))?;
        Some(survey.traffic)
    }
}

/// The settings of one direction of a link.
pub(super) fn direction(plan: &Plan, channel: ChannelId) -> &link::Config {
    &plan.links[channel.link().index()].directions[usize::from(!channel.is_forward())]
}

/// Whether the network is the same from beginning to end, and what is sent goes where it says.
fn is_steady(plan: &Plan) -> bool {
    let filters = |kind: &NodeKind| match kind {
        NodeKind::Host(config) | NodeKind::Router(config) => !config.filter.is_empty(),
        NodeKind::Switch(_) | NodeKind::Hub => false,
    };
    let roams = |spec: &AppSpec| matches!(spec, AppSpec::SynFlood(_) | AppSpec::Scan(_));
    plan.changes.is_empty()
        && !plan.apps.iter().any(|app| roams(&app.spec))
        && !plan.nodes.iter().any(|node| filters(&node.kind))
}

/// One long connection at a time, as fast as it goes.
fn is_bulk(config: &tcp_client::Config) -> bool {
    let one = matches!(config.connections, None | Some(1)) && config.interval.is_none();
    one && config.size.is_none() && config.rate.is_none() && config.request.is_none()
}

/// Reads as fast as it can and says nothing.
fn only_reads(config: &tcp_server::Config) -> bool {
    let silent = !config.echo && config.respond.is_none() && config.idle_timeout.is_none();
    silent && config.read.is_none() && config.service.mean().is_zero()
}

/// When a process that has so much to do begins, and when it ends.
fn active(app: &AppPlan, job: Time) -> (Time, Time) {
    let end = app.start.saturating_add(job);
    (app.start, app.stop.map_or(end, |stop| stop.min(end)))
}

/// A plan on its way to [`Traffic`].
struct Survey<'a> {
    plan: &'a Plan,
    map: Map<'a>,
    simulation: &'a Simulation,
    traffic: Traffic,
}

impl Survey<'_> {
    /// Adds what an application sends and what comes back. Nothing if nobody knows which way it goes.
    fn add(&mut self, app: usize) -> Option<()> {
        let own = &self.plan.apps[app];
        match &own.spec {
            AppSpec::Poisson(config) if self.has_reader(&config.0.to) => {
                self.add_stream(app, &config.0)
            }
            AppSpec::TcpClient(config) if is_bulk(config) => self.add_bulk(app, config),
            spec => {
                let mut spec = spec.clone();
                let targets = spec.config_mut().targets();
                targets.into_iter().try_for_each(|(_, target)| self.add_other(app, target))
            }
        }
    }

    /// Whether a server reads datagrams sent there from beginning to end, and does not answer.
    fn has_reader(&self, to: &Target) -> bool {
        let node = self.map.owner(to.address);
        self.plan.apps.iter().any(|app| {
            let whole = app.start.is_zero() && app.stop.is_none();
            Some(app.on) == node && whole && reads(app, to.port).is_some_and(|it| !it.echo)
        })
    }

    fn add_stream(&mut self, app: usize, settings: &Settings) -> Option<()> {
        let own = &self.plan.apps[app];
        let gap = match (settings.interval, settings.rate) {
            (Some(interval), _) => interval,
            (None, rate) => rate?.time_for(settings.size),
        };
        let length = settings.size.get() + UDP_HEADERS;
        let way = match self.map.way(own.on, settings.to.address) {
            Way::Through(way) => way,
            Way::None => return Some(()),
            Way::Unclear => return None,
        };
        if way.iter().any(|&it| u64::from(direction(self.plan, it).mtu) < length) {
            return self.add_other(app, &settings.to);
        }
        let place = self.traffic.streams.len();
        self.feed(&way, Feed::Poisson(place));
        self.traffic.streams.push(Stream {
            app,
            gap: gap.as_secs_f64(),
            size: settings.size.get(),
            length,
            way,
            to: (self.map.owner(settings.to.address)?, settings.to.port?),
            active: active(own, settings.count.map_or(Time::MAX, |all| gap.saturating_mul(all))),
        });
        Some(())
    }

    fn add_bulk(&mut self, app: usize, config: &tcp_client::Config) -> Option<()> {
        let own = &self.plan.apps[app];
        let node = self.map.owner(config.to.address);
        let reader = self.plan.apps.iter().find_map(|other| match &other.spec {
            AppSpec::TcpServer(server) if Some(other.on) == node => {
                (Some(server.port.number) == config.to.port).then_some((other, server))
            }
            _ => None,
        });
        let Some((there, server)) = reader.filter(|(_, server)| only_reads(server)) else {
            return self.add_other(app, &config.to);
        };
        let (way, back) = match self.both_ways(own.on, config.to.address)? {
            Some(ways) => ways,
            None => return Some(()),
        };
        let place = self.traffic.bulks.len();
        self.feed(&way, Feed::Bulk(place));
        self.feed(&back, Feed::Acknowledgments(place));
        self.traffic.bulks.push(Bulk {
            app,
            way,
            back,
            sender: config.tcp.clone().over(&self.tcp(own.on)?),
            receiver: server.tcp.clone().over(&self.tcp(there.on)?),
            active: active(own, Time::MAX),
        });
        Some(())
    }

    /// Something is sent there, and something may come back.
    fn add_other(&mut self, app: usize, to: &Target) -> Option<()> {
        let on = self.plan.apps[app].on;
        if let (Some(node), Some(port)) = (self.map.owner(to.address), to.port) {
            self.traffic.other_ports.push((node, port));
        }
        if let Some((way, back)) = self.both_ways(on, to.address)? {
            self.feed(&way, Feed::Other(app));
            self.feed(&back, Feed::Other(app));
        }
        Some(())
    }

    /// The ways there and back; none if what is sent does not arrive.
    fn both_ways(
        &self,
        from: NodeId,
        to: Ipv4Addr,
    ) -> Option<Option<(Vec<ChannelId>, Vec<ChannelId>)>> {
        let way = match self.map.way(from, to) {
            Way::Through(way) => way,
            Way::None => return Some(None),
            Way::Unclear => return None,
        };
        let (Some(first), Some(end)) = (way.first(), self.map.owner(to)) else {
            return Some(Some((way, Vec::new())));
        };
        match self.map.way(end, self.source(from, *first)?) {
            Way::Through(back) => Some(Some((way, back))),
            Way::None => Some(Some((way, Vec::new()))),
            Way::Unclear => None,
        }
    }

    /// The address of the interface that sends in a direction.
    fn source(&self, node: NodeId, out: ChannelId) -> Option<Ipv4Addr> {
        let plugs = &self.simulation.wiring().plugs[node.index()];
        let interface = plugs.iter().find(|plug| plug.out == out)?.interface;
        let addresses = &self.plan.nodes[node.index()].addresses;
        addresses.iter().find(|(own, _)| *own == interface).map(|(_, net)| net.addr())
    }

    /// The constants of a host's TCP.
    fn tcp(&self, node: NodeId) -> Option<Tcp> {
        match &self.plan.nodes[node.index()].kind {
            NodeKind::Host(config) | NodeKind::Router(config) => Some(config.tcp.clone().resolve()),
            NodeKind::Switch(_) | NodeKind::Hub => None,
        }
    }

    fn feed(&mut self, way: &[ChannelId], feed: Feed) {
        way.iter().for_each(|channel| self.traffic.feeds[channel.index()].push(feed));
    }
}

/// The UDP server that an application is, if it reads this port of all its host's addresses.
pub(super) fn reads(app: &AppPlan, port: Option<u16>) -> Option<&udp_server::Config> {
    match &app.spec {
        AppSpec::UdpServer(config) if Some(config.port.number) == port => {
            config.address.is_none().then_some(config)
        }
        _ => None,
    }
}
