//! Checks that the settings of several applications share. Each gives the fault of one field.

use super::Target;
use crate::kinds::Fault;
use crate::packet::{ipv4::Protocol, udp};
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::{Bytes, Time};

/// A fault of `field`: what is wrong with it and what to write instead.
pub(super) fn fault(
    field: &'static str,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Fault {
    Fault { field, message: message.into(), help: help.into() }
}

/// A span that must not be zero.
pub(super) fn positive(field: &'static str, span: Time, help: &str) -> Option<Fault> {
    span.is_zero().then(|| fault(field, format!("`{span}` is no time at all"), help))
}

/// A number of things to do that must not be zero.
pub(super) fn count(field: &'static str, count: Option<u64>) -> Option<Fault> {
    let help = "write 1 or more, or leave it out to go on until the end";
    (count == Some(0)).then(|| fault(field, "a count of 0 leaves nothing to do", help))
}

/// Data that must fit one datagram, after a header of UDP's or ICMP's length.
pub(super) fn data_size(field: &'static str, size: Bytes) -> Option<Fault> {
    (size.get() > u64::from(udp::MAX_DATA)).then(|| {
        let most = udp::MAX_DATA;
        fault(
            field,
            format!("`{size}` is more data than one datagram can carry"),
            format!("write at most \"{most}B\"; \"1472B\" is the most that Ethernet carries whole"),
        )
    })
}

/// A size as the socket interface takes it; what [`data_size`] refuses is cut to fit.
pub(super) fn data_length(size: Bytes) -> u16 {
    u16::try_from(size.get()).unwrap_or(udp::MAX_DATA).min(udp::MAX_DATA)
}

/// A destination that must name a port.
pub(super) fn needs_port(field: &'static str, to: &Target) -> Option<Fault> {
    let host = &to.host;
    match to.port {
        Some(1..) => None,
        Some(0) => Some(fault(
            field,
            "nobody can bind port 0",
            format!("write the port that the receiver has bound, such as \"{host}:5000\""),
        )),
        None => Some(fault(
            field,
            format!("`{host}` names no port"),
            format!("write the port too, such as \"{host}:5000\""),
        )),
    }
}

/// A destination whose protocol has no ports.
pub(super) fn takes_no_port(field: &'static str, to: &Target) -> Option<Fault> {
    to.port.map(|port| {
        fault(
            field,
            format!("port {port} means nothing here: ICMP has no ports"),
            format!("write \"{}\"", to.host),
        )
    })
}

/// A port that an application binds for UDP.
pub(super) fn udp_port(field: &'static str, port: PortSpec) -> Option<Fault> {
    let number = port.number;
    port.protocol.filter(|&protocol| protocol != Protocol::Udp).map(|protocol| {
        fault(
            field,
            format!("`{number}/{protocol}` is not a UDP port"),
            format!("write \"{number}/udp\"; this application speaks UDP"),
        )
    })
}

/// A port that an application binds for TCP.
pub(super) fn tcp_port(field: &'static str, port: PortSpec) -> Option<Fault> {
    let number = port.number;
    port.protocol.filter(|&protocol| protocol != Protocol::Tcp).map(|protocol| {
        fault(
            field,
            format!("`{number}/{protocol}` is not a TCP port"),
            format!("write \"{number}/tcp\"; this application speaks TCP"),
        )
    })
}

/// A destination whose port, if one is written, must not be 0.
pub(super) fn no_port_zero(field: &'static str, to: &Target) -> Option<Fault> {
    (to.port == Some(0)).then(|| fault(field, "nobody can bind port 0", "leave the port out"))
}

/// A secret sequence of ports.
pub(super) fn knocks(ports: &[PortSpec]) -> Option<Fault> {
    let help = "write for example [7000, \"9000/udp\", 8000]";
    if ports.is_empty() {
        return Some(fault("knocks", "there is no port to knock at", help));
    }
    let is_zero = ports.iter().any(|port| port.number == 0);
    is_zero.then(|| fault("knocks", "nobody can knock at port 0", help))
}

/// Constants of TCP with which no connection could work.
pub(super) fn tcp(field: &'static str, settings: &Settings) -> Vec<Fault> {
    let faults = settings.clone().resolve().check();
    let in_field = |inner: Fault| {
        let message = format!("`{}` {}", inner.field, inner.message);
        Fault { field, message, help: inner.help }
    };
    faults.into_iter().map(in_field).collect()
}

/// How many requests a process works on at a time.
pub(super) fn workers(field: &'static str, workers: u32) -> Option<Fault> {
    let message = "nobody would work on requests";
    (workers == 0).then(|| fault(field, message, "write 1 or more"))
}
