//! Thick lines and letters on bitmaps, where the bitmap backend of plotters needs help.

use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters::style::text_anchor::HPos;
use plotters_backend::{BackendCoord, BackendStyle, BackendTextStyle};

use super::font;
use super::surface::{Done, SIZE_PER_EM, fault};

/// Draws a line: a bar for every edge and a disc at every corner.
pub(super) fn stroke<S: BackendStyle>(
    bitmap: &mut BitMapBackend<'_>,
    path: &[BackendCoord],
    s: &S,
) -> Done {
    let colour = s.color();
    if colour.alpha == 0.0 {
        return Ok(());
    }
    let width = i32::try_from(s.stroke_width().max(1)).unwrap_or(i32::MAX);
    for ends in path.windows(2) {
        let ((x0, y0), (x1, y1)) = (ends[0], ends[1]);
        let (left, right) = (x0.min(x1), x0.max(x1));
        let (top, bottom) = (y0.min(y1), y0.max(y1));
        let half = width / 2;
        let done = if y0 == y1 {
            bitmap.draw_rect((left, y0 - half), (right, y0 - half + width), &colour, true)
        } else if x0 == x1 {
            bitmap.draw_rect((x0 - half, top), (x0 - half + width, bottom), &colour, true)
        } else {
            bitmap.fill_polygon(bar(ends[0], ends[1], width), &colour)
        };
        done.map_err(fault)?;
    }
    for &corner in path.iter().skip(1).take(path.len().saturating_sub(2)) {
        let radius = (s.stroke_width().max(1) - 1) / 2;
        bitmap.draw_circle(corner, radius, &colour, true).map_err(fault)?;
    }
    Ok(())
}

/// The corners of a straight line of some width.
fn bar(from: BackendCoord, to: BackendCoord, width: i32) -> [BackendCoord; 4] {
    let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
    // The rasterizer fills the pixels at both edges.
    let half = f64::from(width - 1) / 2.0 / libm::sqrt(dx * dx + dy * dy);
    let (nx, ny) = (libm::round(-dy * half) as i32, libm::round(dx * half) as i32);
    [
        (from.0 + nx, from.1 + ny),
        (to.0 + nx, to.1 + ny),
        (to.0 - nx, to.1 - ny),
        (from.0 - nx, from.1 - ny),
    ]
}

/// Draws words on a bitmap, each letter exactly where it belongs. `at` is on the base line.
pub(super) fn letters<S: BackendTextStyle>(
    bitmap: &mut BitMapBackend<'_>,
    words: &str,
    style: &S,
    at: (f64, f64),
) -> Done {
    let (colour, size) = (style.color(), style.size() / SIZE_PER_EM);
    let left = match style.anchor().h_pos {
        HPos::Left => at.0,
        HPos::Center => at.0 - font::width(words, size) / 2.0,
        HPos::Right => at.0 - font::width(words, size),
    };
    let mut done = Ok(());
    for glyph in font::outlines(words, size, left, at.1) {
        let corner = glyph.px_bounds().min;
        glyph.draw(|x, y, cover| {
            let place = (x as i32 + corner.x as i32, y as i32 + corner.y as i32);
            let drawn = bitmap.draw_pixel(place, colour.mix(f64::from(cover.clamp(0.0, 1.0))));
            if let Err(error) = drawn {
                done = Err(fault(error));
            }
        });
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::style::{BLACK, Color, FontDesc, FontFamily, FontStyle, TextStyle};

    /// Whether each pixel of a bitmap 40 by 40 pixels large is black after drawing.
    fn black(draw: impl FnOnce(&mut BitMapBackend<'_>) -> Done) -> impl Fn(usize, usize) -> bool {
        let mut pixels = vec![0xff; 40 * 40 * 3];
        draw(&mut BitMapBackend::with_buffer(&mut pixels, (40, 40))).expect("draws");
        move |x, y| pixels[(y * 40 + x) * 3] < 0x80
    }

    #[test]
    fn a_line_across_itself_has_no_holes() {
        let path = [(5, 20), (30, 20), (30, 5), (20, 5), (20, 35)];
        let style = Color::stroke_width(&BLACK, 6);
        let black = black(|bitmap| stroke(bitmap, &path, &style));
        assert!((17..23).all(|x| (17..23).all(|y| black(x, y))), "the crossing");
        assert!(black(30, 20) && black(31, 21), "the corner");
        assert!(!black(10, 16) && black(10, 17) && black(10, 22) && !black(10, 23), "the edges");
    }

    #[test]
    fn letters_stand_on_their_base_line_where_their_bearing_says() {
        let style = TextStyle::from(FontDesc::new(
            FontFamily::SansSerif,
            20.0 * SIZE_PER_EM,
            FontStyle::Normal,
        ));
        let black = black(|bitmap| letters(bitmap, "l", &style, (10.0, 30.0)));
        // The stem of "l" in DejaVu Sans is from 193/2048 to 377/2048 em, 1556/2048 em high.
        assert!(!black(11, 25) && black(12, 25) && !black(14, 25));
        assert!(!black(12, 13) && black(12, 16) && black(12, 29) && !black(12, 30));
    }
}
