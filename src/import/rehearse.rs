//! A scenario that was made of a capture, run once: does the same happen again?
//!
//! The packets of the run are noted where those of the capture were, and read in the same way.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::connection;
use super::dialogue::{CLIENT, Dialogue, SERVER};
use super::direction::{Direction, Nanos, Place, Sent};
use super::losses;
use super::plan::{HostKey, Plan, Talk};
use super::read::Captured;
use super::script::{self, Act};
use super::write::{self, MIDDLE};
use crate::id::{ChannelId, NodeId};
use crate::observe::results::Summary;
use crate::observe::{Interest, Observation, Observer};
use crate::packet::{Packet, Payload};
use crate::run;
use crate::scenario::{self, Options, Scenario};
use crate::sim::Simulation;
use crate::units::Time;

/// A replay is stopped when it has so many times the packets of the capture: something repeats itself.
const TOO_MANY: usize = 20;
/// Times may differ by this part ...
const PART: Nanos = 20;
/// ... or by a tick of Linux's clock \[ns\].
const TICK: Nanos = 4_000_000;

/// What a run has shown.
pub(super) struct Replay {
    /// The packets, as they would have been captured.
    pub(super) packets: Vec<Captured>,
    /// The results.
    pub(super) summary: Summary,
    /// The address of every host of the plan, by name.
    addresses: BTreeMap<String, Ipv4Addr>,
}

/// One conversation, as captured and as replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The name of its application in the scenario.
    pub name: String,
    /// Data that the client and the server sent \[bytes\]: captured, replayed.
    pub bytes: [[u64; 2]; 2],
    /// Who did what, in order, as short texts.
    pub messages: [Vec<String>; 2],
    /// Segments with data, those sent again counted.
    pub data_segments: [[usize; 2]; 2],
    /// Segments that were sent again.
    pub repeats: [[usize; 2]; 2],
    /// The largest difference between the times of what was done, beyond 5 % and 4 ms, with what it was:
    /// none if all times agree.
    pub late: Option<String>,
}

impl Comparison {
    /// In what the replay differs, in words; nothing if it does not.
    #[must_use]
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |what: &str, captured: String, replayed: String| {
            if captured != replayed {
                found.push(format!("{what}: {captured} captured, {replayed} replayed"));
            }
        };
        let pair = |pair: &dyn fmt::Debug| format!("{pair:?}");
        differ("bytes", pair(&self.bytes[0]), pair(&self.bytes[1]));
        differ("messages", self.messages[0].join(" "), self.messages[1].join(" "));
        differ("data segments", pair(&self.data_segments[0]), pair(&self.data_segments[1]));
        differ("sent again", pair(&self.repeats[0]), pair(&self.repeats[1]));
        found.extend(self.late.clone());
        found
    }
}

/// Runs a scenario, and notes what passes where the capture was made. `None` if the run does not end.
pub(super) fn replay(plan: &Plan, text: &str, packets: usize) -> Result<Replay, String> {
    let no_files = |file: &str| Err(io::Error::other(format!("no file `{file}`")));
    let scenario =
        scenario::load(text.as_bytes(), "import.toml", &no_files, &Options::default())
            .map_err(|error| format!("the scenario is not right:\n{}", error.render(false, 100)))?;
    let mut tap = Tap::new(plan, &scenario).ok_or("nothing was captured")?;
    let mut simulation = Simulation::new(scenario.plan.clone());
    let most = packets * TOO_MANY + 1000;
    // Observers cannot stop a run, but whoever watches its progress can; so it looks often.
    for step in 1..=100_u64 {
        let until = Time::from_ps(scenario.duration.as_ps() / 100 * step);
        let until = if step == 100 { scenario.duration } else { until };
        simulation.run_until(until, &mut tap);
        if tap.packets.len() > most {
            return Err("the replay has far more packets than the capture".into());
        }
    }
    let summary = run::summary(&scenario, &simulation);
    let addresses = scenario
        .plan
        .nodes
        .iter()
        .filter_map(|node| Some((node.name.clone(), node.addresses.first()?.1.addr())));
    Ok(Replay { packets: tap.packets, summary, addresses: addresses.collect() })
}

/// Compares every conversation with its replay.
pub(super) fn compare(plan: &Plan, replay: &Replay) -> Vec<Comparison> {
    let mut found = replay.dialogues(plan);
    let with_dialogue = plan.talks.iter().enumerate();
    with_dialogue
        .filter_map(|(index, talk)| {
            let original = talk.dialogue.as_ref()?;
            let again = found.remove(&index).unwrap_or_default();
            Some(compare_one(plan, talk, original, again))
        })
        .collect()
}

