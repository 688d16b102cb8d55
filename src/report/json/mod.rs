//! `wimspect/1`, the JSON contract (DESIGN.md 4), written as a stream: no value tree of the whole is ever built.

mod coverage;
mod diagnosis;
pub(in crate::report) mod driver;
mod image;
mod judgement;
mod lines;
#[cfg(test)]
mod tests;

pub(in crate::report) use self::lines::Line;
pub use self::lines::write_lines;

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::inert::InertJson;
use super::stream::{RecordPerLine, seq};
use super::{Report, SCHEMA, since};
use crate::analysis::world::DriverIndex;
use crate::inf_db::InfDb;

/// Writes the report and a final line end.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown = shown_drivers(report);
    let mut writer = InertJson(io::BufWriter::new(&mut *out));
    let mut serializer = serde_json::Serializer::with_formatter(&mut writer, RecordPerLine::of_lists_at(2));
    document(report, &shown, &mut serializer).map_err(io::Error::from)?;
    writer.write_all(b"\n")?;
    writer.flush()
}

fn document<S: Serializer>(
    report: &Report<'_>,
    shown: &BTreeSet<DriverIndex>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let analysis = report.analysis;
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("schema", SCHEMA)?;
    map.serialize_entry("tool", &Tool::of(report))?;
    // In front of all text from an input: what stands in it can not be taken for the mark.
    if report.scheduled {
        map.serialize_entry("history", since::MARK)?;
    }
    map.serialize_entry("inputs", &seq(|| report.inputs.iter().map(InputRecord::of)))?;
    map.serialize_entry(
        "images",
        &seq(|| (0..analysis.world.images.len()).map(|i| image::ImageRecord::of(report, i))),
    )?;
    let drivers = || (0..analysis.world.drivers.len()).map(|d| driver::DriverRecord::of(report, d, shown.contains(&d)));
    map.serialize_entry("drivers", &seq(drivers))?;
    map.serialize_entry(
        "topologies",
        &seq(|| analysis.topologies.all.iter().map(|t| judgement::TopologyRecord::of(report, t))),
    )?;
    map.serialize_entry("predictions", &seq(|| judgement::predictions(report)))?;
    // Only with a fleet: what does not speak of machines has no room for them.
    if let Some(coverage) = &analysis.coverage {
        map.serialize_entry("fleet", &coverage::FleetRecord::of(report, coverage))?;
        map.serialize_entry("coverage", &seq(|| coverage::records(report, coverage)))?;
    }
    // Only `diagnose` has logs.
    if let Some(found) = report.diagnosis {
        map.serialize_entry("logs", &seq(|| found.logs.iter().map(diagnosis::LogRecord::of)))?;
        map.serialize_entry("not_logs", &found.not_logs)?;
        let diagnoses = || found.diagnoses.iter().map(|d| diagnosis::DiagnosisRecord::of(report, found, d));
        map.serialize_entry("diagnoses", &seq(diagnoses))?;
    }
    map.serialize_entry(
        "findings",
        &seq(|| analysis.findings.iter().map(|f| judgement::FindingRecord::of(report, f))),
    )?;
    if let Some(baseline) = report.baseline {
        map.serialize_entry("baseline", &BaselineRecord::of(baseline))?;
    }
    if !report.failed.is_empty() {
        map.serialize_entry("failed", report.failed)?;
    }
    map.serialize_entry("problems", &seq(|| report.problems.iter().map(ProblemRecord::of)))?;
    map.serialize_entry("summary", &judgement::Summary::of(report))?;
    map.end()
}

/// Network drivers, and whatever findings and topologies refer to: these are shown with their devices. Of the others the
/// record says what they are, so that "not-network" is said and not only meant.
fn shown_drivers(report: &Report<'_>) -> BTreeSet<DriverIndex> {
    let analysis = report.analysis;
    let all = 0..analysis.world.drivers.len();
    if report.all_facts {
        return all.collect();
    }
    let mut shown: BTreeSet<DriverIndex> = all.filter(|d| analysis.topologies.roles[*d].is_network()).collect();
    shown.extend(analysis.findings.iter().filter_map(|f| f.subject.driver));
    for topology in &analysis.topologies.all {
        shown.extend(topology.nodes.iter().map(|(d, _)| *d));
        shown.extend(topology.siblings.iter().copied());
    }
    for prediction in &analysis.predictions.all {
        shown.extend(prediction.effect.driver_before);
        shown.extend(prediction.effect.driver_after);
    }
    for row in analysis.coverage.iter().flat_map(|c| &c.rows) {
        shown.extend(row.driver);
        shown.extend(row.threats.iter().filter_map(|t| t.driver));
        shown.extend(row.share_best.as_ref().map(|b| b.driver));
    }
    shown
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct Tool<'a> {
    name: &'static str,
    version: &'static str,
    inf_db: String,
    policy: Option<&'a str>,
}

impl<'a> Tool<'a> {
    /// Where no report is made, and so no policy plays a part.
    pub(in crate::report) fn of_program(db: &InfDb) -> Self {
        Self { name: "wimspect", version: env!("CARGO_PKG_VERSION"), inf_db: db.digest(), policy: None }
    }

    fn of(report: &Report<'a>) -> Self {
        Self { name: "wimspect", version: env!("CARGO_PKG_VERSION"), inf_db: report.db.digest(), policy: report.policy }
    }
}

/// This run compared with its baseline.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BaselineRecord<'a> {
    /// Findings that the baseline did not know.
    new: usize,
    /// Findings that it knew.
    accepted: usize,
    /// What it knew and is not there any more.
    gone: Vec<GoneRecord<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GoneRecord<'a> {
    rule: &'a str,
    path: &'a str,
    message: &'a str,
    fingerprint: &'a str,
}

impl<'a> BaselineRecord<'a> {
    fn of(baseline: &'a super::BaselineSummary) -> Self {
        let gone = baseline.gone.iter().map(|g| GoneRecord {
            rule: &g.rule,
            path: &g.path,
            message: &g.message,
            fingerprint: &g.fingerprint,
        });
        Self { new: baseline.new, accepted: baseline.accepted, gone: gone.collect() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct InputRecord<'a> {
    #[cfg_attr(test, schemars(extend("enum" = ["share", "boot-image", "fleet", "log", "answer-file", "task-sequence"])))]
    kind: &'a str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guid: Option<&'a str>,
}

impl<'a> InputRecord<'a> {
    pub(in crate::report) fn of(input: &'a super::Input) -> Self {
        Self { kind: input.kind, path: &input.path, sha256: input.sha256.as_deref(), guid: input.guid.as_deref() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct ProblemRecord<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    message: &'a str,
}

impl<'a> ProblemRecord<'a> {
    pub(in crate::report) fn of(problem: &'a super::Problem) -> Self {
        Self { path: &problem.path, line: problem.line, message: &problem.message }
    }
}
