//! What an imported scenario expects: what its replay has in common with the capture.

use super::dialogue::{CLIENT, Outcome, SERVER};
use super::plan::{Plan, Talk};
use super::rehearse::Comparison;
use crate::app::conversation::{End, Over};
use crate::observe::results::{Flow, Summary};

/// An expectation of the scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expect {
    pub(super) that: String,
    pub(super) because: String,
}

/// What holds of the replay as it did of what was captured.
pub(super) fn expects(plan: &Plan, compared: &[Comparison], summary: &Summary) -> Vec<Expect> {
    let mut expects = Vec::new();
    for talk in &plan.talks {
        let (name, Some(flow)) = (&talk.name, summary.flows.get(&talk.name)) else { continue };
        if talk.over == Over::Udp {
            expects.extend(expected_datagrams(talk, flow));
            continue;
        }
        let Some(both) = compared.iter().find(|both| both.name == *name) else { continue };
        let mut expect = |that: String, because: String| expects.push(Expect { that, because });
        let sent = both.bytes[0];
        if both.bytes[1] == sent && flow.bytes_delivered == sent[0] + sent[1] {
            expect(
                format!("flows.{name}.bytes_delivered == {}", flow.bytes_delivered),
                format!("the client sent {} bytes, the server {}", sent[0], sent[1]),
            );
        }
        let again = both.repeats[0][CLIENT] + both.repeats[0][SERVER];
        if flow.retransmits == again as u64 {
            let because = match again {
                0 => "the capture has no segment that was sent again".to_owned(),
                1 => "the capture has one segment that was sent again".to_owned(),
                more => format!("the capture has {more} segments that were sent again"),
            };
            expect(format!("flows.{name}.retransmits == {again}"), because);
        }
        if ended(talk).contains(&flow.end_state.as_str()) {
            expect(
                format!("flows.{name}.end_state == {:?}", flow.end_state).replace('"', "'"),
                "it ends as the captured connection did".into(),
            );
        }
    }
    expects
}

fn expected_datagrams(talk: &Talk, flow: &Flow) -> Option<Expect> {
    let sent = talk.messages.iter().filter(|message| message.from == End::Client).count() as u64;
    (flow.packets_sent == sent).then(|| Expect {
        that: format!("flows.{}.packets_sent == {sent}", talk.name),
        because: format!("the client was captured sending {sent} datagrams"),
    })
}

/// The states in which a connection like the captured one may end.
fn ended(talk: &Talk) -> &'static [&'static str] {
    let Some(dialogue) = &talk.dialogue else { return &[] };
    let fin = [CLIENT, SERVER]
        .map(|side| dialogue.directions[side].sent.iter().any(|sent| sent.flags.fin));
    match dialogue.outcome {
        Outcome::Refused | Outcome::Rejected(_) => {
            &["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT"]
        }
        Outcome::Unanswered => &["SYN-SENT", "ETIMEDOUT"],
        _ if !dialogue.resets.is_empty() => &["CLOSED", "ECONNRESET", "EPIPE"],
        _ if fin == [true, true] => &["TIME-WAIT", "CLOSED"],
        _ if fin == [false, false] => &["ESTABLISHED"],
        _ => &["FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"],
    }
}
