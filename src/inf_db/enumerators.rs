//! Well-known enumerators (`enumerators.toml`): the buses and software enumerators of Windows itself.
//!
//! A hardware id whose enumerator is not in this table belongs to a private bus: its device is a child that a vendor's bus
//! driver creates (FACTS.md 3.2, rule 1).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::source::SourceConfidence;
use super::text::{prose, prose_option};

/// What an enumerator stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnumeratorKind {
    /// A hardware bus that Windows enumerates.
    Bus,
    /// Devices without hardware of their own, created by software of Windows.
    Software,
    /// Children that a bus driver of Windows itself creates: child of an in-box bus, not a vendor's multi-tier driver.
    InBoxChild,
    /// Bluetooth of Windows.
    Bluetooth,
}

/// How the name is compared, always without case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnumeratorMatch {
    /// The whole enumerator.
    Exact,
    /// The beginning of the enumerator.
    Prefix,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enumerator {
    /// The text before the first `\` of an id, upper case.
    pub name: String,
    /// How it is compared.
    #[serde(rename = "match")]
    pub matching: EnumeratorMatch,
    /// What it stands for.
    pub kind: EnumeratorKind,
    /// For people.
    #[serde(default, deserialize_with = "prose_option", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where the row comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well it is known.
    pub confidence: SourceConfidence,
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnumeratorsFile {
    enumerator: Vec<Enumerator>,
}

/// The whole table, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Enumerators {
    rows: Vec<Enumerator>,
}

impl Enumerators {
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Spans {
            enumerator: Vec<toml::Spanned<Enumerator>>,
        }
        let spans: Spans = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        let mut names = BTreeSet::new();
        let mut rows = Vec::with_capacity(spans.enumerator.len());
        for row in spans.enumerator {
            let span = row.span();
            let row = row.into_inner();
            if row.name.is_empty() || row.name.contains('\\') || row.name != row.name.to_ascii_uppercase() {
                problems
                    .push(file.problem(Some(span.clone()), format!("`{}` is no enumerator in upper case", row.name)));
            }
            if !names.insert(row.name.clone()) {
                problems.push(file.problem(Some(span), format!("enumerator `{}` is there twice", row.name)));
            }
            rows.push(row);
        }
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        Some(Self { rows })
    }

    pub(super) fn to_file(&self) -> EnumeratorsFile {
        EnumeratorsFile { enumerator: self.rows.clone() }
    }

    /// Every row, by name.
    pub fn all(&self) -> &[Enumerator] {
        &self.rows
    }

    /// The row of an enumerator (the text before the first `\` of an id); `None` for a private one. The whole name counts
    /// before a beginning, the longer beginning before the shorter one.
    pub fn get(&self, enumerator: &str) -> Option<&Enumerator> {
        let exact = |r: &&Enumerator| r.matching == EnumeratorMatch::Exact && r.name.eq_ignore_ascii_case(enumerator);
        let prefix = |r: &&Enumerator| {
            r.matching == EnumeratorMatch::Prefix
                && enumerator.get(..r.name.len()).is_some_and(|start| start.eq_ignore_ascii_case(&r.name))
        };
        self.rows.iter().find(exact).or_else(|| self.rows.iter().filter(prefix).max_by_key(|r| r.name.len()))
    }

    /// The enumerator is none of Windows: its devices are children of a vendor's bus driver.
    pub fn is_private(&self, enumerator: &str) -> bool {
        self.get(enumerator).is_none()
    }
}

#[cfg(test)]
mod tests {
    use crate::inf_db::InfDb;

    use super::*;

    #[test]
    fn buses_of_windows_are_known_and_private_ones_are_not() {
        let table = InfDb::embedded().enumerators();
        for (name, kind) in [
            ("PCI", EnumeratorKind::Bus),
            ("usb", EnumeratorKind::Bus),
            ("PCMCIA", EnumeratorKind::Bus),
            ("ISA", EnumeratorKind::Bus),
            ("ISAPNP", EnumeratorKind::Bus),
            ("SD", EnumeratorKind::Bus),
            ("ACPI", EnumeratorKind::Bus),
            ("Root", EnumeratorKind::Software),
            ("SWC", EnumeratorKind::Software),
            ("MF", EnumeratorKind::InBoxChild),
            ("VMBUS", EnumeratorKind::InBoxChild),
            ("BTHENUM", EnumeratorKind::Bluetooth),
            ("BTHLEDevice", EnumeratorKind::Bluetooth),
            ("Bluetooth", EnumeratorKind::Bluetooth),
        ] {
            assert_eq!(table.get(name).map(|r| r.kind), Some(kind), "{name}");
        }
        // Every private enumerator that a Net-class INF of the corpus uses, and others from FACTS.md 3.3.
        for name in [
            "B06BDRV",
            "EBDRV",
            "QEBDRV",
            "XENBUS",
            "XENVIF",
            "MLX4",
            "IBA",
            "CHT4BUS",
            "NWADI",
            "QWCN",
            "QCMS",
            "NDT",
            "TEST",
            "BTMUSB",
            "ALCACR",
            "{1A3E09BE-1E45-494B-9174-D7385B45BBF5}",
            "{E1A9BB88-DF88-42F4-BB35-802FCFEA41B3}",
            "",
            "P",
            "PCIX",
            "SWX",
        ] {
            assert!(table.is_private(name), "{name}");
        }
    }
}
