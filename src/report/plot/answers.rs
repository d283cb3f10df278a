//! How long people wait, over time: round trips of pings and connections, and whole answers such as web
//! pages.

use super::axis::{Axis, Quantity};
use super::busiest;
use super::chart::{self, By, Chart, Value};
use super::input::PlotInput;
use super::page::{self, Area};
use super::sheet::Format;
use super::style::{self, HEIGHT, MAX_SERIES};
use crate::report::human;
use crate::report::series::FlowCurves;

/// What one flow waited for.
struct Waits<'a> {
    name: &'a str,
    points: &'a [Value],
    /// Whole answers; otherwise round trips.
    are_answers: bool,
    /// Whether one has nothing to do with the next: whole answers, or round trips of several connections.
    are_apart: bool,
    /// The longest of them \[s\]; of many, points are means.
    longest: f64,
}

impl Waits<'_> {
    /// Of what the points are and the longest of them.
    fn remark(&self) -> String {
        let what = if self.are_answers { "answers" } else { "RTT" };
        format!("{what} ≤ {}", human::time(self.longest))
    }
}

/// The plot, or nothing if nobody waited for several things.
pub(super) fn draw(input: &PlotInput, format: Format) -> Option<Vec<u8>> {
    let all: Vec<Waits<'_>> = input.flows.iter().filter_map(of_flow).collect();
    let order: Vec<usize> = (0..all.len()).collect();
    // Answers go first: there are fewer of them than round trips, and they are what people feel.
    let shown = busiest(&order, MAX_SERIES, |&i| (all[i].are_answers, all[i].points.len()));
    let shown: Vec<&Waits<'_>> = shown.into_iter().map(|i| &all[i]).collect();
    if shown.is_empty() {
        return None;
    }
    let remark =
        (shown.len() < all.len()).then(|| format!("{} of {} flows", shown.len(), all.len()));
    let subtitle = input.subtitle_over_time(remark);
    let high = shown.iter().flat_map(|waits| waits.points).map(|point| point.1).fold(0.0, f64::max);
    let y = Axis::from_zero(Quantity::Time, high * 1.06, 6);
    let x = Axis::from_zero(Quantity::Time, input.shown_seconds(), 7);
    Some(page::sheet(format, HEIGHT, "Round trips and answers", &subtitle, |canvas, area| {
        let (left, right) = (area.left + chart::beside(&y), area.right - page::LEGEND);
        let plot = Area { left, top: area.top + 36.0, right, bottom: area.bottom - chart::BELOW };
        let mut chart = Chart::new(canvas, plot, &x, &y, Some(&format!("time [{}]", x.unit)));
        page::unit(canvas, area, &format!("[{}]", y.unit));
        for (i, waits) in shown.iter().enumerate() {
            match waits.are_apart {
                true => chart.points(waits.points, style::series(i)),
                false => chart.series(By::Width, waits.points.to_vec(), i, shown.len()),
            }
        }
        let entry = |waits: &&Waits<'_>| (waits.name.to_owned(), waits.remark());
        let entries: Vec<_> = shown.iter().map(entry).collect();
        page::legend_with_points(canvas, plot, &entries, |i| shown[i].are_apart);
    }))
}

/// The answers of a flow or, if it got none, its round trips. A few alone show nothing over time.
fn of_flow(flow: &FlowCurves) -> Option<Waits<'_>> {
    const FEW: usize = 8;
    let are_answers = flow.answers.len() > 1;
    let points = if are_answers { &flow.answers } else { &flow.rtt_over_time };
    let highest = points.iter().map(|point| point.1).fold(0.0, f64::max);
    let of_all = flow.rtt.iter().flat_map(|rtt| rtt.points.last()).map(|point| point.0);
    let longest = if are_answers { highest } else { of_all.fold(highest, f64::max) };
    let is_shown = are_answers || points.len() > FEW;
    let are_apart = are_answers || flow.connections > 1;
    is_shown.then_some(Waits { name: &flow.name, points, are_answers, are_apart, longest })
}
