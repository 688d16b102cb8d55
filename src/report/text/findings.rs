//! Findings, by folder (what ConfigMgr calls a driver package), worst first.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::matrix;
use super::style::{Style, place_text};
use crate::analysis::evidence::Place;
use crate::analysis::finding::{Finding, Severity};
use crate::facts::share::folder_of;
use crate::report::Report;

/// Evidence shown for one finding; the JSON has all of it.
const MOST_REASONS: usize = 6;
/// The rule whose findings have a table of targets and scenarios.
const MULTI_TIER: &str = "multi-tier-nic-in-windowspe";
/// Further places shown.
const MOST_PLACES: usize = 6;

pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut packages: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.analysis.findings {
        packages.entry(folder_of(&finding.location.path)).or_default().push(finding);
    }
    let mut packages: Vec<(&str, Vec<&Finding>)> = packages.into_iter().collect();
    packages.sort_by_key(|(folder, findings)| (std::cmp::Reverse(findings.iter().map(|f| f.severity).max()), *folder));
    for (folder, findings) in packages {
        let name = if folder.is_empty() { "." } else { folder };
        writeln!(out, "{}", style.bold(&super::style::harmless(name)))?;
        for (index, finding) in findings.iter().enumerate() {
            // One remedy for a run of the same fault.
            let last_of_run = findings.get(index + 1).is_none_or(|next| next.rule != finding.rule);
            one(report, finding, last_of_run, style, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn one(report: &Report<'_>, finding: &Finding, last_of_run: bool, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let head = format!("{}[{}]", finding.severity.name(), finding.rule);
    let sure = style.dim(&format!("({})", finding.confidence.name()));
    writeln!(out, "  {} {} {sure}", style.severity(finding.severity, &head), place_text(&finding.location))?;
    style.wrapped(out, "    ", &finding.message)?;
    if finding.severity == Severity::Info {
        return Ok(());
    }
    if let (Some(topology), MULTI_TIER) = (finding.subject.topology, finding.rule) {
        matrix::of_topology(report, topology, style, out)?;
    }
    if !finding.subject.adapters.is_empty() {
        let ids: Vec<&str> = finding.subject.adapters.iter().map(|a| a.as_str()).collect();
        style.wrapped(out, "    adapters: ", &some(&ids, 8))?;
    }
    if !finding.related.is_empty() {
        let places: Vec<String> = finding.related.iter().map(place_text).collect();
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        style.wrapped(out, "    also:     ", &some(&places, MOST_PLACES))?;
    }
    reasons(finding, style, out)?;
    let fix = report.db.rules().get(finding.rule).and_then(|r| r.fix.first());
    let general = fix.filter(|_| last_of_run).into_iter();
    let fixes: Vec<&String> =
        if finding.advice.is_empty() { general.collect() } else { finding.advice.iter().collect() };
    for (index, text) in fixes.into_iter().enumerate() {
        style.wrapped(out, if index == 0 { "    fix:      " } else { "              " }, text)?;
    }
    Ok(())
}

fn reasons(finding: &Finding, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for (index, evidence) in finding.evidence.iter().take(MOST_REASONS).enumerate() {
        let place = evidence.location.as_ref().filter(|p| worth_showing(p, finding)).map(place_text);
        let place = place.map_or_else(String::new, |p| format!(" [{p}]"));
        let source = evidence.source.as_deref().map_or_else(String::new, |s| format!(" ({s})"));
        let label = if index == 0 { "    why:      " } else { "              " };
        style.wrapped(out, label, &format!("{}{place}{source}", evidence.text))?;
    }
    if finding.evidence.len() > MOST_REASONS {
        let more = finding.evidence.len() - MOST_REASONS;
        writeln!(out, "              {}", style.dim(&format!("{more} more in the JSON report")))?;
    }
    Ok(())
}

fn worth_showing(place: &Place, finding: &Finding) -> bool {
    *place != finding.location
}

/// The first few of a list, and how many more there are.
fn some(all: &[&str], most: usize) -> String {
    let shown = all.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    if all.len() > most { format!("{shown} and {} more", all.len() - most) } else { shown }
}
