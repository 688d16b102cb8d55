//! The runs of a history: the list, and one of them with what it saw. Text and `wimspect/1`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::json::{FindingStateRecord, InputStateRecord, document};
use super::{driver_version, fit_text, package_version, trends};
use crate::analysis::snapshot::{CoverageState, ImageDriverState, ImageState, PackageState, ReadState, Snapshot};
use crate::analysis::trends::TrendPoint;
use crate::facts::utc;
use crate::inf_db::InfDb;
use crate::report::SCHEMA;
use crate::report::json::Tool;
use crate::report::text::plural;
use crate::report::text::style::{Style, harmless, place_text};

/// A run with the program that made it.
#[derive(Clone, Debug)]
pub struct RunLine<'a> {
    /// The run in numbers.
    pub point: &'a TrendPoint,
    /// Version of the program that made it.
    pub tool: &'a str,
}

/// A run with what it saw.
#[derive(Debug)]
pub struct RunDetails<'a> {
    /// The run.
    pub line: RunLine<'a>,
    /// What it saw.
    pub snapshot: &'a Snapshot,
    /// By fingerprint: the run that saw the finding first, and when.
    pub first_seen: &'a BTreeMap<String, (u64, u64)>,
    /// What changed against the run before, in one line; `None` for the first run that is kept.
    pub changed: Option<String>,
}

/// A run in numbers.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct RunRecord<'a> {
    run: u64,
    /// RFC 3339, UTC.
    started: String,
    finished: String,
    exit_code: u8,
    /// Version of the program that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'a str>,
    errors: u64,
    warnings: u64,
    notes: u64,
    not_counted: u64,
    packages: u64,
    images: u64,
    problems: u64,
    missing: u64,
    adapters: Option<u64>,
    covered: Option<u64>,
}

impl<'a> RunRecord<'a> {
    pub(in crate::report) fn of(point: &TrendPoint, tool: Option<&'a str>) -> Self {
        Self {
            run: point.run,
            started: utc::text(point.started),
            finished: utc::text(point.finished),
            exit_code: point.exit_code,
            tool,
            errors: point.errors,
            warnings: point.warnings,
            notes: point.notes,
            not_counted: point.not_counted,
            packages: point.packages,
            images: point.images,
            problems: point.problems,
            missing: point.missing,
            adapters: point.adapters,
            covered: point.covered,
        }
    }
}

/// What `wimspect history list --format json` writes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct RunList<'a> {
    #[cfg_attr(test, schemars(extend("const" = SCHEMA)))]
    schema: &'static str,
    tool: Tool<'a>,
    /// The oldest first.
    runs: Vec<RunRecord<'a>>,
}

/// What `wimspect history show --format json` writes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct RunDocument<'a> {
    #[cfg_attr(test, schemars(extend("const" = SCHEMA)))]
    schema: &'static str,
    tool: Tool<'a>,
    run: RunRecord<'a>,
    /// Against the run before, in one line.
    changed: Option<&'a str>,
    inputs: Vec<InputStateRecord<'a>>,
    images: Vec<ImageStateRecord<'a>>,
    packages: &'a [PackageState],
    findings: Vec<SeenFinding<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<&'a CoverageState>,
}

/// An image as the history keeps it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ImageStateRecord<'a> {
    path: &'a str,
    index: u32,
    name: Option<&'a str>,
    os_version: Option<&'a str>,
    arch: Option<&'a str>,
    release: Option<&'a str>,
    kind: &'a str,
    fit: Option<bool>,
    guid: Option<&'a str>,
    sha256: Option<&'a str>,
    components: &'a [String],
    unread: &'a [String],
    drivers: &'a [ImageDriverState],
}

/// A finding with the run that saw it first.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SeenFinding<'a> {
    #[serde(flatten)]
    finding: FindingStateRecord<'a>,
    first_run: Option<u64>,
    first_seen: Option<String>,
}

impl<'a> ImageStateRecord<'a> {
    fn of(image: &'a ImageState) -> Self {
        Self {
            path: &image.file,
            index: image.index,
            name: image.name.as_deref(),
            os_version: image.os_version.as_deref(),
            arch: image.arch.as_deref(),
            release: image.release.as_deref(),
            kind: &image.kind,
            fit: image.fit,
            guid: image.guid.as_deref(),
            sha256: image.sha256.as_deref(),
            components: &image.components,
            unread: &image.unread,
            drivers: &image.drivers,
        }
    }
}

