//! Who counts as what, by the usages of a certificate (`signers.toml`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::source::SourceConfidence;
use super::text::prose;

/// A kind of signature that Microsoft makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignerRow {
    /// `whql`, `attested`...
    pub id: String,
    /// For people.
    pub title: String,
    /// Extended key usages of which each is a sign, dotted.
    pub usages: Vec<String>,
    /// With Secure Boot on, releases that ask for the developer portal take it.
    pub portal: bool,
    /// Where the row comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
}

/// The table, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signers {
    signer: Vec<SignerRow>,
}

impl Signers {
    /// Reads the table; a usage that two rows claim is a problem.
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        let rows: Self = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        let mut known = BTreeSet::new();
        for usage in rows.signer.iter().flat_map(|row| &row.usages) {
            if !known.insert(usage) {
                problems.push(file.problem(None, format!("usage `{usage}` is there twice")));
            }
        }
        Some(rows)
    }

    /// The first row that one of these usages is a sign of; `None` for a signature of a vendor's own.
    pub fn by_usages(&self, usages: &[String]) -> Option<&SignerRow> {
        self.signer.iter().find(|row| row.usages.iter().any(|usage| usages.contains(usage)))
    }
}
