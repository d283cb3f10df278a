//! What textbooks and other simulators call the things of a scenario, and what they are called here.

/// Words that people try; the key or word that is meant, of which the first one counts that is known
/// at the place; and what else is to be said, if anything.
type Row = (&'static [&'static str], &'static [&'static str], &'static str);

/// All in lower case, with `-` for `_`.
const TABLE: &[Row] = &[
    // Links and queues.
    (
        &["bandwidth", "bw", "speed", "capacity", "throughput", "bitrate", "datarate", "data-rate"],
        &["rate"],
        "",
    ),
    (&["latency", "propagation", "propagation-delay", "prop-delay", "lag"], &["delay"], ""),
    (&["rtt"], &["delay"], "it is of one way, half a round trip;"),
    (&["buffer", "buffer-size", "queue-size", "queue-limit", "qlen"], &["queue", "limit"], ""),
    (&["size", "length", "capacity", "max", "maxlen", "packets", "buffer"], &["limit"], ""),
    (&["loss-rate", "packet-loss", "loss-probability", "plr", "drop", "drops"], &["loss"], ""),
    (
        &["ber", "bit-error-rate", "error-rate", "errors"],
        &["corrupt"],
        "it counts packets, not bits;",
    ),
    (&["mss"], &["mtu"], "the MSS is 40 bytes less than it;"),
    (&["aqm", "discipline", "qdisc"], &["kind", "queue"], ""),
    (&["ends", "nodes", "endpoints"], &["between"], ""),
    (&["metric", "weight"], &["cost"], ""),
    (&["droptail", "drop-tail", "taildrop", "tail-drop", "pfifo", "bfifo"], &["fifo"], ""),
    (&["fq-codel", "fqcodel"], &["fq_codel"], ""),
    (&["ge", "gilbert", "gilbertelliott", "burst"], &["gilbert-elliott"], ""),
    // TCP.
    (
        &["cc", "ca", "cca", "congestion-control", "algorithm", "tcp-congestion", "variant"],
        &["congestion"],
        "",
    ),
    (&["newreno", "new-reno", "tcp-reno"], &["reno"], "it recovers as NewReno does (RFC 6582);"),
    (&["tahoe"], &["reno"], "Tahoe is not there, Reno is nearest;"),
    (&["vegas", "westwood"], &["bbr"], "what goes by delay or by the rate that is measured;"),
    (&["bic", "cubic-tcp", "tcp-cubic"], &["cubic"], ""),
    (&["cwnd", "iw", "initcwnd", "initial-cwnd", "init-cwnd"], &["initial-window"], ""),
    (&["rto", "initial-rto", "timeout"], &["rto-initial"], ""),
    (&["min-rto", "minrto"], &["rto-min"], ""),
    (&["rwnd", "rcvbuf", "rcv-buffer", "receive-window", "window"], &["receive-buffer"], ""),
    (&["sndbuf", "snd-buffer", "send-window"], &["send-buffer"], ""),
    (&["dupthresh", "dupack-threshold", "dup-ack-threshold"], &["duplicate-threshold"], ""),
    (&["delack", "delayed-acks", "ack-delay"], &["delayed-ack"], ""),
    // Processes.
    (&["type", "application", "app", "role"], &["kind"], ""),
    (&["node", "host", "at", "runs-on", "source", "src", "from"], &["on"], ""),
    (
        &["dst", "dest", "destination", "target", "server", "receiver", "peer", "remote"],
        &["to"],
        "",
    ),
    (
        &["bytes", "length", "data", "volume", "amount", "packet-size", "packetsize", "file-size"],
        &["size"],
        "",
    ),
    (&["packets", "number", "repeat", "times", "requests", "messages"], &["count"], ""),
    (&["period", "every", "gap"], &["interval"], ""),
    (&["begin", "start-time", "starttime", "after"], &["start"], ""),
    (&["end", "stop-time", "stoptime", "until", "finish"], &["stop"], ""),
    (&["listen", "ports", "service-port"], &["port"], ""),
    (&["queue", "recv-buffer", "rcvbuf", "receive-buffer"], &["buffer"], ""),
    (&["udp", "udp-client", "udp-source", "iperf-udp", "voip"], &["cbr"], "it sends datagrams;"),
    (&["tcp", "bulk", "iperf", "iperf3"], &["tcp-client"], "it sends to a `tcp-server`;"),
    (&["ftp"], &["ftp-client"], "it fetches from an `ftp-server`;"),
    (&["smtp", "mail", "email"], &["smtp-client"], "it sends to an `smtp-server`;"),
    (&["dns"], &["dns-client"], "it asks a `dns-server`;"),
    (&["http", "web", "browser", "web-client"], &["http-client"], "it asks an `http-server`;"),
    (&["web-server", "webserver", "www"], &["http-server"], ""),
    (&["mail-server"], &["smtp-server"], ""),
    (&["sink", "udp-sink", "udp-receiver"], &["udp-server"], ""),
    (&["tcp-sink", "tcp-receiver", "echo-server"], &["tcp-server"], ""),
    (&["portscan", "port-scan", "scanner", "nmap"], &["scan"], ""),
    (&["tracert"], &["traceroute"], ""),
    // Nodes.
    (&["pc", "computer", "client", "server", "endhost", "end-host", "station"], &["host"], ""),
    (&["gateway", "gw"], &["router"], ""),
    (&["bridge"], &["switch"], ""),
    (&["repeater"], &["hub"], ""),
    (&["ip", "addr", "ip-address", "ipv4"], &["address"], ""),
    // The top.
    (&["node", "host", "hosts", "router", "routers", "devices"], &["nodes"], ""),
    (&["link", "edge", "edges", "cables", "connections"], &["links"], ""),
    (
        &["app", "application", "applications", "flow", "flows", "process", "processes", "traffic"],
        &["apps"],
        "",
    ),
    (&["change", "event", "events", "timeline"], &["changes"], ""),
    (&["expects", "expectation", "expectations", "assert", "test", "tests"], &["expect"], ""),
    (&["time", "simulation-time", "runtime", "length", "end", "stop"], &["duration"], ""),
    (&["name"], &["title"], ""),
    (&["description", "comment"], &["about"], ""),
    (&["if", "when", "condition", "expr", "expression", "check"], &["that"], ""),
    (&["reason", "why", "message", "description"], &["because"], ""),
    (&["time", "when"], &["at"], ""),
    // Results.
    (&["util", "utilisation", "load", "usage"], &["utilization"], ""),
    (&["throughput", "rate", "bandwidth", "bps"], &["goodput_bps"], ""),
    (&["rtt", "avg-rtt", "average-rtt", "srtt"], &["mean_rtt_seconds"], ""),
    (&["fct", "completion-time", "duration", "time", "finished"], &["completed_seconds"], ""),
    (&["retransmissions", "retransmitted", "retrans", "rexmits"], &["retransmits"], ""),
    (&["lost", "loss", "losses", "dropped"], &["drops", "dropped"], ""),
    (&["delay", "wait", "waiting-time"], &["mean_wait_seconds"], ""),
];

