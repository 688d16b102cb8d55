//! One finding in full: message, adapters, places, reasons, remedy.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::matrix;
use super::style::{Style, place_text};
use crate::analysis::evidence::Place;
use crate::analysis::finding::{Finding, Severity};
use crate::report::{Report, places};

/// Evidence shown for one finding; the JSON has all of it.
const MOST_REASONS: usize = 6;
/// The rule whose findings have a table of targets and scenarios.
const MULTI_TIER: &str = "multi-tier-nic-in-windowspe";
/// Further places shown.
const MOST_PLACES: usize = 6;

/// Writes findings; what was said once (how the article's failure comes about, how a fault is mended) is not said again.
pub(super) struct Writer<'a> {
    pub(super) report: &'a Report<'a>,
    pub(super) style: Style,
    said: BTreeSet<String>,
}

impl<'a> Writer<'a> {
    pub(super) const fn new(report: &'a Report<'a>, style: Style) -> Self {
        Self { report, style, said: BTreeSet::new() }
    }

    pub(super) fn one(&mut self, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
        let style = self.style;
        let head = format!("{}[{}]", finding.severity.name(), finding.rule);
        let sure = style.dim(&format!("({})", finding.confidence.name()));
        let address = if style.links { places::address(self.report, &finding.location) } else { None };
        let place = style.link(address.as_deref(), &place_text(&finding.location));
        writeln!(out, "  {} {place} {sure}", style.severity(finding.severity, &head))?;
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
        if finding.advice.is_empty() {
            return self.general_fix(finding.rule, out);
        }
        self.fix(finding.advice.iter(), out)
    }

    /// What the rule's document says first about mending it.
    pub(super) fn general_fix(&mut self, rule: &str, out: &mut dyn Write) -> io::Result<()> {
        let fix = self.report.db.rules().get(rule).and_then(|r| r.fix.first());
        self.fix(fix.into_iter(), out)
    }

    fn fix<'t>(&mut self, texts: impl Iterator<Item = &'t String>, out: &mut dyn Write) -> io::Result<()> {
        let new: Vec<&String> = texts.filter(|text| self.said.insert((*text).clone())).collect();
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
pub(super) fn some(all: &[&str], most: usize) -> String {
    let shown = all.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    if all.len() > most { format!("{shown} and {} more", all.len() - most) } else { shown }
}
