//! Programs that read captures, and what they print as values.

use std::path::Path;
use std::process::Command;

/// Whether the programs are here. If not, that is said; where everything must be tested (`CI=true`) it is a
/// failure.
pub(crate) fn present(programs: &[&str]) -> bool {
    let is_there = |program: &&str| Command::new(program).arg("--version").output().is_ok();
    let missing: Vec<&str> =
        programs.iter().filter(|program| !is_there(program)).copied().collect();
    if missing.is_empty() {
        return true;
    }
    let missing = missing.join(", ");
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!strict, "{missing} must be installed (.ci/run does it)");
    eprintln!("SKIPPED: {missing} not installed, captures were not checked");
    false
}

/// What a program prints about a capture.
pub(crate) fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .env("LC_ALL", "C")
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("it prints text")
}

/// The fields that are asked for, in the order of [`Row`].
const FIELDS: &[&str] = &[
    "frame.packet_id",
    "frame.time_epoch",
    "frame.len",
    "frame.comment",
    "frame.drop_count",
    "_ws.malformed",
    "_ws.expert.severity",
    "_ws.expert.message",
    "ip.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
    "icmp.checksum.status",
    "tcp.stream",
    "frame.encap_type",
];
/// What its analysis of TCP tells, in the order of [`Row::analysis`].
pub(crate) const ANALYSIS: &[&str] = &[
    "retransmission",
    "fast_retransmission",
    "spurious_retransmission",
    "out_of_order",
    "duplicate_ack",
    "lost_segment",
    "zero_window",
    "zero_window_probe",
    "keep_alive",
];
/// Checksums that tshark does not verify unless told to.
pub(crate) const VERIFY: &[&str] = &[
    "-o",
    "ip.check_checksum:TRUE",
    "-o",
    "tcp.check_checksum:TRUE",
    "-o",
    "udp.check_checksum:TRUE",
];
/// `_ws.expert.severity` of an error.
const ERROR: &str = "8388608";

/// A packet as tshark reads it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) number: u64,
    /// Nanoseconds.
    pub(crate) time: u64,
    pub(crate) length: u64,
    pub(crate) comment: String,
    pub(crate) dropped: u64,
    pub(crate) malformed: bool,
    /// An expert's message if one is of an error.
    pub(crate) error: Option<String>,
    /// Status of the checksums of IP, TCP, UDP and ICMP: 0 bad, 1 good, 2 not verified; several where a
    /// packet quotes another.
    pub(crate) checksums: [String; 4],
    pub(crate) stream: Option<u32>,
    /// Length of what comes before the network layer \[bytes\].
    pub(crate) link_header: u64,
    pub(crate) analysis: Vec<&'static str>,
}

impl Row {
    fn of(line: &str) -> Self {
        let fields: Vec<&str> = line.split('\t').collect();
        let (head, analysis) = fields.split_at(FIELDS.len());
        let number = |text: &str| text.parse().unwrap_or(0);
        let is_error = head[6].split(',').any(|severity| severity == ERROR);
        let analysis = ANALYSIS.iter().zip(analysis).filter(|(_, told)| !told.is_empty());
        Self {
            number: number(head[0]),
            time: number(&head[1].replace('.', "")),
            length: number(head[2]),
            comment: head[3].to_owned(),
            dropped: number(head[4]),
            malformed: !head[5].is_empty(),
            error: is_error.then(|| head[7].to_owned()),
            checksums: [8, 9, 10, 11].map(|field| head[field].to_owned()),
            stream: head[12].parse().ok(),
            link_header: match head[13] {
                "1" => 14,
                "4" => 2,
                "7" => 0,
                other => panic!("what are packets of type {other}?"),
            },
            analysis: analysis.map(|(name, _)| *name).collect(),
        }
    }
}

/// Every packet of a capture.
pub(crate) fn read(path: &Path) -> Vec<Row> {
    let path = path.to_str().expect("a path in text");
    let mut args = vec!["-n", "-r", path, "-T", "fields", "-E", "separator=/t"];
    args.extend(VERIFY);
    let analysis: Vec<String> =
        ANALYSIS.iter().map(|name| format!("tcp.analysis.{name}")).collect();
    for field in FIELDS.iter().copied().chain(analysis.iter().map(String::as_str)) {
        args.extend(["-e", field]);
    }
    output("tshark", &args).lines().map(Row::of).collect()
}
