//! Captures of real networks, made into scenarios that replay them.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`read`] | a pcap or pcapng file: its packets |
//! | `wire` | a frame: its headers |
//! | `connection`, `dialogue`, `direction` | packets: who said what to whom, byte by byte |
//! | `datagrams` | the same of UDP and ping |
//! | `path` | how far the ends are from where the capture was made |
//! | `losses` | which packets never arrived |
//! | `script` | what the processes did, and after which pauses |
//! | `plan` | hosts, links, processes |
//! | `numbers` | lost packets, as links count them |
//! | `write` | all of it as a scenario |
//! | `expects` | what the replay has in common with the capture |
//! | `rehearse` | a run of it, beside the capture |

mod connection;
mod datagrams;
mod dialogue;
mod direction;
mod expects;
mod losses;
mod numbers;
mod path;
mod plan;
pub mod read;
mod rehearse;
mod script;
mod wire;
mod write;

pub use rehearse::Comparison;

use self::read::Capture;

/// A scenario that was made of a capture.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its text.
    pub text: String,
    /// Every TCP conversation beside its replay.
    pub comparisons: Vec<Comparison>,
    /// What kept it from being tried out, if anything did: it may have nothing to replay.
    pub untried: Option<String>,
}

/// How often the numbers of lost packets are corrected: each loss changes what follows.
const CORRECTIONS: usize = 12;

/// A scenario that replays a capture; `name` says which. It is tried out.
///
/// # Errors
/// If the capture is empty.
pub fn scenario(capture: &Capture, name: &str) -> Result<Imported, String> {
    let mut plan = plan::plan(capture);
    if capture.total == 0 {
        return Err("it holds no packets; record some first".into());
    }
    let packets = capture.packets.len();
    let mut text = write::write(&plan, name, &[]);
    if plan.hosts.is_empty() {
        let why = Some(plan.nothing(capture.total));
        return Ok(Imported { text, comparisons: Vec::new(), untried: why });
    }
    let mut replay = rehearse::replay(&plan, &text, packets);
    for round in 0..CORRECTIONS {
        let Ok(known) = &replay else { break };
        let unheard = round == 0 && rehearse::find_unheard(&mut plan, known);
        if !rehearse::correct(&mut plan, known) && !unheard {
            break;
        }
        text = write::write(&plan, name, &[]);
        replay = rehearse::replay(&plan, &text, packets);
    }
    Ok(match replay {
        Ok(replay) => {
            let comparisons = rehearse::compare(&plan, &replay);
            let expects = expects::expects(&plan, &comparisons, &replay.summary);
            let text = write::write(&plan, name, &expects);
            Imported { text, comparisons, untried: None }
        }
        Err(why) => Imported { text, comparisons: Vec::new(), untried: Some(why) },
    })
}
