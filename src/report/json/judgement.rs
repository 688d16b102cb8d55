//! `topologies[]`, `predictions[]`, `findings[]` and the summary.

use std::collections::BTreeMap;

use serde::Serialize;

use super::driver::first_place;
use crate::analysis::classify::topology::{Tier, Topology, TopologyKind};
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::prediction::Prediction;
use crate::analysis::prediction::scenario::{Cell, Outcome};
use crate::analysis::world::DriverIndex;
use crate::facts::ids::{Arch, HardwareId};
use crate::facts::os_version::OsVersion;
use crate::inf_db::{Before, Effect};
use crate::report::Report;

const fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Root => "root",
        Tier::Bus => "bus",
        Tier::Middle => "middle",
        Tier::Leaf => "leaf",
    }
}

/// One topology.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct TopologyRecord<'a> {
    id: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = ["monolithic", "multi-tier"])))]
    kind: &'static str,
    family: Option<&'a str>,
    root_ids: Vec<&'a HardwareId>,
    nodes: Vec<NodeRecord<'a>>,
    edges: Vec<EdgeRecord<'a>>,
    siblings: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_bus: Vec<MissingRecord<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NodeRecord<'a> {
    driver: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = ["root", "bus", "middle", "leaf"])))]
    tier: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EdgeRecord<'a> {
    parent: &'a str,
    child: &'a str,
    enumerator: &'a str,
    confidence: Confidence,
    evidence: &'a [Evidence],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct MissingRecord<'a> {
    child: &'a str,
    enumerator: &'a str,
    id: &'a HardwareId,
}

impl<'a> TopologyRecord<'a> {
    pub(super) fn of(report: &'a Report<'a>, topology: &'a Topology) -> Self {
        let id = |driver: DriverIndex| report.analysis.world.drivers[driver].id.as_str();
        let edge = |e: &'a crate::analysis::classify::link::Link| EdgeRecord {
            parent: id(e.parent),
            child: id(e.child),
            enumerator: &e.enumerator,
            confidence: e.confidence,
            evidence: &e.evidence,
        };
        Self {
            id: &topology.id,
            kind: match topology.kind {
                TopologyKind::Monolithic => "monolithic",
                TopologyKind::MultiTier => "multi-tier",
            },
            family: topology.family.as_deref(),
            root_ids: topology.root_ids.iter().collect(),
            nodes: topology.nodes.iter().map(|(d, t)| NodeRecord { driver: id(*d), tier: tier_name(*t) }).collect(),
            edges: topology.edges.iter().map(edge).collect(),
            siblings: topology.siblings.iter().map(|d| id(*d)).collect(),
            missing_bus: topology
                .missing
                .iter()
                .map(|m| MissingRecord { child: id(m.child), enumerator: &m.enumerator, id: &m.id })
                .collect(),
        }
    }
}

/// One prediction: an adapter id in one scenario cell.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct PredictionRecord<'a> {
    offered: OfferedRecord<'a>,
    adapter: AdapterRecord<'a>,
    target: TargetRecord<'a>,
    scenario: ScenarioRecord,
    driver_before: Option<NamedDriver<'a>>,
    driver_after: Option<NamedDriver<'a>>,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::Effect::ALL, crate::inf_db::Effect::name))))]
    effect: &'static str,
    network: NetworkRecord,
    task_sequence: TaskSequenceRecord,
    confidence: Confidence,
    assumes: &'a [String],
    because: Vec<&'a Evidence>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OfferedRecord<'a> {
    folder: String,
    drivers: Vec<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AdapterRecord<'a> {
    id: &'a HardwareId,
    /// Further ids with the same answer, where a record for each would be noise: see [`is_folded`].
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    others: &'a [HardwareId],
    topology: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TargetRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    release: Option<&'a str>,
    arch: Arch,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ScenarioRecord {
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::ContentAccess::ALL, crate::inf_db::ContentAccess::name))))]
    content: &'static str,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::DeploySource::ALL, crate::inf_db::DeploySource::name))))]
    source: &'static str,
    deploy_os: Option<OsVersion>,
    driver_step: bool,
}

/// A driver by id and by name.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NamedDriver<'a> {
    id: &'a str,
    inf: &'a str,
    path: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NetworkRecord {
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::NetworkDuring::ALL, crate::inf_db::NetworkDuring::name))))]
    during: &'static str,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::NetworkRecovers::ALL, crate::inf_db::NetworkRecovers::name))))]
    recovers: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TaskSequenceRecord {
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::TaskResult::ALL, crate::inf_db::TaskResult::name))))]
    result: &'static str,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words_or_null(crate::inf_db::TaskPhase::ALL, crate::inf_db::TaskPhase::name))))]
    at: Option<&'static str>,
}

/// Every prediction, adapter by adapter, cell by cell.
pub(super) fn predictions<'a>(report: &'a Report<'a>) -> impl Iterator<Item = PredictionRecord<'a>> {
    let cells = &report.analysis.predictions.cells;
    report.analysis.predictions.all.iter().flat_map(move |prediction| {
        let folded = is_folded(report, prediction);
        let (first, rest) = prediction.adapters.split_at(if folded { 1 } else { prediction.adapters.len() });
        first.iter().flat_map(move |adapter| {
            let cells = cells.iter().zip(&prediction.outcomes);
            cells.map(move |(cell, outcome)| record(report, prediction, (adapter, rest), cell, outcome))
        })
    })
}

