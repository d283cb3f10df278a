//! `dns-client`: asks a DNS server for the addresses of names, again if no answer comes.
//!
//! Times out and tries again as the resolver of the C library does (resolv.conf(5)).
//! Not modelled: caching; a socket of its own for every question (RFC 5452).

mod report;

use std::net::SocketAddrV4;

use schemars::JsonSchema;
use serde::Deserialize;

use self::report::Report;
use super::dns_server::PORT;
use super::{App, AppSpec, Configuration, Os, Target, Wake, check, dns_name};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::packet::udp::{Content, DnsAnswer, DnsMessage};
use crate::socket::Errno;
use crate::units::Time;

/// Settings of `dns-client`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The DNS server; port 53 unless said.
    #[serde(alias = "server")]
    pub to: Target,
    /// The names to ask for, in turn.
    pub names: Vec<String>,
    /// Time from one question to the next, answered or not; 1s unless said.
    #[serde(default = "default_interval")]
    pub interval: Time,
    /// How many questions to ask in all; each name once unless said.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub count: Option<u64>,
    /// How long to wait for an answer; 5s unless said.
    #[serde(default = "default_timeout")]
    pub timeout: Time,
    /// How often to send a question before it is given up; 2 unless said.
    #[serde(default = "default_attempts")]
    #[schemars(range(min = 1))]
    pub attempts: u32,
}

const fn default_interval() -> Time {
    Time::from_secs(1)
}
const fn default_timeout() -> Time {
    Time::from_secs(5)
}
const fn default_attempts() -> u32 {
    2
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(DnsClient {
            config: self.clone(),
            socket: None,
            questions: Vec::new(),
            asked: 0,
            sends: ASK,
            report: Report::default(),
        })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn seeks(&self) -> Option<(Protocol, Option<u16>)> {
        Some((Protocol::Udp, Some(PORT)))
    }
    fn dns_names(&self) -> Vec<String> {
        self.names.iter().map(|name| dns_name::canonical(name)).collect()
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::no_port_zero("to", &self.to));
        if self.names.is_empty() {
            let help = "write at least one, such as [\"www.example.org\"]";
            faults.push(check::fault("names", "there is no name to ask for", help));
        }
        faults.extend(self.names.iter().filter_map(|name| dns_name::check("names", name)));
        faults.extend(check::positive("interval", self.interval, "write for example \"1s\""));
        faults.extend(check::count("count", self.count));
        faults.extend(check::positive("timeout", self.timeout, "write for example \"5s\""));
        if self.attempts == 0 {
            let message = "a question must be sent at least once";
            faults.push(check::fault("attempts", message, "write 1 or more"));
        }
        faults
    }
}

/// The timer token for the next question; a time-out's is the number of the send.
const ASK: u32 = 0;

/// A question that waits for its answer.
#[derive(Debug, Clone, Copy)]
struct Question {
    id: u16,
    /// The name, by its place in the settings and by its number in the run.
    place: usize,
    name: u32,
    asked_at: Time,
    attempts: u32,
    /// The latest send, which its time-out goes by.
    send: u32,
}

#[derive(Debug)]
struct DnsClient {
    config: Config,
    socket: Option<SocketId>,
    /// In the order in which they were asked.
    questions: Vec<Question>,
    asked: u64,
    sends: u32,
    report: Report,
}

impl DnsClient {
    fn server(&self) -> SocketAddrV4 {
        self.config.to.socket_address(PORT)
    }

    fn count(&self) -> u64 {
        self.config.count.unwrap_or(self.config.names.len() as u64)
    }

    fn ask(&mut self, os: &mut dyn Os) {
        let place = (self.asked % self.config.names.len().max(1) as u64) as usize;
        let Some(name) = self.config.names.get(place) else { return };
        let question = Question {
            id: self.asked as u16,
            place,
            name: os.name_number(&dns_name::canonical(name)),
            asked_at: os.now(),
            attempts: 0,
            send: 0,
        };
        self.asked += 1;
        self.report.asked(&mut os.flow().details);
        self.questions.push(question);
        self.send(os, self.questions.len() - 1);
        if self.asked < self.count() {
            os.set_timer(self.config.interval, ASK);
        }
    }

