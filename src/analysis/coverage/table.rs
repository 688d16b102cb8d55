//! The coverage table as reports show it: one line for each target, model and adapter, whatever its subsystems, where the
//! answer is the same.

use std::collections::{BTreeMap, BTreeSet};

use super::{Coverage, CoverageRow, State};
use crate::inf_db::NetworkDuring;

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableLine {
    /// Index into the targets.
    pub target: usize,
    /// Model of the machines, empty = not known.
    pub model: String,
    /// `PCI\VEN_14E4&DEV_1639`.
    pub id: String,
    /// Adapters of the fleet that are meant: they differ in subsystem and revision only.
    pub adapters: BTreeSet<usize>,
    /// Index of the first of their rows; the others say the same.
    pub row: usize,
    /// Machines of this model with one of them.
    pub machines: u32,
}

/// What must be the same for rows to be one line: driver, threats, share's best.
type Answer = (State, Option<usize>, Vec<usize>, Option<usize>);

fn answer(row: &CoverageRow) -> Answer {
    let threats = row.threats.iter().map(|t| t.offered).collect();
    (row.state, row.driver, threats, row.share_best.as_ref().map(|b| b.driver))
}

/// The lines by target, then model, then id.
pub fn lines(coverage: &Coverage) -> Vec<TableLine> {
    let mut lines: BTreeMap<(usize, &str, String, Answer), TableLine> = BTreeMap::new();
    for (index, row) in coverage.rows.iter().enumerate() {
        let adapter = &coverage.adapters.all[row.adapter];
        for (model, machines) in &adapter.models {
            let key = (row.target, model.as_str(), adapter.short_id(), answer(row));
            let line = lines.entry(key).or_insert_with(|| TableLine {
                target: row.target,
                model: model.clone(),
                id: adapter.short_id(),
                adapters: BTreeSet::new(),
                row: index,
                machines: 0,
            });
            line.adapters.insert(row.adapter);
            // Machines with several such adapters are rare enough for an upper bound.
            line.machines = line.machines.saturating_add(*machines);
        }
    }
    lines.into_values().collect()
}

/// How bad a line is, worst first in reports.
pub fn urgency(coverage: &Coverage, line: &TableLine) -> u8 {
    let row = &coverage.rows[line.row];
    let wireless = coverage.adapters.all[row.adapter].wireless;
    match (row.state, row.during()) {
        (State::NoDriver | State::NoNetwork, _) if wireless => 1,
        (State::NoDriver | State::NoNetwork, _) => 5,
        (_, NetworkDuring::Lost | NetworkDuring::NeverUp) => 4,
        (_, NetworkDuring::Interrupted | NetworkDuring::Unknown) if row.state == State::Runs => 3,
        (State::NotKnown, _) => 2,
        _ => 0,
    }
}
