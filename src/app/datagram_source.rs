//! What all applications that send UDP datagrams one after the other have in common.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{App, AppSpec, Os, Target, Wake, cbr, check, poisson};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::{ipv4::Protocol, udp};
use crate::socket::services::PortSpec;
use crate::units::{Bytes, Rate, Time};

/// Settings of a source that sends for as long as it runs. The pace is given either by `rate`
/// or by `interval`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Where the datagrams go: host and port.
    pub to: Target,
    /// UDP data sent per second, headers not counted (as `iperf3 -u -b` counts).
    #[serde(default)]
    pub rate: Option<Rate>,
    /// Time from one datagram to the next.
    #[serde(default)]
    pub interval: Option<Time>,
    /// UDP data of each datagram; 1000B unless said.
    #[serde(default = "default_size")]
    pub size: Bytes,
    /// How many datagrams to send; without it the source goes on until the end.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub count: Option<u64>,
    /// The port to send from; an ephemeral one unless said.
    #[serde(default)]
    pub source_port: Option<PortSpec>,
    /// Whether routers must drop datagrams that are too large for a link rather than divide them
    /// (the DF bit).
    #[serde(default)]
    pub dont_fragment: bool,
}

/// The token of the one timer that a source has under way.
pub(super) const NEXT: u32 = 0;

/// Data of each datagram, unless a scenario says otherwise.
pub(super) const fn default_size() -> Bytes {
    Bytes::new(1000)
}

impl Settings {
    /// Size and spacing of the datagrams.
    pub(super) const fn pace(&self) -> Pace {
        Pace { rate: self.rate, interval: self.interval, size: self.size }
    }

    /// Settings that make no sense.
    pub(super) fn check(&self) -> Vec<Fault> {
        let mut faults = self.pace().check();
        faults.extend(check::needs_port("to", &self.to));
        faults.extend(check::count("count", self.count));
        faults.extend(self.source_port.and_then(|port| check::udp_port("source-port", port)));
        faults
    }
}

/// How large datagrams are and how far apart: of `rate` and `interval` one is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) rate: Option<Rate>,
    pub(super) interval: Option<Time>,
    pub(super) size: Bytes,
}

impl Pace {
    /// From one datagram to the next. A rate is met to the picosecond: the gap is the time that
    /// the data takes to send at that rate.
    pub(super) fn gap(self) -> Time {
        match (self.interval, self.rate) {
            (Some(interval), _) => interval,
            (None, Some(rate)) => rate.time_for(self.size),
            (None, None) => Time::MAX,
        }
    }

    /// Faults of the three fields.
    pub(super) fn check(self) -> Vec<Fault> {
        let mut faults = Vec::new();
        match (self.rate, self.interval) {
            (Some(_), Some(_)) => faults.push(check::fault(
                "interval",
                "`rate` and `interval` both say how fast to send",
                "keep one of the two",
            )),
            (None, None) => faults.push(check::fault(
                "rate",
                "nothing says how fast to send",
                "write rate = \"1Mbps\" (of UDP data) or interval = \"10ms\"",
            )),
            (None, Some(interval)) => {
                faults.extend(check::positive("interval", interval, "write for example \"10ms\""));
            }
            (Some(_), None) if self.gap().is_zero() => faults.push(check::fault(
                "size",
                format!("`{}` at this rate takes no time at all", self.size),
                "write a larger size, or `interval` in place of `rate`",
            )),
            (Some(_), None) => {}
        }
        faults.extend(check::data_size("size", self.size));
        faults
    }
}

/// A socket that sends datagrams numbered from 0 and keeps count of them.
#[derive(Debug, Default)]
pub(super) struct Sender {
    socket: Option<SocketId>,
    next: u64,
}

impl Sender {
    /// Opens the socket, bound if a source port is given. False, with the reason in the results,
    /// if that cannot be.
    pub(super) fn open(
        &mut self,
        os: &mut dyn Os,
        to: &Target,
        source_port: Option<PortSpec>,
    ) -> bool {
        os.flow().opens(Protocol::Udp, to.with_port(0));
        let socket = os.udp_socket();
        if let Some(Err(errno)) = source_port.map(|port| os.bind(socket, None, port.number)) {
            os.close(socket);
            os.flow().fail(errno.name());
            return false;
        }
        self.socket = Some(socket);
        true
    }

