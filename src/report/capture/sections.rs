//! The head of a capture: what was captured, and where.

use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::{DataLink, Endianness};

use super::choice::Tapped;
use crate::id::{InterfaceId, NodeId};
use crate::link::Framing;
use crate::packet::ethernet::Mac;
use crate::packet::wire::LinkLayer;
use crate::report::names::Names;
use crate::sim::Simulation;
use crate::sim::wiring::Plug;

/// Timestamps count units of 10^-9 s.
const NANOSECONDS: u8 = 9;

/// What begins a file: the same bytes on every machine.
pub(super) fn header(title: &str) -> SectionHeaderBlock<'static> {
    let program = concat!("portolan ", env!("CARGO_PKG_VERSION"));
    let comment = format!("{title}. Simulated: time 0 is the beginning of the simulation.");
    SectionHeaderBlock {
        endianness: Endianness::Little,
        options: vec![
            SectionHeaderOption::Comment(comment.into()),
            SectionHeaderOption::UserApplication(program.into()),
        ],
        ..SectionHeaderBlock::default()
    }
}

/// A node whose interfaces are described.
pub(super) struct NodeView<'a> {
    pub(super) simulation: &'a Simulation,
    pub(super) names: &'a Names,
    pub(super) node: NodeId,
}

impl NodeView<'_> {
    /// Whether the node has more than one interface that a cable goes into.
    pub(super) fn has_several(&self) -> bool {
        self.simulation.wiring().plugs[self.node.index()].len() > 1
    }

    /// What packets begin with: an Ethernet header unless the link has none to show. `lo` goes by the first
    /// interface, because the older format, which many tools need, has one kind of header in a file.
    pub(super) fn link_layer(&self, tapped: Tapped) -> LinkLayer {
        let first = self.simulation.wiring().plugs[self.node.index()].first();
        let Some(plug) = self.plug(tapped).or(first) else { return LinkLayer::Ethernet };
        let plan = self.simulation.plan();
        let ends = plan.links[plug.out.link().index()].ends;
        let between_ip = ends.iter().all(|end| plan.nodes[end.index()].kind.is_ip());
        match self.settings(plug).framing {
            Framing::PPP if between_ip => LinkLayer::Ppp,
            Framing::NONE if between_ip => LinkLayer::Raw,
            _ => LinkLayer::Ethernet,
        }
    }

    /// The block that describes an interface.
    pub(super) fn describe(
        &self,
        tapped: Tapped,
        link: LinkLayer,
        snap: u32,
    ) -> InterfaceDescriptionBlock<'static> {
        let linktype = match link {
            LinkLayer::Ethernet => DataLink::ETHERNET,
            LinkLayer::Ppp => DataLink::PPP,
            LinkLayer::Raw => DataLink::RAW,
        };
        let mut options = vec![InterfaceDescriptionOption::IfTsResol(NANOSECONDS)];
        match (tapped, self.plug(tapped)) {
            (Tapped::Wired(interface), Some(plug)) => self.wired(interface, plug, &mut options),
            _ => {
                options.push(InterfaceDescriptionOption::IfName("lo".into()));
                let text = format!("{}: to itself", self.names.node(self.node));
                options.push(InterfaceDescriptionOption::IfDescription(text.into()));
            }
        }
        InterfaceDescriptionBlock { linktype, snaplen: snap, options }
    }

    fn wired(
        &self,
        interface: InterfaceId,
        plug: &Plug,
        options: &mut Vec<InterfaceDescriptionOption<'static>>,
    ) {
        let name = format!("eth{}", interface.index());
        options.push(InterfaceDescriptionOption::IfName(name.into()));
        let link = &self.simulation.plan().links[plug.out.link().index()].name;
        let (own, peer) =
            (self.names.interface((self.node, interface)), self.names.interface(plug.peer));
        let text = format!("{own} to {peer}, link {link}");
        options.push(InterfaceDescriptionOption::IfDescription(text.into()));
        if let Some(mac) = self.mac(interface) {
            options.push(InterfaceDescriptionOption::IfMacAddr(mac.0.to_vec().into()));
        }
        let given = &self.simulation.plan().nodes[self.node.index()].addresses;
        for (_, net) in given.iter().filter(|(given, _)| *given == interface) {
            let bytes = [net.addr().octets(), net.netmask().octets()].concat();
            options.push(InterfaceDescriptionOption::IfIpv4Addr(bytes.into()));
        }
        let speed = self.settings(plug).rate.as_bps();
        options.push(InterfaceDescriptionOption::IfSpeed(speed));
    }

    fn plug(&self, tapped: Tapped) -> Option<&Plug> {
        let Tapped::Wired(interface) = tapped else { return None };
        self.simulation.wiring().plugs[self.node.index()].get(interface.index())
    }

    fn settings(&self, plug: &Plug) -> &crate::link::Config {
        let link = &self.simulation.plan().links[plug.out.link().index()];
        &link.directions[usize::from(!plug.out.is_forward())]
    }

    /// Only hosts and routers have addresses of their own that frames carry.
    fn mac(&self, interface: InterfaceId) -> Option<Mac> {
        let node = self.simulation.ip_node(self.node)?;
        node.stack.interfaces().get(interface.index()).map(|interface| interface.mac)
    }
}
