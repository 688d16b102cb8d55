//! Target × scenario: what the offered sets do, folded where targets have the same answer. Every format that shows a matrix
//! takes it from here.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::Analysis;
use crate::analysis::prediction::Prediction;
use crate::analysis::prediction::scenario::{Cell, Outcome};
use crate::inf_db::{Before, ContentAccess, DeploySource, Effect, NetworkDuring, TaskResult};

/// One row of the table of a topology: the targets on which it has the same answers.
pub struct TopologyRow<'a> {
    /// Indexes into the targets.
    pub targets: BTreeSet<usize>,
    /// Adapter ids that are meant.
    pub adapters: BTreeSet<&'a str>,
    /// One of the predictions that say so.
    pub prediction: &'a Prediction,
}

/// The table of one topology: one row for each group of targets with the same answers, oldest target first.
pub fn of_topology(analysis: &Analysis, topology: usize) -> Vec<TopologyRow<'_>> {
    let mut rows: BTreeMap<Vec<String>, TopologyRow<'_>> = BTreeMap::new();
    for prediction in analysis.predictions.all.iter().filter(|p| p.topology == topology) {
        if prediction.effect.effect == Effect::NotApplicable {
            continue;
        }
        let row = rows.entry(answers(analysis, prediction)).or_insert_with(|| TopologyRow {
            targets: BTreeSet::new(),
            adapters: BTreeSet::new(),
            prediction,
        });
        row.targets.insert(prediction.target);
        row.adapters.extend(prediction.adapters.iter().map(|a| a.as_str()));
    }
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by(|(a_answers, a), (b_answers, b)| {
        (&a.targets, &a.adapters, a_answers).cmp(&(&b.targets, &b.adapters, b_answers))
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

/// One line for each distinct answer: `run from DP: FAILS at Setup ..., network lost for good`.
pub fn answers(analysis: &Analysis, prediction: &Prediction) -> Vec<String> {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for (cell, outcome) in analysis.predictions.cells.iter().zip(&prediction.outcomes) {
        let text = outcome_text(outcome);
        let name = cell_name(cell);
        match lines.iter_mut().find(|(t, _)| *t == text) {
            Some((_, names)) => names.push(name),
            None => lines.push((text, vec![name])),
        }
    }
    let joined = |mut names: Vec<String>| {
        names.dedup();
        names.join(" · ")
    };
    lines.into_iter().map(|(text, names)| format!("{}: {text}", joined(names))).collect()
}

/// How the deployment is set up, for people. How an OS image gets at its content makes no difference.
pub fn cell_name(cell: &Cell) -> String {
    let system = cell.deploy_os.map_or_else(String::new, |v| format!(" of Windows {v}"));
    match (cell.source, cell.content) {
        (DeploySource::OsImage, _) => format!("OS image{system}"),
        (DeploySource::InstallPackage, ContentAccess::RunFromDp) => format!("install package{system}, run from DP"),
        (DeploySource::InstallPackage, ContentAccess::Download) => format!("install package{system}, downloaded first"),
    }
}

/// The fate of task sequence and network in one cell.
pub fn outcome_text(outcome: &Outcome) -> String {
    format!("{}, {}", task_text(outcome, "FAILS"), outcome.network_text())
}

/// The fate of the task sequence; `fails` is the word for the worst.
pub fn task_text(outcome: &Outcome, fails: &str) -> String {
    let place = outcome.place_text();
    match outcome.result {
        TaskResult::Fails => format!("{fails}{place}"),
        TaskResult::Succeeds => "succeeds".to_owned(),
        TaskResult::NotAffected => "not affected".to_owned(),
        TaskResult::Unknown => format!("not known{place}"),
    }
}

/// Columns of a table: cells that people call by the same name stand in one.
pub fn columns(cells: &[Cell]) -> Vec<(String, Vec<usize>)> {
    let mut columns: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let name = cell_name(cell);
        match columns.iter_mut().find(|(known, _)| *known == name) {
            Some((_, cells)) => cells.push(index),
            None => columns.push((name, vec![index])),
        }
    }
    columns
}

/// What an outcome amounts to, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Nothing goes wrong.
    Fine,
    /// The network goes away, and the task sequence gets through.
    Interrupted,
    /// Not known.
    Unknown,
    /// The task sequence fails.
    Fails,
}

