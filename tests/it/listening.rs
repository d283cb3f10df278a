//! Connections opened, refused, waited for and lost, as measured on a Linux 6.18 host.

mod backlog;
mod closing;
mod opening;
mod ports;

use portolan::id::SocketId;
use portolan::node::config::IpConfig;
use portolan::socket::Errno;
use portolan::units::Time;

use crate::support::lab::{CLIENT, Lab, SERVER, server};

/// Whether a time is as measured: within 5 % or a tick of 4 ms.
fn is_near(time: Time, measured: f64) -> bool {
    let off = (time.as_secs_f64() - measured).abs();
    off <= 0.05 * measured || off <= 0.004
}

#[track_caller]
fn assert_near(times: &[Time], measured: &[f64]) {
    let near = times.len() == measured.len()
        && times.iter().zip(measured).all(|(time, measured)| is_near(*time, *measured));
    let times: Vec<f64> = times.iter().map(|time| time.as_secs_f64()).collect();
    assert!(near, "{times:?} s, and measured were {measured:?}");
}

/// A listener on port 80 of the server.
fn listen(lab: &mut Lab, backlog: u32) -> SocketId {
    lab.call(SERVER, move |os| {
        let socket = os.tcp_socket();
        os.bind(socket, None, 80).expect("free");
        os.listen(socket, backlog).expect("bound");
        socket
    })
}

/// A socket of the client that connects to a port of the server.
fn connect(lab: &mut Lab, port: u16) -> SocketId {
    lab.call(CLIENT, move |os| {
        let socket = os.tcp_socket();
        assert_eq!(os.connect(socket, server(port)), Err(Errno::EINPROGRESS));
        socket
    })
}

/// A connection to port 80 that is established and accepted: the client's socket and the server's.
fn pair(lab: &mut Lab) -> (SocketId, SocketId) {
    let listener = listen(lab, 16);
    let socket = connect(lab, 80);
    lab.run(Time::from_ms(100));
    let accepted = lab.call(SERVER, move |os| os.accept(listener).expect("a connection").0);
    (socket, accepted)
}

/// How an attempt to connect ended, and when; `None` if it has not.
fn outcome(lab: &mut Lab, socket: SocketId) -> (Result<(), Errno>, Option<Time>) {
    let ready = lab.woken.iter().find(|(_, host, id)| (*host, *id) == (CLIENT, socket));
    let ready = ready.map(|(at, ..)| *at);
    (lab.call(CLIENT, move |os| os.take_socket_error(socket)), ready)
}

fn config() -> IpConfig {
    IpConfig::default()
}
