//! Lines of logs that say how a deployment went, whatever came of it (`log-anchors.toml`): where a session begins, versions,
//! adapters, steps, commands and their exit codes.
//!
//! Patterns are those of [`super::log_signatures`]; the names in them are what is read from the line.

use serde::{Deserialize, Serialize};

use super::log_signatures::mistake_in_any_pattern;
use super::problem::{DataFile, InfDbProblem};
use super::source::SourceConfidence;
use super::text::prose;
use crate::facts::log::LogFormat;

/// What a line says. The names that its patterns have stand in `<>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorKind {
    /// A new session begins with it.
    SessionStart,
    /// `<version>` of the Windows PE that wrote the log.
    WinpeVersion,
    /// `<version>` of the Windows that wrote the log: Windows PE as long as that runs.
    RunningVersion,
    /// `<version>` of the offline Windows that is worked on.
    TargetVersion,
    /// An adapter `<name>` and its `<address>`.
    Adapter,
    /// The network came up.
    NetworkUp,
    /// No adapter was found.
    NetworkMissing,
    /// Step `<name>` begins.
    StepStart,
    /// The whole `<name>` of the step that has just begun.
    StepName,
    /// Step `<name>` ended well.
    StepSucceeded,
    /// Step `<name>` failed.
    StepFailed,
    /// The task sequence failed at step `<name>`.
    TaskSequenceFailed,
    /// `<command>` is run.
    Command,
    /// A command ended with `<number>`.
    ExitCode,
    /// Setup is run from a share.
    SetupFromShare,
    /// Setup is run from the disk.
    SetupFromDisk,
    /// Driver package `<package>` is applied.
    DriverPackage,
    /// Driver `<inf>` is offered or installed.
    DriverInf,
    /// Setup begins to install drivers in Windows PE.
    WindowspeDrivers,
    /// Setup begins to add drivers to the offline image.
    OfflineDrivers,
    /// Setup has no drivers to install, in what it has begun.
    NoSetupDrivers,
}

/// One kind of line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogAnchor {
    /// What it says.
    pub kind: AnchorKind,
    /// Names of the log formats that have it.
    pub formats: Vec<String>,
    /// Components that write it; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<String>,
    /// Patterns of which one has to be in the record's text.
    pub any: Vec<String>,
    /// Where it was read.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
}

/// The name of a task sequence step that offers drivers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriverStep {
    /// As ConfigMgr names it; people may have given it another name.
    pub name: String,
    /// Where it was read.
    #[serde(deserialize_with = "prose")]
    pub source: String,
}

/// The table, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogAnchors {
    anchor: Vec<LogAnchor>,
    #[serde(default)]
    driver_step: Vec<DriverStep>,
}

impl LogAnchors {
    /// Reads the table; an entry that can not be used is a problem and left out.
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        let mut table: Self = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        table.anchor.retain(|anchor| {
            let unknown = anchor.formats.iter().find(|f| LogFormat::ALL.iter().all(|known| known.name() != f.as_str()));
            let mistake = unknown
                .map(|format| format!("no log format is called `{format}`"))
                .or_else(|| anchor.any.iter().find_map(|pattern| mistake_in_any_pattern(pattern)));
            if let Some(message) = &mistake {
                problems.push(file.problem(None, message.clone()));
            }
            mistake.is_none()
        });
        Some(table)
    }

    /// Every kind of line.
    pub fn all(&self) -> &[LogAnchor] {
        &self.anchor
    }

    /// Whether a step of this name offers drivers.
    pub fn is_driver_step(&self, name: &str) -> bool {
        self.driver_step.iter().any(|step| step.name.eq_ignore_ascii_case(name.trim()))
    }
}
