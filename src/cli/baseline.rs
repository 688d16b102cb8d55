//! Reads and writes the file of accepted findings.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::analysis::baseline::{Accepted, Baseline};
use crate::inf_db::Severity;

const SCHEMA: &str = "wimspect-baseline/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRecord {
    schema: String,
    findings: Vec<FindingRecord>,
}

/// What is beside the fingerprint is there for people who read the file or a diff of it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingRecord {
    fingerprint: String,
    rule: String,
    severity: Severity,
    path: String,
    message: String,
}

/// Reads a baseline.
///
/// # Errors
/// The file can not be read, or is none that `--write-baseline` wrote.
pub fn read(path: &Path) -> Result<Baseline> {
    let shown = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("--baseline {shown}"))?;
    let file: FileRecord = serde_json::from_slice(&bytes)
        .with_context(|| format!("--baseline {shown} is no baseline; make one with --write-baseline {shown}"))?;
    if file.schema != SCHEMA {
        bail!("--baseline {shown} is written as `{}`, this program reads `{SCHEMA}`", file.schema);
    }
    let accepted = |f: FindingRecord| Accepted {
        fingerprint: f.fingerprint,
        rule: f.rule,
        severity: f.severity,
        path: f.path,
        message: f.message,
    };
    let mut findings: Vec<Accepted> = file.findings.into_iter().map(accepted).collect();
    findings.sort();
    Ok(Baseline { findings })
}

/// Writes a baseline: one finding a line, so that a version control system shows what was accepted when.
///
/// # Errors
/// Those of the writer.
pub fn write(baseline: &Baseline, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{{\"schema\": \"{SCHEMA}\", \"findings\": [")?;
    for (index, finding) in baseline.findings.iter().enumerate() {
        let record = FindingRecord {
            fingerprint: finding.fingerprint.clone(),
            rule: finding.rule.clone(),
            severity: finding.severity,
            path: finding.path.clone(),
            message: finding.message.clone(),
        };
        let comma = if index + 1 < baseline.findings.len() { "," } else { "" };
        writeln!(out, "  {}{comma}", serde_json::to_string(&record)?)?;
    }
    writeln!(out, "]}}")
}
