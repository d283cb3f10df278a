//! What every application must keep to, whichever it is.

use super::fake_os::{FakeOs, faulty, settings};
use super::{AppSpec, Wake};
use crate::id::SocketId;
use crate::packet::udp::Content;
use crate::units::Time;

/// Settings that make sense, for every kind that there is.
fn sample(kind: &str) -> AppSpec {
    let text = match kind {
        "cbr" | "poisson" => "to = 'bob:9'\ninterval = '10ms'",
        "on-off" => "to = 'bob:9'\non-time = '1s'\noff-time = '1s'\ninterval = '10ms'",
        "trace" => "to = 'bob:9'\nfile = 'arrivals.csv'",
        "ping" | "traceroute" => "to = 'bob'",
        "ftp-server" => "files = { a = '1MB' }",
        "ftp-client" => "to = 'bob'\nget = ['a']\nput = { b = '1kB' }",
        "smtp-server" => "mailboxes = ['b']",
        "smtp-client" => "to = 'bob'\nmessages = 2\ncount = 2",
        "port-knock" => "to = 'bob:22'\nknocks = [7, '8/udp']",
        "knock-daemon" => "knocks = [7, '8/udp']\nopens = 'ssh'",
        "udp-server" | "tcp-server" | "http-server" => "port = 7",
        "tcp-client" | "http-client" => "to = 'bob:7'",
        "dns-server" => "zone = { a = 'bob' }",
        "dns-client" => "to = 'bob'\nnames = ['a']\ncount = 100",
        "scan" => "to = 'bob'\nports = ['1-3', 'ssh']",
        "syn-flood" => "to = 'bob:80'",
        "conversation" => {
            "to = 'bob:7'\nmessages = [{ from = 'client', size = '9B', after = '1ms' }]"
        }
        "audit" => "allowed = ['22/tcp']\ninterval = '1s'",
        other => unreachable!("{other} needs settings here"),
    };
    settings(kind, text).expect(kind)
}

#[test]
fn settings_that_make_sense_pass() {
    for kind in AppSpec::KINDS {
        let spec = sample(kind);
        assert_eq!(faulty(&spec), [""; 0], "{kind}");
        assert_eq!(spec.kind(), *kind);
    }
}

#[test]
fn wake_ups_for_nothing_do_nothing() {
    for kind in AppSpec::KINDS {
        let run = |disturb: bool| {
            let mut os = FakeOs::silent();
            let mut app = os.start(&sample(kind));
            os.run(&mut *app, Time::from_ms(1));
            if disturb {
                for wake in [Wake::Timer(999), Wake::Ready(SocketId(1)), Wake::Ready(SocketId(99))]
                {
                    app.wake(&mut os, wake);
                }
            }
            os.run(&mut *app, Time::from_secs(3));
            (os.sent, os.flow.packets_sent, os.flow.timeouts, os.flow.details)
        };
        assert_eq!(run(true), run(false), "{kind}");
    }
}

#[test]
fn settings_of_another_kind_change_nothing() {
    for kind in AppSpec::KINDS {
        let other = sample(if *kind == "cbr" { "ping" } else { "cbr" });
        let run = |change: bool| {
            let mut os = FakeOs::silent();
            let mut app = os.start(&sample(kind));
            if change {
                app.reconfigure(&mut os, &other);
            }
            os.run(&mut *app, Time::from_secs(3));
            os.sent
        };
        assert_eq!(run(true), run(false), "{kind}");
    }
}

/// Senders number their datagrams from 0, requests of ping from 1 as Linux does, and count them.
#[test]
fn senders_name_their_peer_and_count_what_they_send() {
    for kind in AppSpec::KINDS {
        let mut os = FakeOs::silent();
        let mut app = os.start(&sample(kind));
        os.run(&mut *app, Time::from_secs(3));
        let is_server = kind.ends_with("-server") || ["audit", "knock-daemon"].contains(kind);
        assert_eq!(os.flow.peer.is_none(), is_server, "{kind}");
        assert_eq!(os.flow.packets_sent, os.sent.len() as u64, "{kind}");
        let first = u64::from(*kind == "ping");
        for (sent, number) in os.sent.iter().zip(first..) {
            if let Content::Numbered(given) = sent.content {
                assert_eq!(given, number, "{kind}");
            }
        }
    }
}

#[test]
fn the_schema_has_every_setting() {
    let mut generator = schemars::SchemaGenerator::default();
    let schemas = AppSpec::schemas(&mut generator);
    assert_eq!(schemas.len(), AppSpec::KINDS.len());
    let definitions = serde_json::to_string(&generator.take_definitions(true)).expect("JSON");
    for setting in ["source-port", "loop", "max-hops", "zone", "attempts", "pareto"] {
        assert!(definitions.contains(&format!("\"{setting}\"")), "{setting}");
    }
}
