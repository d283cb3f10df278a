//! Ports that processes have bound.

use super::Look;
use super::grid::{self, Column::Number, Column::Text};
use crate::observe::results::{Port, Summary};
use crate::packet::ipv4::Protocol;
use crate::report::human;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let columns = [
        Text("port"),
        Text("process"),
        Number("received"),
        Number("delivered"),
        Number("dropped"),
        Number("max depth"),
    ];
    // A sender's own port that nothing came back to says nothing.
    let is_told = |port: &&Port| port.received > 0 || !summary.flows.contains_key(&port.process);
    let told = summary.ports.iter().filter(|(_, port)| is_told(port));
    let rows = told.map(|(name, port)| {
        vec![
            named(name, look),
            port.process.clone(),
            human::count(port.received),
            human::count(port.delivered),
            human::count(port.dropped),
            human::size(port.max_depth_bytes),
        ]
    });
    grid::print("Ports", &columns, rows.collect(), look)
}

/// `HOST:53/udp` with the name of the service, if there is one: `HOST:53/udp (domain)`.
fn named(port: &str, look: &Look) -> String {
    let service = || {
        let (number, protocol) = port.rsplit_once(':')?.1.split_once('/')?;
        let protocol = match protocol {
            "udp" => Protocol::Udp,
            "tcp" => Protocol::Tcp,
            _ => return None,
        };
        (look.service)(number.parse().ok()?, protocol)
    };
    match service() {
        Some(service) => format!("{port} ({service})"),
        None => port.into(),
    }
}
