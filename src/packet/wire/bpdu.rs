//! Spanning-tree messages: IEEE 802.3 frames with an LLC header (IEEE 802.1D-1998, clause 9.3).

use crate::packet::Packet;
use crate::packet::bpdu::{Bpdu, BridgeId, Configuration, LENGTH};
use crate::units::Time;

/// Both service access points are those of bridges; unnumbered information.
const LLC: [u8; 3] = [0x42, 0x42, 0x03];
/// Protocol 0, version 0, type 0x80: all of a topology change notification.
const TOPOLOGY_CHANGE: [u8; 4] = [0, 0, 0, 0x80];

/// Appends a frame. A topology change notification is shorter than a configuration message: the rest is
/// padding.
pub(super) fn put(packet: &Packet, message: &Bpdu, out: &mut Vec<u8>) {
    out.extend_from_slice(&packet.ethernet.destination.0);
    out.extend_from_slice(&packet.ethernet.source.0);
    let length = match message {
        Bpdu::Configuration(_) => LENGTH as u16,
        Bpdu::TopologyChange => (LLC.len() + TOPOLOGY_CHANGE.len()) as u16,
    };
    out.extend_from_slice(&length.to_be_bytes());
    let end = out.len() + LENGTH as usize;
    out.extend_from_slice(&LLC);
    match message {
        Bpdu::Configuration(configuration) => put_configuration(configuration, out),
        Bpdu::TopologyChange => out.extend_from_slice(&TOPOLOGY_CHANGE),
    }
    out.resize(end, 0);
}

fn put_configuration(message: &Configuration, out: &mut Vec<u8>) {
    let flags = u8::from(message.topology_change) | u8::from(message.topology_change_ack) << 7;
    out.extend_from_slice(&[0, 0, 0, 0, flags]);
    put_bridge(message.root, out);
    out.extend_from_slice(&message.root_path_cost.to_be_bytes());
    put_bridge(message.bridge, out);
    let port = u16::from(message.port.priority) << 8 | message.port.number & 0x0fff;
    out.extend_from_slice(&port.to_be_bytes());
    for time in [message.message_age, message.max_age, message.hello_time, message.forward_delay] {
        out.extend_from_slice(&in_256ths(time).to_be_bytes());
    }
}

fn put_bridge(bridge: BridgeId, out: &mut Vec<u8>) {
    out.extend_from_slice(&bridge.priority.to_be_bytes());
    out.extend_from_slice(&bridge.mac.0);
}

/// Times are in units of 1/256 s (clause 9.2.8).
fn in_256ths(time: Time) -> u16 {
    u16::try_from(u128::from(time.as_ps()) * 256 / 1_000_000_000_000).unwrap_or(u16::MAX)
}
