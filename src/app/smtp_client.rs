//! `smtp-client`: sends messages (RFC 5321), one or several in a session.

use schemars::JsonSchema;
use serde::Deserialize;

use super::dialogue::{Dialogue, Heard, code};
use super::smtp_server::{END_OF_MESSAGE, PORT, POSTMASTER};
use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::tcp::config::Settings;
use crate::units::{Bytes, Time};

/// Settings of `smtp-client`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The server; port 25 unless said.
    pub to: Target,
    /// The sender's mailbox; empty unless said.
    #[serde(default)]
    pub from: String,
    /// The mailboxes that each message is for; `postmaster` unless said.
    #[serde(default = "postmaster")]
    pub recipients: Vec<String>,
    /// Size of each message; 10kB unless said.
    #[serde(default = "default_size")]
    pub size: Bytes,
    /// Messages in each session; one unless said.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub messages: u64,
    /// How many sessions there are; one unless said.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub count: u64,
    /// From the end of one session to the start of the next; 1s unless said.
    #[serde(default = "one_second")]
    pub interval: Time,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

fn postmaster() -> Vec<String> {
    vec![POSTMASTER.to_owned()]
}
const fn default_size() -> Bytes {
    Bytes::new(10_000)
}
const fn one() -> u64 {
    1
}
const fn one_second() -> Time {
    Time::from_secs(1)
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(SmtpClient {
            config: self.clone(),
            dialogue: None,
            step: Step::Greeting,
            message: Message::default(),
            sessions: 0,
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
        let mut faults = Vec::from_iter(check::no_port_zero("to", &self.to));
        if self.recipients.is_empty() {
            let help = "write at least one, or leave it out";
            faults.push(check::fault("recipients", "there is nobody to send to", help));
        }
        for (field, count) in [("messages", self.messages), ("count", self.count)] {
            if count == 0 {
                faults.push(check::fault(field, "0 leaves nothing to do", "write 1 or more"));
            }
        }
        faults
    }
}

/// What the client waits for: a reply to this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The connection.
    Greeting,
    /// EHLO.
    Hello,
    /// MAIL.
    Sender,
    /// RCPT.
    Recipient,
    /// RSET, after all recipients were refused.
    Reset,
    /// DATA.
    Data,
    /// The message.
    Message,
    /// QUIT.
    Quit,
}

/// The message in hand.
#[derive(Debug, Clone, Copy, Default)]
struct Message {
    /// Which one of the session it is, the first is 1.
    number: u64,
    began: Time,
    /// Recipients that were named, and those accepted.
    named: usize,
    accepted: u64,
}

#[derive(Debug)]
struct SmtpClient {
    config: Config,
    dialogue: Option<Dialogue>,
    step: Step,
    message: Message,
    /// Sessions begun.
    sessions: u64,
    report: Report,
}

impl SmtpClient {
    fn connect(&mut self, os: &mut dyn Os) {
        self.sessions += 1;
        self.step = Step::Greeting;
        self.message = Message::default();
        match Dialogue::connect(os, self.config.to.socket_address(PORT), &self.config.tcp) {
            Ok(dialogue) => self.dialogue = Some(dialogue),
            Err(errno) => self.end(os, errno.name()),
        }
    }

    /// A session is over.
    fn end(&mut self, os: &mut dyn Os, state: &'static str) {
        if let Some(dialogue) = self.dialogue.take() {
            os.close(dialogue.socket);
        }
        let now = os.now();
        os.flow().end_state = Some(state);
        if self.sessions < self.config.count {
            os.set_timer(self.config.interval, 0);
        } else if state == DONE {
            os.flow().completed = Some(now);
        }
    }

    fn say(&mut self, os: &mut dyn Os, step: Step, line: impl Into<String>) {
        self.step = step;
        if let Some(dialogue) = &mut self.dialogue {
            dialogue.say(os, line);
        }
    }

