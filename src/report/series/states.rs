//! The states of connections over time: both ends of the first few.

use std::net::SocketAddrV4;

use serde::{Deserialize, Serialize};

use crate::id::FlowId;
use crate::units::Time;

/// So many connections are followed.
const MOST: usize = 16;
/// So many of one conversation, lest a flood of them hide the others.
const MOST_OF_ONE: usize = 4;
/// So many changes of one end; a life has fewer.
const MOST_CHANGES: usize = 16;

/// An end of a connection went into a state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateChange {
    /// When \[s\].
    pub seconds: f64,
    /// Into which state, by the name that RFC 9293 gives it.
    pub state: String,
}

/// The life of a connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ConnectionStates {
    /// The name of its conversation.
    pub name: String,
    /// Address and port of the end that opened it, or first did, and of the other end.
    #[serde(default)]
    pub ends: [String; 2],
    /// The states of the end that opened it, in order.
    pub client: Vec<StateChange>,
    /// The states of the other end.
    pub server: Vec<StateChange>,
}

/// A connection as it is followed.
#[derive(Debug)]
struct Life {
    flow: FlowId,
    client: SocketAddrV4,
    server: SocketAddrV4,
    states: ConnectionStates,
}

impl Life {
    fn has_ends(&self, local: SocketAddrV4, remote: SocketAddrV4) -> bool {
        let ends = [self.client, self.server];
        ends == [local, remote] || ends == [remote, local]
    }

    /// Whether the end at `local` has gone, so that a change to `to` is of the next connection between
    /// the same two addresses and ports.
    fn is_over(&self, local: SocketAddrV4, to: &str) -> bool {
        let ours = if self.client == local { &self.states.client } else { &self.states.server };
        ours.last().is_some_and(|last| match last.state.as_str() {
            "CLOSED" => true,
            "TIME-WAIT" => to != "CLOSED",
            _ => false,
        })
    }

    /// The changes of the end at `local`.
    fn of(&mut self, local: SocketAddrV4) -> &mut Vec<StateChange> {
        let states = &mut self.states;
        if self.client == local { &mut states.client } else { &mut states.server }
    }
}

/// Follows the first connections of a run.
#[derive(Debug, Default)]
pub(super) struct Lives(Vec<Life>);

impl Lives {
    /// The end at `local` of a connection with `remote` has moved to another state.
    pub(super) fn note(
        &mut self,
        now: Time,
        flow: FlowId,
        [local, remote]: [SocketAddrV4; 2],
        to: &str,
    ) {
        let is_of_it = |life: &Life| life.has_ends(local, remote) && !life.is_over(local, to);
        let place = match self.0.iter().rposition(is_of_it) {
            Some(place) => place,
            None if self.0.len() == MOST || self.of_flow(flow) == MOST_OF_ONE => return,
            None => {
                let (client, server) = match to {
                    "SYN-SENT" => (local, remote),
                    "SYN-RECEIVED" => (remote, local),
                    _ => return,
                };
                self.0.push(Life { flow, client, server, states: ConnectionStates::default() });
                self.0.len() - 1
            }
        };
        let changes = self.0[place].of(local);
        if changes.len() < MOST_CHANGES {
            changes.push(StateChange { seconds: now.as_secs_f64(), state: to.to_owned() });
        }
    }

    /// How many connections of a conversation are followed.
    fn of_flow(&self, flow: FlowId) -> usize {
        self.0.iter().filter(|life| life.flow == flow).count()
    }

    /// What was seen; `names` are those of conversations, by id.
    pub(super) fn finish(self, names: &[String]) -> Vec<ConnectionStates> {
        let named = |life: Life| ConnectionStates {
            name: names.get(life.flow.index()).cloned().unwrap_or_default(),
            ends: [life.client.to_string(), life.server.to_string()],
            ..life.states
        };
        self.0.into_iter().map(named).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_one_connection_come_together() {
        let [client, server] = ["10.0.0.1:40000", "10.0.0.2:80"]
            .map(|end| end.parse::<SocketAddrV4>().expect("an address with a port"));
        let mut lives = Lives::default();
        lives.note(Time::from_ms(1), FlowId(0), [client, server], "SYN-SENT");
        lives.note(Time::from_ms(2), FlowId(0), [server, client], "SYN-RECEIVED");
        lives.note(Time::from_ms(3), FlowId(0), [client, server], "ESTABLISHED");
        let seen = lives.finish(&["upload".into()]);
        let names = |changes: &[StateChange]| -> Vec<String> {
            changes.iter().map(|change| change.state.clone()).collect()
        };
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].name.as_str(), seen[0].client[1].seconds), ("upload", 0.003));
        assert_eq!(names(&seen[0].client), ["SYN-SENT", "ESTABLISHED"]);
        assert_eq!(names(&seen[0].server), ["SYN-RECEIVED"]);
    }

    #[test]
    fn a_port_that_is_used_again_begins_another_life() {
        let [client, server] = ["10.0.0.1:50000", "10.0.0.2:80"]
            .map(|end| end.parse::<SocketAddrV4>().expect("an address with a port"));
        let mut lives = Lives::default();
        for start in [0, 61] {
            let at = |ms| Time::from_secs(start) + Time::from_ms(ms);
            lives.note(at(0), FlowId(0), [client, server], "SYN-SENT");
            lives.note(at(1), FlowId(0), [server, client], "SYN-RECEIVED");
            lives.note(at(2), FlowId(0), [client, server], "ESTABLISHED");
            lives.note(at(3), FlowId(0), [server, client], "CLOSED");
            lives.note(at(4), FlowId(0), [client, server], "TIME-WAIT");
            lives.note(at(60_004), FlowId(0), [client, server], "CLOSED");
        }
        let seen = lives.finish(&["many".into()]);
        assert_eq!(seen.len(), 2);
        assert!(seen.iter().all(|life| life.ends == ["10.0.0.1:50000", "10.0.0.2:80"]));
        assert_eq!(seen.iter().map(|life| life.client.len()).collect::<Vec<_>>(), [4, 4]);
        assert_eq!(seen.iter().map(|life| life.server.len()).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn a_flood_of_connections_takes_no_memory() {
        let server = "10.0.0.2:80".parse().expect("an address with a port");
        let mut lives = Lives::default();
        for port in 1..1000 {
            let client = SocketAddrV4::new([10, 0, 0, 1].into(), port);
            lives.note(Time::ZERO, FlowId(0), [server, client], "SYN-RECEIVED");
            lives.note(Time::ZERO, FlowId(0), [server, client], "CLOSED");
        }
        for flow in 1..100 {
            let client = SocketAddrV4::new([10, 0, 0, 2].into(), 1000 + flow);
            lives.note(Time::ZERO, FlowId(flow.into()), [client, server], "SYN-SENT");
        }
        let names = ["flood".to_owned(), "honest".to_owned()];
        let seen = lives.finish(&names);
        assert_eq!(seen.len(), MOST);
        assert_eq!(seen.iter().filter(|life| life.name == "flood").count(), MOST_OF_ONE);
        assert_eq!(seen[MOST_OF_ONE].name, "honest");
    }
}
