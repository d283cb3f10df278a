//! Any text as a quantity with its unit, or as what a queue is to reach: what is read is printed so that
//! it reads the same again.

use std::fmt::Display;
use std::str::FromStr;

use portolan::sweep::size::Target;
use portolan::units::{Bytes, Limit, Rate, Ratio, Time};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    survives::<Time>(text);
    survives::<Rate>(text);
    survives::<Bytes>(text);
    survives::<Ratio>(text);
    survives::<Limit>(text);
    survives::<Target>(text);
}

fn survives<T: FromStr<Err: Display> + Display + PartialEq>(text: &str) {
    match text.parse::<T>() {
        Ok(value) => {
            let shown = value.to_string();
            let again = shown.parse::<T>().unwrap_or_else(|error| panic!("{shown}: {error}"));
            assert!(again == value, "{text} is shown as {shown}, which is something else");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
