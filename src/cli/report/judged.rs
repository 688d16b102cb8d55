//! From inputs to what is kept of a run: its snapshot, and its reports with the place of the section that says what changed.
//!
//! A night in which nothing changed costs the walk: when all that the run depends on is what it was ([`super::key`]), what the
//! last run saw and wrote stands.

use std::collections::BTreeSet;
use std::time::SystemTime;

use anyhow::Result;

use super::config::Settings;
use super::key;
use super::prepared::Prepared;
use crate::analysis::baseline::Baseline;
use crate::analysis::policy::Policy;
use crate::analysis::snapshot::{ReadState, Snapshot};
use crate::cli::args::Format;
use crate::cli::complain;
use crate::cli::output::{self, Kind, least_confidence};
use crate::cli::pipeline::{self, Outcome};
use crate::cli::policy::today;
use crate::history::cache::Cache;
use crate::history::{History, HistoryError, Template};
use crate::inf_db::InfDb;
use crate::report::Report;
use crate::report::since::parted;
use crate::report::text::style::Style;
use crate::scan::incremental::{FactCache, Incremental, NoCache, Trust};

/// A run up to the point from which on it is compared.
pub(super) struct Judged {
    /// What it saw.
    pub(super) snapshot: Snapshot,
    /// Its reports by format, parted at the section.
    pub(super) templates: Vec<Template>,
    /// Nothing had changed: all of this is from the run before.
    pub(super) reused: bool,
    /// Digest of everything that it depends on; empty when it can not stand for another run.
    pub(super) key: String,
}

/// What is remembered of runs before.
pub(super) struct Memory<'a> {
    /// The history, where it can be read.
    pub(super) history: Option<&'a History>,
    /// Read everything, whether it changed or not.
    pub(super) full: bool,
    /// This run has the lock: only then it may use the cache of facts.
    pub(super) alone: bool,
}

impl Judged {
    /// Inputs that are missing: path, and why.
    pub(super) fn missing(&self) -> Vec<(String, String)> {
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

/// Reads and judges, or takes what the last run saw.
///
/// # Errors
/// Faults of the configuration that only show now.
pub(super) fn judge(
    settings: &Settings,
    prepared: &Prepared<'_>,
    db: &InfDb,
    memory: &Memory<'_>,
    phase: &mut dyn FnMut(&'static str),
) -> Result<Judged> {
    let (policy, baseline) = (prepared.policy()?, prepared.baseline()?);
    let cache = if memory.alone { cache(settings) } else { None };
    let facts: &dyn FactCache = cache.as_ref().map_or(&NoCache, |cache| cache);
    let trust = match (memory.full, settings.judging.verify_content) {
        (true, _) => Trust::Nothing,
        (false, true) => Trust::Content,
        (false, false) => Trust::Stamps,
    };
    // The real clock: a fixed one would take every file for settled.
    let incremental = Incremental::new(facts, trust, SystemTime::now());
    let inputs = prepared.inputs();
    let walked = pipeline::walk(&inputs, &prepared.common, &incremental);
    phase("walk");
    let key = key::of(settings, prepared, db, policy.as_ref(), &walked.stamps())?;
    if trust == Trust::Stamps
        && let Some(judged) = last(memory.history, &key)
    {
        return Ok(judged);
    }
    let outcome = walked.read(&prepared.request, &prepared.common, db, &incremental)?;
    // What could not be read tonight may be read tomorrow, with the same stamps.
    let key = if incremental.failed() > 0 { String::new() } else { key };
    phase("read");
    let judged = finish(outcome, policy.as_ref(), baseline.as_ref(), settings, db, key);
    if let Some(Err(error)) = cache.map(Cache::finish) {
        complain(&error.to_string());
    }
    phase("judge");
    judged
}

/// Without it everything is read, and that is all.
fn cache(settings: &Settings) -> Option<Cache> {
    Cache::open(&Cache::path_for(&settings.history)).map_err(|error| complain(&error.to_string())).ok()
}

/// What the newest run saw, when it depended on the same. A history that can not be read is a reason to read everything; that it
/// can not be read is said by whoever compares.
fn last(history: Option<&History>, key: &str) -> Option<Judged> {
    let history = history.filter(|_| !key.is_empty())?;
    let read = || -> Result<Option<Judged>, HistoryError> {
        let Some(newest) = history.newest()?.filter(|newest| newest.key == key) else { return Ok(None) };
        let (snapshot, templates) = (history.snapshot(newest.id)?, history.templates()?);
        Ok(Some(Judged { snapshot, templates, reused: true, key: key.to_owned() }))
    };
    read().ok().flatten()
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
        diagnosis: None,
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
