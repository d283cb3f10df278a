//! `ping`: asks a host for an ICMP echo (RFC 792) again and again, and times the answers.

mod statistics;

use std::collections::VecDeque;
use std::net::SocketAddrV4;

use schemars::JsonSchema;
use serde::Deserialize;

use self::statistics::Statistics;
use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::{ipv4::Protocol, udp};
use crate::units::{Bytes, Time};

/// Settings of `ping`. The defaults are those of Linux (iputils), but for `timeout`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The host to ask.
    pub to: Target,
    /// Time from one request to the next; 1s unless said.
    #[serde(default = "one_second")]
    pub interval: Time,
    /// How many requests to send; without it ping goes on until the end.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub count: Option<u64>,
    /// Data after the ICMP header; 56B unless said.
    #[serde(default = "default_size")]
    pub size: Bytes,
    /// When a request counts as lost; 1s unless said. An answer that comes later still counts,
    /// and takes the loss back.
    #[serde(default = "one_second")]
    pub timeout: Time,
}

const fn one_second() -> Time {
    Time::from_secs(1)
}
const fn default_size() -> Bytes {
    Bytes::new(56)
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(Ping {
            config: self.clone(),
            socket: None,
            recent: VecDeque::new(),
            sent: 0,
            waiting_for: 1,
            timeout_set: false,
            statistics: Statistics::default(),
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::takes_no_port("to", &self.to));
        faults.extend(check::positive("interval", self.interval, "write for example \"1s\""));
        faults.extend(check::count("count", self.count));
        faults.extend(check::data_size("size", self.size));
        faults.extend(check::positive("timeout", self.timeout, "write for example \"1s\""));
        faults
    }
}

/// How many requests are remembered; answers to older ones count for nothing.
const REMEMBERED: usize = 1024;

const SEND: u32 = 0;
const TIMEOUT: u32 = 1;

#[derive(Debug, Clone, Copy)]
struct Request {
    at: Time,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Answered,
    GivenUp,
}

#[derive(Debug)]
struct Ping {
    config: Config,
    socket: Option<SocketId>,
    /// The latest requests; the last is number `sent`.
    recent: VecDeque<Request>,
    /// Requests sent, which is the sequence number of the last: the first is 1.
    sent: u64,
    /// All requests before this one are answered or given up.
    waiting_for: u64,
    /// Whether a time-out timer is under way: one at a time, for the oldest request.
    timeout_set: bool,
    statistics: Statistics,
}

impl Ping {
    fn send(&mut self, os: &mut dyn Os) {
        let Some(socket) = self.socket else { return };
        self.sent += 1;
        let to = SocketAddrV4::new(self.config.to.address, 0);
        let length = check::data_length(self.config.size);
        let state = match os.send_to(socket, to, length, udp::Content::Numbered(self.sent)) {
            Ok(()) => {
                os.flow().packets_sent += 1;
                State::Waiting
            }
            Err(_) => {
                os.flow().errors += 1;
                self.statistics.errors += 1;
                State::GivenUp
            }
        };
        if self.recent.len() == REMEMBERED {
            self.forget_oldest(os);
        }
        self.recent.push_back(Request { at: os.now(), state });
        self.statistics.sends(os.now());
        if self.config.count.is_none_or(|count| self.sent < count) {
            os.set_timer(self.config.interval, SEND);
        }
    }

    fn forget_oldest(&mut self, os: &mut dyn Os) {
        let oldest = self.sent - self.recent.len() as u64;
        if self.recent.pop_front().is_some_and(|request| request.state == State::Waiting) {
            os.flow().timeouts += 1;
        }
        self.waiting_for = self.waiting_for.max(oldest + 1);
    }

    /// The request with this number, if it is remembered.
    fn request(&mut self, number: u64) -> Option<&mut Request> {
        let back = usize::try_from(self.sent.checked_sub(number)?).ok()?;
        let index = self.recent.len().checked_sub(back + 1)?;
        self.recent.get_mut(index)
    }

    /// An answer to the latest request whose number ends in these 16 bits.
    fn answered(&mut self, os: &mut dyn Os, sequence: u64, length: u16) {
        let back = u64::from((self.sent as u16).wrapping_sub(sequence as u16));
        let Some(number) = self.sent.checked_sub(back) else { return };
        let now = os.now();
        let Some(request) = self.request(number) else { return };
        let rtt = now - request.at;
        match std::mem::replace(&mut request.state, State::Answered) {
            State::Answered => {
                self.statistics.duplicates += 1;
                return;
            }
            State::GivenUp => os.flow().timeouts = os.flow().timeouts.saturating_sub(1),
            State::Waiting => {}
        }
        // The answer proves that the request was delivered: no process there counts it.
        let flow = os.flow();
        flow.packets_delivered += 1;
        flow.bytes_delivered += u64::from(length);
        flow.last_delivered = Some(now);
        os.round_trip(rtt);
        self.statistics.answered(now, rtt);
    }

    /// Gives up what has waited too long, and sets the timer for what has not.
    fn await_oldest(&mut self, os: &mut dyn Os) {
        let (now, timeout) = (os.now(), self.config.timeout);
        while let Some(request) = self.request(self.waiting_for) {
            let deadline = request.at.saturating_add(timeout);
            if request.state == State::Waiting {
                if deadline > now {
                    if !std::mem::replace(&mut self.timeout_set, true) {
                        os.set_timer(deadline - now, TIMEOUT);
                    }
                    return;
                }
                request.state = State::GivenUp;
                os.flow().timeouts += 1;
            }
            self.waiting_for += 1;
        }
    }

    /// After anything that happened: who is late, and whether this is the end.
    fn review(&mut self, os: &mut dyn Os) {
        self.await_oldest(os);
        let flow = os.flow();
        let all_settled = self.config.count.is_some_and(|count| self.sent >= count)
            && self.waiting_for > self.sent;
        if all_settled && flow.completed.is_none() {
            flow.end_state = Some("done");
            let now = os.now();
            os.flow().completed = Some(now);
        }
    }
}

impl App for Ping {
    fn start(&mut self, os: &mut dyn Os) {
        os.flow().opens(Protocol::Icmp, self.config.to.host.clone());
        self.socket = Some(os.icmp_socket());
        self.send(os);
        self.review(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(SEND) => self.send(os),
            Wake::Timer(TIMEOUT) => self.timeout_set = false,
            Wake::Timer(_) => return,
            Wake::Ready(socket) => {
                while os.take_error(socket).is_some() {
                    self.statistics.errors += 1;
                }
                while let Ok(reply) = os.receive_from(socket) {
                    if let udp::Content::Numbered(sequence) = reply.content {
                        self.answered(os, sequence, reply.length);
                    }
                }
            }
        }
        self.review(os);
    }

    /// Holds from the next request, which leaves when it was due.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::Ping(config) = spec {
            self.config = config.clone();
        }
    }

    fn details(&self) -> Vec<String> {
        if self.sent == 0 {
            return Vec::new();
        }
        let open = usize::try_from((self.sent + 1).saturating_sub(self.waiting_for)).unwrap_or(0);
        let latest = self.recent.iter().rev().take(open);
        let waiting = latest.filter(|request| request.state == State::Waiting).count() as u64;
        self.statistics.lines(waiting).collect()
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests;
