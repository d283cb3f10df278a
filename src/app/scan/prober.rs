//! How a scan speaks to ports and hears their answers.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::technique::{Technique, Verdict, on_connect};
use crate::app::Os;
use crate::id::SocketId;
use crate::packet::icmp::Message;
use crate::packet::ipv4::{self, Transport};
use crate::packet::tcp::{Flags, Options, Segment, SeqNum};
use crate::packet::udp::{Content, Datagram, DnsMessage};
use crate::socket::Errno;

/// Crafted probes come from ports above Linux's ephemeral ones, so that no socket of the host has
/// them: its kernel resets what the probes open.
const FIRST_SOURCE: u16 = 61_000;
const SOURCES: u64 = 4_000;
/// Each attempt has a port of its own, up to this many.
const ATTEMPTS: u16 = 256;
/// What nmap offers in a SYN.
const WINDOW: u16 = 1024;
const MSS: u16 = 1460;
const DNS: u16 = 53;
/// A DNS question without a name: its header.
const DNS_LENGTH: u16 = 12;

/// The part of a scan that sends and listens.
#[derive(Debug)]
pub(super) struct Prober {
    technique: Technique,
    to: Ipv4Addr,
    from: Ipv4Addr,
    source_port: u16,
    number: SeqNum,
    raw: Option<SocketId>,
    /// Attempts to connect, by socket.
    connecting: BTreeMap<SocketId, u16>,
}

impl Prober {
    pub(super) fn open(os: &mut dyn Os, technique: Technique, to: Ipv4Addr) -> Result<Self, Errno> {
        let from = os.source_address(to).ok_or(Errno::ENETUNREACH)?;
        let source_port = FIRST_SOURCE + os.rng().below(SOURCES) as u16;
        let number = SeqNum::new(os.rng().below(1 << 32) as u32);
        let raw = (technique != Technique::Connect).then(|| os.raw_socket());
        let connecting = BTreeMap::new();
        Ok(Self { technique, to, from, source_port, number, raw, connecting })
    }

    /// Sends a probe. `probes` have been sent before it.
    ///
    /// # Errors
    /// Those of the call.
    pub(super) fn send(
        &mut self,
        os: &mut dyn Os,
        port: u16,
        attempt: u32,
        probes: u64,
    ) -> Result<(), Errno> {
        if self.technique == Technique::Connect {
            return self.connect(os, port);
        }
        let attempt = attempt.min(u32::from(ATTEMPTS - 1)) as u16;
        let source_port = self.source_port + attempt;
        let transport = match self.technique.flags() {
            Some(flags) => Transport::Tcp(self.segment(source_port, port, flags)),
            None => Transport::Udp(datagram(os, source_port, port, probes)),
        };
        os.send_raw(ipv4::Packet::new(self.from, self.to, transport))
    }

    fn connect(&mut self, os: &mut dyn Os, port: u16) -> Result<(), Errno> {
        let socket = os.tcp_socket();
        match os.connect(socket, SocketAddrV4::new(self.to, port)) {
            Ok(()) | Err(Errno::EINPROGRESS) => {
                self.connecting.insert(socket, port);
                Ok(())
            }
            Err(errno) => {
                os.close(socket);
                Err(errno)
            }
        }
    }

    fn segment(&self, source_port: u16, destination_port: u16, flags: Flags) -> Segment {
        let mss = flags.syn.then_some(MSS);
        let ack = if flags.ack { self.number.wrapping_add(1 << 30) } else { SeqNum::default() };
        Segment {
            source_port,
            destination_port,
            seq: self.number,
            ack,
            flags,
            window: WINDOW,
            options: Options { mss, ..Options::default() },
            data_length: 0,
        }
    }

    /// Gives up waiting for a port.
    pub(super) fn forget(&mut self, os: &mut dyn Os, port: u16) {
        let found = self.connecting.iter().find(|(_, of)| **of == port).map(|(socket, _)| *socket);
        if let Some(socket) = found {
            self.connecting.remove(&socket);
            os.abort(socket);
        }
    }

    /// What a socket that became ready has to tell.
    pub(super) fn hear(&mut self, os: &mut dyn Os, socket: SocketId) -> Vec<(u16, Verdict)> {
        if Some(socket) != self.raw {
            return Vec::from_iter(self.ended(os, socket));
        }
        let mut heard = Vec::new();
        while let Ok(packet) = os.receive_raw(socket) {
            if matches!(packet.transport, Transport::Icmp(_)) && self.read(&packet).is_some() {
                os.flow().errors += 1;
            }
            heard.extend(self.read(&packet));
        }
        heard
    }

    /// How an attempt to connect has ended, if it has.
    fn ended(&mut self, os: &mut dyn Os, socket: SocketId) -> Option<(u16, Verdict)> {
        let port = *self.connecting.get(&socket)?;
        let result = os.take_socket_error(socket);
        if result.is_ok() {
            // To connect again is to ask how far it has come.
            let to = SocketAddrV4::new(self.to, port);
            os.connect(socket, to).err().filter(|errno| *errno == Errno::EISCONN)?;
        }
        self.forget(os, port);
        Some((port, on_connect(result)))
    }

    /// What a packet says of which port.
    fn read(&self, packet: &ipv4::Packet) -> Option<(u16, Verdict)> {
        let from_host = packet.source == self.to;
        match packet.transport {
            Transport::Tcp(segment) if from_host && self.is_own(segment.destination_port) => {
                let verdict = self.technique.on_segment(segment.flags)?;
                Some((segment.source_port, verdict))
            }
            Transport::Udp(datagram) if from_host && self.is_own(datagram.destination_port) => {
                Some((datagram.source_port, self.technique.on_datagram()?))
            }
            Transport::Icmp(Message::Error { error, quote })
                if quote.destination == self.to
                    && quote.protocol == self.technique.protocol()
                    && self.is_own(quote.source_port) =>
            {
                Some((quote.destination_port, self.technique.on_error(error, from_host)?))
            }
            _ => None,
        }
    }

    fn is_own(&self, port: u16) -> bool {
        (self.source_port..self.source_port + ATTEMPTS).contains(&port)
    }

    pub(super) fn close(&mut self, os: &mut dyn Os) {
        if let Some(raw) = self.raw.take() {
            os.close(raw);
        }
    }
}

/// An empty datagram, but to a DNS server a question: nothing else would make it answer.
fn datagram(os: &mut dyn Os, source_port: u16, destination_port: u16, probes: u64) -> Datagram {
    let (data_length, content) = if destination_port == DNS {
        let name = os.name_number(".");
        (DNS_LENGTH, Content::Dns(DnsMessage { id: probes as u16, name, answer: None }))
    } else {
        (0, Content::Numbered(probes))
    };
    Datagram { source_port, destination_port, data_length, content }
}
