//! A line with dashes of several lengths as an element of plotters, whose own knows one length only.

use plotters::element::{Drawable, PointCollection};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

use super::canvas::{Point, Stroke};
use super::surface::Surface;

/// A dashed line through points of any coordinates.
pub(super) struct Dashed<C> {
    points: Vec<C>,
    stroke: Stroke,
}

impl<C> Dashed<C> {
    pub(super) fn new(points: Vec<C>, stroke: Stroke) -> Self {
        Self { points, stroke }
    }
}

impl<'a, C> PointCollection<'a, C> for &'a Dashed<C> {
    type Point = &'a C;
    type IntoIter = &'a [C];

    fn point_iter(self) -> Self::IntoIter {
        &self.points
    }
}

impl<C> Drawable<Surface<'_>> for Dashed<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        points: I,
        surface: &mut Surface<'_>,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<std::io::Error>> {
        let style = self.stroke.style(surface.scale());
        let dash: Vec<f64> = self.stroke.dash.iter().map(|px| px * surface.scale()).collect();
        let points: Vec<Point> = points.map(|(x, y)| (f64::from(x), f64::from(y))).collect();
        for piece in dashed(&points, &dash) {
            let whole = |(x, y): Point| (libm::round(x) as i32, libm::round(y) as i32);
            surface.draw_path(piece.into_iter().map(whole), &style)?;
        }
        Ok(())
    }
}

/// The pieces of a line that its dashes leave.
fn dashed(points: &[Point], dash: &[f64]) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = vec![points.first().copied().into_iter().collect()];
    let (mut at, mut left) = (0, dash[0]);
    for ends in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (ends[0], ends[1]);
        let length = libm::sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0));
        let mut gone = 0.0;
        while length - gone > left {
            gone += left;
            let turn = (x0 + (x1 - x0) * gone / length, y0 + (y1 - y0) * gone / length);
            match at % 2 {
                0 => pieces.last_mut().expect("there is always a piece").push(turn),
                _ => pieces.push(vec![turn]),
            }
            at += 1;
            left = dash[at % dash.len()];
        }
        left -= length - gone;
        if at % 2 == 0 {
            pieces.last_mut().expect("there is always a piece").push((x1, y1));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_round_corners() {
        let points = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)];
        let pieces = dashed(&points, &[8.0, 4.0]);
        assert_eq!(pieces, [vec![(0.0, 0.0), (8.0, 0.0)], vec![(10.0, 2.0), (10.0, 10.0)]]);
    }
}