/// One record for all adapters with the same answer: for targets that nobody named, and where a monolithic driver changes
/// nothing (a share holds tens of thousands of those ids).
fn is_folded(report: &Report<'_>, prediction: &Prediction) -> bool {
    /// Few enough to be read one by one.
    const FEW: usize = 32;
    let monolithic = report.analysis.topologies.all[prediction.topology].kind == TopologyKind::Monolithic;
    let nothing = matches!(prediction.effect.effect, Effect::None | Effect::NotApplicable);
    !report.analysis.targets[prediction.target].named || (monolithic && nothing && prediction.adapters.len() > FEW)
}

fn record<'a>(
    report: &'a Report<'a>,
    prediction: &'a Prediction,
    (adapter, others): (&'a HardwareId, &'a [HardwareId]),
    cell: &Cell,
    outcome: &'a Outcome,
) -> PredictionRecord<'a> {
    let analysis = report.analysis;
    let world = &analysis.world;
    let set = &analysis.predictions.offered[prediction.offered];
    let target = &analysis.targets[prediction.target];
    // With no network at boot no task sequence gets as far as offering anything.
    let offers = cell.offers_in_windowspe() && prediction.effect.before != Before::None;
    let named = |driver: Option<DriverIndex>| {
        driver.map(|d| NamedDriver {
            id: &world.drivers[d].id,
            inf: &world.drivers[d].inf,
            path: first_place(report, d).path,
        })
    };
    PredictionRecord {
        offered: OfferedRecord {
            folder: world.share_path(set.folder.share, &set.folder.path),
            drivers: set.drivers.iter().map(|d| world.drivers[*d].id.as_str()).collect(),
        },
        adapter: AdapterRecord { id: adapter, others, topology: &analysis.topologies.all[prediction.topology].id },
        target: TargetRecord {
            image: target.image().map(|_| target.name.as_str()),
            release: target.release.as_deref(),
            arch: target.os.arch,
        },
        scenario: ScenarioRecord {
            content: cell.content.name(),
            source: cell.source.name(),
            deploy_os: cell.deploy_os,
            driver_step: cell.driver_step,
        },
        driver_before: named(prediction.effect.driver_before),
        // Where nothing is offered in Windows PE, nothing changes there.
        driver_after: named(if offers { prediction.effect.driver_after } else { prediction.effect.driver_before }),
        effect: if offers { prediction.effect.effect } else { Effect::None }.name(),
        network: NetworkRecord { during: outcome.during.name(), recovers: outcome.recovers.name() },
        task_sequence: TaskSequenceRecord { result: outcome.result.name(), at: outcome.at.map(|a| a.name()) },
        confidence: outcome.confidence,
        assumes: &outcome.assumes,
        because: prediction.effect.because.iter().chain([&outcome.because]).collect(),
    }
}

/// One finding.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FindingRecord<'a> {
    rule: &'a str,
    severity: Severity,
    confidence: Confidence,
    message: String,
    subject: SubjectRecord<'a>,
    targets: &'a [String],
    location: &'a Place,
    related: &'a [Place],
    evidence: &'a [Evidence],
    advice: &'a [String],
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<SuppressedRecord<'a>>,
    /// Whether the baseline knew it, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SuppressedRecord<'a> {
    #[cfg_attr(test, schemars(extend("enum" = ["policy", "baseline"])))]
    by: &'static str,
    reason: &'a str,
    until: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SubjectRecord<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    driver: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topology: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    adapters: &'a [HardwareId],
}

impl<'a> FindingRecord<'a> {
    pub(super) fn of(report: &'a Report<'a>, finding: &'a Finding) -> Self {
        let analysis = report.analysis;
        let subject = &finding.subject;
        Self {
            rule: finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            message: finding.whole_message(),
            subject: SubjectRecord {
                driver: subject.driver.map(|d| analysis.world.drivers[d].id.as_str()),
                topology: subject.topology.map(|t| analysis.topologies.all[t].id.as_str()),
                image: subject.image.map(|i| analysis.world.image_name(i)),
                adapters: &subject.adapters,
            },
            targets: &finding.targets,
            location: &finding.location,
            related: &finding.related,
            evidence: &finding.evidence,
            advice: &finding.advice,
            fingerprint: &finding.fingerprint,
            suppressed: finding.suppressed.as_ref().map(|s| SuppressedRecord {
                by: s.by.name(),
                reason: &s.reason,
                until: s.until.as_deref(),
            }),
            known: finding.known,
        }
    }
}

/// Counts.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Summary {
    files: u64,
    inf_files: u64,
    drivers: usize,
    images: usize,
    by_role: BTreeMap<&'static str, usize>,
    by_severity: BTreeMap<&'static str, usize>,
}

impl Summary {
    pub(super) fn of(report: &Report<'_>) -> Self {
        let analysis = report.analysis;
        let mut by_role = BTreeMap::new();
        for role in &analysis.topologies.roles {
            *by_role.entry(role.name()).or_default() += 1;
        }
        let mut by_severity = BTreeMap::from([("error", 0), ("warning", 0), ("info", 0)]);
        for finding in analysis.findings.iter().filter(|f| f.counts()) {
            *by_severity.entry(finding.severity.name()).or_default() += 1;
        }
        Self {
            files: analysis.world.shares.iter().map(|s| s.file_count).sum(),
            inf_files: analysis.world.shares.iter().map(|s| s.infs.len() as u64).sum(),
            drivers: analysis.world.drivers.len(),
            images: analysis.world.images.len(),
            by_role,
            by_severity,
        }
    }
}
