//! What somebody is told after a scheduled report: a small JSON document for a webhook, `wimspect-notice/1`, and a mail.

pub mod mail;

use std::io::{self, Write};

use serde::Serialize;

use super::inert::{InertJson, clipped};
use super::since::{Since, Summary};
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::Snapshot;
use crate::facts::utc;

/// The version of its contract.
pub const SCHEMA: &str = "wimspect-notice/1";
/// New findings that are told one by one.
const MOST_FINDINGS: usize = 10;
/// Verdicts and inputs that are told one by one.
const MOST_OTHERS: usize = 50;
/// Characters of a text.
const MOST_TEXT: usize = 500;

/// The document.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Notice<'a> {
    #[cfg_attr(test, schemars(extend("const" = "wimspect-notice/1")))]
    schema: &'static str,
    /// Everything in one line, for people and chat programs.
    text: String,
    /// Title of the report.
    title: &'a str,
    /// Number of the run.
    run: u64,
    /// When it began, RFC 3339 in UTC.
    started: String,
    /// Its exit code.
    #[cfg_attr(test, schemars(range(max = 3)))]
    exit_code: u8,
    /// The run that it is compared with; null in the first one.
    since_run: Option<u64>,
    /// Findings that count.
    counts: Counts,
    /// Findings that count and did not in the run before.
    new: Counts,
    /// Findings of the run before that are gone.
    gone: usize,
    /// The worst of the new findings, at most ten.
    top: Vec<Finding<'a>>,
    /// Images whose verdict is another one.
    verdicts: Vec<Verdict>,
    /// Inputs that are missing now.
    missing: Vec<Missing>,
    /// The fleet; null without one.
    coverage: Option<Coverage>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Finding<'a> {
    rule: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = ["error", "warning", "info"])))]
    severity: &'static str,
    path: String,
    message: String,
    fingerprint: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Verdict {
    /// File and index, `boot.wim:1`.
    image: String,
    /// Fit for distribution; null = not judged, or not there.
    before: Option<bool>,
    after: Option<bool>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Missing {
    path: String,
    message: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Coverage {
    machines: usize,
    adapters: usize,
    covered: usize,
}

impl<'a> Notice<'a> {
    /// Of a run.
    pub fn of(section: &'a Since<'a>, snapshot: &Snapshot, exit_code: u8) -> Self {
        let summary = Summary::of(section);
        let last = section.last();
        let newly = || last.into_iter().flat_map(|c| c.changes.newly_counting());
        let new = |severity| newly().filter(|f| f.severity == severity).count();
        let counts = |count: &dyn Fn(Severity) -> usize| Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Info),
        };
        let mut top: Vec<_> = newly().collect();
        top.sort_by_key(|f| std::cmp::Reverse(f.severity));
        let top = top.into_iter().take(MOST_FINDINGS).map(|f| Finding {
            rule: &f.rule,
            severity: f.severity.name(),
            path: clipped(&f.path, MOST_TEXT),
            message: clipped(&f.message, MOST_TEXT),
            fingerprint: &f.fingerprint,
        });
        let images = last.into_iter().flat_map(|c| &c.changes.images).filter(|i| i.fit.before != i.fit.after);
        let verdicts = images.take(MOST_OTHERS).map(|i| Verdict {
            image: clipped(&format!("{}:{}", i.file, i.index), MOST_TEXT),
            before: i.fit.before,
            after: i.fit.after,
        });
        let missing = section.missing.iter().take(MOST_OTHERS);
        Self {
            schema: SCHEMA,
            text: clipped(&format!("{}: {} {}", section.title, summary.headline, summary.since), MOST_TEXT),
            title: section.title,
            run: section.run.run,
            started: utc::text(section.run.at),
            exit_code,
            since_run: last.map(|c| c.before.run),
            counts: counts(&|s| snapshot.count(s)),
            new: counts(&new),
            gone: last.map_or(0, |c| c.changes.findings.gone.len()),
            top: top.collect(),
            verdicts: verdicts.collect(),
            missing: missing
                .map(|(path, why)| Missing { path: clipped(path, MOST_TEXT), message: clipped(why, MOST_TEXT) })
                .collect(),
            coverage: snapshot.coverage.as_ref().map(|c| Coverage {
                machines: c.machines,
                adapters: c.adapters,
                covered: c.covered,
            }),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(InertJson(out), self).map_err(io::Error::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_docs_is_made_from_the_types() {
        let schema = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
        let schema = schema.into_root_schema_for::<Notice<'_>>();
        let made = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wimspect-notice-1.schema.json");
        if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
            std::fs::write(&path, &made).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(written == made, "docs/wimspect-notice-1.schema.json: UPDATE=1 cargo test --lib schema_in_docs");
    }
}
