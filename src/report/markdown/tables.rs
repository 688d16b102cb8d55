//! The tables: verdicts, what offered drivers do where, the fleet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::escape::{code, text};
use crate::analysis::coverage::table;
use crate::analysis::target::folded_names;
use crate::analysis::verdict;
use crate::inf_db::Effect;
use crate::report::matrix::{cell_name, outcome_text};
use crate::report::text::coverage::{answer_text, counts_text};
use crate::report::text::matrix::what_text;
use crate::report::{Report, words};

/// Rows of a table; the JSON report has all of them.
const MOST_ROWS: usize = 40;

/// One row for each image.
pub(super) fn verdicts(report: &Report<'_>, page: &mut String) {
    let analysis = report.analysis;
    if analysis.world.images.is_empty() {
        return;
    }
    page.push_str("\n## Boot images\n\n| image | what it is | verdict |\n|---|---|---|\n");
    let mut scopes = BTreeSet::new();
    for (index, image) in analysis.world.images.iter().enumerate() {
        let found = verdict::of_image(analysis, index);
        let release = &analysis.releases[index];
        let version = release.os_version.map_or_else(|| "version unknown".to_owned(), |v| v.to_string());
        let arch = release.arch.map_or("architecture unknown", crate::facts::ids::Arch::name);
        let what = if release.is_winpe { release.title.as_str() } else { "no Windows PE" };
        let name = image.facts.xml.name.as_deref().unwrap_or("(no name)");
        let boots = if image.facts.boot_index { ", boots from here" } else { "" };
        let verdict = words::verdict(found.as_ref());
        let _ = writeln!(
            page,
            "| {} | {}: {}, {version}, {arch}{boots} | **{}** |",
            code(&analysis.world.image_name(index)),
            text(name),
            text(what),
            text(&verdict)
        );
        scopes.extend(found.map(|v| v.scope.join("; ")));
    }
    page.extend(scopes.iter().map(|scope| format!("\nJudged in an image: {scope}.\n")));
}

/// One row for each offered set and answer, targets with the same answer together; what fails comes first.
pub(super) fn matrix(report: &Report<'_>, page: &mut String) {
    let analysis = report.analysis;
    let predictions = &analysis.predictions;
    let mut columns: Vec<String> = Vec::new();
    for name in predictions.cells.iter().map(cell_name) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    type Key = (bool, String, String, Vec<String>);
    let mut rows: BTreeMap<Key, (BTreeSet<usize>, BTreeSet<&str>)> = BTreeMap::new();
    for prediction in &predictions.all {
        if matches!(prediction.effect.effect, Effect::None | Effect::NotApplicable) {
            continue;
        }
        let mut cells = vec![String::new(); columns.len()];
        for (cell, outcome) in predictions.cells.iter().zip(&prediction.outcomes) {
            let at = columns.iter().position(|c| *c == cell_name(cell)).unwrap_or(0);
            let answer = outcome_text(outcome);
            // Where content access makes no difference both cells stand in one column.
            if !cells[at].split(" / ").any(|known| known == answer) {
                cells[at] = if cells[at].is_empty() { answer } else { format!("{} / {answer}", cells[at]) };
            }
        }
        let set = &predictions.offered[prediction.offered];
        let folder = analysis.world.share_path(set.folder.share, &set.folder.path);
        let harmless = !cells.iter().any(|c| c.starts_with("FAILS"));
        let folder = if folder.is_empty() { ".".to_owned() } else { folder };
        let row = rows.entry((harmless, folder, what_text(report, prediction), cells)).or_default();
        row.0.insert(prediction.target);
        row.1.extend(prediction.adapters.iter().map(|a| a.as_str()));
    }
    if rows.is_empty() {
        return;
    }
    page.push_str("\n## What the offered drivers do\n\n| offered | in | adapter ids | what happens |");
    page.extend(columns.iter().map(|c| format!(" {} |", text(c))));
    let _ = writeln!(page, "\n|---|---|---|---|{}", "---|".repeat(columns.len()));
    for ((_, folder, what, cells), (targets, adapters)) in rows.iter().take(MOST_ROWS) {
        let names = folded_names(&analysis.targets, targets);
        let _ = write!(page, "| {} | {} | {} | {} |", code(folder), text(&names), adapters.len(), text(what));
        page.extend(
            cells.iter().map(|c| {
                if c.starts_with("FAILS") { format!(" **{}** |", text(c)) } else { format!(" {} |", text(c)) }
            }),
        );
        page.push('\n');
    }
    left_out(rows.len(), page);
}

fn left_out(rows: usize, page: &mut String) {
    if rows > MOST_ROWS {
        let _ = writeln!(page, "\n{} more rows in the format json.", rows - MOST_ROWS);
    }
}

/// The machines in numbers, and one row for each target, model and adapter, worst first.
pub(super) fn fleet(report: &Report<'_>, page: &mut String) {
    let Some(coverage) = &report.analysis.coverage else { return };
    let _ = writeln!(page, "\n## Fleet\n\n{} machines.\n", coverage.machines);
    for (target, counts) in &coverage.by_target {
        let _ = writeln!(page, "- {}: {}", text(&report.analysis.targets[*target].title), text(&counts_text(counts)));
    }
    let mut lines = table::lines(coverage);
    lines.sort_by_key(|l| std::cmp::Reverse(table::urgency(coverage, l)));
    if lines.is_empty() {
        return;
    }
    page.push_str("\n| in | model | adapter | machines | |\n|---|---|---|---|---|\n");
    for line in lines.iter().take(MOST_ROWS) {
        let row = &coverage.rows[line.row];
        let model = if line.model.is_empty() { "(not known)" } else { &line.model };
        let _ = writeln!(
            page,
            "| {} | {} | {} {} | {} | {} |",
            text(&report.analysis.targets[line.target].title),
            text(model),
            code(&line.id),
            text(coverage.adapters.all[row.adapter].name.as_deref().unwrap_or_default()),
            line.machines,
            text(&answer_text(report, row))
        );
    }
    left_out(lines.len(), page);
}
