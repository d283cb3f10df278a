//! Any bytes as a sweep file: no panic, no hang, and every fault has a remedy.

use portolan::sweep::Sweep;

pub(crate) fn run(data: &[u8]) {
    match Sweep::read(data, "fuzz.toml") {
        Ok(sweep) => {
            let cells = sweep.cell_count();
            for number in [0, cells.saturating_sub(1)].into_iter().filter(|number| *number < cells)
            {
                let cell = sweep.cell(number);
                let _ = (sweep.overrides(&cell), sweep.describe(&cell));
            }
            let _ = sweep.all_seeds(true);
        }
        Err(error) => {
            assert!(!error.faults().is_empty());
            for fault in error.faults() {
                assert!(fault.help.is_some(), "no remedy: {}", fault.message);
            }
            assert!(!error.render(false, 100).is_empty());
        }
    }
}
