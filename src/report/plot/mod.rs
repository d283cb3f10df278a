//! Plots of a run: one file for each, one style for all.
//!
//! [`all`] draws every plot that a [`PlotInput`] has data for. A plot shows at most as many series
//! as can be told apart, the busiest, and says so. Drawings are decided by their input alone, to the
//! byte: the places of everything are found with exact arithmetic.
//!
//! [`estimates`] and [`mod@heat`] draw what came out of many runs.
//!
//! The drawing is done by `plotters`: coordinate systems, grid, axes and their numbers, lines, areas,
//! crosses and words are its charts, series and elements, and its SVG and bitmap backends write them
//! (`chart`, `canvas`, `surface`). Ours are the numbers at axes (`axis`), lines with dashes of
//! several lengths (`dashed`), thick lines and letters of bitmaps (`raster`) in a font that travels
//! along (`font`), the ends of files (`sheet`), and the layout.

mod answers;
mod axis;
mod canvas;
mod chart;
mod congestion;
mod dashed;
mod delay_cdf;
pub mod estimates;
mod font;
pub mod heat;
mod input;
mod listen;
mod occupancy;
mod page;
mod panels;
mod port;
mod queue;
mod raster;
mod rtt;
mod sheet;
mod states;
mod style;
mod surface;
mod throughput;
mod topology;

pub use axis::Quantity;
pub use input::{Mark, PlotInput, PlotSeries};
pub use sheet::Format;
pub use topology::{Shape, Topology, TopologyLink, TopologyNode};

/// Draws one plot, or nothing if there is nothing to show.
type Draw = fn(&PlotInput, Format) -> Option<Vec<u8>>;

/// Every plot there is, by the name of its file without extension.
const PLOTS: [(&str, Draw); 11] = [
    ("topology", topology::draw),
    ("queues", queue::draw),
    ("ports", port::draw),
    ("listen", listen::draw),
    ("congestion", congestion::draw),
    ("rtt", rtt::draw),
    ("answers", answers::draw),
    ("states", states::draw),
    ("throughput", throughput::draw),
    ("delay", delay_cdf::draw_delay),
    ("round-trip", delay_cdf::draw_rtt),
];

/// The names of all plots' files, without extension.
pub fn stems() -> impl Iterator<Item = &'static str> {
    PLOTS.iter().map(|(stem, _)| *stem)
}

/// All plots that there is data for: the name of the file without extension, and its bytes.
#[must_use]
pub fn all(input: &PlotInput, format: Format) -> Vec<(&'static str, Vec<u8>)> {
    let drawn = |(stem, draw): &(&'static str, Draw)| Some((*stem, draw(input, format)?));
    PLOTS.iter().filter_map(drawn).collect()
}

/// The `most` things with the largest `measure`, in their own order.
fn busiest<T: Copy, M: PartialOrd>(things: &[T], most: usize, measure: impl Fn(&T) -> M) -> Vec<T> {
    let mut order: Vec<usize> = (0..things.len()).collect();
    let by = |&a: &usize, &b: &usize| {
        measure(&things[b])
            .partial_cmp(&measure(&things[a]))
            .unwrap_or(std::cmp::Ordering::Equal)
            .then(a.cmp(&b))
    };
    order.sort_by(by);
    order.truncate(most);
    order.sort_unstable();
    order.into_iter().map(|i| things[i]).collect()
}

#[cfg(test)]
mod tests;
