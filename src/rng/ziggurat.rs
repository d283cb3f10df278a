//! Exponential random numbers by the ziggurat method.
//!
//! Marsaglia and Tsang, "The Ziggurat Method for Generating Random Variables" (Journal of Statistical
//! Software 5(8), 2000): the area under e^-x is covered by 256 layers of equal area, and most points
//! of a layer need no look at the curve, so hardly any number costs a logarithm. The tables are made
//! with `libm`, as all else that must be the same on every machine.

use std::sync::LazyLock;

/// Layers.
const LAYERS: usize = 256;
/// Where the lowest layer ends and the tail begins.
const TAIL: f64 = 7.697_117_470_131_05;

/// The right ends of the layers, the lowest first, and the curve there.
struct Layers {
    x: [f64; LAYERS + 1],
    y: [f64; LAYERS + 1],
}

static LAYERS_OF_EXP: LazyLock<Layers> = LazyLock::new(|| {
    let curve = |x: f64| libm::exp(-x);
    // Each layer has the area of the lowest: a rectangle and the tail beyond it.
    let area = (TAIL + 1.0) * curve(TAIL);
    let mut x = [0.0; LAYERS + 1];
    // The lowest as if it were a rectangle as a whole.
    x[0] = area / curve(TAIL);
    x[1] = TAIL;
    for layer in 2..LAYERS {
        x[layer] = -libm::log(area / x[layer - 1] + curve(x[layer - 1]));
    }
    Layers { x, y: x.map(curve) }
});

/// An exponentially distributed number with mean 1, made of random `bits`.
#[inline]
pub(super) fn exponential(mut bits: impl FnMut() -> u64) -> f64 {
    let Layers { x: ends, y } = &*LAYERS_OF_EXP;
    loop {
        let random = bits();
        let layer = random as usize % LAYERS;
        let x = unit(random) * ends[layer];
        if x < ends[layer + 1] {
            return x;
        }
        if layer == 0 {
            // The tail of an exponential distribution is an exponential distribution.
            return TAIL - libm::log(1.0 - unit(bits()));
        }
        if y[layer] + (y[layer + 1] - y[layer]) * unit(bits()) < libm::exp(-x) {
            return x;
        }
    }
}

/// A number from 0 up to 1, which it never is, in steps of 2^-53, of the upper bits.
pub(super) const fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_have_equal_areas() {
        let Layers { x, y } = &*LAYERS_OF_EXP;
        let area = x[0] * y[1];
        for layer in 1..LAYERS {
            let own = x[layer] * (y[layer + 1] - y[layer]);
            assert!((own / area - 1.0).abs() < 1e-9, "layer {layer}: {own} beside {area}");
        }
        assert!(x.is_sorted_by(|a, b| a > b), "each layer is narrower than the one below");
    }

    /// The share of numbers beyond `x` is e^-x: within five standard errors of two million.
    #[test]
    fn every_part_of_the_curve_has_its_share() {
        let mut stream = super::super::Stream::new(1, "ziggurat");
        let drawn: Vec<f64> = (0..2_000_000).map(|_| stream.exponential()).collect();
        for x in [0.01, 0.1, 0.5, 1.0, 2.0, 4.0, 7.0, TAIL, 9.0, 11.0] {
            let share = drawn.iter().filter(|&&drawn| drawn > x).count() as f64 / 2e6;
            let expected = libm::exp(-x);
            let error = libm::sqrt(expected * (1.0 - expected) / 2e6);
            assert!((share - expected).abs() < 5.0 * error, "beyond {x}: {share}, not {expected}");
        }
    }
}
