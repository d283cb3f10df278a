//! The scenario as text, with comments that say how it was found out.

use std::fmt::Write as _;

use super::dialogue::{CLIENT, Dialogue, Outcome, SERVER};
use super::direction::{Direction, Nanos};
use super::expects::Expect;
use super::path::NEAR;
use super::plan::{HostKey, Pings, Plan, Talk};
use crate::app::conversation::{Does, End, Message, Over};
use crate::units::Time;

/// The router that stands where the packets were captured.
pub(super) const MIDDLE: &str = "tap";
/// What the run goes on for after the last packet \[ns\].
const REST: Nanos = 250_000_000;
/// The length of the run is a multiple of this \[ns\].
const ROUND: Nanos = 10_000_000;
/// A window smaller than this is one that the process has asked for \[bytes\].
const SMALL_WINDOW: u64 = 50_000;

/// The scenario's text.
pub(super) fn write(plan: &Plan, name: &str, expects: &[Expect]) -> String {
    let mut out = String::new();
    head(&mut out, plan, name);
    nodes(&mut out, plan);
    links(&mut out, plan);
    apps(&mut out, plan);
    for Expect { that, because } in expects {
        line(&mut out, "[[expect]]");
        line(&mut out, &format!("that    = {}", quoted(that)));
        line(&mut out, &format!("because = {}\n", quoted(because)));
    }
    record(&mut out, plan);
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A time as people write it, to the microsecond, or below ten of them to the nanosecond.
pub(super) fn time(nanos: Nanos) -> String {
    let nanos = nanos.max(0).unsigned_abs();
    let (unit, size, digits) = match nanos {
        0 => return "0s".into(),
        1..10_000 => ("us", 1_000, 3),
        10_000..1_000_000 => ("us", 1_000, 0),
        1_000_000..1_000_000_000 => ("ms", 1_000_000, 3),
        _ => ("s", 1_000_000_000, 6),
    };
    let step = size / 10_u64.pow(digits);
    let rounded = (nanos + step / 2) / step * step;
    let (whole, rest) = (rounded / size, rounded % size / step);
    let width = digits as usize;
    let fraction = format!("{rest:0width$}");
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{whole}{unit}") } else { format!("{whole}.{fraction}{unit}") }
}

fn head(out: &mut String, plan: &Plan, name: &str) {
    line(
        out,
        &format!("# Made by `portolan import` of {}. Change what you like.\n", comment(name)),
    );
    line(out, &format!("title    = {}", quoted(&format!("A replay of {name}"))));
    line(out, "about    = \"\"\"");
    for sentence in about(plan) {
        line(out, &sentence.replace('\\', "\\\\").replace('"', "\\\""));
    }
    line(out, "\"\"\"");
    let end = (plan.end + REST).div_euclid(ROUND) * ROUND + ROUND;
    line(out, &format!("duration = \"{}\"\n", time(end)));
}

/// A text that may stand in a comment.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// What was found, line by line.
fn about(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for talk in &plan.talks {
        let over = if talk.over == Over::Tcp { "TCP" } else { "UDP" };
        let (client, server) = (talk.client, talk.server);
        let sum = |end: End| -> u64 {
            let own = talk.messages.iter().filter(|message| message.from == end);
            own.map(|message| message.size.get()).sum()
        };
        let mut text = format!("{}: {over}, {client} to {server}: ", talk.name);
        if talk.answered {
            let (asked, told) = (sum(End::Client), sum(End::Server));
            _ = write!(text, "{asked} bytes there, {told} back");
        } else {
            text += match talk.dialogue.as_ref().map(|dialogue| dialogue.outcome) {
                Some(Outcome::Unanswered) => "no answer",
                Some(Outcome::Rejected(_)) => "rejected by a filter",
                _ => "the port was closed",
            };
        }
        let repeats: usize = talk.dialogue.iter().map(Dialogue::repeats).sum();
        if repeats > 0 {
            _ = write!(
                text,
                ", {repeats} {} sent again",
                if repeats == 1 { "segment" } else { "segments" }
            );
        }
        lines.push(text + ".");
    }
    for pings in &plan.pings {
        let [from, to] = pings.hosts.map(|(address, _)| address);
        lines.push(format!("{}: {} echo requests, {from} to {to}.", pings.name, pings.count));
    }
    if !plan.skipped.is_empty() {
        let skipped = plan.skipped.iter().map(|(what, count)| format!("{count} {what}"));
        lines.push(format!("Left out: {}.", Vec::from_iter(skipped).join(", ")));
    }
    lines
}

fn nodes(out: &mut String, plan: &Plan) {
    line(out, "[nodes]");
    let width = plan.hosts.values().map(|host| host.name.len()).max().unwrap_or(0).max(3);
    for ((address, _), host) in &plan.hosts {
        let name = &host.name;
        let filter: Vec<String> = host
            .filter
            .iter()
            .map(|(port, action)| {
                format!("{{ action = \"{action}\", protocol = \"tcp\", ports = [{port}, {port}] }}")
            })
            .collect();
        if filter.is_empty() {
            line(out, &format!("{name:width$} = \"host\"{}# {address}", " ".repeat(20)));
        } else {
            line(out, &format!("# {address}; its filter closed ports"));
            let rules = filter.join(",\n    ");
            line(
                out,
                &format!("{name:width$} = {{ kind = \"host\", filter = [\n    {rules},\n] }}"),
            );
        }
    }
    if !plan.is_direct() {
        line(out, &format!("{MIDDLE:width$} = \"router\"   # where the packets were captured"));
    }
    out.push('\n');
}

/// The name of the one link of two hosts, the first where the capture was made.
pub(super) fn direct_link(plan: &Plan) -> Option<(HostKey, HostKey)> {
    let mut hosts = plan.hosts.keys();
    let (first, second) = (*hosts.next()?, *hosts.next()?);
    let is_far = |key: HostKey| distance(plan, key) >= NEAR;
    let ordered = if is_far(first) && !is_far(second) { (second, first) } else { (first, second) };
    plan.is_direct().then_some(ordered)
}

fn distance(plan: &Plan, key: HostKey) -> Nanos {
    plan.hosts.get(&key).and_then(|host| host.distance).unwrap_or(0)
}

fn links(out: &mut String, plan: &Plan) {
    if plan.hosts.len() < 2 {
        return;
    }
    line(
        out,
        "# Half a round trip each way, by the shortest times that answers took. Nothing tells how fast the",
    );
    line(
        out,
        "# links were: 10 Gbit/s is fast enough not to matter. The hosts knew each other: no ARP (framing).",
    );
    let name = |key: HostKey| plan.hosts.get(&key).map_or("", |host| host.name.as_str());
    if let Some((near, far)) = direct_link(plan) {
        let delay = distance(plan, near) + distance(plan, far);
        line(out, &format!("[links.{}--{}]", name(near), name(far)));
        link(out, plan, delay, losses(plan, near, true), losses(plan, far, true));
        return;
    }
    for &key in plan.hosts.keys() {
        line(out, &format!("[links.{}--{MIDDLE}]", name(key)));
        link(out, plan, distance(plan, key), losses(plan, key, true), losses(plan, key, false));
    }
}

fn losses(plan: &Plan, key: HostKey, up: bool) -> Option<String> {
    let numbers: Vec<String> = plan.losses(key, up).iter().map(u64::to_string).collect();
    (!numbers.is_empty())
        .then(|| format!("loss = {{ kind = \"list\", packets = [{}] }}", numbers.join(", ")))
}

fn link(
    out: &mut String,
    plan: &Plan,
    delay: Nanos,
    forward: Option<String>,
    backward: Option<String>,
) {
    line(out, &format!("delay   = \"{}\"", time(delay)));
    line(out, "rate    = \"10Gbps\"");
    line(out, "framing = \"none\"");
    if plan.mtu != 1500 {
        line(out, &format!("mtu     = \"{}B\"", plan.mtu));
    }
    if forward.is_some() || backward.is_some() {
        line(out, "# Packets that never arrived, counted in each direction from 1.");
    }
    if let Some(loss) = forward {
        line(out, &format!("forward.{loss}"));
    }
    if let Some(loss) = backward {
        line(out, &format!("backward.{loss}"));
    }
    out.push('\n');
}

fn apps(out: &mut String, plan: &Plan) {
    let name = |key: &HostKey| plan.hosts.get(key).map_or("", |host| host.name.as_str());
    let mut served = std::collections::BTreeSet::new();
    for talk in &plan.talks {
        let server = name(&talk.hosts[SERVER]);
        let port = talk.server.port();
        if talk.answered && served.insert((server, port, talk.over == Over::Udp)) {
            let protocol = if talk.over == Over::Udp { "-udp" } else { "" };
            let host = if plan.talks.iter().any(|other| other.hosts[SERVER] != talk.hosts[SERVER]) {
                format!("-{server}")
            } else {
                String::new()
            };
            line(
                out,
                &format!(
                    "[apps.port{port}{protocol}{host}]        # says what the tables of its clients say"
                ),
            );
            line(out, "kind = \"conversation\"");
            line(out, &format!("on   = \"{server}\""));
            line(out, &format!("port = {port}"));
            over(out, talk);
            tcp(out, talk, SERVER);
            out.push('\n');
        }
        line(out, &format!("[apps.{}]", talk.name));
        line(out, "kind = \"conversation\"");
        line(out, &format!("on   = \"{}\"", name(&talk.hosts[CLIENT])));
        line(out, &format!("to   = \"{server}:{port}\""));
        over(out, talk);
        line(out, &format!("source-port = {}", talk.client.port()));
        if talk.start > 0 {
            line(out, &format!("start = \"{}\"", time(talk.start)));
        }
        if let Some(stop) = talk.stop.filter(|stop| *stop < plan.end) {
            line(out, &format!("stop = \"{}\"      # its process gave up", time(stop)));
        }
        tcp(out, talk, CLIENT);
        messages(out, &talk.messages);
        out.push('\n');
    }
    for pings in &plan.pings {
        ping(out, pings, name(&pings.hosts[0]), name(&pings.hosts[1]));
    }
}

fn over(out: &mut String, talk: &Talk) {
    if talk.over == Over::Udp {
        line(out, "over = \"udp\"");
    }
}

fn ping(out: &mut String, pings: &Pings, from: &str, to: &str) {
    line(out, &format!("[apps.{}]", pings.name));
    line(out, "kind     = \"ping\"");
    line(out, &format!("on       = \"{from}\""));
    line(out, &format!("to       = \"{to}\""));
    line(out, &format!("count    = {}", pings.count));
    line(out, &format!("interval = \"{}\"", time(pings.interval)));
    line(out, &format!("size     = \"{}B\"", pings.size));
    line(out, &format!("start    = \"{}\"\n", time(pings.start)));
}

/// What the SYN of an end tells of its TCP.
fn tcp(out: &mut String, talk: &Talk, side: usize) {
    let Some(dialogue) = &talk.dialogue else { return };
    let own: &Direction = &dialogue.directions[side];
    let Some(syn) = own.syn else { return };
    // A server offers only what its client has offered.
    let asked = if side == SERVER { dialogue.directions[CLIENT].syn } else { None };
    let offered = |has: &dyn Fn(&crate::packet::tcp::Options) -> bool| {
        has(&syn.options) || asked.is_some_and(|asked| !has(&asked.options))
    };
    let mut settings = Vec::new();
    if !offered(&|options| options.sack_permitted) {
        settings.push("sack = false".to_owned());
    }
    if !offered(&|options| options.timestamps.is_some()) {
        settings.push("timestamps = false".to_owned());
    }
    if !offered(&|options| options.window_scale.is_some()) {
        settings.push("window-scaling = false".to_owned());
    }
    let most = own.sent.iter().map(|sent| sent.window).max().unwrap_or(0);
    let window = u64::from(syn.window);
    match syn.options.window_scale {
        _ if most < SMALL_WINDOW && window > 0 => {
            settings.push(format!("receive-buffer = \"{window}B\""));
        }
        Some(scale) if scale != 7 && scale <= 14 => {
            settings.push(format!("window-scale = {scale}"))
        }
        _ => {}
    }
    if side == CLIENT {
        settings.extend(patience(dialogue));
    }
    if side == CLIENT && syn.flags.ece && syn.flags.cwr {
        settings.push("ecn = \"on\"".to_owned());
    }
    if !settings.is_empty() {
        line(out, &format!("tcp  = {{ {} }}", settings.join(", ")));
    }
}

/// How often the SYN was sent again at even times before these were doubled, if that shows and is not
/// what Linux does by itself.
fn patience(dialogue: &Dialogue) -> Option<String> {
    let syn = dialogue.directions[CLIENT].chunks.first().filter(|chunk| chunk.begin == 0)?;
    let own = &dialogue.directions[CLIENT].sent;
    let times: Vec<Nanos> = syn.copies.iter().map(|copy| own[*copy].at).collect();
    let gaps: Vec<Nanos> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let first = *gaps.first()?;
    let even = gaps.iter().take_while(|gap| **gap < first / 2 * 3).count();
    // Linux sends it again four times after the first so, unless `tcp_syn_linear_timeouts` differs.
    let doubled = even < gaps.len();
    let linear = even.saturating_sub(1);
    (doubled && linear != 4).then(|| format!("syn-linear-timeouts = {linear}"))
}

fn messages(out: &mut String, messages: &[Message]) {
    if messages.is_empty() {
        return;
    }
    line(out, "messages = [");
    for message in messages {
        let from = match message.from {
            End::Client => "client",
            End::Server => "server",
        };
        let what = match message.does {
            Does::Write => format!("size = \"{}B\"", message.size.get()),
            does => format!("does = \"{}\"", word(does)),
        };
        let mut text = format!("  {{ from = \"{from}\", {what}");
        if message.after > Time::ZERO {
            let after = Nanos::try_from(message.after.as_ns()).unwrap_or(Nanos::MAX);
            _ = write!(text, ", after = \"{}\"", time(after));
        }
        if !message.waits {
            text += ", waits = false";
        }
        line(out, &(text + " },"));
    }
    line(out, "]");
}

const fn word(does: Does) -> &'static str {
    match does {
        Does::Write => "write",
        Does::Fin => "fin",
        Does::Close => "close",
        Does::Reset => "reset",
        Does::StopReading => "stop-reading",
        Does::Read => "read",
    }
}

fn record(out: &mut String, plan: &Plan) {
    let talks = plan.talks.iter().filter(|talk| talk.over == Over::Tcp && talk.answered);
    let names: Vec<&str> = talks.take(4).map(|talk| talk.name.as_str()).collect();
    if names.is_empty() {
        return;
    }
    line(out, "[record]");
    let series = names.iter().flat_map(|name| {
        [format!("\"apps.{name}.client.cwnd\""), format!("\"apps.{name}.server.cwnd\"")]
    });
    line(out, &format!("series = [{}]", Vec::from_iter(series).join(", ")));
    line(out, "every  = \"change\"");
}
