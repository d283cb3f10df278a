//! Listen queues of TCP ports: what was accepted and what found no room.

use super::Look;
use super::grid::{self, Column::Number, Column::Text};
use crate::observe::results::{Listen, Summary};
use crate::report::human;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let listeners = summary.ports.iter().filter_map(|(name, port)| Some((name, port.listen?)));
    let used: Vec<_> = listeners.filter(|(_, listen)| *listen != Listen::default()).collect();
    // Few send cookies, and columns are precious.
    let cookies = used.iter().any(|(_, it)| it.cookies_sent + it.cookies_received > 0);
    let mut columns = vec![
        Text("port"),
        Number("accepted"),
        Number("SYN queue\nmax"),
        Number("accept\nqueue max"),
        Number("SYNs\ndropped"),
        Number("over-\nflows"),
    ];
    if cookies {
        columns.extend([Number("cookies\nsent"), Number("cookies\nback")]);
    }
    let row = |(name, listen): &(&String, Listen)| {
        let mut counts = vec![
            listen.accepted,
            listen.max_syn_queue,
            listen.max_accept_queue,
            listen.syn_dropped,
            listen.accept_overflows,
        ];
        if cookies {
            counts.extend([listen.cookies_sent, listen.cookies_received]);
        }
        std::iter::once((*name).clone()).chain(counts.into_iter().map(human::count)).collect()
    };
    grid::print("Listen queues", &columns, used.iter().map(row).collect(), look)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn fits_eighty_columns_and_leaves_idle_listeners_out() {
        let mut summary = sample::summary();
        assert_eq!(print(&summary, &Look::default()), None);
        let mut port = summary.ports[0].clone();
        port.listen = Some(Listen::default());
        summary.ports.insert("bob:81/tcp".into(), port.clone());
        assert_eq!(print(&summary, &Look::default()), None);
        port.listen = Some(Listen {
            accepted: 120,
            syn_dropped: 2,
            accept_overflows: 1,
            cookies_sent: 2871,
            cookies_received: 5,
            max_syn_queue: 129,
            max_accept_queue: 6,
        });
        summary.ports.insert("a-web-server-with-a-long-name:80/tcp".into(), port);
        let text = print(&summary, &Look::default()).expect("a table");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains(":80/tcp"), "{text}");
        insta::assert_snapshot!(text);
    }
}
