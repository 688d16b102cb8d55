//! The fleet: what becomes of its machines, and the coverage table by model and adapter, worst first.

use std::io::{self, Write};

use super::plural;
use super::style::{Style, harmless};
use crate::analysis::coverage::table::{self, TableLine};
use crate::analysis::coverage::{Coverage, CoverageRow, MachineCounts, State, folder_text};
use crate::inf_db::{After, NetworkDuring};
use crate::report::Report;

/// Lines of the table that are shown for one target; the JSON report has all of them.
const MOST_LINES: usize = 60;

pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(coverage) = &report.analysis.coverage else { return Ok(()) };
    let models = if coverage.models.is_empty() {
        String::new()
    } else {
        format!(", {}", plural(coverage.models.len(), "model"))
    };
    let head = format!(
        "Fleet: {}{models}, {} by vendor and device",
        plural(coverage.machines, "machine"),
        plural(coverage.adapters.kinds(), "network adapter"),
    );
    writeln!(out, "{}", style.bold(&head))?;
    notes(coverage, style, out)?;
    let lines = table::lines(coverage);
    let mut targets: Vec<usize> = lines.iter().map(|l| l.target).collect();
    targets.dedup();
    if targets.is_empty() && !coverage.adapters.all.is_empty() {
        style.wrapped(
            out,
            "  ",
            "name a --boot-image or a --winpe release to be told what runs these adapters there",
        )?;
    }
    for target in targets {
        let mut here: Vec<&TableLine> = lines.iter().filter(|l| l.target == target).collect();
        here.sort_by_key(|l| std::cmp::Reverse(table::urgency(coverage, l)));
        writeln!(out, "  {}", style.bold(&harmless(&report.analysis.targets[target].title)))?;
        if let Some(counts) = coverage.by_target.get(&target) {
            style.wrapped(out, "    ", &counts_text(counts))?;
        }
        for line in here.iter().take(MOST_LINES) {
            one(report, coverage, line, style, out)?;
        }
        if here.len() > MOST_LINES {
            let more = format!("{} in the JSON report", plural(here.len() - MOST_LINES, "more line"));
            writeln!(out, "      {}", style.dim(&more))?;
        }
    }
    writeln!(out)
}

/// What is not in the table, and why.
fn notes(coverage: &Coverage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let adapters = &coverage.adapters;
    if adapters.software > 0 {
        let text = format!(
            "left out: {} made by software or reached over Bluetooth",
            plural(adapters.software, "network device")
        );
        style.wrapped(out, "  ", &text)?;
    }
    if adapters.children > 0 {
        let text = format!(
            "left out: {} made by a bus driver: the adapter behind it is of class System, so an inventory must list all \
             devices, not only those of class Net",
            plural(adapters.children, "network device")
        );
        style.wrapped(out, "  ", &text)?;
    }
    if adapters.unclear > 0 {
        let text = format!(
            "left out: {} of which the inventory does not say the kind, and that no network driver here knows",
            plural(adapters.unclear, "device")
        );
        style.wrapped(out, "  ", &text)?;
    }
    Ok(())
}

pub(in crate::report) fn counts_text(counts: &MachineCounts) -> String {
    let mut parts = vec![format!("{} with a network that stays", plural(counts.fine, "machine"))];
    if counts.at_risk > 0 {
        parts.push(format!("{} on which an offered set interrupts it or takes it away", counts.at_risk));
    }
    if counts.without_network > 0 {
        parts.push(format!("{} without any network", counts.without_network));
    }
    if counts.not_judged > 0 {
        parts.push(format!("{} without a wired adapter in the inventory", counts.not_judged));
    }
    parts.join(", ")
}

fn one(
    report: &Report<'_>,
    coverage: &Coverage,
    line: &TableLine,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let row = &coverage.rows[line.row];
    let adapter = &coverage.adapters.all[row.adapter];
    let model = if line.model.is_empty() { "(model not known)" } else { &line.model };
    let name = adapter.name.as_deref().map_or_else(String::new, |n| format!(" {n}"));
    let wireless = if adapter.wireless { " [wireless]" } else { "" };
    let head = format!("{model}: {}{name}{wireless}, {}", line.id, plural(line.machines as usize, "machine"));
    style.wrapped(out, "    ", &head)?;
    style.wrapped(out, "        ", &answer_text(report, row))
}

/// `fxmono.inf runs it; LOST when netxtreme2-multitier is offered`.
pub(in crate::report) fn answer_text(report: &Report<'_>, row: &CoverageRow) -> String {
    let analysis = report.analysis;
    let inf = |driver: usize| analysis.world.drivers[driver].inf.as_str();
    let driver = row.driver.map_or("", inf);
    let mut text = match row.state {
        State::Runs => format!("{driver} runs it"),
        State::NoNetwork => format!("NO NETWORK: {driver} takes it and gives none"),
        State::NoDriver => "NO DRIVER in the image".to_owned(),
        State::NotKnown => "no image given".to_owned(),
    };
    if let Some(threat) = row.threats.first() {
        let what = match threat.worst.during {
            NetworkDuring::Lost | NetworkDuring::NeverUp => "network LOST",
            NetworkDuring::Interrupted => "network interrupted",
            NetworkDuring::Unknown => "network not known",
            NetworkDuring::Kept => "network kept, the task sequence does not get through",
        };
        let folder = folder_text(&analysis.world, &analysis.predictions.offered[threat.offered].folder);
        let others = match row.threats.len() {
            0 | 1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        text.push_str(&format!("; {what} when {folder}{others} is offered"));
    } else if row.state == State::Runs && !analysis.predictions.offered.is_empty() {
        text.push_str(", and no offered set changes that");
    }
    if row.state != State::Runs {
        match &row.share_best {
            Some(best) => {
                let folder = folder_text(&analysis.world, &best.folder);
                let kind = match best.after {
                    After::Monolithic => "",
                    After::MultiTierComplete => ", multi-tier",
                    After::MultiTierIncomplete => ", a bus driver without its miniport",
                    After::NullDriver => ", which gives it no driver",
                };
                text.push_str(&format!("; best of the share: {folder} ({}{kind})", inf(best.driver)));
            }
            None if analysis.world.shares.is_empty() => {}
            None => text.push_str("; nothing in the share either"),
        }
    }
    if !row.does_not_load.is_empty() {
        let rules: Vec<&str> = row.does_not_load.iter().copied().collect();
        text.push_str(&format!("; it may NOT LOAD ({})", rules.join(", ")));
    }
    text
}
