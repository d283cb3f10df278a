//! Ports run out, and are given back.

use portolan::app::BindOptions;
use portolan::node::config::IpConfig;
use portolan::socket::Errno;
use portolan::units::Time;

use super::config;
use crate::support::lab::{CLIENT, Lab, SERVER, server};

/// Hosts with ten ephemeral ports.
fn narrow() -> IpConfig {
    IpConfig { ephemeral: [50_000, 50_009], ..config() }
}

fn listen_on(lab: &mut Lab, ports: &'static [u16], options: BindOptions) -> Result<(), Errno> {
    lab.call(SERVER, move |os| {
        for port in ports {
            let socket = os.tcp_socket();
            os.set_bind_options(socket, options);
            os.bind(socket, None, *port)
                .and_then(|()| os.listen(socket, 100))
                .inspect_err(|_| os.close(socket))?;
        }
        Ok(())
    })
}

/// The client connects to a port of the server so many times: the ports it gets, and errors.
fn connects(lab: &mut Lab, port: u16, times: usize) -> Vec<Result<u16, Errno>> {
    let mut results = Vec::new();
    for _ in 0..times {
        results.push(lab.call(CLIENT, move |os| {
            let socket = os.tcp_socket();
            match os.connect(socket, server(port)) {
                Err(Errno::EINPROGRESS) => {
                    Ok(os.local_address(socket).map_or(0, |local| local.port()))
                }
                other => Err(other.expect_err("nothing connects at once")),
            }
        }));
    }
    results
}

#[test]
fn a_range_of_ports_lasts_for_each_destination() {
    let mut lab = Lab::new(&narrow());
    listen_on(&mut lab, &[80, 81], BindOptions::default()).expect("free");
    for port in [80, 81] {
        let got = connects(&mut lab, port, 14);
        let (given, refused) = got.split_at(10);
        let given: Vec<u16> = given.iter().map(|port| port.expect("a port")).collect();
        assert!(given[..5].iter().all(|port| port % 2 == 0), "even ones first: {given:?}");
        let mut sorted = given.clone();
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(50_000..=50_009), "{given:?}");
        assert!(refused.iter().all(|got| *got == Err(Errno::EADDRNOTAVAIL)), "{refused:?}");
    }
    // bind(0) asks for a port that nobody has at all.
    let bound = lab.call(CLIENT, |os| {
        let socket = os.tcp_socket();
        os.bind(socket, None, 0)
    });
    assert_eq!(bound, Err(Errno::EADDRINUSE));
    let listening = lab.call(CLIENT, |os| {
        let socket = os.tcp_socket();
        os.listen(socket, 1)
    });
    assert_eq!(listening, Err(Errno::EADDRINUSE));
}

#[test]
fn udp_runs_out_of_ports_for_all_destinations_together() {
    let mut lab = Lab::new(&narrow());
    let got: Vec<Result<(), Errno>> = (0..12)
        .map(|index| {
            lab.call(CLIENT, move |os| {
                let socket = os.udp_socket();
                os.connect(socket, server(80 + index))
            })
        })
        .collect();
    let (given, refused) = got.split_at(10);
    assert!(given.iter().all(|got| *got == Ok(())), "{given:?}");
    assert_eq!(refused, [Err(Errno::EAGAIN), Err(Errno::EAGAIN)]);
}

/// Ten connections that the client has closed first keep their ports for a minute.
#[test]
fn time_wait_keeps_ports_for_a_minute() {
    let mut lab = Lab::new(&narrow());
    assert_eq!(ten_connections(&mut lab), 10);
    assert_eq!(lab.count(CLIENT, "TIME-WAIT"), 10);
    assert_eq!(connects(&mut lab, 80, 2), [Err(Errno::EADDRNOTAVAIL); 2]);
    let bound = lab.call(CLIENT, |os| {
        let socket = os.tcp_socket();
        os.bind(socket, None, 0)
    });
    assert_eq!(bound, Err(Errno::EADDRINUSE));
    lab.run(Time::from_secs(61));
    assert!(connects(&mut lab, 80, 1)[0].is_ok());
}

/// Ten connections, closed first by the client and then by the server: how many there were.
fn ten_connections(lab: &mut Lab) -> usize {
    let listener = lab.call(SERVER, |os| {
        let socket = os.tcp_socket();
        os.bind(socket, None, 80).expect("free");
        os.listen(socket, 100).expect("bound");
        socket
    });
    let mine = lab.call(CLIENT, |os| {
        let connect = |_| {
            let socket = os.tcp_socket();
            assert_eq!(os.connect(socket, server(80)), Err(Errno::EINPROGRESS));
            socket
        };
        (0..10).map(connect).collect::<Vec<_>>()
    });
    lab.run(Time::from_ms(200));
    let theirs = lab.call(SERVER, move |os| {
        std::iter::from_fn(|| os.accept(listener).ok())
            .map(|(socket, _)| socket)
            .collect::<Vec<_>>()
    });
    let established = theirs.len();
    for (host, sockets) in [(CLIENT, mine), (SERVER, theirs)] {
        lab.call(host, move |os| sockets.iter().for_each(|socket| os.close(*socket)));
        lab.run(Time::from_ms(200));
    }
    established
}

/// A server that is started again while connections of its first life are in TIME-WAIT.
#[test]
fn a_restart_needs_reuse_address_on_both_listeners() {
    let plain = BindOptions::default();
    let reuse = BindOptions { reuse_address: true, ..plain };
    for (old, new, result) in [
        (plain, plain, Err(Errno::EADDRINUSE)),
        (plain, reuse, Err(Errno::EADDRINUSE)),
        (reuse, plain, Err(Errno::EADDRINUSE)),
        (reuse, reuse, Ok(())),
    ] {
        let mut lab = Lab::new(&config());
        let listener = lab.call(SERVER, move |os| {
            let socket = os.tcp_socket();
            os.set_bind_options(socket, old);
            os.bind(socket, None, 80).expect("free");
            os.listen(socket, 5).expect("bound");
            socket
        });
        let client = super::connect(&mut lab, 80);
        lab.run(Time::from_ms(100));
        lab.call(SERVER, move |os| {
            let (accepted, _) = os.accept(listener).expect("established");
            os.close(accepted);
            os.close(listener);
        });
        lab.run(Time::from_ms(100));
        lab.call(CLIENT, move |os| os.close(client));
        lab.run(Time::from_ms(100));
        assert_eq!(lab.count(SERVER, "TIME-WAIT"), 1);
        assert_eq!(listen_on(&mut lab, &[80], new), result, "{old:?}, then {new:?}");
    }
}

#[test]
fn the_same_two_ends_meet_again_while_the_server_is_in_time_wait() {
    let mut lab = Lab::new(&IpConfig { ephemeral: [50_000, 50_000], ..config() });
    let listener = super::listen(&mut lab, 5);
    let first = super::connect(&mut lab, 80);
    lab.run(Time::from_ms(100));
    lab.call(SERVER, move |os| {
        let (accepted, _) = os.accept(listener).expect("established");
        os.close(accepted);
    });
    lab.run(Time::from_ms(100));
    lab.call(CLIENT, move |os| os.close(first));
    lab.run(Time::from_ms(100));
    assert_eq!(lab.count(SERVER, "TIME-WAIT"), 1);
    super::connect(&mut lab, 80);
    lab.run(Time::from_ms(100));
    assert_eq!((lab.count(CLIENT, "ESTABLISHED"), lab.count(SERVER, "ESTABLISHED")), (1, 1));
}
