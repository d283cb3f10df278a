//! The comparison: measured facts in, rows of simulated beside real out.

mod answers;
mod backlog;
mod bulk;
mod goodbye;
mod measured;
mod opening;
mod recovery;
pub(crate) mod row;
mod simulate;

use row::{Row, Words};

/// Rows that belong together.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) rows: Vec<Row>,
    pub(crate) words: Vec<Words>,
}

/// Simulates everything that was measured.
///
/// # Errors
/// What is wrong with the measured facts or a scenario made of them.
pub(crate) fn sections() -> Result<Vec<Section>, String> {
    let facts = measured::facts()?;
    let numbers = |title, text, rows| Section { title, text, rows, words: Vec::new() };
    let words = |title, text, words| Section { title, text, rows: Vec::new(), words };
    let (fin, states) = goodbye::rows(&facts.half_close)?;
    Ok(vec![
        numbers("Bulk transfer", BULK, bulk::rows(&facts.bulk)?),
        numbers("Opening", OPENING, opening::rows(&facts)?),
        numbers("Recovery", RECOVERY, recovery::rows(&facts.recovery)?),
        numbers("Backlog", BACKLOG, backlog::rows(&facts)?),
        Section { title: "Half-close", text: HALF_CLOSE, rows: vec![fin], words: states },
        words("Segments of no connection", STRAYS, answers::strays(&facts.strays)),
        words("Scans", SCANS, answers::scans(&facts.scans)?),
    ])
}

/// The page.
pub(crate) fn page(sections: &[Section]) -> String {
    let mut page = String::from(INTRODUCTION);
    for section in sections {
        page += &format!("\n## {}\n\n{}\n", section.title, section.text);
        let rows: String = section.rows.iter().map(Row::markdown).collect();
        let words: String = section.words.iter().map(Words::markdown).collect();
        for (head, rows) in [(row::HEAD, rows), (row::WORDS_HEAD, words)] {
            if !rows.is_empty() {
                page += &format!("\n{head}{rows}");
            }
        }
    }
    page
}

const INTRODUCTION: &str = "\
# Beside a real Linux

Each line is something that was measured on Linux 6.18 and then simulated with the default constants of TCP. The page is
printed by `cargo run --release --example linux_comparison > docs/linux.md` from the facts in `tests/linux/measured.toml`, and a
test checks that it is up to date.

Where the difference is more than 5 % and more than a clock tick of 4 ms, the last column says why.

How it was measured: two network namespaces on one machine, joined by virtual cables, or by a relay in a user process where
a delay, a queue or a loss was needed. Segmentation and checksum offload were off, the MTU was 1500 bytes and the MSS with timestamps 1448.
The queue limit of the relay counts waiting packets without the one being sent; sending takes (IP length + 14) × 8 / rate; the delay is constant; both
directions are alike. The relay delivered 45 µs late on average. `tcp_rmem` was the stock one (at most 6 MiB) and metrics of earlier
connections were not kept. The kernel's timers have ticks of 4 ms and grow coarser with their length: those of one second
ran out after 1.00 to 1.03 s.
";

const BULK: &str = "\
One sender, as much as it can. Relay: 10 Mbit/s, 20 ms each way, 30 s. Token bucket: `tc tbf` with 20 Mbit/s, a
burst of three frames and a limit of so many full frames, 15 s; before a cable without delay, of 1 Gbit/s in the simulation.

After slow start an episode of loss costs one packet, or two a round trip apart: two if the window takes a step more before the loss is
known, which a single acknowledged segment decides. Linux, by its source, halves to whole segments (75 to 37; 37.5 here, where windows are
bytes) and counts the acknowledgment that ends a recovery (`tcp_cong_control`). With both, as a trial, the simulated drops were 99
(relay, 40 packets, Reno) and 121, 762, 48 and 547 (token bucket, as in the table); but 35 (relay, 10 packets, Reno) and 65 (the same
without SACK), so that more than these two decides it.";

const OPENING: &str = "\
When a SYN or SYN-ACK without answer is sent again, and when and how an attempt ends; 20 ms each way.";

const RECOVERY: &str = "\
From a lost segment to its retransmission. Round trip 40 ms, ten full segments in one write unless it says otherwise, CUBIC unless it
says otherwise; classic Reno is without SACK, RACK and TLP. Several lost segments: one line each, in the order of the losses.";

const BACKLOG: &str = "\
How many connections a process that never accepts gets into its accept queue by `listen(N)`; how many are half open in a
flood of 3000 SYNs, and whether another client is served (1) or not (0).";

const HALF_CLOSE: &str = "\
A client sends 100 bytes, closes its direction and reads on; the server closes 160 ms later. The acknowledgment of the FIN is
delayed like any other. States are those of client and server.";

const STRAYS: &str = "\
A segment that belongs to no connection, with sequence number 1000 and, where ACK is set, acknowledgment number 5000: what
a closed port and a listening one answer.";

const SCANS: &str = "\
What a scan says of a port, beside nmap 7.93: a port that is closed, open, or guarded by a filter that drops, rejects with ICMP
port unreachable, with a reset, or as prohibited. Silent is an open UDP port whose process does not answer.";
