//! ICMP errors: sent about packets that ended here, received about packets that started here.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::Stack;
use crate::app::Wake;
use crate::id::FlowId;
use crate::node::cx::{Cx, Effect};
use crate::node::icmp::{may_answer_with_error, quote};
use crate::packet::icmp::{Error, Message, Quote, Unreachable};
use crate::packet::ipv4::{self, Protocol, Transport};
use crate::socket::SocketError;

impl Stack {
    /// Tells the sender of `about` what went wrong, as far as rules and rate limit allow. About a
    /// packet of this node itself, its socket is told directly.
    pub(super) fn send_error(
        &mut self,
        cx: &mut Cx,
        about: &ipv4::Packet,
        flow: Option<FlowId>,
        error: Error,
    ) {
        if !may_answer_with_error(about, false) {
            return;
        }
        if self.is_local(about.source) && !self.is_local(about.destination) {
            return self.report(cx, None, error, &quote(about));
        }
        // As in Linux, path MTU discovery is not held up (`icmpv4_xrlim_allow`).
        let needs_fragments =
            matches!(error, Error::DestinationUnreachable(Unreachable::FragmentationNeeded { .. }));
        if !needs_fragments && !self.icmp_limit.allow(cx.now, about.source) {
            return;
        }
        match error {
            Error::DestinationUnreachable(_) => self.counters.unreachable_sent += 1,
            Error::TimeExceeded | Error::ReassemblyTimeExceeded => {
                self.counters.time_exceeded_sent += 1;
            }
        }
        // From the address that the packet was for, or else from the interface towards its sender.
        let source = if self.is_local(about.destination) {
            about.destination
        } else {
            Ipv4Addr::UNSPECIFIED
        };
        let message = Message::Error { error, quote: quote(about) };
        let mut answer = ipv4::Packet::new(source, about.source, Transport::Icmp(message));
        answer.ttl = self.config.ttl;
        // No route back: nobody can be told.
        let _ = self.output(cx, answer, flow);
    }

    /// An ICMP error has come in.
    pub(super) fn receive_error(
        &mut self,
        cx: &mut Cx,
        offender: Ipv4Addr,
        error: Error,
        quote: &Quote,
    ) {
        self.report(cx, Some(offender), error, quote);
    }

    fn report(&mut self, cx: &mut Cx, offender: Option<Ipv4Addr>, error: Error, quote: &Quote) {
        let local = SocketAddrV4::new(quote.source, quote.source_port);
        let remote = SocketAddrV4::new(quote.destination, quote.destination_port);
        let id = self.sockets.find(quote.protocol, local, remote);
        let Some(id) = id else { return };
        if quote.protocol == Protocol::Tcp {
            return self.report_to_connection(cx, id, error, quote);
        }
        let Some((socket, owner)) = self.sockets.datagram_mut(id) else { return };
        let told = SocketError::from_icmp(error, offender, remote);
        cx.flows[owner.index()].errors += 1;
        if socket.report_error(told) {
            cx.effects.push(Effect::Wake(owner, Wake::Ready(id)));
        }
    }
}
