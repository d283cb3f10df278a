//! `heartbeat`: asks a server at even intervals whether it is alive, and stops when it is not.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{App, AppSpec, Configuration, Os, Target, Wake};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::packet::udp::Content;
use crate::units::Time;

/// Settings of `heartbeat`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Whom to ask: the host and port of a `udp-server` with `echo = true`.
    pub to: Target,
    /// From one question to the next; 1s unless said.
    #[serde(default = "one_second")]
    pub interval: Time,
    /// So many questions in a row without an answer, and the server counts as dead; 3 unless said.
    #[serde(default = "three")]
    pub patience: u32,
}

const fn one_second() -> Time {
    Time::from_secs(1)
}

const fn three() -> u32 {
    3
}

impl Configuration for Config {
    fn build(&self) -> Box<dyn App> {
        Box::new(Heartbeat { config: self.clone(), socket: None, asked: 0, unanswered: 0 })
    }
    fn targets(&mut self) -> Vec<(&'static str, &mut Target)> {
        vec![("to", &mut self.to)]
    }
    fn check(&self) -> Vec<Fault> {
        let zero = |field, is_zero: bool, help: &str| {
            is_zero.then(|| Fault { field, message: "must not be zero".into(), help: help.into() })
        };
        let interval = zero("interval", self.interval.is_zero(), "write for example \"1s\"");
        let patience = zero("patience", self.patience == 0, "write 1 or more");
        interval.into_iter().chain(patience).collect()
    }
}

/// The token of the one timer.
const ASK: u32 = 0;
/// UDP data of a question [bytes].
const LENGTH: u16 = 32;
/// The port of the echo service (RFC 862).
const ECHO: u16 = 7;

#[derive(Debug)]
struct Heartbeat {
    config: Config,
    socket: Option<SocketId>,
    asked: u64,
    unanswered: u32,
}

impl Heartbeat {
    fn ask(&mut self, os: &mut dyn Os) {
        let Some(socket) = self.socket else { return };
        if self.unanswered == self.config.patience {
            os.flow().timeouts += 1;
            return os.flow().fail("dead");
        }
        let to = self.config.to.socket_address(ECHO);
        match os.send_to(socket, to, LENGTH, Content::Numbered(self.asked)) {
            Ok(()) => os.flow().packets_sent += 1,
            Err(_) => os.flow().errors += 1,
        }
        self.asked += 1;
        self.unanswered += 1;
        os.set_timer(self.config.interval, ASK);
    }
}

impl App for Heartbeat {
    fn start(&mut self, os: &mut dyn Os) {
        os.flow().opens(Protocol::Udp, self.config.to.with_port(ECHO));
        self.socket = Some(os.udp_socket());
        self.ask(os);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(ASK) => self.ask(os),
            Wake::Timer(_) => {}
            Wake::Ready(socket) => {
                while os.receive_from(socket).is_ok() {
                    self.unanswered = 0;
                }
                // ICMP errors are no answers; the operating system has counted them.
                while os.take_error(socket).is_some() {}
            }
        }
    }

    /// The settings are those of the start: timed changes of them come to nothing.
    fn reconfigure(&mut self, _: &mut dyn Os, _: &AppSpec) {}
}