impl Replay {
    /// What became of the plan's conversations, by their places in it.
    fn dialogues(&self, plan: &Plan) -> BTreeMap<usize, Dialogue> {
        let traces = connection::traces(&self.packets);
        let mut by_ends: BTreeMap<_, VecDeque<usize>> = BTreeMap::new();
        for (index, trace) in traces.iter().enumerate() {
            by_ends.entry((trace.client, trace.server)).or_default().push_back(index);
        }
        let mut found = BTreeMap::new();
        for (index, talk) in plan.talks.iter().enumerate() {
            let [Some(client), Some(server)] = talk.hosts.map(|key| self.address(plan, key)) else {
                continue;
            };
            let client = SocketAddrV4::new(client, talk.client.port());
            let server = SocketAddrV4::new(server, talk.server.port());
            let trace = by_ends.get_mut(&(client, server)).and_then(VecDeque::pop_front);
            if let Some(trace) = trace {
                found.insert(index, Dialogue::of(&traces[trace], &self.packets));
            }
        }
        found
    }

    fn address(&self, plan: &Plan, key: HostKey) -> Option<Ipv4Addr> {
        self.addresses.get(&plan.hosts.get(&key)?.name).copied()
    }
}

/// What makes a segment the same in the capture and in the replay: who sent it, whether it takes up
/// places, which ones or what it acknowledges, and how many like it came before.
type Identity = (usize, bool, Place, usize);

/// The segments of a conversation by what they are.
fn identities(dialogue: &Dialogue) -> Vec<(Identity, &Sent)> {
    let mut counts: BTreeMap<(usize, bool, Place), usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (side, own) in dialogue.directions.iter().enumerate() {
        for sent in &own.sent {
            let has_places = sent.end > sent.begin;
            let place = if has_places { sent.begin } else { sent.ack.unwrap_or(0) };
            let count = counts.entry((side, has_places, place)).or_default();
            found.push(((side, has_places, place, *count), sent));
            *count += 1;
        }
    }
    found
}

/// Corrects the numbers of lost packets, if the replay has them at other places. Says whether anything
/// was to be corrected.
pub(super) fn correct(plan: &mut Plan, replay: &Replay) -> bool {
    let direct = write::direct_link(plan);
    let mut counts: BTreeMap<Ipv4Addr, u64> = BTreeMap::new();
    let numbers: Vec<u64> = replay
        .packets
        .iter()
        .map(|captured| {
            let packet = &captured.packet;
            let counted = if direct.is_some() { packet.source } else { packet.destination };
            let count = counts.entry(counted).or_default();
            *count += 1;
            *count
        })
        .collect();
    let mut corrected = false;
    for (index, again) in replay.dialogues(plan) {
        let Some(original) = &plan.talks[index].dialogue else { continue };
        let again: BTreeMap<Identity, usize> = identities(&again)
            .into_iter()
            .map(|(identity, sent)| (identity, sent.packet))
            .collect();
        for (identity, sent) in identities(original) {
            let Some(lost) = plan.lost.get_mut(&sent.packet) else { continue };
            // What the far end of one link sends is only seen if it is not lost.
            if direct.is_some_and(|(near, _)| lost.host != near) {
                continue;
            }
            let Some(number) = again.get(&identity).map(|packet| numbers[*packet]) else {
                continue;
            };
            corrected |= lost.number != number;
            lost.number = number;
        }
    }
    corrected
}

/// Finds the numbers of acknowledgments of which the capture only shows that none came. Says whether
/// there are any.
pub(super) fn find_unheard(plan: &mut Plan, replay: &Replay) -> bool {
    let mut found = Vec::new();
    for (index, again) in replay.dialogues(plan) {
        let talk = &plan.talks[index];
        let Some(original) = &talk.dialogue else { continue };
        let distances = plan.distances(talk);
        let begin = [original, &again].map(|one| script::beginnings(one, distances)[CLIENT]);
        for side in [CLIENT, SERVER] {
            let near = distances[1 - side];
            let Some((from, until)) = losses::unheard(original, side, near) else { continue };
            let (from, until) = (from - begin[0] + begin[1], until - begin[0] + begin[1]);
            let key = talk.hosts[1 - side];
            let other = &again.directions[1 - side];
            let silent = other.sent.iter().filter(|sent| (from..until).contains(&sent.at));
            found.extend(silent.map(|sent| (key, sent.packet)));
        }
    }
    let mut counts: BTreeMap<Ipv4Addr, u64> = BTreeMap::new();
    let mut any = false;
    for (place, captured) in replay.packets.iter().enumerate() {
        let count = counts.entry(captured.packet.source).or_default();
        *count += 1;
        for (key, _) in found.iter().filter(|(_, packet)| *packet == place) {
            if let Some(host) = plan.hosts.get_mut(key) {
                any |= !host.unseen.contains(count);
                host.unseen.push(*count);
            }
        }
    }
    any
}

