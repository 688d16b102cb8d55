//! Findings, by folder (what ConfigMgr calls a driver package), worst first.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::style::{Style, harmless, place_text};
use super::{matrix, plural};
use crate::analysis::evidence::Place;
use crate::analysis::finding::{Finding, Severity, SuppressedBy, Suppression};
use crate::facts::share::folder_of;
use crate::report::Report;

/// Evidence shown for one finding; the JSON has all of it.
const MOST_REASONS: usize = 6;
/// The rule whose findings have a table of targets and scenarios.
const MULTI_TIER: &str = "multi-tier-nic-in-windowspe";
/// Ignored or gone findings shown.
const MOST_IGNORED: usize = 20;
/// Further places shown.
const MOST_PLACES: usize = 6;

pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut packages: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.analysis.findings.iter().filter(|f| f.counts()) {
        packages.entry(folder_of(&finding.location.path)).or_default().push(finding);
    }
    let mut packages: Vec<(&str, Vec<&Finding>)> = packages.into_iter().collect();
    packages.sort_by_key(|(folder, findings)| (std::cmp::Reverse(findings.iter().map(|f| f.severity).max()), *folder));
    overview(&packages, style, out)?;
    let mut writer = Writer { report, style, said: BTreeSet::new() };
    for (folder, findings) in packages {
        writeln!(out, "{}", style.bold(&package_name(folder)))?;
        for finding in findings {
            writer.one(finding, out)?;
        }
        writeln!(out)?;
    }
    not_counted(report, style, out)
}

/// What somebody has accepted, as a count; what is ignored, with its reason; and what a baseline knew and is gone.
fn not_counted(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let ignored: Vec<(&Finding, &Suppression)> = report
        .analysis
        .findings
        .iter()
        .filter_map(|f| f.suppressed.as_ref().filter(|s| s.by == SuppressedBy::Policy).map(|s| (f, s)))
        .collect();
    if !ignored.is_empty() {
        writeln!(out, "{}", style.bold(&format!("{} ignored by the policy", plural(ignored.len(), "finding"))))?;
        for (finding, suppression) in ignored.iter().take(MOST_IGNORED) {
            let until = suppression.until.as_ref().map_or_else(String::new, |u| format!(" (until {u})"));
            let place = place_text(&finding.location);
            style.wrapped(out, "  ", &format!("{} {place}: {}{until}", finding.rule, suppression.reason))?;
        }
        more(ignored.len(), style, out)?;
        writeln!(out)?;
    }
    let Some(baseline) = report.baseline else { return Ok(()) };
    let head = format!("Baseline: {} new, {} accepted, {} gone", baseline.new, baseline.accepted, baseline.gone.len());
    writeln!(out, "{}", style.bold(&head))?;
    for gone in baseline.gone.iter().take(MOST_IGNORED) {
        style.wrapped(out, "  gone: ", &format!("{} {}: {}", gone.rule, gone.path, gone.message))?;
    }
    more(baseline.gone.len(), style, out)?;
    writeln!(out)
}

fn more(count: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match count.checked_sub(MOST_IGNORED) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "  {}", style.dim(&format!("{more} more in the JSON report"))),
    }
}

fn package_name(folder: &str) -> String {
    if folder.is_empty() { ".".to_owned() } else { harmless(folder) }
}

/// Which packages have errors, where there are more than a screen shows.
fn overview(packages: &[(&str, Vec<&Finding>)], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let broken = packages.iter().filter(|(_, f)| f.iter().any(|f| f.severity == Severity::Error));
    let broken: Vec<&str> = broken.map(|(folder, _)| *folder).collect();
    if broken.len() < 3 {
        return Ok(());
    }
    writeln!(out, "{}", style.severity(Severity::Error, &format!("{} with errors", plural(broken.len(), "folder"))))?;
    for folder in broken {
        writeln!(out, "  {}", package_name(folder))?;
    }
    writeln!(out)
}

/// Writes findings; what was said once (how the article's failure comes about, how a fault is mended) is not said again.
struct Writer<'a> {
    report: &'a Report<'a>,
    style: Style,
    said: BTreeSet<String>,
}

impl Writer<'_> {
    fn one(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let style = self.style;
        let head = format!("{}[{}]", finding.severity.name(), finding.rule);
        let sure = style.dim(&format!("({})", finding.confidence.name()));
        writeln!(out, "  {} {} {sure}", style.severity(finding.severity, &head), place_text(&finding.location))?;
        style.wrapped(out, "    ", &finding.message)?;
        if finding.severity == Severity::Info {
            return Ok(());
        }
        if let (Some(topology), MULTI_TIER) = (finding.subject.topology, finding.rule) {
            matrix::of_topology(self.report, topology, style, out)?;
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
        self.reasons(finding, out)?;
        let general = self.report.db.rules().get(finding.rule).and_then(|r| r.fix.first());
        let fixes: Vec<&String> =
            if finding.advice.is_empty() { general.into_iter().collect() } else { finding.advice.iter().collect() };
        let new: Vec<&String> = fixes.into_iter().filter(|text| self.said.insert((*text).clone())).collect();
        self.block("    fix:      ", new.into_iter().cloned(), out)
    }

    fn reasons(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let mut texts = Vec::new();
        let mut hidden = 0;
        for evidence in &finding.evidence {
            if evidence.kind == "scenario" && !self.said.insert(evidence.text.clone()) {
                continue;
            }
            if texts.len() == MOST_REASONS {
                hidden += 1;
                continue;
            }
            let place = evidence.location.as_ref().filter(|p| worth_showing(p, finding)).map(place_text);
            let place = place.map_or_else(String::new, |p| format!(" [{p}]"));
            let source = evidence.source.as_deref().map_or_else(String::new, |s| format!(" ({s})"));
            texts.push(format!("{}{place}{source}", evidence.text));
        }
        self.block("    why:      ", texts.into_iter(), out)?;
        if hidden > 0 {
            writeln!(out, "              {}", self.style.dim(&format!("{hidden} more in the JSON report")))?;
        }
        Ok(())
    }

    /// Paragraphs under one label.
    fn block(&self, label: &str, texts: impl Iterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
        let blank = " ".repeat(label.chars().count());
        for (index, text) in texts.enumerate() {
            self.style.wrapped(out, if index == 0 { label } else { &blank }, &text)?;
        }
        Ok(())
    }
}

fn worth_showing(place: &Place, finding: &Finding) -> bool {
    *place != finding.location
}

/// The first few of a list, and how many more there are.
fn some(all: &[&str], most: usize) -> String {
    let shown = all.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    if all.len() > most { format!("{shown} and {} more", all.len() - most) } else { shown }
}
