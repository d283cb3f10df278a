//! Series of TCP: which ones a small network gets unasked, and how they are shown.

use crate::id::{AppId, NodeId};
use crate::packet::ipv4::Protocol;
use crate::report::series::SeriesKind;
use crate::scenario::Series;
use crate::sim::{ConnectionValue, End, Gauge, Plan};

/// What is recorded of connections unless a scenario says otherwise: enough for the plots.
const USUAL: [(&str, ConnectionValue); 4] = [
    ("cwnd", ConnectionValue::CongestionWindow),
    ("ssthresh", ConnectionValue::SlowStartThreshold),
    ("srtt", ConnectionValue::SmoothedRtt),
    ("retransmits", ConnectionValue::Retransmits),
];

/// What else there is.
const MORE: [(&str, ConnectionValue); 5] = [
    ("in-flight", ConnectionValue::InFlight),
    ("send-window", ConnectionValue::SendWindow),
    ("send-buffer", ConnectionValue::SendBuffer),
    ("receive-buffer", ConnectionValue::ReceiveBuffer),
    ("rto", ConnectionValue::Timeout),
];

/// The ports where somebody listens for connections.
fn listeners(plan: &Plan) -> impl Iterator<Item = (NodeId, u16)> {
    plan.apps.iter().filter_map(|app| match app.spec.config().listens()? {
        (Protocol::Tcp, port) => Some((app.on, port)),
        _ => None,
    })
}

/// The connections of applications that may have one: those that begin a conversation, in a network
/// where somebody listens. One that never has a connection leaves no samples.
pub(super) fn connections(plan: &Plan, all: bool) -> Vec<Series> {
    if listeners(plan).next().is_none() {
        return Vec::new();
    }
    let more = if all { &MORE[..] } else { &[] };
    let series = |(index, name): (usize, &str)| {
        let app = AppId::from_index(index);
        let of_app = move |&(word, value): &(&str, ConnectionValue)| Series {
            path: format!("apps.{name}.{word}"),
            gauge: Gauge::Connection { app, end: End::Any, value },
        };
        USUAL.iter().chain(more).map(of_app).collect::<Vec<_>>()
    };
    let apps = plan.apps.iter().enumerate();
    apps.filter(|(_, app)| app.spec.config().listens().is_none())
        .flat_map(|(index, app)| {
            // Of all conversations there is one anyway.
            let throughput = (!all).then(|| super::throughput(plan, index));
            series((index, &app.name)).into_iter().chain(throughput)
        })
        .collect()
}

/// The listen queues of TCP ports.
pub(super) fn listen_queues(plan: &Plan) -> impl Iterator<Item = Series> {
    listeners(plan).flat_map(|(node, port)| {
        let host = &plan.nodes[node.index()].name;
        let path = |queue: &str| format!("ports.{host}:{port}/tcp.{queue}");
        [
            Series { path: path("syn-queue"), gauge: Gauge::SynQueue { node, port } },
            Series { path: path("accept-queue"), gauge: Gauge::AcceptQueue { node, port } },
        ]
    })
}

/// The name of a connection's series in plots, and what it shows.
pub(super) fn shown(
    plan: &Plan,
    app: AppId,
    end: End,
    value: ConnectionValue,
) -> (String, SeriesKind) {
    let name = &plan.apps[app.index()].name;
    let label = match end {
        End::Any => name.clone(),
        End::Client => format!("{name}, client"),
        End::Server => format!("{name}, server"),
    };
    let kind = match value {
        ConnectionValue::CongestionWindow => SeriesKind::CongestionWindow,
        ConnectionValue::SlowStartThreshold => SeriesKind::SlowStartThreshold,
        ConnectionValue::InFlight => SeriesKind::InFlight,
        ConnectionValue::SmoothedRtt => SeriesKind::SmoothedRtt,
        ConnectionValue::Timeout => SeriesKind::Timeout,
        ConnectionValue::Retransmits => SeriesKind::Retransmits,
        ConnectionValue::SendBuffer
        | ConnectionValue::ReceiveBuffer
        | ConnectionValue::SendWindow
        | ConnectionValue::State => SeriesKind::Other,
    };
    (label, kind)
}