impl Fate {
    /// Of one outcome.
    pub const fn of(outcome: &Outcome) -> Self {
        match (outcome.result, outcome.during) {
            (TaskResult::Fails, _) => Self::Fails,
            (TaskResult::Unknown, _) | (_, NetworkDuring::Unknown) => Self::Unknown,
            (_, NetworkDuring::Kept) => Self::Fine,
            _ => Self::Interrupted,
        }
    }
}

/// How bad an outcome is, to be compared: what it amounts to, then what the network does.
pub const fn weight(outcome: &Outcome) -> (Fate, NetworkWeight) {
    (Fate::of(outcome), network_weight(outcome.during))
}

/// How bad the network fares.
pub type NetworkWeight = u8;

const fn network_weight(during: NetworkDuring) -> NetworkWeight {
    match during {
        NetworkDuring::Kept => 0,
        NetworkDuring::Interrupted => 1,
        NetworkDuring::Unknown => 2,
        NetworkDuring::NeverUp => 3,
        NetworkDuring::Lost => 4,
    }
}

/// The worst of some outcomes; the first of those that are as bad.
pub fn worst_of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Option<&'a Outcome> {
    outcomes.reduce(|known, outcome| if weight(known) < weight(outcome) { outcome } else { known })
}

/// The worst of some cells of a prediction.
pub fn worst<'a>(prediction: &'a Prediction, cells: &[usize]) -> Option<&'a Outcome> {
    worst_of(cells.iter().filter_map(|cell| prediction.outcomes.get(*cell)))
}

/// The set changes, or may change, what runs these adapters; else nothing that follows is its doing.
pub const fn changes(prediction: &Prediction) -> bool {
    !matches!(prediction.effect.effect, Effect::None | Effect::NotApplicable)
}

/// One column of a row of the table over everything that is offered.
#[derive(Default)]
pub struct Sum<'a> {
    /// The worst that some set does.
    pub worst: Option<&'a Outcome>,
    /// Offered sets by what they do there.
    pub sets: BTreeMap<Fate, BTreeSet<usize>>,
}

/// A row of the table over everything that is offered.
pub struct SumRow<'a> {
    /// Indexes into the targets.
    pub targets: BTreeSet<usize>,
    /// One for each of [`columns`].
    pub columns: Vec<Sum<'a>>,
    /// Adapter ids that the share has a driver for and the image has none: on these the network is never up.
    pub without_driver: BTreeSet<&'a str>,
}

/// What all offered sets together do: one row for each group of neighbouring targets with the same answers.
pub fn of_everything(analysis: &Analysis) -> Vec<SumRow<'_>> {
    let columns = columns(&analysis.predictions.cells);
    let mut by_target: BTreeMap<usize, SumRow<'_>> = BTreeMap::new();
    for prediction in &analysis.predictions.all {
        let row = by_target.entry(prediction.target).or_insert_with(|| SumRow {
            targets: BTreeSet::from([prediction.target]),
            columns: columns.iter().map(|_| Sum::default()).collect(),
            without_driver: BTreeSet::new(),
        });
        if prediction.effect.effect == Effect::None && prediction.effect.before == Before::None {
            row.without_driver.extend(prediction.adapters.iter().map(|a| a.as_str()));
        }
        if !changes(prediction) {
            continue;
        }
        for (sum, (_, cells)) in row.columns.iter_mut().zip(&columns) {
            let Some(outcome) = worst(prediction, cells) else { continue };
            sum.sets.entry(Fate::of(outcome)).or_default().insert(prediction.offered);
            if sum.worst.is_none_or(|known| weight(known) < weight(outcome)) {
                sum.worst = Some(outcome);
            }
        }
    }
    let mut rows: Vec<SumRow<'_>> = Vec::new();
    for row in by_target.into_values() {
        match rows.iter_mut().find(|known| same_answers(analysis, known, &row)) {
            Some(known) => known.targets.extend(row.targets),
            None => rows.push(row),
        }
    }
    rows
}

/// Images are rows of their own; releases are folded.
fn same_answers(analysis: &Analysis, a: &SumRow<'_>, b: &SumRow<'_>) -> bool {
    let is_image = |row: &SumRow<'_>| row.targets.iter().any(|t| analysis.targets[*t].image().is_some());
    let text = |sum: &Sum<'_>| sum.worst.map(outcome_text);
    !is_image(a)
        && !is_image(b)
        && a.without_driver == b.without_driver
        && a.columns.iter().zip(&b.columns).all(|(x, y)| text(x) == text(y) && x.sets == y.sets)
}
