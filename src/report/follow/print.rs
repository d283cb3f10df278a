//! The life of a packet as text within eighty columns.

use std::fmt::Write as _;

use super::Follower;
use super::life::{Last, Life};
use super::timeline::{Row, Spent, time};
use crate::packet::Packet;
use crate::packet::tcp::Purpose;
use crate::report::human;
use crate::report::names::Names;
use crate::report::paragraph;
use crate::report::trace::line::seconds;

/// Digits of seconds after the point.
const DECIMALS: usize = 9;
/// Columns of the time since the packet was made.
const SINCE: usize = 8;
/// Places longer than this push what follows to the right.
const WIDEST_PLACE: usize = 22;
/// Kin that are told of one by one.
const MOST_KIN: usize = 20;

pub(super) fn story(follower: &Follower, packet: &Packet, words: &str, names: &Names) -> String {
    let flow = packet.label.flow.map_or_else(String::new, |it| format!(" of {}", names.flow(it)));
    let mut text = format!("Packet #{}{flow}\n", follower.number);
    text.push_str(&wrapped(words, "  ", "    "));
    let timeline = &follower.seen.timeline;
    text.push('\n');
    rows(&mut text, &timeline.rows);
    text.push('\n');
    if let Some(own) = follower.seen.lives.iter().find(|life| life.number == follower.number) {
        ending(&mut text, own, &timeline.rows, timeline.spent, names);
    }
    kin(&mut text, follower, names);
    text
}

fn wrapped(words: &str, first: &str, others: &str) -> String {
    paragraph::filled(words, first, others) + "\n"
}

fn rows(text: &mut String, rows: &[Row]) {
    let Some(first) = rows.first().map(|row| row.at) else { return };
    let last = rows.last().map_or(first, |row| row.at);
    let clock = seconds(last, DECIMALS).len().max("time [s]".len());
    let places = rows.iter().map(|row| row.place.chars().count());
    let place = places.max().unwrap_or(0).clamp("where".len(), WIDEST_PLACE);
    let _ = writeln!(text, "{:>clock$} {:>SINCE$}  {:<place$}  what", "time [s]", "age", "where");
    let mut before = None;
    for row in rows {
        // A time is told once.
        let (at, age) = match before == Some(row.at) {
            true => (String::new(), String::new()),
            false => (seconds(row.at, DECIMALS), time(row.at.saturating_sub(first))),
        };
        before = Some(row.at);
        let start = format!("{at:>clock$} {age:>SINCE$}  {:<place$}  ", row.place);
        let indent = " ".repeat(clock + 1 + SINCE + 2 + place + 2);
        for (index, part) in row.text.iter().enumerate() {
            let first = if index == 0 { &start } else { &indent };
            text.push_str(&wrapped(part, first, &indent));
        }
    }
}

/// How it ended, and where its time went.
fn ending(text: &mut String, own: &Life, rows: &[Row], spent: Spent, names: &Names) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
    let age = last.at.saturating_sub(first.at);
    let age = if age.is_zero() { "At once".into() } else { format!("After {}", time(age)) };
    let mut words = format!("{age} it {}", sentence(own, names));
    let parts = [
        (spent.arp, "waiting for ARP"),
        (spent.queues, "in queues"),
        (spent.sending, "being sent"),
        (spent.way, "on the way"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(span, _)| !span.is_zero())
        .map(|(span, what)| format!("{} {what}", time(*span)))
        .collect();
    if !parts.is_empty() {
        let _ = write!(words, ". The time: {}", parts.join(", "));
    }
    words.push('.');
    text.push_str(&wrapped(&words, "", ""));
}

/// The fate as the end of a sentence that begins with "it".
fn sentence(life: &Life, names: &Names) -> String {
    let fate = life.fate(names);
    match life.last.1 {
        Last::At(_) if life.is_childless() => fate,
        Last::Waits(_) if life.is_childless() => format!("{fate}, as the run ends"),
        Last::Flies(_) if life.is_childless() => format!("is {fate}, as the run ends"),
        _ => format!("was {fate}"),
    }
}

fn kin(text: &mut String, follower: &Follower, names: &Names) {
    let lives = &follower.seen.lives;
    let mut kin: Vec<&Life> = lives.iter().filter(|life| life.number != follower.number).collect();
    if kin.is_empty() {
        return;
    }
    kin.sort_by_key(|life| (life.first, life.number));
    let _ = write!(text, "\nKin\n");
    let number = kin.iter().map(|life| life.number.to_string().len() + 1).max().unwrap_or(0);
    let latest = kin.iter().map(|life| life.first).max().unwrap_or_default();
    let clock = seconds(latest, DECIMALS).len();
    for life in kin.iter().take(MOST_KIN) {
        let label = format!("#{}", life.number);
        let start = format!(
            "{label:>width$}  {:>clock$}  ",
            seconds(life.first, DECIMALS),
            width = number + 1
        );
        let indent = " ".repeat(number + 1 + 2 + clock + 2);
        let words = format!("{}: {}", relation(life, follower), life.fate(names));
        text.push_str(&wrapped(&words, &start, &indent));
    }
    let more = kin.len().saturating_sub(MOST_KIN);
    let at_least = if follower.family.is_full() { "at least " } else { "" };
    if more > 0 {
        let _ = writeln!(text, "  … and {at_least}{} more", human::count(more as u64));
    }
}

/// What the packet is to the one that is followed.
fn relation(life: &Life, follower: &Follower) -> String {
    if let Some((kinship, of)) = life.made {
        return format!("{} #{of}", kinship.words());
    }
    let is_origin = life.children.iter().any(|&(_, number)| follower.family.contains(number));
    if is_origin {
        return "what others were made of".into();
    }
    match (life.number < follower.number, life.purpose) {
        (true, Purpose::Ordinary) => "the same data, sent before".into(),
        (false, Purpose::Ordinary) => "the same data, sent again".into(),
        (true, purpose) => {
            format!("the same data, sent before ({})", purpose.words().unwrap_or(""))
        }
        (false, purpose) => {
            format!("the same data, sent again ({})", purpose.words().unwrap_or(""))
        }
    }
}
