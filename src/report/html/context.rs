//! What several sections of the page ask.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::Analysis;
use crate::analysis::classify::topology::TopologyKind;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::target::folded_names;
use crate::analysis::world::{DriverIndex, Folder};
use crate::facts::share::folder_of;
use crate::inf_db::Confidence;
use crate::report::Report;
use crate::report::matrix::{Fate, weight};

/// Topologies that are drawn; the JSON report has all of them.
const MOST_DRAWN: usize = 80;

/// The report, and what is looked up in it.
pub(super) struct Context<'a> {
    /// The report.
    pub(super) report: &'a Report<'a>,
    /// Indexes of the targets by name.
    pub(super) target_by_name: BTreeMap<&'a str, usize>,
    /// The topologies that are drawn, the ones with the worst findings first.
    pub(super) drawn: Vec<usize>,
    /// Multi-tier topologies, drawn or not.
    pub(super) multi_tier: usize,
    /// Findings by topology.
    pub(super) by_topology: BTreeMap<usize, Vec<&'a Finding>>,
    image_names: Vec<String>,
}

impl<'a> Context<'a> {
    pub(super) fn new(report: &'a Report<'a>) -> Self {
        let analysis = report.analysis;
        let mut by_topology: BTreeMap<usize, Vec<&Finding>> = BTreeMap::new();
        // Where only facts were asked for nothing is judged.
        for finding in analysis.findings.iter().filter(|_| report.verdicts) {
            if let Some(topology) = finding.subject.topology {
                by_topology.entry(topology).or_default().push(finding);
            }
        }
        let worst = |t: &usize| by_topology.get(t).and_then(|f| f.iter().map(|f| (f.counts(), f.severity)).max());
        let all = analysis.topologies.all.iter().enumerate();
        let mut drawn: Vec<usize> = all.filter(|(_, t)| t.kind == TopologyKind::MultiTier).map(|(i, _)| i).collect();
        drawn.sort_by_key(|t| (std::cmp::Reverse(worst(t)), *t));
        let multi_tier = drawn.len();
        drawn.truncate(MOST_DRAWN);
        Self {
            report,
            target_by_name: analysis.targets.iter().enumerate().map(|(i, t)| (t.name.as_str(), i)).collect(),
            drawn,
            multi_tier,
            by_topology,
            image_names: (0..analysis.world.images.len()).map(|i| analysis.world.image_name(i)).collect(),
        }
    }