/// Words that belong elsewhere, keys of the place by which it is told, and what to write where.
const ELSEWHERE: &[Row] = &[
    (
        &["mss"],
        &["tcp", "congestion"],
        "the MSS follows from the links: write mtu = \"...\" in their tables;",
    ),
    (
        &["rate", "bandwidth", "delay", "latency", "loss", "mtu", "queue"],
        &["ttl", "hello-time"],
        "it is a setting of links, not of nodes;",
    ),
];

/// The word, of those that are known, which is meant by one that people use elsewhere; and the remark.
pub(crate) fn word(
    found: &str,
    is_known: impl Fn(&str) -> bool,
) -> Option<(&'static str, &'static str)> {
    row(TABLE, found, is_known)
}

fn row(
    table: &'static [Row],
    found: &str,
    is_known: impl Fn(&str) -> bool,
) -> Option<(&'static str, &'static str)> {
    let found = found.to_lowercase().replace(['_', ' '], "-");
    let rows = table.iter().filter(|(words, ..)| words.contains(&found.as_str()));
    let meant = |(_, keys, remark): &Row| {
        let key = keys.iter().find(|key| is_known(key))?;
        Some((*key, *remark))
    };
    rows.filter_map(meant).next()
}

/// `did you mean X?`, with what else there is to say; or where else it is to be written.
pub(crate) fn meant(found: &str, is_known: impl Fn(&str) -> bool) -> Option<String> {
    let Some((word, remark)) = word(found, &is_known) else {
        return row(ELSEWHERE, found, is_known).map(|(_, where_else)| where_else.to_owned());
    };
    let space = if remark.is_empty() { "" } else { " " };
    Some(format!("did you mean `{word}`?{space}{remark}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_words_of_textbooks() {
        let link = ["rate", "delay", "mtu", "queue", "loss"];
        let tcp = ["congestion", "initial-window", "rto-initial"];
        for (found, known, meant) in [
            ("bandwidth", &link[..], "did you mean `rate`?"),
            ("Latency", &link, "did you mean `delay`?"),
            ("buffer", &link, "did you mean `queue`?"),
            ("queue_size", &link, "did you mean `queue`?"),
            ("mss", &link, "did you mean `mtu`? the MSS is 40 bytes less than it;"),
            ("bytes", &["to", "size"], "did you mean `size`?"),
            ("cc", &tcp, "did you mean `congestion`?"),
            ("cwnd", &tcp, "did you mean `initial-window`?"),
        ] {
            let told = super::meant(found, |key| known.contains(&key));
            assert_eq!(told.as_deref(), Some(meant));
        }
        let elsewhere = meant("mss", |key| tcp.contains(&key)).expect("a setting of links");
        assert!(elsewhere.contains("write mtu = "), "{elsewhere}");
        assert_eq!(meant("bandwidth", |key| key == "delay"), None, "there is no such key here");
        assert_eq!(meant("rate", |key| key == "delay"), None);
    }

    #[test]
    fn the_table_has_only_lower_case_and_each_word_once_for_a_key() {
        let mut pairs = std::collections::BTreeSet::new();
        for (words, keys, remark) in TABLE.iter().chain(ELSEWHERE) {
            assert!(remark.is_empty() || remark.ends_with(';'), "{remark}");
            for word in *words {
                assert_eq!(*word, word.to_lowercase().replace('_', "-"));
                assert!(pairs.insert((word, keys[0])), "{word} for {} twice", keys[0]);
            }
        }
    }
}
