//! ICMP messages in words.

use std::fmt::Write as _;

use crate::packet::icmp::{Error, Message, Quote, Unreachable};
use crate::packet::ipv4::Protocol;

pub(super) fn describe(text: &mut String, message: &Message) {
    text.push_str("ICMP ");
    match message {
        Message::Echo { reply, identifier, sequence, .. } => {
            let what = if *reply { "reply" } else { "request" };
            let _ = write!(text, "echo {what}, id {identifier}, seq {sequence}");
        }
        Message::Error { error, quote } => text.push_str(&error_about(*error, quote)),
    }
    let _ = write!(text, ", length {}", message.length());
}

fn error_about(error: Error, quote: &Quote) -> String {
    let Quote { destination, protocol, destination_port, .. } = quote;
    let why = match error {
        Error::TimeExceeded => return "time exceeded in-transit".into(),
        Error::ReassemblyTimeExceeded => return "ip reassembly time exceeded".into(),
        Error::DestinationUnreachable(why) => why,
    };
    match why {
        Unreachable::Network => format!("net {destination} unreachable"),
        Unreachable::Host => format!("host {destination} unreachable"),
        Unreachable::Protocol => {
            format!("{destination} protocol {} unreachable", protocol.number())
        }
        Unreachable::Port if *protocol == Protocol::Icmp => {
            format!("{destination} port unreachable")
        }
        Unreachable::Port => {
            format!("{destination} {protocol} port {destination_port} unreachable")
        }
        Unreachable::FragmentationNeeded { mtu } => {
            format!("{destination} unreachable - need to frag (mtu {mtu})")
        }
        Unreachable::AdministrativelyProhibited => {
            format!("host {destination} unreachable - admin prohibited")
        }
    }
}
