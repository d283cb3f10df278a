//! What was meant by a unit that is not one: `mb/s`, `10M`, `msec`.

/// Other words for units, in lower case. Each kind of quantity knows some of the units.
const WORDS: &[(&str, &[&str])] = &[
    ("s", &["sec", "secs", "second", "seconds"]),
    ("ms", &["msec", "msecs", "millis", "millisecond", "milliseconds"]),
    ("us", &["usec", "usecs", "micros", "microsecond", "microseconds", "\u{3bc}s"]),
    ("ns", &["nsec", "nsecs", "nanos", "nanosecond", "nanoseconds"]),
    ("ps", &["psec", "picosecond", "picoseconds"]),
    ("min", &["mins", "minute", "minutes"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("p", &["packet", "packets", "pkt", "pkts"]),
    ("%", &["percent", "pct", "per cent"]),
];

/// What may stand after a prefix (k, M, G, T) in place of a unit, in lower case.
const STEMS: &[(&str, &[&str])] = &[
    ("bps", &["", "b", "bit", "bits", "bps", "b/s", "bit/s", "bits/s", "bit/sec", "bits/sec"]),
    ("iB", &["i", "ib", "ibyte", "ibytes"]),
    ("B", &["", "b", "byte", "bytes"]),
];

/// A hint, ready to be put before the list of units: what was meant if that is clear, else nothing.
pub(super) fn meant(unit: &str, known: &'static [(&'static str, u128)]) -> String {
    let find = |name: &str| {
        let mut units = known.iter().map(|(unit, _)| *unit);
        units.find(|unit| unit.to_lowercase() == name.to_lowercase())
    };
    let lower = unit.to_lowercase();
    let word = WORDS.iter().find(|(name, others)| *name == lower || others.contains(&&*lower));
    if let Some(unit) = word.and_then(|(name, _)| find(name)) {
        return format!("did you mean {unit}? ");
    }
    let prefix = if lower.starts_with(['k', 'm', 'g', 't']) { &lower[..1] } else { "" };
    let rest = &lower[prefix.len()..];
    let of_rate = find(&format!("{prefix}bps"));
    let in_bytes = unit.contains('B') && !unit.contains("BIT") || rest.starts_with("byte");
    if let (Some(rate), true) = (of_rate, in_bytes) {
        return format!("rates count bits, not bytes (1 byte is 8 bits): write {rate}; ");
    }
    let stems = STEMS.iter().filter(|(_, others)| others.contains(&rest));
    let unit = stems.filter_map(|(stem, _)| find(&format!("{prefix}{stem}"))).next();
    unit.map_or_else(String::new, |unit| format!("did you mean {unit}? "))
}

#[cfg(test)]
mod tests {
    use crate::units::{Bytes, Limit, Rate, Ratio, Time};

    fn told<T: std::str::FromStr<Err = crate::units::UnitError>>(text: &str) -> String {
        text.parse::<T>().err().expect(text).to_string()
    }

    #[test]
    fn says_what_was_meant() {
        for text in ["10 mb/s", "10M", "10mbps", "10 Mbit", "10MBIT/S", "10Mbits/sec"] {
            let told = told::<Rate>(text);
            assert!(told.contains("; did you mean Mbps? use one of bps,"), "{text}: {told}");
        }
        assert!(told::<Rate>("10K").contains("did you mean kbps?"));
        assert!(told::<Rate>("9600 bit").contains("did you mean bps?"));
        for text in ["10MB/s", "10 MBps", "10 megabytes"] {
            assert!(!told::<Rate>(text).contains("did you mean"), "{text}");
        }
        assert!(told::<Rate>("10MB/s").contains("rates count bits, not bytes"));
        for (text, unit) in [
            ("5 msec", "ms"),
            ("5sec", "s"),
            ("5 S", "s"),
            ("5MS", "ms"),
            ("3 minutes", "min"),
            ("2hours", "h"),
            ("7 usec", "us"),
        ] {
            let told = told::<Time>(text);
            assert!(told.contains(&format!("did you mean {unit}? ")), "{text}: {told}");
        }
        assert!(!told::<Time>("5m").contains("did you mean"), "minutes or milliseconds");
        for (text, unit) in [("64K", "kB"), ("64 kb", "kB"), ("64kib", "KiB"), ("9 bytes", "B")] {
            let told = (told::<Bytes>(text), told::<Limit>(text));
            let hint = format!("did you mean {unit}? ");
            assert!(told.0.contains(&hint) && told.1.contains(&hint), "{text}: {told:?}");
        }
        let share = "`0.01` has no unit; a probability is in per cent: \
            write 1% if it is a share of 1, 0.01% if it is one of 100";
        assert_eq!(told::<Ratio>(" 0.01"), share);
        assert!(told::<Ratio>("1").contains("has no unit; a probability needs one of %"));
        assert!(told::<Limit>("50 packets").contains("did you mean p?"));
        assert!(told::<Limit>("50pkts").contains("did you mean p?"));
        assert!(told::<Ratio>("1 percent").contains("did you mean %?"));
        for (text, meant) in [
            ("1,5ms", "`1,5ms` has a comma; write a point: 1.5ms"),
            ("1,500 ms", "`1,500 ms` has a comma; write a point: 1.500ms, or no sign: 1500ms"),
            ("1.000,5s", "`1.000,5s` has a comma; write a point: 1000.5s"),
            ("1,5", "`1,5` has a comma; write a point: 1.5"),
        ] {
            assert_eq!(told::<Time>(text), meant);
        }
        for told in [told::<Rate>("1,5Mbps"), told::<Limit>("1,5kB"), told::<Ratio>("0,5%")] {
            assert!(told.contains(" has a comma; write a point: "), "{told}");
        }
        assert!(told::<Time>("5 parsecs").contains("of a time; use one of"), "no guess");
    }
}
