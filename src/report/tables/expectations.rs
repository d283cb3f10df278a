//! What the scenario expected, and whether it came true.

use super::Look;
use super::grid::hang;
use super::paint::Paint;
use crate::observe::results::{Expectation, Summary};

/// All of them: nobody should have to look elsewhere for why a test failed.
pub(super) fn print(summary: &Summary, look: &Look) -> Option<String> {
    let expectations = &summary.expectations;
    if expectations.is_empty() {
        return None;
    }
    let paint = Paint(look.colour);
    let mut text = format!("{}\n", paint.bold("Expectations"));
    for expectation in expectations {
        print_one(expectation, look, &mut text);
    }
    let held = expectations.iter().filter(|expectation| expectation.holds).count();
    text.push_str(&paint.dim(&format!(" {held} of {} hold", expectations.len())));
    text.push('\n');
    Some(text)
}

fn print_one(expectation: &Expectation, look: &Look, text: &mut String) {
    let paint = Paint(look.colour);
    let mark = if expectation.holds { paint.green("✓") } else { paint.red("✗") };
    let why = match expectation.because.is_empty() {
        true => &expectation.that,
        false => &expectation.because,
    };
    hang(&format!(" {mark} "), 3, why, look.width, text);
    if !expectation.holds {
        hang(&format!("   {}    ", paint.dim("that")), 11, &expectation.that, look.width, text);
        hang(&format!("   {}  ", paint.dim("actual")), 11, &expectation.actual, look.width, text);
    }
}