fn compare_one(plan: &Plan, talk: &Talk, original: &Dialogue, mut again: Dialogue) -> Comparison {
    let distances = plan.distances(talk);
    losses::find(&mut again, distances);
    let both = [original, &again];
    // What was never answered has no messages, whatever its segments look like.
    let acts =
        |dialogue| if talk.answered { script::acts(dialogue, distances) } else { Vec::new() };
    let acts = both.map(acts);
    let begin = both.map(|dialogue| script::beginnings(dialogue, distances)[CLIENT]);
    let late = late(&acts, begin);
    Comparison {
        name: talk.name.clone(),
        bytes: both.map(|dialogue| dialogue.directions.each_ref().map(bytes)),
        messages: acts.each_ref().map(|acts| acts.iter().map(short).collect()),
        data_segments: both.map(|dialogue| dialogue.directions.each_ref().map(data_segments)),
        repeats: both.map(|dialogue| dialogue.directions.each_ref().map(Direction::repeats)),
        late,
    }
}

fn bytes(own: &Direction) -> u64 {
    let data = own.chunks.iter().map(|chunk| {
        let first = &own.sent[chunk.copies[0]];
        let fin = u64::from(first.flags.fin && chunk.end == first.end);
        (chunk.end - fin).saturating_sub(chunk.begin.max(1))
    });
    data.sum()
}

fn data_segments(own: &Direction) -> usize {
    own.sent.iter().filter(|sent| sent.data > 0).count()
}

/// Who did what.
fn short(act: &Act) -> String {
    let who = if act.side == CLIENT { "client" } else { "server" };
    match act.size {
        0 => format!("{who}:{:?}", act.does).to_lowercase(),
        size => format!("{who}:{size}"),
    }
}

/// The first thing that was done at a time that differs too much, counted from the connection's
/// beginning.
fn late(acts: &[Vec<Act>; 2], begin: [Nanos; 2]) -> Option<String> {
    acts[0].iter().zip(&acts[1]).find_map(|(captured, replayed)| {
        let (then, now) = (captured.at - begin[0], replayed.at - begin[1]);
        let allowed = TICK.max(then.abs() / PART);
        let (then_text, now_text) = (write::time(then), write::time(now));
        ((then - now).abs() > allowed)
            .then(|| format!("{} at {then_text} captured, at {now_text} replayed", short(captured)))
    })
}

/// Notes the packets that pass the place of the capture.
struct Tap {
    /// The node at whose place the capture was made.
    node: NodeId,
    /// Whether packets of its own are seen, too: it is an end and no router.
    is_end: bool,
    /// The directions in which it sends.
    out: Vec<ChannelId>,
    packets: Vec<Captured>,
}

impl Tap {
    fn new(plan: &Plan, scenario: &Scenario) -> Option<Self> {
        let direct = write::direct_link(plan);
        let near = direct.and_then(|(near, _)| plan.hosts.get(&near));
        let name = near.map_or(MIDDLE, |near| near.name.as_str());
        let nodes = &scenario.plan.nodes;
        let node = nodes.iter().position(|node| node.name == name)?;
        let node = NodeId::from_index(node);
        let links = scenario.plan.links.iter().enumerate();
        let out = links.filter_map(|(index, link)| {
            let end = link.ends.iter().position(|end| *end == node)?;
            Some(ChannelId::of(crate::id::LinkId::from_index(index), end == 0))
        });
        let out = out.collect();
        Some(Self { node, is_end: direct.is_some(), out, packets: Vec::new() })
    }

    fn note(&mut self, at: Time, packet: &Packet) {
        if let Payload::Ipv4(packet) = packet.payload {
            let number = self.packets.len() as u64 + 1;
            self.packets.push(Captured { number, at, packet });
        }
    }
}

impl Observer for Tap {
    fn interest(&self) -> Interest {
        Interest::Everything
    }
    fn observe(&mut self, now: Time, what: &Observation) {
        match what {
            Observation::TransmitStarted { channel, packet, .. }
                if self.is_end && self.out.contains(channel) =>
            {
                self.note(now, packet);
            }
            Observation::Received { node, packet, .. } if *node == self.node => {
                self.note(now, packet);
            }
            _ => {}
        }
    }
}