/// What `wimspect history prune` took away.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gone {
    /// Runs that were taken away.
    pub runs: u64,
    /// Runs that are left.
    pub left: u64,
    /// Size of the history before.
    pub bytes_before: u64,
    /// Its size now.
    pub bytes_after: u64,
}

/// What `wimspect history prune --format json` writes.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(in crate::report) struct PrunedDocument<'a> {
    #[cfg_attr(test, schemars(extend("const" = SCHEMA)))]
    schema: &'static str,
    tool: Tool<'a>,
    pruned: Gone,
}

/// Writes what was taken away as JSON.
///
/// # Errors
/// Those of the writer.
pub fn pruned_json(pruned: Gone, db: &InfDb, out: &mut dyn Write) -> io::Result<()> {
    document(&PrunedDocument { schema: SCHEMA, tool: Tool::of_program(db), pruned }, out)
}

/// Writes what was taken away.
///
/// # Errors
/// Those of the writer.
pub fn pruned_text(pruned: Gone, out: &mut dyn Write) -> io::Result<()> {
    let count = plural(usize::try_from(pruned.runs).unwrap_or(usize::MAX), "run");
    let (before, after) = (pruned.bytes_before >> 10, pruned.bytes_after >> 10);
    writeln!(out, "{count} taken away, {} left; {after} KB, {before} KB before", pruned.left)
}

