//! The files of drawings: SVG at its size on the page, PNG with twice as many pixels each way.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{RgbImage, imageops};
use plotters::prelude::{BitMapBackend, SVGBackend};

use super::canvas::{Canvas, IN_MEMORY};
use super::surface::{PNG_SCALE, SVG_SCALE, Surface};

/// File formats of plots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Scalable: for pages and slides.
    Svg,
    /// A bitmap, for what takes nothing else.
    Png,
}

impl Format {
    /// The end of file names.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// The file with what `draw` draws on white, `width` by `height` pixels large. The title is for
/// readers who cannot see.
pub(super) fn drawn(
    format: Format,
    (width, height): (u32, u32),
    title: &str,
    draw: impl FnOnce(&Canvas<'_>),
) -> Vec<u8> {
    match format {
        Format::Svg => {
            let mut text = String::new();
            let size = (width * SVG_SCALE, height * SVG_SCALE);
            let canvas = Canvas::new(Surface::Svg(SVGBackend::with_string(&mut text, size)));
            draw(&canvas);
            canvas.finish();
            titled(&text, (width, height), title).into_bytes()
        }
        Format::Png => {
            let (fine, shown) = ((width * PNG_SCALE, height * PNG_SCALE), (width * 2, height * 2));
            let mut pixels = vec![0; (fine.0 * fine.1 * 3) as usize];
            let canvas = Canvas::new(Surface::Png(BitMapBackend::with_buffer(&mut pixels, fine)));
            draw(&canvas);
            canvas.finish();
            encoded(pixels, fine, shown)
        }
    }
}

/// The drawing at its size on the page, with its title and without what goes without saying. Lines
/// turn round corners.
fn titled(svg: &str, (width, height): (u32, u32), title: &str) -> String {
    let (_, body) = svg.split_once('\n').expect("the backend writes its first tag on a line");
    // Quotes in words are written otherwise.
    let body = body.replace(" opacity=\"1\"", "");
    let title = printable(title).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" role=\"img\" stroke-linejoin=\"round\">\n<title>{title}</title>\n\
         {body}",
        width * SVG_SCALE,
        height * SVG_SCALE,
    )
}

/// A PNG of `pixels`, made smaller so that edges become smooth.
fn encoded(pixels: Vec<u8>, (width, height): (u32, u32), shown: (u32, u32)) -> Vec<u8> {
    let fine = RgbImage::from_raw(width, height, pixels).expect("as many bytes as pixels");
    let smooth = imageops::thumbnail(&fine, shown.0, shown.1);
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Up);
    smooth.write_with_encoder(encoder).expect(IN_MEMORY);
    bytes
}

/// Text without control characters, which have no place in XML at all.
pub(super) fn printable(text: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if odd(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::canvas::{Anchor, Colour, Stroke, Text};
    use super::*;

    #[test]
    fn names_cannot_break_out() {
        let svg = drawn(Format::Svg, (10, 10), "</title>&\u{1}", |canvas| {
            let text = Text { colour: Colour(0, 0, 0), size: 9.0, anchor: Anchor::Start };
            canvas.text((0.0, 0.0), "<script>\u{1}", text);
        });
        let text = String::from_utf8(svg).expect("text");
        assert!(text.contains("<title>&lt;/title&gt;&amp;\u{fffd}</title>"), "{text}");
        assert!(text.contains(">\n&lt;script&gt;\u{fffd}\n</text>"), "{text}");
        roxmltree::Document::parse(&text).expect("XML");
    }

    #[test]
    fn far_away_things_do_no_harm() {
        let png = drawn(Format::Png, (20, 10), "", |canvas| {
            let stroke = Stroke { colour: Colour(0, 0, 0), width: 2.0, dash: &[2.0, 1.0] };
            canvas.line(&[(-1e300, f64::MAX), (1e300, 5.0)], stroke);
            canvas.line(&[(f64::NAN, 1.0), (5.0, 5.0)], stroke);
            canvas.disc((1e9, 1e9), 1.0, Colour(0, 0, 0));
            canvas.area(&[], Colour(0, 0, 0));
            let text = Text { colour: Colour(0, 0, 0), size: 12.0, anchor: Anchor::Middle };
            canvas.text((20.0, 0.0), "over the edge", text);
        });
        assert!(png.starts_with(b"\x89PNG"));
    }
}