    /// The analysis.
    pub(super) fn analysis(&self) -> &'a Analysis {
        self.report.analysis
    }

    /// There is a list of findings; also an empty one says something where things were judged.
    pub(super) fn has_findings(&self) -> bool {
        self.report.verdicts
    }

    /// There is a table of drivers.
    pub(super) fn has_drivers(&self) -> bool {
        !self.analysis().world.drivers.is_empty()
    }

    /// Something was predicted.
    pub(super) fn has_matrix(&self) -> bool {
        self.report.verdicts && !self.analysis().predictions.all.is_empty()
    }

    /// Something is drawn.
    pub(super) fn has_drawings(&self) -> bool {
        !self.drawn.is_empty()
    }

    /// Something could not be read.
    pub(super) fn has_problems(&self) -> bool {
        !self.report.problems.is_empty()
    }

    /// What a finding is filed under: the driver package (folder), the image, or the file that it lies in.
    pub(super) fn owner<'b>(&'b self, finding: &'b Finding) -> &'b str {
        let path = finding.location.path.as_str();
        let inside = |name: &&String| {
            path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if let Some(name) = self.image_names.iter().find(inside) {
            return name;
        }
        match folder_of(path) {
            "" => path,
            folder => folder,
        }
    }

    /// The targets of a finding, folded for people; names that are no target stand as they are.
    pub(super) fn targets_text(&self, names: &[String]) -> String {
        let known: BTreeSet<usize> =
            names.iter().filter_map(|n| self.target_by_name.get(n.as_str()).copied()).collect();
        let mut texts: Vec<String> = Vec::new();
        if !known.is_empty() {
            texts.push(folded_names(&self.analysis().targets, &known));
        }
        texts.extend(names.iter().filter(|n| !self.target_by_name.contains_key(n.as_str())).cloned());
        texts.join(", ")
    }

    /// For a finding about a topology: what it does, worst first, each with the targets on which it does so.
    pub(super) fn stories(&self, finding: &Finding) -> Vec<Story<'a>> {
        let analysis = self.analysis();
        let Some(topology) = finding.subject.topology else { return Vec::new() };
        let mut worst: BTreeMap<usize, &'a crate::analysis::prediction::scenario::Outcome> = BTreeMap::new();
        for prediction in analysis.predictions.all.iter().filter(|p| p.topology == topology) {
            if !finding.targets.contains(&analysis.targets[prediction.target].name) {
                continue;
            }
            for outcome in prediction.outcomes.iter().filter(|o| Fate::of(o) != Fate::Fine) {
                let known = worst.entry(prediction.target).or_insert(outcome);
                if weight(known) < weight(outcome) {
                    *known = outcome;
                }
            }
        }
        let mut stories: Vec<Story<'a>> = Vec::new();
        for (target, outcome) in worst {
            let same = |s: &&mut Story<'a>| {
                (s.outcome.result, s.outcome.at, s.outcome.during, s.outcome.recovers)
                    == (outcome.result, outcome.at, outcome.during, outcome.recovers)
            };
            match stories.iter_mut().find(same) {
                Some(story) => {
                    story.targets.insert(target);
                }
                None => stories.push(Story { outcome, targets: BTreeSet::from([target]) }),
            }
        }
        stories.sort_by_key(|s| std::cmp::Reverse(weight(s.outcome)));
        stories
    }

    /// What to do first about a finding.
    pub(super) fn advice<'b>(&'b self, finding: &'b Finding) -> Option<&'b str> {
        let general = || self.report.db.rules().get(finding.rule).and_then(|rule| rule.fix.first());
        finding.advice.first().or_else(general).map(String::as_str)
    }

    /// The title of a rule, or its id.
    pub(super) fn rule_title<'b>(&'b self, rule: &'b str) -> &'b str {
        self.report.db.rules().get(rule).map_or(rule, |r| r.title.as_str())
    }

    /// A folder of a share as reports show it.
    pub(super) fn folder(&self, folder: &Folder) -> String {
        crate::analysis::coverage::folder_text(&self.analysis().world, folder)
    }

    /// The file name of a driver's INF.
    pub(super) fn inf(&self, driver: DriverIndex) -> &'a str {
        &self.analysis().world.drivers[driver].inf
    }

    /// The title of a NIC family.
    pub(super) fn family(&self, id: Option<&str>) -> Option<&'a str> {
        id.and_then(|id| self.report.db.families().get(id)).map(|family| family.title.as_str())
    }
}

/// One way in which a set fares, and where.
pub(super) struct Story<'a> {
    /// The worst outcome there.
    pub(super) outcome: &'a crate::analysis::prediction::scenario::Outcome,
    /// Indexes into the targets.
    pub(super) targets: BTreeSet<usize>,
}

/// Class of the style sheet, icon and word of a severity.
pub(in crate::report) const fn severity(severity: Severity) -> (&'static str, &'static str, &'static str) {
    match severity {
        Severity::Error => ("sev-error", "error", "error"),
        Severity::Warning => ("sev-warning", "warning", "warning"),
        Severity::Info => ("sev-info", "info", "note"),
    }
}

/// Class of the style sheet and icon of a fate.
pub(super) const fn fate(fate: Fate) -> (&'static str, &'static str) {
    match fate {
        Fate::Fails => ("fate-fails", "error"),
        Fate::Unknown => ("fate-unknown", "unknown"),
        Fate::Interrupted => ("fate-interrupted", "warning"),
        Fate::Fine => ("fate-fine", "ok"),
    }
}

/// How sure, as a word and as a number for sorting.
pub(super) const fn confidence(confidence: Confidence) -> u8 {
    match confidence {
        Confidence::Guess => 0,
        Confidence::Likely => 1,
        Confidence::Proven => 2,
    }
}
