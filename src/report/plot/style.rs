//! The one look of all plots.

use super::canvas::Colour;

/// Width of a plot [px].
pub(super) const WIDTH: u32 = 1280;
/// Height of a plot [px].
pub(super) const HEIGHT: u32 = 720;
/// Empty border around everything [px].
pub(super) const MARGIN: f64 = 36.0;

/// Size of the title [px].
pub(super) const TITLE: f64 = 36.0;
/// Size of names and titles of axes [px].
pub(super) const LABEL: f64 = 27.0;
/// Size of numbers at axes and of the subtitle [px]: readable at half the width of a slide.
pub(super) const SMALL: f64 = 24.0;

/// Text.
pub(super) const INK: Colour = Colour(0x22, 0x22, 0x22);
/// Text beside the point, axes.
pub(super) const GREY: Colour = Colour(0x5f, 0x5f, 0x5f);
/// Lines of the grid.
pub(super) const GRID: Colour = Colour(0xe2, 0xe2, 0xe2);
/// The ground.
pub(super) const WHITE: Colour = Colour(0xff, 0xff, 0xff);
/// Drops, and nothing else where drops are shown.
pub(super) const DROP: Colour = Colour(0xd5, 0x5e, 0x00);

/// Colours of series: those of Okabe and Ito (2008), which everybody can tell apart, without the
/// yellow that vanishes on white.
const PALETTE: [Colour; 8] = [
    Colour(0x00, 0x72, 0xb2),
    Colour(0xe6, 0x9f, 0x00),
    Colour(0x00, 0x9e, 0x73),
    Colour(0xcc, 0x79, 0xa7),
    Colour(0x56, 0xb4, 0xe9),
    Colour(0xd5, 0x5e, 0x00),
    Colour(0x00, 0x00, 0x00),
    Colour(0x80, 0x80, 0x80),
];

/// The most series in one plot.
pub(super) const MAX_SERIES: usize = PALETTE.len();

/// Dashes and gaps [px]; none for a solid line.
const DASHES: [&[f64]; 4] = [&[], &[14.0, 7.0], &[4.0, 6.0], &[18.0, 6.0, 4.0, 6.0]];

/// The same of what a model says.
pub(super) const MODEL: &[f64] = &[9.0, 9.0];

/// What tells a series apart: its colour, its dashes and its marker.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeriesStyle {
    pub(super) colour: Colour,
    pub(super) dash: &'static [f64],
    pub(super) marker: Marker,
    /// Whether the marker is filled.
    pub(super) filled: bool,
}

/// Shapes of markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// The style of series number `i` of a plot.
pub(super) fn series(i: usize) -> SeriesStyle {
    let markers = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
    SeriesStyle {
        colour: PALETTE[i % PALETTE.len()],
        dash: DASHES[i % DASHES.len()],
        marker: markers[i % markers.len()],
        filled: i < markers.len(),
    }
}
