//! TCP segments in words.

use std::fmt::Write as _;

use super::between;
use crate::packet::ipv4;
use crate::packet::tcp::{Flags, Options, Segment};
use crate::report::trace::sequences::{Relative, Sequences};

pub(super) fn describe(
    text: &mut String,
    ip: &ipv4::Packet,
    segment: &Segment,
    sequences: &Sequences,
) {
    between(text, ip, Some((segment.source_port, segment.destination_port)));
    let relative = sequences.relative(ip, segment);
    let flags = match segment.flags {
        Flags::NONE => "none".into(),
        flags => flags.to_string(),
    };
    let _ = write!(text, "Flags [{flags}]");
    let Segment { data_length, flags, .. } = *segment;
    let seq = relative.seq(segment.seq);
    if data_length > 0 {
        let end = seq.wrapping_add(u32::from(data_length));
        let _ = write!(text, ", seq {seq}:{end}");
    } else if flags.syn || flags.fin || flags.rst {
        let _ = write!(text, ", seq {seq}");
    }
    if flags.ack {
        let _ = write!(text, ", ack {}", relative.ack(segment.ack));
    }
    let _ = write!(text, ", win {}", segment.window);
    let options = options(&segment.options, relative);
    if !options.is_empty() {
        let _ = write!(text, ", options [{}]", options.join(","));
    }
    let _ = write!(text, ", length {data_length}");
}

/// In the order in which Linux writes them, with its padding.
fn options(options: &Options, relative: Relative) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let mut push = |words: &[&str]| list.extend(words.iter().map(|&word| word.to_owned()));
    if let Some(mss) = options.mss {
        push(&[&format!("mss {mss}")]);
    }
    match (options.sack_permitted, options.timestamps.is_some()) {
        (true, true) => push(&["sackOK"]),
        (true, false) => push(&["nop", "nop", "sackOK"]),
        (false, true) => push(&["nop", "nop"]),
        (false, false) => {}
    }
    if let Some(timestamps) = options.timestamps {
        push(&[&format!("TS val {} ecr {}", timestamps.value, timestamps.echo)]);
    }
    if let Some(shift) = options.window_scale {
        push(&["nop", &format!("wscale {shift}")]);
    }
    let blocks = options.sack.as_slice();
    if !blocks.is_empty() {
        let mut sack = format!("sack {} ", blocks.len());
        for block in blocks {
            let (start, end) = (relative.ack(block.start), relative.ack(block.end));
            let _ = write!(sack, "{{{start}:{end}}}");
        }
        push(&["nop", "nop", &sack]);
    }
    list
}
