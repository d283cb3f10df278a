//! The sockets of hosts in the columns of `ss`.

use super::Look;
use super::paint::Paint;
use crate::observe::{ConnectionInfo, SocketRow};
use crate::units::Time;

/// The headings of `ss -tuanp`.
const HEADINGS: [&str; 7] =
    ["Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process"];

/// The sockets of each host under its name; `internals` adds a line with what is inside of each
/// connection.
#[must_use]
pub fn print(hosts: &[(&str, Vec<SocketRow>)], internals: bool, look: &Look) -> String {
    let paint = Paint(look.colour);
    let mut text = String::new();
    for (i, (host, rows)) in hosts.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        text.push_str(&paint.bold(host));
        text.push('\n');
        if rows.is_empty() {
            text.push_str(&paint.dim(" no sockets"));
            text.push('\n');
            continue;
        }
        table(rows, internals, paint, &mut text);
    }
    text
}

fn table(rows: &[SocketRow], internals: bool, paint: Paint, text: &mut String) {
    let cells: Vec<[String; 7]> = rows.iter().map(cells).collect();
    let width = |column: usize| {
        let widths = cells.iter().map(|row| row[column].chars().count());
        widths.fold(HEADINGS[column].len(), usize::max)
    };
    let widths: [usize; 7] = std::array::from_fn(width);
    let heading = line(&HEADINGS.map(String::from), &widths);
    text.push_str(&paint.dim(&heading));
    text.push('\n');
    for (row, cells) in rows.iter().zip(&cells) {
        text.push_str(&line(cells, &widths));
        text.push('\n');
        if let Some(info) = row.connection.as_ref().filter(|_| internals) {
            text.push_str(&format!("\t {}\n", inside(info)));
        }
    }
}

fn cells(row: &SocketRow) -> [String; 7] {
    let peer = row.peer.map_or_else(|| "0.0.0.0:*".to_owned(), |peer| peer.to_string());
    [
        row.protocol.to_string(),
        row.state.to_owned(),
        row.receive_queue.to_string(),
        row.send_queue.to_string(),
        row.local.to_string(),
        peer,
        row.process.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}

/// One line: words to the left, numbers to the right; ports of one column below each other.
fn line(cells: &[String; 7], widths: &[usize; 7]) -> String {
    let mut line = String::new();
    for (column, (cell, &width)) in cells.iter().zip(widths).enumerate() {
        let text = match column {
            2..=5 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        };
        if column > 0 {
            line.push(' ');
        }
        line.push_str(&text);
    }
    line.trim_end().to_owned()
}

/// What is inside of a connection, in the words of `ss -ti`: times in milliseconds, windows in
/// segments.
fn inside(info: &ConnectionInfo) -> String {
    let segments = |bytes: u64| bytes / info.mss.max(1);
    let mut words = vec![info.congestion_control.to_owned(), format!("rto:{}", ms(info.rto))];
    if let Some((rtt, variance)) = info.rtt {
        words.push(format!("rtt:{}/{}", ms(rtt), ms(variance)));
    }
    words.push(format!("mss:{}", info.mss));
    if let Some(window) = info.cwnd {
        words.push(format!("cwnd:{}", segments(window)));
    }
    if let Some(threshold) = info.ssthresh {
        words.push(format!("ssthresh:{}", segments(threshold)));
    }
    if info.retransmits > 0 {
        words.push(format!("retrans:{}", info.retransmits));
    }
    if info.in_flight > 0 {
        words.push(format!("in-flight:{}", info.in_flight));
    }
    words.join(" ")
}

/// Milliseconds with at most three decimals, as `%g` prints them.
fn ms(time: Time) -> String {
    let text = format!("{:.3}", time.as_ns() as f64 / 1e6);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::ipv4::Protocol;

    fn row(state: &'static str, local: &str, peer: Option<&str>, process: &str) -> SocketRow {
        SocketRow {
            protocol: Protocol::Tcp,
            state,
            receive_queue: 0,
            send_queue: 0,
            local: local.parse().expect("an address with a port"),
            peer: peer.map(|peer| peer.parse().expect("an address with a port")),
            process: Some(process.to_owned()).filter(|name| !name.is_empty()),
            connection: None,
        }
    }

    fn rows() -> Vec<SocketRow> {
        let peer = Some("10.200.100.101:60999");
        let info = ConnectionInfo {
            congestion_control: "cubic",
            rto: Time::from_ms(204),
            rtt: Some((Time::from_us(42_125), Time::from_us(1_500))),
            mss: 1448,
            cwnd: Some(14_480),
            ssthresh: Some(10_136),
            retransmits: 3,
            in_flight: 4344,
            written: 100_000,
            read: 0,
        };
        let open = SocketRow {
            send_queue: 2_999_704,
            connection: Some(info),
            ..row("ESTAB", "10.200.100.100:80", peer, "web")
        };
        vec![
            SocketRow { protocol: Protocol::Udp, ..row("UNCONN", "0.0.0.0:53", None, "names") },
            SocketRow { send_queue: 128, ..row("LISTEN", "0.0.0.0:80", None, "web") },
            open,
            row("FIN-WAIT-2", "10.200.100.100:80", Some("10.0.0.9:4000"), ""),
        ]
    }

    #[test]
    fn looks_like_ss_in_eighty_columns() {
        let hosts = [("bob", rows()), ("carol", Vec::new())];
        let text = print(&hosts, true, &Look::default());
        let table = text.lines().filter(|line| !line.starts_with('\t'));
        assert!(table.clone().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!(text);
        let brief = print(&hosts, false, &Look::default());
        assert_eq!(brief.lines().collect::<Vec<_>>(), table.collect::<Vec<_>>());
    }

    #[test]
    fn who_waits_for_anybody_comes_first() {
        let mut shuffled = rows();
        shuffled.reverse();
        shuffled.sort_by_key(SocketRow::key);
        let ports: Vec<_> = shuffled.iter().map(|row| (row.local.port(), row.state)).collect();
        assert_eq!(ports, [(53, "UNCONN"), (80, "LISTEN"), (80, "FIN-WAIT-2"), (80, "ESTAB")]);
    }
}
