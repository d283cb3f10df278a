//! Paths to what TCP keeps: values of connections, listen queues, memory.

use crate::id::{AppId, NodeId};
use crate::sim::{ConnectionValue, End, Gauge};

/// What connections have, by the names that paths give them.
const VALUES: [(&str, ConnectionValue); 10] = [
    ("cwnd", ConnectionValue::CongestionWindow),
    ("ssthresh", ConnectionValue::SlowStartThreshold),
    ("in-flight", ConnectionValue::InFlight),
    ("send-buffer", ConnectionValue::SendBuffer),
    ("receive-buffer", ConnectionValue::ReceiveBuffer),
    ("send-window", ConnectionValue::SendWindow),
    ("srtt", ConnectionValue::SmoothedRtt),
    ("rto", ConnectionValue::Timeout),
    ("retransmits", ConnectionValue::Retransmits),
    ("state", ConnectionValue::State),
];

/// What connections have.
pub(super) const CONNECTION: &[&str] = &[
    "cwnd",
    "ssthresh",
    "in-flight",
    "send-buffer",
    "receive-buffer",
    "send-window",
    "srtt",
    "rto",
    "retransmits",
    "state",
];
/// What TCP ports have besides what all ports have.
pub(super) const LISTENER: &[&str] = &["syn-queue", "accept-queue"];
/// What hosts have.
pub(super) const HOST: &[&str] = &["tcp-memory"];

/// The end that a path names before the value, and what is left of the path.
pub(super) fn end<'a, 'b>(rest: &'a [&'b str]) -> (End, &'a [&'b str]) {
    match rest {
        ["client", rest @ ..] => (End::Client, rest),
        ["server", rest @ ..] => (End::Server, rest),
        _ => (End::Any, rest),
    }
}

/// The gauge for a value of an application's connection, and its path.
pub(super) fn connection(name: &str, app: AppId, end: End, value: &str) -> Option<(String, Gauge)> {
    let (_, of_connection) = VALUES.into_iter().find(|(known, _)| *known == value)?;
    let part = match end {
        End::Any => "",
        End::Client => "client.",
        End::Server => "server.",
    };
    let path = format!("apps.{name}.{part}{value}");
    Some((path, Gauge::Connection { app, end, value: of_connection }))
}

/// The gauge for a listen queue.
pub(super) fn listener(node: NodeId, port: u16, value: &str) -> Option<Gauge> {
    match value {
        "syn-queue" => Some(Gauge::SynQueue { node, port }),
        "accept-queue" => Some(Gauge::AcceptQueue { node, port }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_value_of_its_own() {
        let names: Vec<&str> = VALUES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, CONNECTION);
        for value in CONNECTION {
            let (path, gauge) =
                connection("web", AppId(3), End::Server, value).expect("a known name");
            assert_eq!(path, format!("apps.web.server.{value}"));
            assert!(matches!(gauge, Gauge::Connection { app: AppId(3), end: End::Server, .. }));
        }
    }
}