    /// Sends the question at this place of the list, for the first time or again.
    fn send(&mut self, os: &mut dyn Os, index: usize) {
        let Some(socket) = self.socket else { return };
        self.sends = self.sends.wrapping_add(1).max(ASK + 1);
        let to = self.server();
        let question = &mut self.questions[index];
        question.send = self.sends;
        question.attempts += 1;
        let Question { id, name, place, attempts, .. } = *question;
        let length = dns_name::question_length(&self.config.names[place]);
        let content = Content::Dns(DnsMessage { id, name, answer: None });
        match os.send_to(socket, to, length, content) {
            Ok(()) => {
                let flow = os.flow();
                flow.packets_sent += 1;
                flow.retransmits += u64::from(attempts > 1);
            }
            Err(_) => os.flow().errors += 1,
        }
        os.set_timer(self.config.timeout, self.sends);
    }

    /// No answer to the question at this place of the list: once more, or given up.
    fn retry(&mut self, os: &mut dyn Os, index: usize) {
        if self.questions[index].attempts < self.config.attempts {
            return self.send(os, index);
        }
        let question = self.questions.remove(index);
        let (flow, place) = (os.flow(), question.place);
        flow.timeouts += 1;
        self.report.given_up(&mut flow.details, place, &self.config.names[place]);
    }

    fn answered(&mut self, os: &mut dyn Os, message: DnsMessage, answer: DnsAnswer) {
        let asked =
            |question: &Question| (question.id, question.name) == (message.id, message.name);
        let Some(index) = self.questions.iter().position(asked) else { return };
        let question = self.questions.remove(index);
        let time = os.now() - question.asked_at;
        os.round_trip(time);
        let name = &self.config.names[question.place];
        self.report.answered(&mut os.flow().details, question.place, name, answer);
    }

    fn read(&mut self, os: &mut dyn Os, socket: SocketId) {
        loop {
            match os.receive_from(socket) {
                Ok(datagram) => {
                    if let Content::Dns(message @ DnsMessage { answer: Some(answer), .. }) =
                        datagram.content
                    {
                        self.answered(os, message, answer);
                    }
                }
                Err(Errno::EAGAIN | Errno::EBADF) => break,
                // The server is not there: as the C library does, no use waiting. Errors come
                // back in order, so this one is about the oldest question.
                Err(_) if !self.questions.is_empty() => self.retry(os, 0),
                Err(_) => {}
            }
        }
        // The same errors, as the error queue tells them.
        while os.take_error(socket).is_some() {}
    }

    /// Notes the end of the job once every question is answered or given up.
    fn review(&self, os: &mut dyn Os) {
        let now = os.now();
        let flow = os.flow();
        if self.asked >= self.count() && self.questions.is_empty() && flow.completed.is_none() {
            flow.completed = Some(now);
            flow.end_state = Some("done");
        }
    }
}

impl App for DnsClient {
    fn start(&mut self, os: &mut dyn Os) {
        let flow = os.flow();
        flow.opens(Protocol::Udp, self.config.to.with_port(PORT));
        self.report.begin(&self.config.names, &mut flow.details);
        let socket = os.udp_socket();
        if let Err(errno) = os.connect(socket, self.server()) {
            os.close(socket);
            return os.flow().fail(errno.name());
        }
        self.socket = Some(socket);
        self.ask(os);
        self.review(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(ASK) => self.ask(os),
            Wake::Timer(send) => {
                if let Some(late) = self.questions.iter().position(|q| q.send == send) {
                    self.retry(os, late);
                }
            }
            Wake::Ready(socket) => self.read(os, socket),
        }
        self.review(os);
    }

    /// Holds from the next question or attempt; the server and the names stay.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::DnsClient(config) = spec {
            let Config { to, names, .. } = self.config.clone();
            self.config = Config { to, names, ..config.clone() };
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests;
