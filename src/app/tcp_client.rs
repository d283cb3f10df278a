//! `tcp-client`: opens connections and sends: a given amount, or until the end, or requests one
//! after the other.

mod connection;
mod report;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use self::connection::{Connection, Context, Outcome};
use self::report::Report;
use super::distribution::Duration;
use super::stream::{self, Pace, Timers};
use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;
use crate::units::{Bytes, Rate, Time};

/// Settings of `tcp-client`. On each connection it sends `size`, or with `request` asks and waits
/// for answers, or with neither sends until the end.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The server.
    pub to: Target,
    /// How much to send on each connection; without end unless said.
    #[serde(default)]
    pub size: Option<Bytes>,
    /// How fast the process writes; as fast as it can unless said.
    #[serde(default)]
    pub rate: Option<Rate>,
    /// How much data make a request.
    #[serde(default)]
    pub request: Option<Bytes>,
    /// In how many calls the process writes a request; one unless said.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub writes: u64,
    /// How much data make an answer; as much as a request unless said.
    #[serde(default)]
    pub response: Option<Bytes>,
    /// How many requests on each connection; without end unless said.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub count: Option<u64>,
    /// From an answer to the next request.
    #[serde(default)]
    pub think: Duration,
    /// How many connections; one unless said, without end if there is an `interval`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub connections: Option<u64>,
    /// From the beginning of one connection to the next; all at once unless said.
    #[serde(default)]
    pub interval: Option<Duration>,
    /// How long a connection stays open when all is said.
    #[serde(default)]
    pub hold: Time,
    /// How to close a connection.
    #[serde(default)]
    pub close: Close,
    /// How long to wait before a connection that failed is tried again; given up unless said.
    #[serde(default)]
    pub retry: Option<Time>,
    /// The port to send from; an ephemeral one for each connection unless said.
    #[serde(default)]
    pub source_port: Option<PortSpec>,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

const fn one() -> u64 {
    1
}

/// How a client closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Close {
    /// Ends its own direction and reads until the server has ended the other (`shutdown()`).
    #[default]
    Shutdown,
    /// Closes and leaves the rest to the system (`close()`).
    Close,
    /// Gives the connection up with a reset (`SO_LINGER` with zero time).
    Reset,
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(TcpClient {
            config: self.clone(),
            connections: BTreeMap::new(),
            begun: 0,
            retrying: 0,
            timers: Timers::default(),
            report: Report::default(),
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn seeks(&self) -> Option<(Protocol, Option<u16>)> {
        Some((Protocol::Tcp, None))
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::needs_port("to", &self.to));
        faults.extend(self.check_job());
        if self.writes == 0 {
            faults.push(check::fault("writes", "nothing would ever be written", "write 1 or more"));
        }
        faults.extend(check::count("count", self.count));
        faults.extend(check::count("connections", self.connections));
        faults.extend(self.think.check("think"));
        if let Some(interval) = self.interval {
            let help = "leave it out: all connections then begin at once";
            faults.extend(check::positive("interval", interval.mean(), help));
            faults.extend(interval.check("interval"));
        }
        let help = "write for example \"1s\", or leave it out to give up";
        faults.extend(self.retry.and_then(|retry| check::positive("retry", retry, help)));
        faults.extend(self.source_port.and_then(|port| check::tcp_port("source-port", port)));
        faults.extend(check::tcp("tcp", &self.tcp));
        faults
    }
}

impl Config {
    /// Faults of what is done on a connection.
    fn check_job(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let asks = self.request.is_some();
        let mut unless = |wanted: bool, field, given: bool| {
            if given && !wanted {
                let (message, help) = if asks {
                    ("means nothing beside `request`", "keep one of the two")
                } else {
                    ("means nothing without `request`", "write for example request = \"100B\"")
                };
                faults.push(check::fault(field, format!("`{field}` {message}"), help));
            }
        };
        unless(!asks, "size", self.size.is_some());
        unless(!asks, "rate", self.rate.is_some());
        unless(asks, "writes", self.writes != 1);
        unless(asks, "response", self.response.is_some());
        unless(asks, "count", self.count.is_some());
        unless(asks, "think", self.think != Duration::default());
        for (field, size) in [("request", self.request), ("response", self.response)] {
            if size == Some(Bytes::new(0)) {
                faults.push(check::fault(field, "is no data at all", "write 1 byte or more"));
            }
        }
        faults
    }

