//! `udp-server`: binds a UDP port and reads it at its own pace; a sink, or an echo.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::distribution::Duration;
use super::{App, AppSpec, Configuration, Os, Received, Wake, check, server};
use crate::id::SocketId;
use crate::kinds::Fault;
use crate::packet::ipv4::Protocol;
use crate::socket::services::PortSpec;
use crate::units::Limit;

/// Settings of `udp-server`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// The port to bind: a number, a service name, or 0 for any free one.
    pub port: PortSpec,
    /// The local address to bind; all of them unless said.
    #[serde(default)]
    pub address: Option<Ipv4Addr>,
    /// How much may wait to be read (`SO_RCVBUF`); the host's default unless said.
    #[serde(default)]
    pub buffer: Option<Limit>,
    /// How long the process works on each datagram before it answers and reads the next.
    #[serde(default)]
    pub service: Duration,
    /// Whether it sends every datagram back when the work on it is done.
    #[serde(default)]
    pub echo: bool,
}

impl Configuration for Config {
    fn listens(&self) -> Option<(Protocol, u16)> {
        server::listens(Protocol::Udp, self.port)
    }
    fn build(&self) -> Box<dyn App> {
        Box::new(UdpServer { config: self.clone(), socket: None, work: None })
    }
    fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::from_iter(check::udp_port("port", self.port));
        faults.extend(self.service.check("service"));
        faults
    }
}

#[derive(Debug)]
struct UdpServer {
    config: Config,
    socket: Option<SocketId>,
    /// The datagram that the process works on.
    work: Option<Received>,
}

impl UdpServer {
    /// Reads until nothing waits, or until a datagram takes time to work on.
    fn read(&mut self, os: &mut dyn Os) {
        let Some(socket) = self.socket else { return };
        while self.work.is_none() {
            let received = os.receive_from(socket);
            let Ok(datagram) = &received else { return };
            let service = self.config.service.draw(os.rng());
            if service.is_zero() {
                self.answer(os, datagram);
            } else {
                self.work = Some(*datagram);
                os.set_timer(service, 0);
            }
        }
    }

    fn answer(&self, os: &mut dyn Os, datagram: &Received) {
        let Some(socket) = self.socket.filter(|_| self.config.echo) else { return };
        // An answer that cannot be sent is lost, as the question could have been.
        let _ = os.send_to(socket, datagram.from, datagram.length, datagram.content);
    }
}

impl App for UdpServer {
    fn start(&mut self, os: &mut dyn Os) {
        self.socket = server::bind(os, self.config.address, self.config.port, self.config.buffer);
    }

    fn wake(&mut self, os: &mut dyn Os, wake: Wake) {
        match wake {
            Wake::Timer(_) => {
                if let Some(datagram) = self.work.take() {
                    self.answer(os, &datagram);
                }
            }
            // Errors that answers brought back: nobody waits for them.
            Wake::Ready(socket) => while os.take_error(socket).is_some() {},
        }
        self.read(os);
    }

    /// A new buffer limit holds at once, the rest from the next datagram; the port stays.
    fn reconfigure(&mut self, os: &mut dyn Os, spec: &AppSpec) {
        if let AppSpec::UdpServer(config) = spec {
            if let (Some(socket), Some(limit)) = (self.socket, config.buffer) {
                os.set_receive_buffer(socket, limit);
            }
            self.config = config.clone();
        }
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use std::net::SocketAddrV4;

    use super::super::fake_os::{BOB, FakeOs, faulty, port, settings};
    use super::*;
    use crate::packet::udp::Content;
    use crate::socket::Errno;
    use crate::units::{Bytes, Time};

    fn server(echo: bool, service: Duration) -> Config {
        Config { port: port(7), address: None, buffer: None, service, echo }
    }

    /// Three datagrams that arrive at 1, 2 and 3 ms.
    fn ask(os: &mut FakeOs) {
        let from = SocketAddrV4::new(BOB, 5000);
        for n in 1..=3 {
            let socket = os.bound[0].0;
            os.arrives(Time::from_ms(n), socket, from, 100, Content::Numbered(n));
        }
    }

    #[test]
    fn works_on_one_datagram_at_a_time_and_then_answers() {
        let mut os = FakeOs::silent();
        let service = Duration::Constant(Time::from_ms(5));
        let mut app = os.start(&AppSpec::UdpServer(server(true, service)));
        ask(&mut os);
        os.run(&mut *app, Time::from_ms(4));
        assert_eq!((os.waiting(), os.sent.len()), (2, 0));
        os.run(&mut *app, Time::from_ms(100));
        assert_eq!(os.send_times(), [6, 11, 16].map(Time::from_ms));
        assert_eq!(os.sent[2].content, Content::Numbered(3));
        assert_eq!(os.sent[0].to, SocketAddrV4::new(BOB, 5000));
        assert!(os.flow.peer.is_none(), "a server has no conversation of its own");
    }

    #[test]
    fn answers_at_once_without_work_and_not_at_all_without_echo() {
        for (echo, answers) in [(true, 3), (false, 0)] {
            let mut os = FakeOs::silent();
            let mut app = os.start(&AppSpec::UdpServer(server(echo, Duration::default())));
            ask(&mut os);
            os.run(&mut *app, Time::from_ms(3));
            assert_eq!((os.waiting(), os.sent.len()), (0, answers));
        }
    }

    #[test]
    fn a_change_sets_the_buffer_at_once_and_the_pace_of_what_follows() {
        let mut os = FakeOs::silent();
        let slow = server(true, Duration::Constant(Time::from_ms(5)));
        let mut app = os.start(&AppSpec::UdpServer(slow.clone()));
        ask(&mut os);
        os.run(&mut *app, Time::from_ms(3));
        let buffer = Some(Limit::Bytes(Bytes::new(4096)));
        let fast = Config { buffer, service: Duration::Constant(Time::from_ms(1)), ..slow };
        app.reconfigure(&mut os, &AppSpec::UdpServer(fast));
        os.run(&mut *app, Time::from_ms(100));
        assert_eq!(os.buffers, [Limit::Bytes(Bytes::new(4096))]);
        assert_eq!(os.send_times(), [6, 7, 8].map(Time::from_ms));
    }

    #[test]
    fn says_why_it_could_not_bind() {
        let mut os = FakeOs::silent();
        os.bind_error = Some(Errno::EACCES);
        os.start(&AppSpec::UdpServer(server(false, Duration::default())));
        assert_eq!((os.flow.end_state, os.closed.len()), (Some("EACCES"), 1));
    }

    #[test]
    fn says_which_setting_makes_no_sense() {
        let check = |text: &str| faulty(&settings("udp-server", text).expect(text));
        assert_eq!(check("port = 0"), [""; 0]);
        assert_eq!(check("port = '7/udp'\nservice = { exponential = '1ms' }"), [""; 0]);
        let pareto = "service = { pareto = { mean = '1ms', shape = 1.0 } }";
        assert_eq!(check(&format!("port = '80/tcp'\n{pareto}")), ["port", "service"]);
    }
}
