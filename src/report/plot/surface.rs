//! What the charts of `plotters` are drawn on: its SVG and bitmap backends behind one type, with what
//! they get wrong put right.
//!
//! Both backends know whole units only, so a unit here is a fraction of a pixel ([`Surface::scale`]).
//! The bitmap backend sets the letters of a word apart by whole units without their side bearings,
//! and fills a thick line as one polygon, which leaves holes where the line crosses itself: letters
//! are placed and lines drawn by [`raster`] instead. The SVG backend places words relative to the
//! height of an "x", which depends on the reader's font: here the base line counts.

use std::error::Error;
use std::io;

use plotters::prelude::{BitMapBackend, DrawingBackend, FontFamily, SVGBackend};
use plotters::style::text_anchor::{Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

use super::raster;

/// The font size that plotters means by 1 em.
pub(super) const SIZE_PER_EM: f64 = 1.24;
/// Where the SVG backend puts the upper edge of a word above its base line [em].
const TOP: f64 = 0.76;
/// How far below the middle of a digit its base line is [em].
const MIDDLE: f64 = 0.36;

/// Units of the SVG backend per pixel of the page.
pub(super) const SVG_SCALE: u32 = 8;
/// Units of the bitmap backend per pixel of the page.
pub(super) const PNG_SCALE: u32 = 4;

/// A backend of plotters.
pub(super) enum Surface<'a> {
    Svg(SVGBackend<'a>),
    Png(BitMapBackend<'a>),
}

/// What the backends' methods return.
pub(super) type Done = Result<(), DrawingErrorKind<io::Error>>;

/// Calls the same method of whichever backend it is.
macro_rules! on_either {
    ($self:ident, $method:ident($($argument:expr),*)) => {
        match $self {
            Surface::Svg(backend) => backend.$method($($argument),*).map_err(fault),
            Surface::Png(backend) => backend.$method($($argument),*).map_err(fault),
        }
    };
}

/// The faults of both backends as one kind.
pub(super) fn fault<E: Error + Send + Sync + 'static>(
    fault: DrawingErrorKind<E>,
) -> DrawingErrorKind<io::Error> {
    match fault {
        DrawingErrorKind::DrawingError(fault) => {
            DrawingErrorKind::DrawingError(io::Error::other(fault))
        }
        DrawingErrorKind::FontError(fault) => DrawingErrorKind::FontError(fault),
    }
}

impl Surface<'_> {
    /// Units of the backend per pixel of the page.
    pub(super) fn scale(&self) -> f64 {
        f64::from(match self {
            Self::Svg(_) => SVG_SCALE,
            Self::Png(_) => PNG_SCALE,
        })
    }
}

impl DrawingBackend for Surface<'_> {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        match self {
            Self::Svg(backend) => backend.get_size(),
            Self::Png(backend) => backend.get_size(),
        }
    }

    fn ensure_prepared(&mut self) -> Done {
        on_either!(self, ensure_prepared())
    }

    fn present(&mut self) -> Done {
        on_either!(self, present())
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Done {
        on_either!(self, draw_pixel(at, colour))
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, s: &S) -> Done {
        self.draw_path([from, to], s)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done {
        on_either!(self, draw_rect(upper_left, bottom_right, style, fill))
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Done {
        match self {
            Self::Svg(backend) => backend.draw_path(path, style).map_err(fault),
            Self::Png(backend) => {
                raster::stroke(backend, &path.into_iter().collect::<Vec<_>>(), style)
            }
        }
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Done {
        on_either!(self, fill_polygon(corners, style))
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Done {
        on_either!(self, draw_circle(centre, radius, style, fill))
    }

    /// Writes `words`; an anchor at the bottom means the base line.
    fn draw_text<S: BackendTextStyle>(&mut self, words: &str, style: &S, at: BackendCoord) -> Done {
        let em = style.size() / SIZE_PER_EM;
        let base = f64::from(at.1)
            + match style.anchor().v_pos {
                VPos::Top => TOP * em,
                VPos::Center => MIDDLE * em,
                VPos::Bottom => 0.0,
            };
        match self {
            _ if words.is_empty() => Ok(()),
            Self::Svg(backend) => {
                let top = libm::round(base - TOP * em) as i32;
                backend.draw_text(words, &FromTop { style, em }, (at.0, top)).map_err(fault)
            }
            Self::Png(backend) => raster::letters(backend, words, style, (f64::from(at.0), base)),
        }
    }
}

/// A style with its anchor at the top, the only place that is the same whatever the font.
struct FromTop<'s, S> {
    style: &'s S,
    em: f64,
}

impl<S: BackendTextStyle> BackendTextStyle for FromTop<'_, S> {
    type FontError = S::FontError;

    fn color(&self) -> BackendColor {
        self.style.color()
    }

    /// The SVG backend divides again, which not every number survives: the nearest that does.
    fn size(&self) -> f64 {
        let whole = libm::round(self.em);
        let exact = |em: &f64| em * SIZE_PER_EM / SIZE_PER_EM == *em;
        let mut near = (0..8).map(|sixteenths| whole + f64::from(sixteenths) / 16.0);
        near.find(exact).unwrap_or(whole) * SIZE_PER_EM
    }

    fn anchor(&self) -> Pos {
        Pos::new(self.style.anchor().h_pos, VPos::Top)
    }

    fn family(&self) -> FontFamily<'_> {
        self.style.family()
    }

    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32)), Self::FontError> {
        self.style.layout_box(text)
    }

    fn draw<E, D: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        at: BackendCoord,
        draw: D,
    ) -> Result<Result<(), E>, Self::FontError> {
        self.style.draw(text, at, draw)
    }
}
