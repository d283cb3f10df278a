//! What applications found out in their own words: the hops of `traceroute`, the statistics of
//! `ping`, the answers of DNS.

use super::paint::Paint;
use super::{Look, MAX_ROWS, grid};
use crate::observe::results::Summary;

pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let paint = Paint(look.colour);
    let told: Vec<_> = summary.flows.iter().filter(|(_, flow)| !flow.details.is_empty()).collect();
    if told.is_empty() {
        return None;
    }
    let mut text = String::new();
    let (mut room, mut left_out) = (2 * MAX_ROWS, 0);
    for (name, flow) in told {
        if flow.details.len() > room {
            left_out += 1;
            continue;
        }
        room -= flow.details.len();
        text.push_str(&paint.bold(name));
        text.push('\n');
        for line in &flow.details {
            match line.chars().count() < look.width {
                true => text.push_str(&format!(" {line}\n")),
                false => grid::hang(" ", 3, line, look.width, &mut text),
            }
        }
    }
    if left_out > 0 {
        let more = format!(" … and what {left_out} more found out (summary.json has all)\n");
        text.push_str(&paint.dim(&more));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn gives_the_lines_of_each_flow_under_its_name_and_no_more_than_fit() {
        let mut summary = sample::summary();
        assert_eq!(print(&summary, &Look::default()), None);
        let lines = vec![" 1  10.0.0.1  1.000 ms".to_owned(), " 2  * * *".to_owned()];
        summary.flows[0].details = lines;
        let name = summary.flows.get_index(0).expect("a flow").0.clone();
        let text = print(&summary, &Look::default()).expect("details");
        assert_eq!(text, format!("{name}\n  1  10.0.0.1  1.000 ms\n  2  * * *\n"));
        let words = "501 packets transmitted, 480 received, 14 not yet answered, ";
        summary.flows[1].details = vec![words.repeat(2)];
        let text = print(&summary, &Look::default()).expect("details");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("\n   transmitted, 480 received"), "{text}");
        summary.flows[1].details = vec!["line".to_owned(); 2 * MAX_ROWS];
        let text = print(&summary, &Look::default()).expect("details");
        assert!(text.ends_with("… and what 1 more found out (summary.json has all)\n"), "{text}");
    }
}