    fn converse(&mut self, os: &mut dyn Os) {
        while let Some(dialogue) = &mut self.dialogue {
            dialogue.flush(os);
            match dialogue.hear(os) {
                Heard::Nothing => return,
                Heard::Line(reply, _) => self.answer(os, &reply),
                Heard::End => self.end(os, "closed"),
                Heard::Lost(errno) => self.end(os, errno.name()),
            }
        }
    }

    /// Goes on after a reply.
    fn answer(&mut self, os: &mut dyn Os, reply: &str) {
        match (self.step, code(reply)) {
            (Step::Greeting, 220) => self.say(os, Step::Hello, "EHLO client"),
            (Step::Hello | Step::Reset, 250) => self.next_message(os),
            (Step::Sender, 250) => self.next_recipient(os),
            (Step::Recipient, reply_code) => {
                if (200..300).contains(&reply_code) {
                    self.message.accepted += 1;
                } else {
                    self.report.refused(os, reply);
                }
                self.next_recipient(os);
            }
            (Step::Data, 354) => {
                let size = self.config.size.get();
                if let Some(dialogue) = &mut self.dialogue {
                    dialogue.pour(os, size);
                }
                self.say(os, Step::Message, END_OF_MESSAGE);
            }
            (Step::Message, 250) => {
                let took = os.now() - self.message.began;
                self.report.accepted(os, took);
                self.next_message(os);
            }
            (Step::Quit, 221) => self.end(os, DONE),
            (_, _) => {
                self.report.refused(os, reply);
                self.end(os, "refused");
            }
        }
    }

    fn next_message(&mut self, os: &mut dyn Os) {
        let number = self.message.number + 1;
        if number > self.config.messages {
            return self.say(os, Step::Quit, "QUIT");
        }
        self.message = Message { number, began: os.now(), ..Message::default() };
        let line = format!("MAIL FROM:<{}>", self.config.from);
        self.say(os, Step::Sender, line);
    }

    fn next_recipient(&mut self, os: &mut dyn Os) {
        match self.config.recipients.get(self.message.named) {
            Some(recipient) => {
                let line = format!("RCPT TO:<{recipient}>");
                self.message.named += 1;
                self.say(os, Step::Recipient, line);
            }
            None if self.message.accepted > 0 => self.say(os, Step::Data, "DATA"),
            None => self.say(os, Step::Reset, "RSET"),
        }
    }
}

/// How a session ends that says all that it has to say.
const DONE: &str = "done";

impl App for SmtpClient {
    fn start(&mut self, os: &mut dyn Os) {
        os.flow().opens(Protocol::Tcp, self.config.to.with_port(PORT));
        self.connect(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(_) if self.dialogue.is_none() && self.sessions < self.config.count => {
                self.connect(os);
            }
            Wake::Timer(_) => {}
            Wake::Ready(socket) => {
                if self.dialogue.as_ref().is_some_and(|dialogue| dialogue.socket == socket) {
                    self.converse(os);
                }
            }
        }
    }

    /// Holds from the next message or session; the server stays.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::SmtpClient(config) = spec {
            let to = self.config.to.clone();
            self.config = Config { to, ..config.clone() };
        }
    }
}

/// What became of the messages: counts in the first line, the latest refusal in the second.
#[derive(Debug, Default)]
struct Report {
    accepted: u64,
    refused: u64,
    time: Time,
    refusal: Option<String>,
}

impl Report {
    fn accepted(&mut self, os: &mut dyn Os, took: Time) {
        self.accepted += 1;
        self.time = self.time.saturating_add(took);
        self.update(os);
    }

    fn refused(&mut self, os: &mut dyn Os, reply: &str) {
        self.refused += 1;
        self.refusal = Some(reply.to_owned());
        self.update(os);
    }

    fn update(&self, os: &mut dyn Os) {
        let Self { accepted, refused, time, refusal } = self;
        let mean = time.as_secs_f64() / (*accepted).max(1) as f64;
        let counts = format!("{accepted} messages accepted, {mean:.3} s each; {refused} refusals");
        os.flow().details = std::iter::once(counts).chain(refusal.clone()).collect();
    }
}
