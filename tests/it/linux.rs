//! The simulator beside a real Linux: every difference is small or explained, and docs/linux.md is
//! what the comparison prints.

#[path = "../../examples/linux_comparison/comparison/mod.rs"]
mod comparison;

use comparison::row::Quantity;

#[test]
fn what_linux_was_measured_to_do_is_simulated() {
    let sections = comparison::sections().unwrap_or_else(|error| panic!("{error}"));
    let mut wrong = String::new();
    for row in sections.iter().flat_map(|section| &section.rows) {
        let fits = match row.quantity {
            Quantity::MeanQueue => row.is_within(0.1) || row.reason.is_some(),
            Quantity::Drops => row.is_within(0.05) || row.reason.is_some(),
            Quantity::Milliseconds => row.is_within(0.05) || row.reason.is_some(),
            Quantity::Goodput | Quantity::Seconds => row.is_within(0.05),
            Quantity::Count => row.is_within(0.0),
        };
        if !fits || (row.reason.is_none() && !row.is_within(0.05)) {
            wrong += &row.markdown();
        }
    }
    for words in sections.iter().flat_map(|section| &section.words) {
        if words.real != words.simulated {
            wrong += &words.markdown();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let page = comparison::page(&sections);
    assert!(
        page == include_str!("../../docs/linux.md"),
        "docs/linux.md is old: cargo run --release --example linux_comparison > docs/linux.md"
    );
}
