//! What is told to strangers: segments of no connection, and scans.

use portolan::packet::tcp::{Flags, Options, Segment, SeqNum};
use portolan::tcp::no_connection::{ListenVerdict, listen, reset_for};

use super::measured::{Scan, Stray};
use super::row::Words;
use super::simulate::run;

pub(super) fn strays(facts: &[Stray]) -> Vec<Words> {
    let mut rows = Vec::new();
    for fact in facts {
        let segment = segment(fact);
        let closed = reset_for(&segment).map_or_else(nothing, |reset| told(&reset));
        let listening = match listen(&segment) {
            ListenVerdict::Accept => "SYN,ACK ack 1001".to_owned(),
            ListenVerdict::Reset(reset) => told(&reset),
            ListenVerdict::Ignore => nothing(),
        };
        rows.push(Words::new(format!("closed, {}", fact.name), &fact.closed, closed));
        rows.push(Words::new(format!("listening, {}", fact.name), &fact.listening, listening));
    }
    rows
}

fn nothing() -> String {
    "nothing".to_owned()
}

fn segment(fact: &Stray) -> Segment {
    let has = |flag: &str| fact.flags.iter().any(|set| set == flag);
    Segment {
        source_port: 4000,
        destination_port: 80,
        seq: SeqNum::new(1000),
        ack: SeqNum::new(if has("ack") { 5000 } else { 0 }),
        flags: Flags {
            syn: has("syn"),
            ack: has("ack"),
            fin: has("fin"),
            rst: has("rst"),
            psh: has("psh"),
            urg: has("urg"),
            ..Flags::NONE
        },
        window: 64_240,
        options: Options::default(),
        data_length: fact.data,
    }
}

fn told(reset: &Segment) -> String {
    let (seq, ack) = (reset.seq.value(), reset.ack.value());
    match reset.flags.ack {
        true => format!("RST,ACK seq {seq} ack {ack}"),
        false => format!("RST seq {seq}"),
    }
}

pub(super) fn scans(facts: &[Scan]) -> Result<Vec<Words>, String> {
    let mut rows = Vec::new();
    for fact in facts {
        let technique = &fact.technique;
        let summary = run(&text(technique))?;
        let lines = &summary.flows["scan"].details;
        let ports = [
            ("closed", 9, Some(&fact.closed)),
            ("open", 53, Some(&fact.open)),
            ("silent", 5000, fact.silent.as_ref()),
            ("drop", 81, Some(&fact.drop)),
            ("reject", 82, fact.reject.as_ref()),
            ("reject by a reset", 83, fact.reject_reset.as_ref()),
            ("reject as prohibited", 85, Some(&fact.reject_prohibited)),
        ];
        for (what, port, real) in ports {
            let Some(real) = real else { continue };
            let line = lines.iter().find(|line| line.starts_with(&format!("{port}/")));
            let line = line.ok_or_else(|| format!("{technique}: nothing said of port {port}"))?;
            rows.push(Words::new(format!("{technique}, {what}"), real, verdict(line)));
        }
    }
    Ok(rows)
}

/// `22/tcp  open  ssh (syn-ack)` says `open (syn-ack)`.
fn verdict(line: &str) -> String {
    let state = line.split_whitespace().nth(1).unwrap_or_default();
    let reason = line.split_once('(').map_or("", |(_, reason)| reason);
    format!("{state} ({reason}")
}

fn text(technique: &str) -> String {
    let protocol = if technique == "udp" { "udp" } else { "tcp" };
    let rule = |action: &str, port: u16| {
        format!("{{ action = '{action}', protocol = '{protocol}', ports = [{port}, {port}] }}")
    };
    let reset = if protocol == "tcp" { "reject-reset" } else { "reject" };
    let rules =
        [rule("drop", 81), rule("reject", 82), rule(reset, 83), rule("reject-prohibited", 85)];
    format!(
        "duration = '30s'
        [nodes]
        eve = 'host'
        bob = {{ kind = 'host', filter = [{}] }}
        [links]
        eve--bob = {{ rate = '1Gbps', delay = '100us' }}
        [apps]
        tcp = {{ kind = 'tcp-server', on = 'bob', port = 53 }}
        udp = {{ kind = 'udp-server', on = 'bob', port = 53, echo = true }}
        mute = {{ kind = 'udp-server', on = 'bob', port = 5000 }}
        scan = {{ kind = 'scan', on = 'eve', to = 'bob', technique = '{technique}', ports = [9, 53, 81, 82, 83, 85, 5000] }}
        ",
        rules.join(", ")
    )
}