    /// The most data that the process writes in one call, and how long it then writes nothing.
    fn chunk(&self) -> (u64, Option<Time>) {
        match (self.rate.map(Pace::of), self.request) {
            (Some(pace), _) => (pace.chunk, Some(pace.gap)),
            (None, Some(request)) => (request.get().div_ceil(self.writes.max(1)), None),
            (None, None) => (u64::MAX, None),
        }
    }

    /// How many connections there will be, if there is an end to them.
    const fn total(&self) -> Option<u64> {
        match (self.connections, &self.interval) {
            (Some(count), _) => Some(count),
            (None, None) => Some(1),
            (None, Some(_)) => None,
        }
    }
}

/// What a timer is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// The next connection.
    Begin,
    /// Another try.
    Retry,
    /// The connection with this socket and number goes on.
    GoOn(SocketId, u32),
}

#[derive(Debug)]
struct TcpClient {
    config: Config,
    connections: BTreeMap<SocketId, Connection>,
    /// Connections begun so far, further tries not counted.
    begun: u64,
    /// Connections that wait for another try.
    retrying: u64,
    timers: Timers<Purpose>,
    report: Report,
}

impl TcpClient {
    /// Begins the next connection, or all of them.
    fn begin(&mut self, os: &mut dyn Os) {
        while self.config.total().is_none_or(|total| self.begun < total) {
            self.begun += 1;
            self.open(os);
            if let Some(interval) = self.config.interval {
                if self.config.total().is_none_or(|total| self.begun < total) {
                    let gap = interval.draw(os.rng());
                    self.timers.set(os, gap, Purpose::Begin);
                }
                return;
            }
        }
    }

    fn open(&mut self, os: &mut dyn Os) {
        let Config { to, source_port, tcp, .. } = &self.config;
        let number = self.report.opens();
        match stream::open(os, to.socket_address(0), *source_port, tcp) {
            Ok(socket) => {
                self.connections.insert(socket, Connection::new(number, os.now()));
            }
            Err(errno) => {
                os.flow().errors += 1;
                self.fail(os, errno.name());
            }
        }
    }

    /// A connection has failed: once more, or given up.
    fn fail(&mut self, os: &mut dyn Os, reason: &'static str) {
        self.report.failed(reason);
        match self.config.retry {
            Some(after) => {
                self.retrying += 1;
                self.timers.set(os, after, Purpose::Retry);
            }
            None => os.flow().fail(reason),
        }
    }

    /// Lets a connection do what it can: its socket is ready, or the connection of that number has
    /// slept long enough.
    fn advance(&mut self, os: &mut dyn Os, socket: SocketId, slept: Option<u32>) {
        let Some(connection) = self.connections.get_mut(&socket) else { return };
        let number = connection.number;
        if slept.is_some_and(|sleeper| sleeper != number) {
            return;
        }
        let (config, report) = (&self.config, &mut self.report);
        let mut cx = Context { os, socket, config, report };
        match connection.advance(&mut cx, slept.is_some()) {
            Ok(Outcome::Waits) => {}
            Ok(Outcome::Sleeps(span)) => {
                self.timers.set(os, span, Purpose::GoOn(socket, number));
            }
            Ok(Outcome::Done) => {
                self.connections.remove(&socket);
                self.report.done();
            }
            Err(reason) => {
                self.connections.remove(&socket);
                os.close(socket);
                self.fail(os, reason);
            }
        }
    }

    /// Tells how things are, and notes the end.
    fn review(&self, os: &mut dyn Os) {
        let now = os.now();
        let flow = os.flow();
        self.report.write(flow);
        let all_ended = self.connections.is_empty() && self.retrying == 0;
        let all_begun = self.config.total().is_some_and(|total| self.begun >= total);
        if all_begun && all_ended && flow.end_state.is_none() && flow.completed.is_none() {
            flow.completed = Some(now);
        }
    }
}

impl App for TcpClient {
    fn start(&mut self, os: &mut dyn Os) {
        os.flow().opens(Protocol::Tcp, self.config.to.with_port(0));
        self.begin(os);
        self.review(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        let before = self.report.news();
        match wake {
            Wake::Ready(socket) => self.advance(os, socket, None),
            Wake::Timer(token) => match self.timers.take(token) {
                Some(Purpose::Begin) => self.begin(os),
                Some(Purpose::Retry) => {
                    self.retrying -= 1;
                    self.open(os);
                }
                Some(Purpose::GoOn(socket, number)) => self.advance(os, socket, Some(number)),
                None => {}
            },
        }
        if self.report.news() != before {
            self.review(os);
        }
    }

    /// Holds from the next request and the next connection.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::TcpClient(config) = spec {
            self.config = config.clone();
        }
    }
}
