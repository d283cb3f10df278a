use serde::de::IntoDeserializer;
use serde::de::value::Error;

use super::*;

fn spec(number: u16, protocol: Option<Protocol>) -> Result<PortSpec, String> {
    Ok(PortSpec { number, protocol })
}

#[test]
fn reads_numbers_names_and_protocols() {
    let (tcp, udp) = (Some(Protocol::Tcp), Some(Protocol::Udp));
    for (text, number, protocol) in [
        ("80", 80, None),
        ("0", 0, None),
        ("65535", 65_535, None),
        ("http", 80, None),
        ("HTTP", 80, None),
        ("53/udp", 53, udp),
        ("domain/UDP", 53, udp),
        ("www/tcp", 80, tcp),
        ("dns", 53, None),
        ("syslog/udp", 514, udp),
        ("514/tcp", 514, tcp),
        ("submission", 587, None),
    ] {
        assert_eq!(PortSpec::parse(text), spec(number, protocol), "{text}");
    }
}

#[test]
fn says_what_is_wrong() {
    for (text, told) in [
        (
            "htpt",
            "`htpt` is not a port: write a number from 0 to 65535 or a service name such as http; did you mean `http`?",
        ),
        ("domian/udp", "did you mean `domain`?"),
        ("quux-zork", "such as http"),
        ("65536", "`65536` is not a port; write a number from 0 to 65535"),
        ("-1", "`-1` is not a port"),
        ("", "`` is not a port: write a number"),
        ("80/icmp", "`icmp` has no ports; write /tcp or /udp"),
        ("80/tcp/udp", "`tcp/udp` has no ports"),
        ("syslog/tcp", "`syslog` is not a service of tcp; write 514/tcp if you mean the number"),
    ] {
        let error = PortSpec::parse(text).expect_err(text);
        assert!(error.contains(told), "{text}: {error}");
    }
    assert!(!port_number("quux-zork").expect_err("unknown").contains("did you mean"));
}

#[test]
fn deserializes_integers_and_strings() {
    let read =
        |number: i64| PortSpec::deserialize(IntoDeserializer::<Error>::into_deserializer(number));
    assert_eq!(read(80).map_err(|e| e.to_string()), spec(80, None));
    assert!(read(-1).expect_err("negative").to_string().contains("-1 is not a port"));
    assert!(read(65_536).expect_err("too high").to_string().contains("0 to 65535"));
    let text = IntoDeserializer::<Error>::into_deserializer("53/udp");
    assert_eq!(
        PortSpec::deserialize(text).map_err(|e| e.to_string()),
        spec(53, Some(Protocol::Udp))
    );
    let truth = PortSpec::deserialize(IntoDeserializer::<Error>::into_deserializer(true));
    assert!(truth.expect_err("a boolean").to_string().contains("expected a port: a number"));
}

#[test]
fn names_ports() {
    for (port, protocol, name) in [
        (80, Protocol::Tcp, Some("http")),
        (53, Protocol::Udp, Some("domain")),
        (514, Protocol::Tcp, Some("shell")),
        (514, Protocol::Udp, Some("syslog")),
        (520, Protocol::Udp, Some("router")),
        (4789, Protocol::Tcp, None),
        (80, Protocol::Icmp, None),
        (2, Protocol::Tcp, None),
        (65_535, Protocol::Udp, None),
    ] {
        assert_eq!(service_name(port, protocol), name, "{port}/{protocol}");
    }
}

#[test]
fn the_table_is_ordered_and_unambiguous() {
    assert!(iana::NAMES.len() >= 150);
    assert!(iana::NAMES.is_sorted_by_key(|(port, ..)| *port));
    for (index, (port, name, transports)) in iana::NAMES.iter().enumerate() {
        let others = &iana::NAMES[index + 1..];
        assert!(others.iter().all(|(_, other, _)| other != name), "{name} twice");
        let both = |on: Transports| {
            [Protocol::Tcp, Protocol::Udp].iter().any(|&p| on.include(p) && transports.include(p))
        };
        assert!(others.iter().all(|(other, _, on)| other != port || !both(*on)), "{port} twice");
    }
    for (alias, name) in iana::ALIASES {
        assert!(registered(name).is_some_and(|(_, canonical, _)| canonical == *name), "{alias}");
        assert!(iana::NAMES.iter().all(|(_, known, _)| known != alias), "{alias} is registered");
    }
}
