//! Sections of Windows' own INFs that give a device no driver (`null-drivers.toml`).

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::source::SourceConfidence;
use super::text::prose;

/// A section that others need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NullDriverSection {
    /// The INF of Windows that has it.
    pub inf: String,
    /// Its name, as `Needs` writes it.
    pub name: String,
    /// Where the row comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
}

/// The whole table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NullDrivers {
    section: Vec<NullDriverSection>,
}

impl NullDrivers {
    /// Reads the table.
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        file.parse().map_err(|problem| problems.push(problem)).ok()
    }

    /// A section of this name gives no driver.
    pub fn has(&self, section: &str) -> bool {
        self.section.iter().any(|s| s.name.eq_ignore_ascii_case(section))
    }
}
