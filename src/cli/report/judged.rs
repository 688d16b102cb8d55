//! From inputs to what is kept of a run: its snapshot, and its reports with the place of the section that says what changed.

use std::collections::BTreeSet;

use anyhow::Result;

use super::config::Settings;
use super::prepared::Prepared;
use crate::analysis::baseline::Baseline;
use crate::analysis::policy::Policy;
use crate::analysis::snapshot::Snapshot;
use crate::cli::args::Format;
use crate::cli::output::{self, Kind, least_confidence};
use crate::cli::pipeline::{self, Outcome};
use crate::cli::policy::today;
use crate::history::Template;
use crate::inf_db::InfDb;
use crate::report::Report;
use crate::report::since::parted;
use crate::report::text::style::Style;

/// A run up to the point from which on it is compared.
pub(super) struct Judged {
    /// What it saw.
    pub(super) snapshot: Snapshot,
    /// Its reports by format, parted at the section.
    pub(super) templates: Vec<Template>,
    /// Nothing had changed: all of this is from the run before.
    pub(super) reused: bool,
    /// Digest of everything that it depends on.
    pub(super) key: String,
}

impl Judged {
    /// Inputs that are missing: path, and why.
    pub(super) fn missing(&self) -> Vec<(String, String)> {
        use crate::analysis::snapshot::ReadState;
        let why = |state: &ReadState| match state {
            ReadState::Read => None,
            ReadState::Missing(why) | ReadState::Earlier(why) => Some(why.clone()),
        };
        self.snapshot.inputs.iter().filter_map(|i| Some((i.path.clone(), why(&i.state)?))).collect()
    }

    /// No INF and no image was found, though every input was read.
    pub(super) fn is_empty(&self) -> bool {
        self.snapshot.packages.is_empty() && self.snapshot.images.is_empty() && self.snapshot.findings.is_empty()
    }

    /// The report in a format.
    pub(super) fn template(&self, format: Format) -> Option<&Template> {
        self.templates.iter().find(|t| t.name == format.name())
    }
}

/// The formats that are made: those of the outputs, and the page that a mail takes along.
pub(super) fn formats(settings: &Settings) -> BTreeSet<Format> {
    let mail = settings.mail.iter().map(|_| Format::Html);
    settings.outputs.iter().map(|o| o.format).chain(mail).collect()
}

/// Reads and judges.
///
/// # Errors
/// Faults of the configuration that only show now.
pub(super) fn judge(settings: &Settings, prepared: &Prepared<'_>, db: &InfDb) -> Result<Judged> {
    let (policy, baseline) = (prepared.policy()?, prepared.baseline()?);
    let outcome = pipeline::run(&prepared.inputs(), &prepared.request, &prepared.common, db)?;
    finish(outcome, policy.as_ref(), baseline.as_ref(), settings, db, String::new())
}

fn finish(
    mut outcome: Outcome,
    policy: Option<&Policy>,
    baseline: Option<&Baseline>,
    settings: &Settings,
    db: &InfDb,
    key: String,
) -> Result<Judged> {
    if let Some(policy) = policy {
        policy.apply(&mut outcome.analysis, today());
    }
    let compared = baseline.map(|b| output::summary(b.compare(&mut outcome.analysis.findings)));
    let least = least_confidence(settings.judging.min_confidence);
    outcome.analysis.findings.retain(|f| f.confidence >= least);
    let report = Report {
        analysis: &outcome.analysis,
        db,
        inputs: &outcome.inputs,
        problems: &outcome.problems,
        all_facts: settings.judging.all_facts,
        verdicts: true,
        fail_on: settings.judging.fail_on,
        run_folder: None,
        failed: &outcome.failed,
        policy: policy.map(|p| p.digest.as_str()),
        baseline: compared.as_ref(),
        scheduled: true,
    };
    let mut templates = Vec::new();
    for format in formats(settings) {
        let mut bytes = Vec::new();
        output::one(&report, Kind::Full, format, Style::default(), &mut bytes)?;
        let (head, tail) = parted(&bytes).unwrap_or((&bytes, &[]));
        templates.push(Template { name: format.name(), head: head.to_vec(), tail: tail.to_vec() });
    }
    let snapshot = Snapshot::of(&outcome.analysis, outcome.states, outcome.problems.len());
    Ok(Judged { snapshot, templates, reused: false, key })
}
