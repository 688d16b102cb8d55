//! Changes as `wimspect/1`: the document of `wimspect diff`, and the record that reports hold.

use std::io::{self, Write};

use serde::Serialize;

use super::runs::RunRecord;
use super::{Compared, Side, summary};
use crate::analysis::changes::{
    Changes, ComponentChanges, DriverChanges, FactChange, ImageChange, ImageEvent, NotLookedAt, Pair,
};
use crate::analysis::evidence::{Confidence, Place};
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::{CoverageState, FindingState, InputState, PackageState, ReadState};
use crate::inf_db::InfDb;
use crate::report::SCHEMA;
use crate::report::inert::InertJson;
use crate::report::json::Tool;

/// What `wimspect diff --format json` writes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct Diff<'a> {
    #[cfg_attr(test, schemars(extend("const" = SCHEMA)))]
    schema: &'static str,
    tool: Tool<'a>,
    changes: ChangesRecord<'a>,
}

/// Writes the document of `wimspect diff` and a final line end.
///
/// # Errors
/// Those of the writer.
pub fn write(compared: &Compared<'_>, db: &InfDb, out: &mut dyn Write) -> io::Result<()> {
    let diff = Diff { schema: SCHEMA, tool: Tool::of_program(db), changes: ChangesRecord::of(compared) };
    document(&diff, out)
}

/// Writes a value as a document for people and programs.
pub(in crate::report) fn document<T: Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = InertJson(io::BufWriter::new(&mut *out));
    serde_json::to_writer_pretty(&mut writer, value).map_err(io::Error::from)?;
    writer.write_all(b"\n")?;
    writer.flush()
}

/// What is different.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangesRecord<'a> {
    before: SideRecord<'a>,
    after: SideRecord<'a>,
    /// In one line, for people.
    summary: String,
    inputs: InputChangesRecord<'a>,
    findings: FindingChangesRecord<'a>,
    packages: PackageChangesRecord<'a>,
    images: Vec<ImageChangeRecord<'a>>,
    /// Where the numbers of the fleet are others.
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a Pair<Option<CoverageState>>>,
    not_looked_at: NotLookedAt,
}

/// One of the two that were compared.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SideRecord<'a> {
    #[cfg_attr(test, schemars(extend("enum" = ["share", "boot-image", "run"])))]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<RunRecord<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct InputChangesRecord<'a> {
    missing: Vec<InputStateRecord<'a>>,
    back: Vec<InputStateRecord<'a>>,
    added: Vec<InputStateRecord<'a>>,
    removed: Vec<InputStateRecord<'a>>,
}

/// An input, and why it could not be read.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct InputStateRecord<'a> {
    kind: &'a str,
    path: &'a str,
    /// `null`: it was read.
    missing: Option<&'a str>,
    /// Places in it that could not be read.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    unread: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FindingChangesRecord<'a> {
    new: Vec<FindingStateRecord<'a>>,
    gone: Vec<FindingStateRecord<'a>>,
    changed: Vec<FindingPair<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FindingPair<'a> {
    before: FindingStateRecord<'a>,
    after: FindingStateRecord<'a>,
}

/// A finding as the history keeps it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FindingStateRecord<'a> {
    rule: &'a str,
    severity: Severity,
    confidence: Confidence,
    message: &'a str,
    targets: &'a [String],
    location: Place,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<SuppressedRecord<'a>>,
    /// Whether the baseline knew it; only with a baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SuppressedRecord<'a> {
    by: &'a str,
    reason: &'a str,
    until: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PackageChangesRecord<'a> {
    added: &'a [PackageState],
    removed: &'a [PackageState],
    updated: &'a [Pair<PackageState>],
    moved: &'a [Pair<PackageState>],
}

/// An image that is not what it was.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ImageChangeRecord<'a> {
    path: &'a str,
    index: u32,
    name: Option<&'a str>,
    event: ImageEvent,
    /// Fit for distribution; `null` where it was not judged or is not there.
    fit: &'a Pair<Option<bool>>,
    facts: &'a [FactChange],
    drivers: &'a DriverChanges,
    components: &'a ComponentChanges,
}

impl<'a> ChangesRecord<'a> {
    /// The record of a comparison.
    pub fn of(compared: &Compared<'a>) -> Self {
        let changes: &'a Changes = compared.changes;
        let inputs = |list: &'a [InputState]| list.iter().map(InputStateRecord::of).collect();
        let findings = |list: &'a [FindingState]| list.iter().map(FindingStateRecord::of).collect();
        let pair = |p: &'a Pair<FindingState>| FindingPair {
            before: FindingStateRecord::of(&p.before),
            after: FindingStateRecord::of(&p.after),
        };
        Self {
            before: SideRecord::of(compared.before),
            after: SideRecord::of(compared.after),
            summary: summary(changes),
            inputs: InputChangesRecord {
                missing: inputs(&changes.inputs.missing),
                back: inputs(&changes.inputs.back),
                added: inputs(&changes.inputs.added),
                removed: inputs(&changes.inputs.removed),
            },
            findings: FindingChangesRecord {
                new: findings(&changes.findings.new),
                gone: findings(&changes.findings.gone),
                changed: changes.findings.changed.iter().map(pair).collect(),
            },
            packages: PackageChangesRecord {
                added: &changes.packages.added,
                removed: &changes.packages.removed,
                updated: &changes.packages.updated,
                moved: &changes.packages.moved,
            },
            images: changes.images.iter().map(ImageChangeRecord::of).collect(),
            coverage: changes.coverage.as_ref(),
            not_looked_at: changes.not_looked_at,
        }
    }
}

impl<'a> SideRecord<'a> {
    fn of(side: Side<'a>) -> Self {
        let (path, run) = match side {
            Side::Share(path) | Side::BootImage(path) => (Some(path), None),
            Side::Run(point) => (None, Some(RunRecord::of(point, None))),
        };
        Self { kind: side.kind(), path, run }
    }
}

impl<'a> InputStateRecord<'a> {
    pub(super) fn of(input: &'a InputState) -> Self {
        let missing = match &input.state {
            ReadState::Read => None,
            ReadState::Missing(why) | ReadState::Earlier(why) => Some(why.as_str()),
        };
        Self { kind: &input.kind, path: &input.path, missing, unread: &input.unread }
    }
}

impl<'a> FindingStateRecord<'a> {
    pub(super) fn of(finding: &'a FindingState) -> Self {
        Self {
            rule: &finding.rule,
            severity: finding.severity,
            confidence: finding.confidence,
            message: &finding.message,
            targets: &finding.targets,
            location: finding.place(),
            fingerprint: &finding.fingerprint,
            suppressed: finding.suppressed.as_ref().map(|s| SuppressedRecord {
                by: &s.by,
                reason: &s.reason,
                until: s.until.as_deref(),
            }),
            known: finding.known,
        }
    }
}

impl<'a> ImageChangeRecord<'a> {
    fn of(change: &'a ImageChange) -> Self {
        Self {
            path: &change.file,
            index: change.index,
            name: change.name.as_deref(),
            event: change.event,
            fit: &change.fit,
            facts: &change.facts,
            drivers: &change.drivers,
            components: &change.components,
        }
    }
}
