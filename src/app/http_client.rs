//! `http-client`: fetches pages over HTTP/1.1 (RFC 9112) as a browser does: a page first, then the
//! other objects of it over several connections at once.
//!
//! Not modelled: pipelining, caching.

mod connection;
mod report;

use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::Deserialize;

use self::connection::{Connection, Progress};
use self::report::Report;
use super::distribution::{Amount, Duration};
use super::stream::{self, Timers};
use super::{App, AppSpec, Configuration, Os, Target, Wake, check, http};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::tcp::config::Settings;
use crate::units::Time;

/// Settings of `http-client`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The server; port 80 unless said.
    pub to: Target,
    /// How many objects make a page, the page itself counted; 1 unless said.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub objects: u32,
    /// How large to ask each object to be; the server's own sizes unless said.
    #[serde(default)]
    pub size: Option<Amount>,
    /// How many pages to fetch; one unless said, without end if there is `think`.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub pages: Option<u64>,
    /// From the end of one page to the beginning of the next.
    #[serde(default)]
    pub think: Option<Duration>,
    /// The most connections at a time; 6 unless said, as browsers have it.
    #[serde(default = "six")]
    #[schemars(range(min = 1))]
    pub parallel: u32,
    /// Whether connections are used again; yes unless said.
    #[serde(default = "yes")]
    pub keep_alive: bool,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

const PORT: u16 = 80;

const fn one() -> u32 {
    1
}
/// From a page that could not be had to the next, at least.
const AFTER_FAILURE: Time = Time::from_secs(1);

