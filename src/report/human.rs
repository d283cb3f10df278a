//! Quantities for people: three digits and a unit.

/// Three significant digits without trailing zeros.
fn three(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').into(),
        false => text,
    }
}

/// `value` in the first of `units` (ascending factors) in which it stays below `limit`.
fn scaled(value: f64, limit: f64, units: &[(f64, &str)]) -> String {
    let fits = |&&(factor, _): &&(f64, &str)| value / factor < limit - 0.5;
    match units.iter().find(fits).or(units.last()) {
        Some(&(factor, unit)) => format!("{} {unit}", three(value / factor)),
        None => three(value),
    }
}

/// A rate such as `12.3 Mbit/s`, from bit/s.
#[must_use]
pub fn rate(bps: f64) -> String {
    let units =
        [(1.0, "bit/s"), (1e3, "kbit/s"), (1e6, "Mbit/s"), (1e9, "Gbit/s"), (1e12, "Tbit/s")];
    scaled(bps, 1000.0, &units)
}

/// A number with a decimal prefix such as `12.3 M`: a rate whose unit is said elsewhere.
#[must_use]
pub fn prefixed(value: f64) -> String {
    scaled(value, 1000.0, &[(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")])
        .trim_end()
        .into()
}

/// A time such as `4.5 ms`, from seconds; `0` for none at all.
#[must_use]
pub fn time(seconds: f64) -> String {
    if seconds == 0.0 {
        return "0".into();
    }
    scaled(seconds, 1000.0, &[(1e-12, "ps"), (1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")])
}

/// A size such as `208 KiB`, from bytes. A small one, and one that is round in thousands of bytes, is
/// told to the byte: `10000 B`, not `9.77 KiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        b if b > 0 && b.is_multiple_of(1024) => {}
        b if b < 10_000 || b < 1_000_000 && b.is_multiple_of(1000) => return format!("{b} B"),
        b if b < 1_000_000_000 && b.is_multiple_of(1_000_000) => {
            return format!("{} MB", b / 1_000_000);
        }
        _ => {}
    }
    let units = [(1.0, "B"), (1024.0, "KiB"), (1_048_576.0, "MiB"), (f64::from(1 << 30), "GiB")];
    scaled(bytes as f64, 1024.0, &units)
}

/// A count: every digit up to seven of them, then three and a prefix, such as `12.3 M`.
#[must_use]
pub fn count(number: u64) -> String {
    match number {
        0..10_000_000 => number.to_string(),
        _ => scaled(number as f64, 1000.0, &[(1e6, "M"), (1e9, "G"), (1e12, "T"), (1e15, "P")]),
    }
}

/// A mean of counts, such as `12.3`.
#[must_use]
pub fn mean(value: f64) -> String {
    three(value)
}

/// A share such as `42.7%`, from a fraction.
#[must_use]
pub fn share(fraction: f64) -> String {
    format!("{:.1}%", fraction * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_and_a_unit() {
        assert_eq!(rate(12_345_678.0), "12.3 Mbit/s");
        assert_eq!(rate(0.0), "0 bit/s");
        assert_eq!(rate(999_600.0), "1 Mbit/s");
        assert_eq!(rate(10e9), "10 Gbit/s");
        assert_eq!(rate(5e16), "50000 Tbit/s");
        assert_eq!(time(0.0045), "4.5 ms");
        assert_eq!(time(0.0), "0");
        assert_eq!(time(0.000_999_9), "1 ms");
        assert_eq!(time(1e-12), "1 ps");
        assert_eq!(time(12_345.0), "12345 s");
        assert_eq!(size(212_992), "208 KiB");
        assert_eq!(size(999), "999 B");
        assert_eq!(
            (size(0), size(1024), size(1448)),
            ("0 B".into(), "1 KiB".into(), "1448 B".into())
        );
        assert_eq!((size(10_000), size(10_001)), ("10000 B".into(), "9.77 KiB".into()));
        assert_eq!((size(2_000_000), size(2_000_001)), ("2 MB".into(), "1.91 MiB".into()));
        assert_eq!(count(9_999_999), "9999999");
        assert_eq!(count(12_345_678), "12.3 M");
        assert_eq!(share(0.427), "42.7%");
        assert_eq!(mean(9.996), "10");
    }
}
