//! From which NDIS version on ndis.sys exports a function (`ndis-functions.toml`).
//!
//! Only functions whose reference page names the version. What an image really exports is read from the image; the table
//! serves where there is none, and names the release that has the function.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::releases::ComponentVersion;
use super::source::SourceConfidence;
use super::text::prose;

/// Functions that came with one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    ndis: ComponentVersion,
    functions: Vec<String>,
    #[serde(deserialize_with = "prose")]
    source: String,
    confidence: SourceConfidence,
}

/// The file as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NdisFunctionsFile {
    since: Vec<Since>,
}

/// First NDIS version of functions of ndis.sys, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NdisFunctions {
    rows: NdisFunctionsFile,
    by_name: BTreeMap<String, ComponentVersion>,
}

impl NdisFunctions {
    /// Reads the table. A function that is there twice keeps its first version.
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        let rows: NdisFunctionsFile = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        let mut by_name = BTreeMap::new();
        for since in &rows.since {
            for name in &since.functions {
                if by_name.insert(name.clone(), since.ndis).is_some() {
                    problems.push(file.problem(None, format!("function `{name}` is there twice")));
                }
            }
        }
        Some(Self { rows, by_name })
    }

    /// The file as typed values, for the canonical form and the digest.
    pub(super) const fn to_file(&self) -> &NdisFunctionsFile {
        &self.rows
    }

    /// The first NDIS version that has a function, if that is documented. Names of exports are case-sensitive.
    pub fn first_version(&self, function: &str) -> Option<ComponentVersion> {
        self.by_name.get(function).copied()
    }
}
