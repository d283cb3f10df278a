//! Ports that processes read at their own pace: M/D/1 if every datagram takes as long to work on, M/M/1
//! if that is left to the exponential distribution, M/G/1 if to another.

use super::arrivals::{Arrivals, relaxation};
use super::links::{LEAST_LOAD, Queue, is_finite};
use super::queueing::{Steady, md1k, mg1, mm1k};
use super::traffic::{Stream, reads};
use super::{Prediction, Subject, View};
use crate::app::distribution::{Duration, Pareto};
use crate::app::udp_server;
use crate::node::config::Accounting;
use crate::sim::{AppPlan, NodeKind};
use crate::units::Limit;

pub(super) fn predict(view: &View<'_>) -> Vec<Prediction> {
    view.plan().apps.iter().filter_map(|app| of_port(view, app)).flatten().collect()
}

fn of_port(view: &View<'_>, app: &AppPlan) -> Option<Vec<Prediction>> {
    let crate::app::AppSpec::UdpServer(config) = &app.spec else { return None };
    let place = (app.on, config.port.number);
    let service = config.service.mean().as_secs_f64();
    reads(app, Some(config.port.number))?;
    if service <= 0.0 || view.traffic.other_ports.contains(&place) {
        return None;
    }
    let streams = view.traffic.streams.iter().filter(|stream| stream.to == place);
    let mut arrivals =
        Arrivals::of(view, streams.map(|stream| (stream, stream.way.as_slice(), service)))?;
    let rho = arrivals.rate() * service;
    let room = room(view, app, config, &arrivals.streams)?;
    if rho < LEAST_LOAD {
        return None;
    }
    let (steady, scv, kind) = solve(config.service, rho, room, &mut arrivals)?;
    arrivals.outlast(view.span(), service, relaxation(rho, scv, room))?;
    let finite = is_finite(&steady, room);
    let (model, words) = match (kind, finite) {
        (Kind::Constant, true) => ("M/D/1/K", "constant service"),
        (Kind::Constant, false) => ("M/D/1", "constant service"),
        (Kind::Exponential, true) => ("M/M/1/K", "exponential service"),
        (Kind::Exponential, false) => ("M/M/1", "exponential service"),
        (Kind::General, _) => ("M/G/1", "service times do not depend on each other"),
    };
    let node = &view.plan().nodes[app.on.index()].name;
    let subject = Subject::Port(format!("{node}:{}/udp", config.port.number));
    let queue = Queue { view, arrivals: &arrivals, steady, rho, service, room, model };
    Some(queue.predictions(&subject, words, &[]))
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Constant,
    Exponential,
    General,
}

/// What theory knows of this service, with its squared coefficient of variation.
fn solve(
    service: Duration,
    rho: f64,
    room: u64,
    arrivals: &mut Arrivals,
) -> Option<(Steady, f64, Kind)> {
    match service {
        Duration::Constant(_) => Some((md1k(rho, room)?, 0.0, Kind::Constant)),
        Duration::Exponential(_) => Some((mm1k(rho, room)?, 1.0, Kind::Exponential)),
        // Up to 2 there is no variance.
        Duration::Pareto(Pareto { shape, .. }) if shape > 2.0 => {
            let scv = 1.0 / (shape * (shape - 2.0));
            let steady = mg1(rho, scv)?;
            // A room that all but holds what waits on average is not endless.
            if steady.waiting * 20.0 > room as f64 {
                return None;
            }
            arrivals
                .strain(format!("M/G/1 has endless room, the buffer has not (room for {room})"));
            Some((steady, scv, Kind::General))
        }
        Duration::Pareto(_) => None,
    }
}

/// For how many datagrams the buffer has room, if that is a number.
fn room(
    view: &View<'_>,
    app: &AppPlan,
    config: &udp_server::Config,
    streams: &[(f64, Stream)],
) -> Option<u64> {
    let (NodeKind::Host(host) | NodeKind::Router(host)) = &view.plan().nodes[app.on.index()].kind
    else {
        return None;
    };
    match (config.buffer.unwrap_or(host.receive_buffer), host.buffer_accounting) {
        (Limit::Packets(packets), _) => Some(packets),
        (Limit::Bytes(bytes), Accounting::Payload) => {
            let size = streams.first()?.1.size;
            let same = streams.iter().all(|(_, stream)| stream.size == size);
            same.then(|| bytes.get() / Accounting::Payload.charge(size))
        }
        // Linux gives memory back in steps: how much there is room for depends on what was before.
        (Limit::Bytes(_), Accounting::Linux) => None,
    }
}
