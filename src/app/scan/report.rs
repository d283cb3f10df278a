//! The result of a scan, laid out as nmap does.

use std::collections::BTreeMap;

use super::technique::{State, Verdict};
use crate::packet::ipv4::Protocol;
use crate::socket::services::service_name;

/// States that more ports than this have are not listed one by one.
const CROWD: usize = 25;

/// The table: one line per port worth telling, and a count of those that are not.
pub(super) fn lines(protocol: Protocol, verdicts: &BTreeMap<u16, Verdict>) -> Vec<String> {
    let mut counts: BTreeMap<State, usize> = BTreeMap::new();
    for verdict in verdicts.values() {
        *counts.entry(verdict.state).or_default() += 1;
    }
    let is_crowd =
        |state: State| state != State::Open && counts.get(&state).is_some_and(|n| *n > CROWD);
    let mut lines = crowds(protocol, verdicts, is_crowd);
    let told: Vec<_> = verdicts.iter().filter(|(_, verdict)| !is_crowd(verdict.state)).collect();
    let widest = told.iter().map(|(_, verdict)| verdict.state.name().len()).max().unwrap_or(0);
    for (port, Verdict { state, reason }) in told {
        let name = service_name(*port, protocol).unwrap_or("unknown");
        let port = format!("{port}/{protocol}");
        lines.push(format!("{port:<9}  {:<widest$}  {name} ({reason})", state.name()));
    }
    lines
}

/// `Not shown: 994 closed tcp ports (reset)`
fn crowds(
    protocol: Protocol,
    verdicts: &BTreeMap<u16, Verdict>,
    is_crowd: impl Fn(State) -> bool,
) -> Vec<String> {
    let mut crowds: BTreeMap<Verdict, usize> = BTreeMap::new();
    for verdict in verdicts.values().filter(|verdict| is_crowd(verdict.state)) {
        *crowds.entry(*verdict).or_default() += 1;
    }
    let told = crowds.iter().map(|(Verdict { state, reason }, count)| {
        let plural = if *count == 1 { "" } else { "s" };
        format!("{count} {} {protocol} port{plural} ({reason})", state.name())
    });
    let told: Vec<_> = told.collect();
    if told.is_empty() { Vec::new() } else { vec![format!("Not shown: {}", told.join(", "))] }
}

/// `3 open, 994 closed, 3 filtered`
pub(super) fn counts(verdicts: &BTreeMap<u16, Verdict>) -> String {
    let order =
        [State::Open, State::OpenOrFiltered, State::Filtered, State::Unfiltered, State::Closed];
    let told = order.into_iter().filter_map(|state| {
        let count = verdicts.values().filter(|verdict| verdict.state == state).count();
        (count > 0).then(|| format!("{count} {}", state.name()))
    });
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crowds_are_counted_and_the_rest_listed() {
        let reset = Verdict { state: State::Closed, reason: "reset" };
        let mut verdicts: BTreeMap<u16, Verdict> = (1..=1000).map(|port| (port, reset)).collect();
        verdicts.insert(22, Verdict { state: State::Open, reason: "syn-ack" });
        verdicts.insert(81, Verdict { state: State::Filtered, reason: "no-response" });
        verdicts.insert(1000, Verdict { state: State::Open, reason: "syn-ack" });
        assert_eq!(
            lines(Protocol::Tcp, &verdicts),
            [
                "Not shown: 997 closed tcp ports (reset)",
                "22/tcp     open      ssh (syn-ack)",
                "81/tcp     filtered  unknown (no-response)",
                "1000/tcp   open      unknown (syn-ack)",
            ]
        );
        assert_eq!(counts(&verdicts), "2 open, 1 filtered, 997 closed");
    }

    #[test]
    fn a_few_closed_ports_are_listed() {
        let refused = Verdict { state: State::Closed, reason: "conn-refused" };
        let verdicts = BTreeMap::from([(80, refused)]);
        assert_eq!(lines(Protocol::Tcp, &verdicts), ["80/tcp     closed  http (conn-refused)"]);
    }
}