/// Writes the list as JSON.
///
/// # Errors
/// Those of the writer.
pub fn list_json(runs: &[RunLine<'_>], db: &InfDb, out: &mut dyn Write) -> io::Result<()> {
    let records = runs.iter().map(|r| RunRecord::of(r.point, Some(r.tool))).collect();
    document(&RunList { schema: SCHEMA, tool: Tool::of_program(db), runs: records }, out)
}

/// Writes one run as JSON.
///
/// # Errors
/// Those of the writer.
pub fn show_json(run: &RunDetails<'_>, db: &InfDb, out: &mut dyn Write) -> io::Result<()> {
    let seen = run.snapshot.findings.iter().map(|f| {
        let first = run.first_seen.get(&f.fingerprint);
        SeenFinding {
            finding: FindingStateRecord::of(f),
            first_run: first.map(|(run, _)| *run),
            first_seen: first.map(|(_, time)| utc::text(*time)),
        }
    });
    let record = RunDocument {
        schema: SCHEMA,
        tool: Tool::of_program(db),
        run: RunRecord::of(run.line.point, Some(run.line.tool)),
        changed: run.changed.as_deref(),
        inputs: run.snapshot.inputs.iter().map(InputStateRecord::of).collect(),
        images: run.snapshot.images.iter().map(ImageStateRecord::of).collect(),
        packages: &run.snapshot.packages,
        findings: seen.collect(),
        coverage: run.snapshot.coverage.as_ref(),
    };
    document(&record, out)
}

/// Writes the list as a table, the newest run at the bottom, and the trends.
///
/// # Errors
/// Those of the writer.
pub fn list_text(runs: &[RunLine<'_>], style: Style, out: &mut dyn Write) -> io::Result<()> {
    if runs.is_empty() {
        return writeln!(out, "no runs yet");
    }
    let head = format!(
        "{:>5}  {:<20}  {:>4}  {:>6}  {:>8}  {:>6}  {:>8}  {:>6}  {:>8}",
        "run", "finished (UTC)", "exit", "errors", "warnings", "notes", "packages", "images", "coverage"
    );
    writeln!(out, "{}", style.bold(&head))?;
    for RunLine { point, .. } in runs {
        let coverage = trends::percent_covered(point).map_or_else(|| "-".to_owned(), |p| format!("{p} %"));
        let missing = match point.missing {
            0 => String::new(),
            n => format!("  {} missing", plural(usize::try_from(n).unwrap_or(usize::MAX), "input")),
        };
        writeln!(
            out,
            "{:>5}  {:<20}  {:>4}  {:>6}  {:>8}  {:>6}  {:>8}  {:>6}  {coverage:>8}{missing}",
            point.run,
            utc::text(point.finished),
            point.exit_code,
            point.errors,
            point.warnings,
            point.notes,
            point.packages,
            point.images
        )?;
    }
    let points: Vec<TrendPoint> = runs.iter().map(|r| r.point.clone()).collect();
    if points.len() > 1 {
        writeln!(out)?;
    }
    trends::write(&points, style, out)
}

/// Writes one run.
///
/// # Errors
/// Those of the writer.
pub fn show_text(run: &RunDetails<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (point, snapshot) = (run.line.point, run.snapshot);
    writeln!(out, "{}", style.bold(&format!("Run {} of {}", point.run, utc::text(point.finished))))?;
    let began = format!(
        "began {}, exit code {}, wimspect {}",
        utc::text(point.started),
        point.exit_code,
        harmless(run.line.tool)
    );
    writeln!(out, "  {began}")?;
    if let Some(changed) = &run.changed {
        style.wrapped(out, "  since the run before: ", changed)?;
    }
    writeln!(out, "\n{}", style.bold("Inputs"))?;
    for input in &snapshot.inputs {
        let state = match &input.state {
            ReadState::Read if input.unread.is_empty() => String::new(),
            ReadState::Read => format!(", without {} that could not be read", plural(input.unread.len(), "place")),
            ReadState::Missing(why) | ReadState::Earlier(why) => format!(": MISSING ({why})"),
        };
        style.wrapped(out, "  ", &format!("{} {}{state}", input.kind, input.path))?;
    }
    if !snapshot.images.is_empty() {
        writeln!(out, "\n{}", style.bold("Images"))?;
    }
    for image in &snapshot.images {
        show_image(image, style, out)?;
    }
    if !snapshot.packages.is_empty() {
        writeln!(out, "\n{}", style.bold(&plural(snapshot.packages.len(), "package")))?;
    }
    if style.verbose {
        for package in &snapshot.packages {
            style.wrapped(out, "  ", &format!("{}/{}  {}", package.share, package.path, package_version(package)))?;
        }
    }
    show_findings(run, style, out)
}

fn show_image(image: &ImageState, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let name = image.name.as_deref().unwrap_or("(no name)");
    let version = image.os_version.as_deref().unwrap_or("unknown");
    let arch = image.arch.as_deref().unwrap_or("unknown");
    let text = format!(
        "{}:{} {name}: {}, OS version {version}, {arch}, {}",
        image.file,
        image.index,
        fit_text(image.fit),
        plural(image.drivers.len(), "driver")
    );
    style.wrapped(out, "  ", &text)?;
    for driver in image.drivers.iter().filter(|d| style.verbose || d.origin != "inbox") {
        style.wrapped(out, "    ", &format!("{} {}  {}", driver.origin, driver.inf, driver_version(driver)))?;
    }
    Ok(())
}

fn show_findings(run: &RunDetails<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let point = run.line.point;
    let count = |n: u64, noun: &str| plural(usize::try_from(n).unwrap_or(usize::MAX), noun);
    let mut counts = vec![count(point.errors, "error"), count(point.warnings, "warning"), count(point.notes, "note")];
    if point.not_counted > 0 {
        counts.push(format!("{} that do not count", point.not_counted));
    }
    writeln!(out, "\n{}", style.bold(&counts.join(", ")))?;
    let mut findings: Vec<_> = run.snapshot.findings.iter().collect();
    findings.sort_by_key(|f| (std::cmp::Reverse(f.severity), &f.path, &f.rule));
    for finding in findings {
        let head = harmless(&format!("{}[{}]", finding.severity.name(), finding.rule));
        let first = run.first_seen.get(&finding.fingerprint);
        let first = first.map_or_else(String::new, |(run, time)| format!(" since run {run} of {}", utc::text(*time)));
        let counts = if finding.counts() { "" } else { ", does not count" };
        let place = place_text(&finding.place());
        writeln!(
            out,
            "  {} {place}{}",
            style.severity(finding.severity, &head),
            style.dim(&format!("{first}{counts}"))
        )?;
        style.wrapped(out, "    ", &finding.message)?;
    }
    Ok(())
}
