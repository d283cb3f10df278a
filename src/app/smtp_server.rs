//! `smtp-server`: takes messages for its mailboxes (RFC 5321).
//!
//! Not modelled: extensions, relaying to other servers, headers, TLS.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::dialogue::{Dialogue, Heard, command};
use super::server::{self, Acceptor};
use super::{App, AppSpec, Configuration, Os, Wake, check};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::tcp::config::Settings;

/// Settings of `smtp-server`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The port to bind; 25 unless said.
    #[serde(default = "smtp")]
    pub port: PortSpec,
    /// The local address to bind; all of them unless said.
    #[serde(default)]
    pub address: Option<Ipv4Addr>,
    /// How many connections may wait to be accepted, less one (`listen()`).
    #[serde(default = "server::default_backlog")]
    pub backlog: u32,
    /// The recipients that there are; all of them unless said. There is always `postmaster`.
    #[serde(default)]
    pub mailboxes: Option<Vec<String>>,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

/// The port of SMTP (IANA).
pub(super) const PORT: u16 = 25;
/// The recipient that every server has (RFC 5321 section 4.5.1).
pub(super) const POSTMASTER: &str = "postmaster";
/// The line that ends a message (RFC 5321 section 4.1.1.4).
pub(super) const END_OF_MESSAGE: &str = ".";

const fn smtp() -> PortSpec {
    PortSpec { number: PORT, protocol: None }
}

impl Configuration for Config {
    fn listens(&self) -> Option<(Protocol, u16)> {
        server::listens(Protocol::Tcp, self.port)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(SmtpServer {
            config: self.clone(),
            acceptor: Acceptor::default(),
            sessions: BTreeMap::new(),
        })
    }
    fn check(&self) -> Vec<Fault> {
        Vec::from_iter(check::tcp_port("port", self.port))
    }
}

impl Config {
    /// Whether there is a recipient; case does not matter.
    fn knows(&self, recipient: &str) -> bool {
        let is_it = |mailbox: &str| mailbox.eq_ignore_ascii_case(recipient);
        match &self.mailboxes {
            None => true,
            Some(list) => is_it(POSTMASTER) || list.iter().any(|mailbox| is_it(mailbox)),
        }
    }
}

/// A client that has connected.
#[derive(Debug)]
struct Session {
    dialogue: Dialogue,
    /// The message in hand: whether its sender was named, how many recipients were accepted.
    has_sender: bool,
    recipients: u64,
    /// Whether what comes is the message.
    takes_message: bool,
    quits: bool,
}

impl Session {
    fn greet(os: &mut dyn Os, socket: SocketId) -> Self {
        let mut dialogue = Dialogue::new(socket);
        dialogue.say(os, "220 mail server ready");
        Self { dialogue, has_sender: false, recipients: 0, takes_message: false, quits: false }
    }

    /// Obeys the commands that have come. Says whether this was the end.
    fn converse(&mut self, os: &mut dyn Os, config: &Config) -> bool {
        while !self.quits {
            match self.dialogue.hear(os) {
                Heard::Line(line, _) => {
                    if let Some(reply) = self.obey(config, &line) {
                        self.dialogue.say(os, reply);
                    }
                }
                Heard::Nothing => break,
                Heard::End | Heard::Lost(_) => return true,
            }
        }
        self.dialogue.flush(os) && self.quits
    }

    fn obey(&mut self, config: &Config, line: &str) -> Option<String> {
        if self.takes_message {
            return (line == END_OF_MESSAGE).then(|| {
                self.reset();
                "250 OK: queued".to_owned()
            });
        }
        let (word, argument) = command(line);
        let reply = match &*word {
            "EHLO" | "HELO" => {
                self.reset();
                "250 at your service"
            }
            "MAIL" => {
                self.reset();
                self.has_sender = true;
                "250 OK"
            }
            "RCPT" if !self.has_sender => "503 need MAIL before RCPT",
            "RCPT" => return Some(self.receiver(config, argument)),
            "DATA" if self.recipients == 0 => "503 need RCPT before DATA",
            "DATA" => {
                self.takes_message = true;
                "354 end the message with <CRLF>.<CRLF>"
            }
            "RSET" => {
                self.reset();
                "250 OK"
            }
            "NOOP" => "250 OK",
            "QUIT" => {
                self.quits = true;
                "221 closing connection"
            }
            _ => "500 command not recognized",
        };
        Some(reply.to_owned())
    }

    fn reset(&mut self) {
        (self.has_sender, self.recipients, self.takes_message) = (false, 0, false);
    }

    fn receiver(&mut self, config: &Config, argument: &str) -> String {
        let recipient = argument.split(['<', '>']).nth(1).unwrap_or(argument);
        if config.knows(recipient) {
            self.recipients += 1;
            return "250 OK".to_owned();
        }
        format!("550 <{recipient}>: no such mailbox")
    }
}

#[derive(Debug)]
struct SmtpServer {
    config: Config,
    acceptor: Acceptor,
    sessions: BTreeMap<SocketId, Session>,
}

impl SmtpServer {
    fn converse(&mut self, os: &mut dyn Os, socket: SocketId) {
        if let Some(session) = self.sessions.get_mut(&socket)
            && session.converse(os, &self.config)
        {
            self.sessions.remove(&socket);
            os.close(socket);
        }
    }
}

impl App for SmtpServer {
    fn start(&mut self, os: &mut dyn Os) {
        let Config { address, port, backlog, tcp, .. } = &self.config;
        self.acceptor.listen(os, *address, *port, *backlog, tcp);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        let Wake::Ready(socket) = wake else { return };
        if !self.acceptor.is(socket) {
            return self.converse(os, socket);
        }
        while let Some(client) = self.acceptor.accept(os) {
            self.sessions.insert(client, Session::greet(os, client));
            self.converse(os, client);
        }
    }

    /// New mailboxes and a new backlog hold at once; the port stays.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::SmtpServer(config) = spec {
            self.acceptor.set_backlog(os, config.backlog);
            self.config = config.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake_os::{FakeOs, port};
    use super::*;

    fn replies(mailboxes: Option<&[&str]>, lines: &[&str]) -> Vec<String> {
        let mailboxes =
            mailboxes.map(|list| list.iter().map(|&mailbox| mailbox.to_owned()).collect());
        let tcp = Settings::default();
        let config = Config { port: port(25), address: None, backlog: 4, mailboxes, tcp };
        let mut session = Session::greet(&mut FakeOs::silent(), SocketId(1));
        let reply = |line: &&str| session.obey(&config, line).unwrap_or_default();
        lines.iter().map(reply).map(|reply| reply.chars().take(3).collect()).collect()
    }

    #[test]
    fn commands_come_in_order() {
        let lines = ["RCPT TO:<a>", "MAIL FROM:<>", "DATA", "rcpt to:<A>", "DATA", "QUIT", "."];
        let codes = ["503", "250", "503", "250", "354", "", "250"];
        assert_eq!(replies(None, &lines), codes, "QUIT in a message is text");
        let lines = ["MAIL FROM:<>", "RCPT TO:<a>", "RSET", "DATA", "VRFY a", "NOOP", "QUIT"];
        assert_eq!(replies(None, &lines), ["250", "250", "250", "503", "500", "250", "221"]);
    }

    #[test]
    fn mail_for_others_is_refused() {
        let lines = ["MAIL FROM:<>", "RCPT TO:<B@x>", "RCPT TO:<c@x>", "RCPT TO:<postmaster>"];
        assert_eq!(replies(Some(&["b@x"]), &lines), ["250", "250", "550", "250"]);
    }
}
