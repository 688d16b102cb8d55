//! What the offered sets do: target × scenario as a table, folded where targets have the same answer.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::plural;
use super::style::{Style, harmless};
use crate::analysis::classify::topology::TopologyKind;
use crate::analysis::prediction::Prediction;
use crate::analysis::target::folded_names;
use crate::inf_db::{Before, Effect};
use crate::report::{Report, matrix};

/// The table of one topology: one row for each group of targets with the same answers.
pub(super) fn of_topology(report: &Report<'_>, topology: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    for row in matrix::of_topology(analysis, topology) {
        let name = folded_names(&analysis.targets, &row.targets);
        let count = plural(row.adapters.len(), "adapter id");
        style.wrapped(out, "    ", &style.bold(&format!("{name}, {count}")))?;
        for answer in matrix::answers(analysis, row.prediction) {
            style.wrapped(out, "      ", &answer)?;
        }
    }
    Ok(())
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
    let folder = if folder.is_empty() { "(top folder)" } else { &folder };
    let text = format!("{folder} ({kind}, {}): {what}", plural(prediction.adapters.len(), "adapter id"));
    style.wrapped(out, "  ", &text)?;
    for answer in matrix::answers(analysis, prediction) {
        style.wrapped(out, "      ", &answer)?;
    }
    Ok(())
}