    /// Sets the DF bit of the datagrams from now on.
    pub(super) fn set_dont_fragment(&self, os: &mut dyn Os, forbid: bool) {
        if let Some(socket) = self.socket {
            os.set_dont_fragment(socket, forbid);
        }
    }

    /// Sends the next datagram. A call that fails is counted as an error and takes a number too.
    pub(super) fn send(&mut self, os: &mut dyn Os, to: &Target, length: u16) {
        let Some(socket) = self.socket else { return };
        let sent =
            os.send_to(socket, to.socket_address(0), length, udp::Content::Numbered(self.next));
        self.next += 1;
        match sent {
            Ok(()) => os.flow().packets_sent += 1,
            Err(_) => os.flow().errors += 1,
        }
    }

    /// Whether `count` datagrams have been sent, which ends the job.
    pub(super) fn has_sent(&self, os: &mut dyn Os, count: Option<u64>) -> bool {
        let done = count.is_some_and(|count| self.next >= count);
        if done {
            self.ends(os);
        }
        done
    }

    /// Notes the end of the job. The socket stays open until the process ends, so that answers
    /// on their way find their port.
    pub(super) fn ends(&self, os: &mut dyn Os) {
        let now = os.now();
        let flow = os.flow();
        flow.completed = Some(now);
        flow.end_state = Some("done");
    }

    /// Reads and forgets what came back: answers, and ICMP errors (the operating system has
    /// counted them).
    pub(super) fn discard(&self, os: &mut dyn Os) {
        let Some(socket) = self.socket else { return };
        while os.take_error(socket).is_some() {}
        while os.receive_from(socket).is_ok() {}
    }
}

/// How far apart a source's datagrams are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gaps {
    /// Always as far as the pace says; the first leaves at once.
    Even,
    /// So far on average, each gap drawn anew; the first comes before the first datagram.
    Exponential,
}

impl Gaps {
    /// The settings in `spec`, if they are of such a source.
    const fn settings(self, spec: &AppSpec) -> Option<&Settings> {
        match (self, spec) {
            (Self::Even, AppSpec::Cbr(cbr::Config(settings)))
            | (Self::Exponential, AppSpec::Poisson(poisson::Config(settings))) => Some(settings),
            _ => None,
        }
    }
}

/// The process of a source that sends for as long as it runs.
#[derive(Debug)]
pub(super) struct Source {
    settings: Settings,
    gaps: Gaps,
    gap: Time,
    length: u16,
    sender: Sender,
}

impl Source {
    /// A process that has not begun.
    pub(super) fn new(settings: Settings, gaps: Gaps) -> Self {
        let (gap, length) = (settings.pace().gap(), check::data_length(settings.size));
        Self { settings, gaps, gap, length, sender: Sender::default() }
    }

    fn send(&mut self, os: &mut dyn Os) {
        self.sender.send(os, &self.settings.to, self.length);
        if !self.sender.has_sent(os, self.settings.count) {
            self.wait(os);
        }
    }

    fn wait(&self, os: &mut dyn Os) {
        let gap = match self.gaps {
            Gaps::Even => self.gap,
            Gaps::Exponential => os.rng().exponential_time(self.gap),
        };
        os.set_timer(gap, NEXT);
    }
}

impl App for Source {
    fn start(&mut self, os: &mut dyn Os) {
        if self.sender.open(os, &self.settings.to, self.settings.source_port) {
            self.sender.set_dont_fragment(os, self.settings.dont_fragment);
            match self.gaps {
                Gaps::Even => self.send(os),
                Gaps::Exponential => self.wait(os),
            }
        }
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(NEXT) => self.send(os),
            Wake::Ready(_) => self.sender.discard(os),
            Wake::Timer(_) => {}
        }
    }

    /// All but the source port holds from the next datagram, which leaves when it was due.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) {
        if let Some(settings) = self.gaps.settings(spec) {
            let sender = std::mem::take(&mut self.sender);
            sender.set_dont_fragment(os, settings.dont_fragment);
            *self = Self { sender, ..Self::new(settings.clone(), self.gaps) };
        }
    }
}
