//! `ftp-client`: fetches and stores files (RFC 959), one after the other, each over a data
//! connection of its own.
//!
//! In active mode the server opens the data connections, so that their segments count in its
//! conversation and not in the client's.

mod report;

use std::collections::{BTreeMap, VecDeque};

use schemars::JsonSchema;
use serde::Deserialize;

use self::report::Report;
use super::dialogue::{Dialogue, Heard, code};
use super::ftp_data::{DataConnection, Job, Progress, host_port, parse_host_port};
use super::ftp_server::PORT;
use super::{App, AppSpec, Configuration, Os, Target, Wake, check};
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::Errno;
use crate::tcp::config::Settings;
use crate::units::{Bytes, Time};

/// Who opens data connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The client, to a port that the server names (PASV).
    #[default]
    Passive,
    /// The server, to a port that the client names (PORT).
    Active,
}

/// Settings of `ftp-client`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The server; port 21 unless said.
    pub to: Target,
    /// Who opens data connections; the client (`passive`) unless said.
    #[serde(default)]
    pub mode: Mode,
    /// The files to fetch, in turn.
    #[serde(default)]
    pub get: Vec<String>,
    /// The files to store after that, with their sizes.
    #[serde(default)]
    pub put: BTreeMap<String, Bytes>,
    /// Constants of TCP that differ from the host's.
    #[serde(default)]
    pub tcp: Settings,
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        let get = self.get.iter().map(|name| File { name: name.clone(), job: Job::Receive });
        let put = self
            .put
            .iter()
            .map(|(name, size)| File { name: name.clone(), job: Job::Send(size.get()) });
        Box::new(FtpClient {
            config: self.clone(),
            files: get.chain(put).collect(),
            control: None,
            step: Step::Greeting,
            current: None,
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
        if self.get.is_empty() && self.put.is_empty() {
            let help = "write for example `get = [\"a.bin\"]`, or `put = { \"b.bin\" = \"1MB\" }`";
            faults.push(check::fault("get", "there is no file to fetch or store", help));
        }
        faults
    }
}

/// A file to be moved.
#[derive(Debug)]
struct File {
    name: String,
    job: Job,
}

/// What the client waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// 220, from the server.
    Greeting,
    /// The reply to USER.
    User,
    /// The reply to PASS.
    Password,
    /// The reply to TYPE.
    Type,
    /// The reply to PASV or PORT.
    Address,
    /// The data connection that it opens itself; only then is the file named.
    Opening,
    /// The file, and the reply that all of it has come.
    File,
    /// The reply to QUIT.
    Quit,
}

/// The file in hand.
#[derive(Debug)]
struct Current {
    file: File,
    began: Time,
    connection: Option<DataConnection>,
    is_moved: bool,
    is_confirmed: bool,
}

#[derive(Debug)]
struct FtpClient {
    config: Config,
    files: VecDeque<File>,
    control: Option<Dialogue>,
    step: Step,
    current: Option<Current>,
    report: Report,
}

impl FtpClient {
    fn say(&mut self, os: &mut dyn Os, step: Step, line: impl Into<String>) {
        self.step = step;
        if let Some(control) = &mut self.control {
            control.say(os, line);
        }
    }

    /// The conversation ends before its time.
    fn fail(&mut self, os: &mut dyn Os, reason: &'static str) {
        self.drop_file(os);
        os.flow().fail(reason);
        if let Some(control) = self.control.take() {
            os.close(control.socket);
        }
    }

    fn drop_file(&mut self, os: &mut dyn Os) {
        if let Some(connection) = self.current.take().and_then(|current| current.connection) {
            connection.abort(os);
        }
    }

    fn converse(&mut self, os: &mut dyn Os) {
        while let Some(control) = &mut self.control {
            control.flush(os);
            match control.hear(os) {
                Heard::Nothing => return,
                Heard::Line(reply, _) => self.answer(os, &reply),
                Heard::End => self.fail(os, "closed"),
                Heard::Lost(errno) => self.fail(os, errno.name()),
            }
        }
    }

    /// Goes on after a reply, as far as its code allows.
    fn answer(&mut self, os: &mut dyn Os, reply: &str) {
        match (self.step, code(reply)) {
            (Step::Greeting, 220) => self.say(os, Step::User, "USER anonymous"),
            (Step::User, 331) => self.say(os, Step::Password, "PASS guest"),
            (Step::User | Step::Password, 230) => self.say(os, Step::Type, "TYPE I"),
            (Step::Type, 200) => self.next_file(os),
            (Step::Address, 227) => self.open(os, reply),
            (Step::Address, 200) => self.name_file(os),
            (Step::File, 226 | 250) => self.confirmed(os),
            (Step::Address | Step::File, 400..) => self.refused(os, reply),
            (Step::Quit, 221) => self.finish(os),
            // The server is ready for the file: what is to be sent may go.
            (Step::File, 100..200) => self.transfer(os),
            // A reply that came too late to matter.
            (Step::Opening | Step::Quit, _) => {}
            (_, _) => {
                self.report.note(os, reply);
                self.fail(os, "refused");
            }
        }
    }

