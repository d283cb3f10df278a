//! The states of both ends of connections over time: how they are opened and how they are closed.

use super::axis::{Axis, Quantity};
use super::canvas::{Canvas, Stroke};
use super::chart::{self, Chart, Value};
use super::font;
use super::input::PlotInput;
use super::occupancy::HEADING;
use super::page::{self, Area};
use super::panels;
use super::sheet::Format;
use super::style::{self, HEIGHT, SMALL};
use crate::report::series::{ConnectionStates, StateChange};

/// The names of the states, in the order of a life.
const STATES: [&str; 11] = [
    "CLOSED",
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
];

/// The most connections on one sheet.
const MOST: usize = 3;

/// From the words below one connection to those above the next.
const APART: f64 = 24.0;
/// The least height of a row: the names of two states must not touch.
const ROW: f64 = SMALL * 1.2;

/// What is so many times a handshake away gets its own chart.
const FAR: f64 = 4.0;
/// The most charts of one connection.
const MOST_SPANS: usize = 3;

/// The handshake of a connection whose life takes no time at all \[s\].
const AT_ONCE: f64 = 1e-3;

/// From when to when \[s\].
type Span = (f64, f64);

/// The plot, or nothing if there was no connection.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let all = &input.states;
    let places = chosen(all);
    let shown: Vec<&ConnectionStates> = places.iter().map(|&place| &all[place]).collect();
    if shown.is_empty() {
        return None;
    }
    let (count, is_first) = (shown.len(), places.iter().copied().eq(0..shown.len()));
    let remark = (count < all.len()).then(|| match is_first {
        true => format!("the first {count} connections"),
        false => format!("{count} of the first connections"),
    });
    let subtitle = input.subtitle(remark);
    let least: Vec<f64> = shown.iter().map(|it| least_height(it)).collect();
    let height = libm::ceil(page::ABOVE + least.iter().sum::<f64>()) as u32;
    let height = height.max(HEIGHT);
    Some(page::sheet(format, height, "States of connections", &subtitle, |canvas, area| {
        let stretch = area.height() / least.iter().sum::<f64>();
        let mut top = area.top;
        for (i, (connection, least)) in shown.iter().zip(&least).enumerate() {
            let apart = if i + 1 < shown.len() { APART } else { 0.0 };
            let bottom = top + least * stretch;
            let place = Area { top, bottom: bottom - apart, ..area };
            draw_connection(canvas, place, connection, input.seconds);
            top = bottom;
        }
    }))
}

/// Which connections are shown, in their order: the first of every conversation before the second of
/// any.
fn chosen(all: &[ConnectionStates]) -> Vec<usize> {
    let before = |place: usize| all[..place].iter().filter(|it| it.name == all[place].name).count();
    let mut places: Vec<usize> = (0..all.len()).collect();
    places.sort_by_key(|&place| (before(place), place));
    places.truncate(MOST);
    places.sort_unstable();
    places
}

/// The height in which the names of a connection's states can be read.
fn least_height(connection: &ConnectionStates) -> f64 {
    HEADING + rows(connection).len() as f64 * ROW + chart::BELOW + APART
}

/// The states that a connection passes, its rows from below.
fn rows(connection: &ConnectionStates) -> Vec<&'static str> {
    let both = || connection.client.iter().chain(&connection.server);
    let is_passed = |name: &str| both().any(|change| change.state == name);
    let is_served = !connection.server.is_empty() && !is_simultaneous(connection);
    let is_row =
        |name: &&str| *name == "CLOSED" || (*name == "LISTEN" && is_served) || is_passed(name);
    STATES.into_iter().filter(is_row).collect()
}

