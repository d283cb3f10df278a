//! Tests that need more than one file of this module.

mod paths;
mod table;

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::{Attachment, NextHop, Topology};
use crate::id::InterfaceId;

fn net(text: &str) -> Ipv4Net {
    text.parse().expect("a prefix")
}

fn address(text: &str) -> Ipv4Addr {
    text.parse().expect("an address")
}

fn via(interface: u16, gateway: &str) -> NextHop {
    NextHop { interface: InterfaceId(interface), gateway: Some(address(gateway)) }
}

fn on_link(interface: u16) -> NextHop {
    NextHop { interface: InterfaceId(interface), gateway: None }
}

/// A topology that grows segment by segment; interfaces and addresses are numbered as they come.
#[derive(Default)]
struct Sketch(Topology);

impl Sketch {
    fn nodes(forwards: &[bool]) -> Self {
        Self(Topology { forwards: forwards.into(), ..Topology::default() })
    }

    /// Attaches `nodes` to a new segment at cost 1; the first gets the first address.
    fn segment(&mut self, prefix: Ipv4Net, nodes: &[usize]) -> &mut Self {
        let segment = self.0.segments.len();
        self.0.segments.push(prefix);
        for (&node, host) in nodes.iter().zip(1..) {
            let interface = self.0.attachments.iter().filter(|other| other.node == node).count();
            self.0.attachments.push(Attachment {
                node,
                interface: InterfaceId::from_index(interface),
                address: Ipv4Addr::from_bits(prefix.network().to_bits() + host),
                segment,
                cost: 1,
                up: true,
            });
        }
        self
    }

    /// The attachment of `node` to `segment`.
    fn attachment(&mut self, node: usize, segment: usize) -> &mut Attachment {
        let mut attachments = self.0.attachments.iter_mut();
        attachments.find(|a| a.node == node && a.segment == segment).expect("is attached")
    }
}
