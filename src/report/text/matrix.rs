//! What the offered sets do: target × scenario as a table, folded where targets have the same answer.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::plural;
use super::style::{Style, harmless};
use crate::analysis::classify::topology::TopologyKind;
use crate::analysis::prediction::Prediction;
use crate::analysis::prediction::scenario::{Cell, Outcome};
use crate::analysis::target::folded_names;
use crate::inf_db::{Before, ContentAccess, DeploySource, Effect, TaskResult};
use crate::report::Report;

/// The table of one topology: one row for each group of targets with the same answers.
pub(super) fn of_topology(report: &Report<'_>, topology: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    let mut rows: BTreeMap<Vec<String>, (BTreeSet<usize>, BTreeSet<&str>)> = BTreeMap::new();
    for prediction in analysis.predictions.all.iter().filter(|p| p.topology == topology) {
        if prediction.effect.effect == Effect::NotApplicable {
            continue;
        }
        let row = rows.entry(cells_text(report, prediction)).or_default();
        row.0.insert(prediction.target);
        row.1.extend(prediction.adapters.iter().map(|a| a.as_str()));
    }
    let mut rows: Vec<_> = rows.into_iter().map(|(cells, (targets, adapters))| (targets, adapters, cells)).collect();
    rows.sort();
    for (targets, adapters, cells) in rows {
        let name = folded_names(&analysis.targets, &targets);
        let count = plural(adapters.len(), "adapter id");
        style.wrapped(out, "    ", &style.bold(&format!("{name}, {count}")))?;
        for cell in cells {
            style.wrapped(out, "      ", &cell)?;
        }
    }
    Ok(())
}

/// One line for each distinct answer: `run from DP: FAILS at Setup ..., network lost for good`.
fn cells_text(report: &Report<'_>, prediction: &Prediction) -> Vec<String> {
    let cells = &report.analysis.predictions.cells;
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for (cell, outcome) in cells.iter().zip(&prediction.outcomes) {
        let text = outcome_text(outcome);
        let name = cell_name(cell);
        match lines.iter_mut().find(|(t, _)| *t == text) {
            Some((_, names)) => names.push(name),
            None => lines.push((text, vec![name])),
        }
    }
    lines.into_iter().map(|(text, names)| format!("{}: {text}", joined(&names))).collect()
}

/// `OS image, either way` where content access makes no difference.
fn joined(names: &[String]) -> String {
    let mut names = names.to_vec();
    names.dedup();
    names.join(" · ")
}

pub(in crate::report) fn cell_name(cell: &Cell) -> String {
    let system = cell.deploy_os.map_or_else(String::new, |v| format!(" of Windows {v}"));
    match (cell.source, cell.content) {
        (DeploySource::OsImage, _) => format!("OS image{system}"),
        (DeploySource::InstallPackage, ContentAccess::RunFromDp) => format!("install package{system}, run from DP"),
        (DeploySource::InstallPackage, ContentAccess::Download) => format!("install package{system}, downloaded first"),
    }
}

/// The fate of task sequence and network in one cell.
pub(in crate::report) fn outcome_text(outcome: &Outcome) -> String {
    let place = outcome.place_text();
    let task = match outcome.result {
        TaskResult::Fails => format!("FAILS{place}"),
        TaskResult::Succeeds => "succeeds".to_owned(),
        TaskResult::NotAffected => "not affected".to_owned(),
        TaskResult::Unknown => format!("not known{place}"),
    };
    format!("{task}, {}", outcome.network_text())
}

/// For each image: what every offered set does there, the harmful ones first, the harmless ones counted.
pub(super) fn of_images(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    for (index, target) in analysis.targets.iter().enumerate().filter(|(_, t)| t.image().is_some()) {
        let mut here = analysis.predictions.all.iter().filter(|p| p.target == index).peekable();
        if here.peek().is_none() {
            continue;
        }
        writeln!(out, "{}", style.bold(&format!("What the offered drivers do in {}", harmless(&target.title))))?;
        let mut without_driver: BTreeSet<&str> = BTreeSet::new();
        let mut untouched = 0;
        for prediction in here {
            match prediction.effect.effect {
                Effect::NotApplicable => untouched += prediction.adapters.len(),
                Effect::None if prediction.effect.before == Before::None => {
                    without_driver.extend(prediction.adapters.iter().map(|a| a.as_str()));
                }
                Effect::None => untouched += prediction.adapters.len(),
                _ => line(report, prediction, style, out)?,
            }
        }
        if !without_driver.is_empty() {
            let ids: Vec<&str> = without_driver.iter().copied().take(4).collect();
            let text = format!(
                "no driver in the image for {} that the share has one for ({}{}): on these the network is never up at boot",
                plural(without_driver.len(), "adapter id"),
                ids.join(", "),
                if without_driver.len() > 4 { ", ..." } else { "" }
            );
            style.wrapped(out, "  ", &text)?;
        }
        if untouched > 0 {
            writeln!(out, "  nothing changes for {} in other sets", plural(untouched, "adapter id"))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `fxmono.inf is replaced by bxvbd.inf`.
pub(in crate::report) fn what_text(report: &Report<'_>, prediction: &Prediction) -> String {
    let analysis = report.analysis;
    let name = |d: Option<usize>| d.map_or("nothing", |d| analysis.world.drivers[d].inf.as_str());
    let (before, after) = (name(prediction.effect.driver_before), name(prediction.effect.driver_after));
    match prediction.effect.effect {
        Effect::Replaces => format!("{before} is replaced by {after}"),
        Effect::LosesRank => format!("{before} stays: the offered driver ranks below it"),
        Effect::IgnoredSameName => format!("{before} stays: the offered driver has the same file name and is ignored"),
        Effect::Ambiguous => format!("{before} or {after}: equal in rank, date and version"),
        Effect::None | Effect::NotApplicable => format!("{before} stays"),
    }
}

fn line(report: &Report<'_>, prediction: &Prediction, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    let set = &analysis.predictions.offered[prediction.offered];
    let folder = analysis.world.share_path(set.folder.share, &set.folder.path);
    let what = what_text(report, prediction);
    let kind = match analysis.topologies.all[prediction.topology].kind {
        TopologyKind::MultiTier => "multi-tier",
        TopologyKind::Monolithic => "monolithic",
    };
    let folder = if folder.is_empty() { "." } else { &folder };
    let text = format!("{folder} ({kind}, {}): {what}", plural(prediction.adapters.len(), "adapter id"));
    style.wrapped(out, "  ", &text)?;
    for cell in cells_text(report, prediction) {
        style.wrapped(out, "      ", &cell)?;
    }
    Ok(())
}
