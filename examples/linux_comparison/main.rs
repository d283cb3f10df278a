//! Prints docs/linux.md: what a real Linux was measured to do, beside what the simulator does.
//!
//! ```sh
//! cargo run --release --example linux_comparison > docs/linux.md
//! ```

mod comparison;

fn main() -> Result<(), String> {
    print!("{}", comparison::page(&comparison::sections()?));
    Ok(())
}
