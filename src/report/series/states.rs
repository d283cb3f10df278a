//! The states of connections over time: both ends of the first few.

use std::net::SocketAddrV4;

use serde::{Deserialize, Serialize};

use crate::id::FlowId;
use crate::units::Time;

/// So many connections are followed.
const MOST: usize = 4;
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
        let is_same = |life: &Life| {
            let ends = [life.client, life.server];
            ends == [local, remote] || ends == [remote, local]
        };
        let place = match self.0.iter().rposition(is_same) {
            Some(place) => place,
            None if self.0.len() == MOST => return,
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
        let Life { client, states, .. } = &mut self.0[place];
        let changes = if *client == local { &mut states.client } else { &mut states.server };
        if changes.len() < MOST_CHANGES {
            changes.push(StateChange { seconds: now.as_secs_f64(), state: to.to_owned() });
        }
    }

    /// What was seen; `names` are those of conversations, by id.
    pub(super) fn finish(self, names: &[String]) -> Vec<ConnectionStates> {
        let named = |life: Life| ConnectionStates {
            name: names.get(life.flow.index()).cloned().unwrap_or_default(),
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
    fn a_flood_of_connections_takes_no_memory() {
        let server = "10.0.0.2:80".parse().expect("an address with a port");
        let mut lives = Lives::default();
        for port in 1..1000 {
            let client = SocketAddrV4::new([10, 0, 0, 1].into(), port);
            lives.note(Time::ZERO, FlowId(0), [server, client], "SYN-RECEIVED");
            lives.note(Time::ZERO, FlowId(0), [server, client], "CLOSED");
        }
        assert_eq!(lives.finish(&[]).len(), MOST);
    }
}
