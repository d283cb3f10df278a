//! Exact values of queueing theory, from `tests/data/queueing-theory.json`.

use serde::Deserialize;

/// Exact values for one load and one size of the waiting room.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Row {
    pub(crate) rho: f64,
    pub(crate) waiting_room: u64,
    pub(crate) md1k_loss: f64,
    pub(crate) md1k_mean_in_system: f64,
    pub(crate) mm1k_loss: f64,
    pub(crate) mm1k_mean_in_system: f64,
}

/// Five loads, each with six waiting rooms.
pub(crate) fn rows() -> Vec<Row> {
    let text = include_str!("../../data/queueing-theory.json");
    let rows: Vec<Row> = serde_json::from_str(text).expect("a list of rows");
    assert_eq!(rows.len(), 30, "five loads, six waiting rooms");
    rows
}