const fn six() -> u32 {
    6
}
const fn yes() -> bool {
    true
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(HttpClient {
            config: self.clone(),
            page: None,
            begun: 0,
            to_ask: VecDeque::new(),
            connections: BTreeMap::new(),
            timers: Timers::default(),
            report: Report::default(),
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn seeks(&self) -> Option<(Protocol, Option<u16>)> {
        Some((Protocol::Tcp, Some(PORT)))
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.to.port == Some(0) {
            faults.push(check::fault("to", "nobody can bind port 0", "leave the port out"));
        }
        for (field, number) in [("objects", self.objects), ("parallel", self.parallel)] {
            if number == 0 {
                faults.push(check::fault(
                    field,
                    "nothing would ever be fetched",
                    "write 1 or more",
                ));
            }
        }
        faults.extend(self.size.and_then(|size| size.check("size")));
        faults.extend(check::count("pages", self.pages));
        faults.extend(self.think.and_then(|think| think.check("think")));
        faults.extend(check::tcp("tcp", &self.tcp));
        faults
    }
}

impl Config {
    /// How many pages there will be, if there is an end to them.
    const fn total(&self) -> Option<u64> {
        match (self.pages, &self.think) {
            (Some(pages), _) => Some(pages),
            (None, None) => Some(1),
            (None, Some(_)) => None,
        }
    }
}

/// A page that is being fetched.
#[derive(Debug, Clone, Copy)]
struct Page {
    begun: Time,
    /// Objects that make it, the page itself counted.
    objects: u32,
    /// Objects that have yet to come.
    missing: u32,
    /// Whether the page itself, which names the others, has come.
    is_known: bool,
}

/// An object to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    path: String,
    /// How often it was asked for in vain.
    tries: u32,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    NextPage,
}

#[derive(Debug)]
struct HttpClient {
    config: Config,
    page: Option<Page>,
    /// Pages begun so far.
    begun: u64,
    to_ask: VecDeque<Object>,
    connections: BTreeMap<SocketId, Connection>,
    timers: Timers<Purpose>,
    report: Report,
}

impl HttpClient {
    fn begin_page(&mut self, os: &mut dyn Os) {
        self.begun += 1;
        let missing = self.config.objects;
        self.page = Some(Page { begun: os.now(), objects: missing, missing, is_known: false });
        self.want(os, 0);
        self.ask(os);
    }

    /// Puts an object on the list. Its size is drawn now if this end draws it.
    fn want(&mut self, os: &mut dyn Os, number: u32) {
        let path = match self.config.size {
            Some(size) => format!("/bytes/{}", size.draw(os.rng()).get()),
            None => format!("/{number}"),
        };
        self.to_ask.push_back(Object { path, tries: 0 });
    }

    /// Hands objects to connections that are free, or to new ones.
    fn ask(&mut self, os: &mut dyn Os) {
        while let Some(object) = self.to_ask.pop_front() {
            let text = http::request(&object.path, &self.config.to.host, self.config.keep_alive);
            let free = self.connections.iter_mut().find(|(_, connection)| connection.is_free());
            if let Some((&socket, connection)) = free {
                connection.ask(os.now(), object, text);
                self.advance(os, socket);
            } else if (self.connections.len() as u64) < u64::from(self.config.parallel) {
                let to = self.config.to.socket_address(PORT);
                match stream::open(os, to, None, &self.config.tcp) {
                    Ok(socket) => {
                        self.report.opens();
                        let mut connection = Connection::default();
                        connection.ask(os.now(), object, text);
                        self.connections.insert(socket, connection);
                    }
                    Err(errno) => {
                        os.flow().errors += 1;
                        return self.give_up(os, errno.name());
                    }
                }
            } else {
                return self.to_ask.push_front(object);
            }
        }
    }

    /// Lets a connection do what it can.
    fn advance(&mut self, os: &mut dyn Os, socket: SocketId) {
        let Some(connection) = self.connections.get_mut(&socket) else { return };
        match connection.advance(os, socket) {
            Progress::Waits => {}
            Progress::Fetched { asked, code, stays } => {
                if !stays {
                    self.connections.remove(&socket);
                    os.close(socket);
                }
                self.report.fetched(os.now() - asked, code);
                self.fetched(os);
            }
            Progress::Ended(reason) => {
                let object = connection.take_object();
                let was_used = connection.has_fetched();
                self.connections.remove(&socket);
                os.close(socket);
                match object {
                    None => {}
                    // The server may close an idle connection just when it is asked again.
                    Some(Object { path, tries: 0 }) if was_used => {
                        self.to_ask.push_front(Object { path, tries: 1 });
                        self.ask(os);
                    }
                    Some(_) => self.give_up(os, reason),
                }
            }
        }
    }

    /// An object has come.
    fn fetched(&mut self, os: &mut dyn Os) {
        let Some(page) = &mut self.page else { return };
        page.missing -= 1;
        if page.missing == 0 {
            let span = os.now() - page.begun;
            os.answered(span);
            self.report.page();
            return self.end_page(os, Time::ZERO);
        }
        if !std::mem::replace(&mut page.is_known, true) {
            for number in 1..page.objects {
                self.want(os, number);
            }
        }
        self.ask(os);
    }

    /// The page cannot be had.
    fn give_up(&mut self, os: &mut dyn Os, reason: &'static str) {
        self.report.failed(reason);
        self.close_all(os);
        // Whoever cannot have a page does not ask again in the same instant.
        self.end_page(os, AFTER_FAILURE);
    }

    fn close_all(&mut self, os: &mut dyn Os) {
        for (socket, _) in std::mem::take(&mut self.connections) {
            os.close(socket);
        }
    }

    /// Goes on to the next page, no sooner than after a span.
    fn end_page(&mut self, os: &mut dyn Os, least: Time) {
        self.page = None;
        self.to_ask.clear();
        if self.config.total().is_none_or(|total| self.begun < total) {
            let think = self.config.think.unwrap_or_default().draw(os.rng()).max(least);
            return self.timers.set(os, think, Purpose::NextPage);
        }
        self.close_all(os);
        let now = os.now();
        match self.report.last_failure() {
            Some(reason) => os.flow().fail(reason),
            None => os.flow().completed = Some(now),
        }
    }
}

impl App for HttpClient {
    fn start(&mut self, os: &mut dyn Os) {
        os.flow().opens(Protocol::Tcp, self.config.to.with_port(PORT));
        self.begin_page(os);
        self.report.write(os.flow());
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        let before = self.report.news();
        match wake {
            Wake::Ready(socket) => self.advance(os, socket),
            Wake::Timer(token) => match self.timers.take(token) {
                Some(Purpose::NextPage) => self.begin_page(os),
                None => {}
            },
        }
        if self.report.news() != before {
            self.report.write(os.flow());
        }
    }

    /// Holds from the next object or page.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::HttpClient(config) = spec {
            self.config = config.clone();
        }
    }
}
