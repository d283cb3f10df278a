//! The font of plots: DejaVu Sans, which travels in the binary, so that plots need no fonts of
//! the machine and look the same everywhere.

use std::sync::LazyLock;

use plotters::style::{FontFamily, FontStyle, register_font};

use ab_glyph::{Font, FontRef, GlyphId, OutlinedGlyph, PxScale, PxScaleFont, ScaleFont, point};

/// What an SVG asks for. Verdana has nearly the same widths; anything is better than nothing.
const CSS: &str = "DejaVu Sans, Verdana, sans-serif";

static BYTES: &[u8] = include_bytes!("../../../assets/DejaVuSans.ttf");

/// The font's name for plotters, which from now on knows it.
pub(super) fn family() -> FontFamily<'static> {
    static KNOWN: LazyLock<FontFamily<'static>> = LazyLock::new(|| {
        let known = register_font(CSS, FontStyle::Normal, BYTES);
        assert!(known.is_ok(), "the font in the binary is a font");
        FontFamily::Name(CSS)
    });
    *KNOWN
}

/// The font, `size` pixels large as SVG counts them: by the em.
fn sized(size: f64) -> PxScaleFont<&'static FontRef<'static>> {
    static FONT: LazyLock<FontRef<'static>> =
        LazyLock::new(|| FontRef::try_from_slice(BYTES).expect("the font in the binary is a font"));
    // The library counts by ascent and descent.
    let height_per_em = FONT.height_unscaled() / FONT.units_per_em().unwrap_or(2048.0);
    FONT.as_scaled(PxScale::from(size as f32 * height_per_em))
}

/// Every glyph of a text with where it begins, and where the text ends [px].
fn glyphs(text: &str, size: f64) -> (Vec<(GlyphId, f32)>, f32) {
    let font = sized(size);
    let mut glyphs: Vec<(GlyphId, f32)> = Vec::new();
    let mut end = 0.0;
    for c in text.chars() {
        let glyph = font.glyph_id(c);
        if let Some(&(before, _)) = glyphs.last() {
            end += font.kern(before, glyph);
        }
        glyphs.push((glyph, end));
        end += font.h_advance(glyph);
    }
    (glyphs, end)
}

/// The width of a text [px].
pub(super) fn width(text: &str, size: f64) -> f64 {
    f64::from(glyphs(text, size).1)
}

/// The outlines of a text that begins at `left` on the line `base` [px].
pub(super) fn outlines(text: &str, size: f64, left: f64, base: f64) -> Vec<OutlinedGlyph> {
    let font = sized(size);
    let outline = |(glyph, offset): (GlyphId, f32)| {
        let place = point(left as f32 + offset, base as f32);
        font.outline_glyph(glyph.with_scale_and_position(font.scale(), place))
    };
    glyphs(text, size).0.into_iter().filter_map(outline).collect()
}

/// `text` shortened in its middle until it is at most `room` pixels wide.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.into();
    }
    let characters: Vec<char> = text.chars().collect();
    for kept in (2..characters.len()).rev() {
        let (front, back) = (kept - kept / 2, kept / 2);
        let start: String = characters[..front].iter().collect();
        let end: String = characters[characters.len() - back..].iter().collect();
        let short = format!("{}…{}", start.trim_end(), end.trim_start());
        if width(&short, size) <= room {
            return short;
        }
    }
    "…".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_and_shortens() {
        // The advance of "n" in DejaVu Sans is 1298/2048 em.
        assert!((width("nnnn", 20.0) - 4.0 * 20.0 * 1298.0 / 2048.0).abs() < 0.1);
        assert_eq!(fitted("short", 20.0, 100.0), "short");
        let long = "a-very-long-name-of-something";
        let short = fitted(long, 20.0, 150.0);
        assert!(width(&short, 20.0) <= 150.0 && width(&short, 20.0) > 120.0, "{short}");
        assert!(short.starts_with("a-very") && short.ends_with("thing"), "{short}");
    }

    #[test]
    fn has_every_sign_that_plots_use() {
        for sign in "→×–…µ✓≤".chars() {
            assert_ne!(sized(20.0).glyph_id(sign), GlyphId(0), "{sign}");
        }
    }
}