/// The stretches of time in which something happens: a connection is opened and closed in a few round
/// trips and may last for hours between. The end of TIME-WAIT is left out, as it is far away.
fn spans(connection: &ConnectionStates) -> Vec<Span> {
    let mut times: Vec<f64> = [&connection.client, &connection.server]
        .into_iter()
        .flat_map(|changes| {
            let ends_waiting = |i: usize| i > 0 && changes[i - 1].state == "TIME-WAIT";
            (0..changes.len()).filter(move |&i| !ends_waiting(i)).map(|i| changes[i].seconds)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let Some(&first) = times.first() else { return Vec::new() };
    let opened = |end: &[StateChange]| {
        end.iter().find(|change| change.state == "ESTABLISHED").map(|change| change.seconds)
    };
    let opened =
        opened(&connection.client).into_iter().chain(opened(&connection.server)).reduce(f64::max);
    // Without a handshake to measure by, there is nothing between opening and closing.
    let all = times.last().map_or(0.0, |last| last - first);
    let unit = opened.map_or(all / FAR, |opened| opened - first);
    let unit = if unit > 0.0 { unit } else { AT_ONCE };
    let mut spans: Vec<Span> = Vec::new();
    for time in times {
        match spans.last_mut() {
            Some(last) if time - last.1 <= FAR * unit => last.1 = time,
            _ => spans.push((time, time)),
        }
    }
    while spans.len() > MOST_SPANS {
        let gap = |i: &usize| spans[i + 1].0 - spans[*i].1;
        let nearest = (0..spans.len() - 1).min_by(|a, b| gap(a).total_cmp(&gap(b)));
        let nearest = nearest.expect("several spans have gaps between");
        spans[nearest].1 = spans.remove(nearest + 1).1;
    }
    let padded = |(from, to): Span| {
        let pad = ((to - from) * 0.25).max(unit * 0.5);
        ((from - pad).max(0.0), to + pad)
    };
    spans.into_iter().map(padded).collect()
}

/// Draws one connection of a run that ended at `end` \[s\].
fn draw_connection(canvas: &Canvas<'_>, place: Area, connection: &ConnectionStates, end: f64) {
    const GAP: f64 = 40.0;
    let rows = rows(connection);
    let spans = spans(connection);
    let y = Axis::named(&rows);
    let names = chart::beside(&y);
    let count = spans.len().max(1) as f64;
    let width = (place.width() - names - 10.0 - GAP * (count - 1.0)) / count;
    let (top, bottom) = (place.top + HEADING, place.bottom - chart::BELOW);
    let strokes = [0, 1].map(|i| {
        let look = style::series(i);
        Stroke { colour: look.colour, width: 4.0, dash: look.dash }
    });
    for (i, &(from, to)) in spans.iter().enumerate() {
        let to = if end > from { to.min(end) } else { to };
        let left = place.left + names + (width + GAP) * i as f64;
        let area = Area { left, top, right: left + width, bottom };
        let x = time_axis((from, to), width);
        let title = format!("time [{}]", x.unit);
        let y = if i == 0 { y.clone() } else { y.without_labels() };
        let mut chart = Chart::new(canvas, area, &x, &y, Some(&title));
        let server = if is_simultaneous(connection) { "CLOSED" } else { "LISTEN" };
        let ends = [(&connection.client, "CLOSED", 0.07), (&connection.server, server, -0.07)];
        for ((changes, first, shift), stroke) in ends.into_iter().zip(strokes) {
            if !changes.is_empty() {
                chart.line(steps(changes, first, &rows, (from, to), shift), stroke);
            }
        }
    }
    let both = titles(connection).into_iter().zip([&connection.client, &connection.server]);
    let shown = both.zip(strokes).filter(|((_, changes), _)| !changes.is_empty());
    let entries: Vec<_> = shown.map(|((name, _), stroke)| (name, stroke)).collect();
    let entries: Vec<_> = entries.iter().map(|(name, stroke)| (name.as_str(), *stroke)).collect();
    panels::heading(canvas, place, (&connection.name, ""), &entries, None);
}

/// Whether both ends have sent a SYN: then neither is a server.
fn is_simultaneous(connection: &ConnectionStates) -> bool {
    connection.server.iter().any(|change| change.state == "SYN-SENT")
}

/// What both ends are called.
fn titles(connection: &ConnectionStates) -> [String; 2] {
    let roles = if is_simultaneous(connection) { ["", ""] } else { ["client ", "server "] };
    std::array::from_fn(|i| match connection.ends[i].as_str() {
        "" => ["client", "server"][i].to_owned(),
        end => format!("{}{end}", roles[i]),
    })
}

/// As many numbers as there is room for.
fn time_axis((from, to): Span, width: f64) -> Axis {
    const BETWEEN: f64 = 24.0;
    let axis = |count| Axis::between(Quantity::Time, from, to, count);
    let fits = |axis: &Axis| {
        let widths = axis.ticks.iter().map(|(_, label)| font::width(label, SMALL) + BETWEEN);
        widths.sum::<f64>() <= width
    };
    let most = ((width / 105.0) as usize).clamp(2, 8);
    (1..=most).rev().map(axis).find(fits).unwrap_or_else(|| axis(1))
}

/// The corners of a staircase through the rows of the states, shifted a little so that both ends are
/// seen where they are in the same state.
fn steps(
    changes: &[StateChange],
    first: &str,
    rows: &[&str],
    (from, to): Span,
    shift: f64,
) -> Vec<Value> {
    let row = |name: &str| {
        let place = rows.iter().position(|row| *row == name).unwrap_or(0);
        place as f64 + shift
    };
    let mut height = row(first);
    let mut points = vec![(from, height)];
    for change in changes.iter().take_while(|change| change.seconds < to) {
        let before = height;
        height = row(&change.state);
        if change.seconds > from {
            points.extend([(change.seconds, before), (change.seconds, height)]);
        } else {
            points = vec![(from, height)];
        }
    }
    points.push((to, height));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(changes: &[(f64, &str)]) -> Vec<StateChange> {
        changes
            .iter()
            .map(|&(seconds, state)| StateChange { seconds, state: state.into() })
            .collect()
    }

    #[test]
    fn opening_and_closing_are_shown_and_not_what_lies_between() {
        let connection = ConnectionStates {
            name: "web".into(),
            ends: Default::default(),
            client: life(&[
                (1.0, "SYN-SENT"),
                (1.1, "ESTABLISHED"),
                (9.0, "FIN-WAIT-1"),
                (9.1, "FIN-WAIT-2"),
                (9.2, "TIME-WAIT"),
                (69.2, "CLOSED"),
            ]),
            server: life(&[(1.05, "SYN-RECEIVED"), (1.15, "ESTABLISHED"), (9.05, "CLOSE-WAIT")]),
        };
        let spans = spans(&connection);
        assert_eq!(spans.len(), 2, "{spans:?}");
        assert!(spans[0].0 < 1.0 && (1.15..2.0).contains(&spans[0].1), "{spans:?}");
        assert!((8.0..9.0).contains(&spans[1].0) && (9.2..10.0).contains(&spans[1].1), "{spans:?}");
    }

    #[test]
    fn a_connection_that_never_opens_is_one_stretch() {
        let refused = ConnectionStates {
            client: life(&[(5.0, "SYN-SENT"), (5.41, "CLOSED")]),
            ..ConnectionStates::default()
        };
        let flooded = ConnectionStates {
            server: life(&[(2.0, "SYN-RECEIVED"), (65.0, "CLOSED")]),
            ..ConnectionStates::default()
        };
        for connection in [refused, flooded] {
            assert_eq!(spans(&connection).len(), 1, "{connection:?}");
        }
        let at_once = ConnectionStates {
            client: life(&[(5.0, "SYN-SENT"), (5.0, "CLOSED")]),
            ..ConnectionStates::default()
        };
        assert_eq!(spans(&at_once), [(4.9995, 5.0005)], "no ten digits behind the point");
    }

    #[test]
    fn time_ends_with_the_run() {
        let flooded = ConnectionStates {
            server: life(&[(2.0, "SYN-RECEIVED"), (65.0, "CLOSED")]),
            ..ConnectionStates::default()
        };
        let input = PlotInput { states: vec![flooded], seconds: 70.0, ..PlotInput::default() };
        let drawn = String::from_utf8(draw(&input, Format::Svg).expect("a plot")).expect("text");
        assert!(drawn.contains("\n60\n") && !drawn.contains("\n80\n"), "{drawn}");
    }

    #[test]
    fn names_of_states_keep_apart_however_many_connections_there_are() {
        let changes: Vec<_> =
            STATES.iter().enumerate().map(|(i, name)| (i as f64, *name)).collect();
        let connection = ConnectionStates {
            name: "all".into(),
            client: life(&changes),
            server: life(&changes),
            ..ConnectionStates::default()
        };
        let input = PlotInput { states: vec![connection; MOST], ..PlotInput::default() };
        let drawn = String::from_utf8(draw(&input, Format::Svg).expect("a plot")).expect("text");
        let text = roxmltree::Document::parse(&drawn).expect("XML");
        let is_state = |node: &roxmltree::Node<'_, '_>| {
            node.is_element() && STATES.contains(&node.text().unwrap_or_default().trim())
        };
        let number = |node: roxmltree::Node<'_, '_>, name| -> f64 {
            node.attribute(name).and_then(|value| value.parse().ok()).expect("a number")
        };
        let mut heights: Vec<f64> =
            text.descendants().filter(is_state).map(|node| number(node, "y")).collect();
        heights.sort_by(f64::total_cmp);
        assert_eq!(heights.len(), MOST * STATES.len());
        let size = text.descendants().find(is_state).map(|node| number(node, "font-size"));
        let least = heights.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::MAX, f64::min);
        assert!(least >= size.expect("a size"), "{least}");
    }

    #[test]
    fn who_opens_at_once_is_no_server() {
        let ends = ["10.0.0.1:5000".to_owned(), "10.0.0.2:6000".to_owned()];
        let mut both = ConnectionStates {
            ends,
            client: life(&[(0.0, "SYN-SENT")]),
            server: life(&[(0.0, "SYN-SENT")]),
            ..ConnectionStates::default()
        };
        assert_eq!(titles(&both), ["10.0.0.1:5000", "10.0.0.2:6000"]);
        both.server = life(&[(0.0, "SYN-RECEIVED")]);
        assert_eq!(titles(&both), ["client 10.0.0.1:5000", "server 10.0.0.2:6000"]);
    }

    #[test]
    fn a_flood_of_connections_hides_no_other() {
        let of = |names: &[&str]| -> Vec<ConnectionStates> {
            let named =
                |name: &&str| ConnectionStates { name: (*name).into(), ..Default::default() };
            names.iter().map(named).collect()
        };
        assert_eq!(chosen(&of(&["before", "flood", "flood", "flood", "during"])), [0, 1, 4]);
        assert_eq!(chosen(&of(&["many", "many", "many", "many"])), [0, 1, 2]);
        assert_eq!(chosen(&of(&["a", "a", "b"])), [0, 1, 2]);
        let all = of(&["before", "flood", "flood", "flood", "during"]);
        let input = PlotInput { states: all, ..PlotInput::default() };
        let drawn = String::from_utf8(draw(&input, Format::Svg).expect("a plot")).expect("text");
        assert!(drawn.contains("during") && drawn.contains("3 of the first connections"));
    }

    #[test]
    fn numbers_of_a_narrow_chart_keep_apart() {
        let span = (1234.5, 1234.5005);
        let wide = time_axis(span, 1000.0).ticks.len();
        let narrow = time_axis(span, 330.0).ticks;
        assert!((1..wide).contains(&narrow.len()), "{narrow:?} of {wide}");
        let widths = narrow.iter().map(|(_, label)| font::width(label, SMALL));
        assert!(widths.sum::<f64>() <= 330.0, "{narrow:?}");
    }

    #[test]
    fn a_staircase_begins_with_the_state_before_its_span() {
        let changes = life(&[(1.0, "SYN-SENT"), (2.0, "ESTABLISHED"), (5.0, "CLOSED")]);
        let rows = ["CLOSED", "SYN-SENT", "ESTABLISHED"];
        let points = steps(&changes, "CLOSED", &rows, (1.5, 4.0), 0.0);
        assert_eq!(points, [(1.5, 1.0), (2.0, 1.0), (2.0, 2.0), (4.0, 2.0)]);
    }
}