    /// Asks how to move the next file, or says goodbye.
    fn next_file(&mut self, os: &mut dyn Os) {
        let Some(file) = self.files.pop_front() else {
            return self.say(os, Step::Quit, "QUIT");
        };
        let began = os.now();
        let (connection, question) = match self.config.mode {
            Mode::Passive => (None, "PASV".to_owned()),
            Mode::Active => match self.listen(os) {
                Ok((connection, question)) => (Some(connection), question),
                Err(errno) => {
                    self.report.failed(os, &file.name, errno.name());
                    return self.next_file(os);
                }
            },
        };
        self.current =
            Some(Current { file, began, connection, is_moved: false, is_confirmed: false });
        self.say(os, Step::Address, question);
    }

    fn listen(&self, os: &mut dyn Os) -> Result<(DataConnection, String), Errno> {
        let control = self.control.as_ref().ok_or(Errno::EBADF)?;
        let own = os.local_address(control.socket).ok_or(Errno::EBADF)?;
        let (connection, address) = DataConnection::listen(os, *own.ip(), &self.config.tcp)?;
        Ok((connection, format!("PORT {}", host_port(address))))
    }

    /// The server has said where it listens.
    fn open(&mut self, os: &mut dyn Os, reply: &str) {
        let Some(current) = &mut self.current else { return };
        let Some(to) = parse_host_port(reply) else { return self.refused(os, reply) };
        match DataConnection::connect(os, None, to, &self.config.tcp) {
            Ok(connection) => {
                current.connection = Some(connection);
                self.step = Step::Opening;
            }
            Err(errno) => self.refused(os, errno.name()),
        }
    }

    /// Names the file, now that a data connection is there or can be.
    fn name_file(&mut self, os: &mut dyn Os) {
        let Some(Current { file, connection: Some(connection), .. }) = &mut self.current else {
            return;
        };
        connection.begin(file.job);
        let verb = if file.job == Job::Receive { "RETR" } else { "STOR" };
        let command = format!("{verb} {}", file.name);
        self.say(os, Step::File, command);
    }

    /// Something happened at the data connection.
    fn transfer(&mut self, os: &mut dyn Os) {
        let Some(current) = &mut self.current else { return };
        let Some(connection) = &mut current.connection else { return };
        if self.step == Step::Opening {
            match connection.open(os) {
                Ok(true) => return self.name_file(os),
                Ok(false) => return,
                Err(errno) => return self.refused(os, errno.name()),
            }
        }
        match connection.work(os) {
            Progress::Going => {}
            Progress::Done => {
                current.is_moved = true;
                self.review(os);
            }
            Progress::NotOpened(errno) | Progress::Broken(errno) => {
                current.connection = None;
                self.refused(os, errno.name());
            }
        }
    }

    fn confirmed(&mut self, os: &mut dyn Os) {
        if let Some(current) = &mut self.current {
            current.is_confirmed = true;
        }
        self.review(os);
    }

    /// Goes on to the next file when this one is there and the server has said so.
    fn review(&mut self, os: &mut dyn Os) {
        let is_done = |current: &mut Current| current.is_moved && current.is_confirmed;
        let Some(Current { file, began, connection: Some(connection), .. }) =
            self.current.take_if(is_done)
        else {
            return;
        };
        let took = os.now() - began;
        self.report.moved(os, &file.name, connection.moved, took);
        self.next_file(os);
    }

    /// This file does not come; perhaps the next one will.
    fn refused(&mut self, os: &mut dyn Os, why: &str) {
        if let Some(current) = &self.current {
            self.report.failed(os, &current.file.name, why);
        }
        self.drop_file(os);
        self.next_file(os);
    }

    fn finish(&mut self, os: &mut dyn Os) {
        let now = os.now();
        let flow = os.flow();
        flow.end_state = Some(if self.report.is_complete() { "done" } else { "failed" });
        flow.completed = Some(now);
        if let Some(control) = self.control.take() {
            os.close(control.socket);
        }
    }
}

impl App for FtpClient {
    fn start(&mut self, os: &mut dyn Os) {
        os.flow().opens(Protocol::Tcp, self.config.to.with_port(PORT));
        match Dialogue::connect(os, self.config.to.socket_address(PORT), &self.config.tcp) {
            Ok(control) => self.control = Some(control),
            Err(errno) => os.flow().fail(errno.name()),
        }
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        let Wake::Ready(socket) = wake else { return };
        if self.control.as_ref().is_some_and(|control| control.socket == socket) {
            return self.converse(os);
        }
        let data = self.current.as_ref().and_then(|current| current.connection.as_ref());
        if data.is_some_and(|connection| connection.is(socket)) {
            self.transfer(os);
        }
    }

    /// Another mode holds from the next file; the rest stays.
    fn reconfigure(&mut self, _: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::FtpClient(config) = spec {
            self.config.mode = config.mode;
        }
    }
}
