//! SARIF 2.1.0, for code scanning and every viewer that knows it.
//!
//! GitHub's limits decide two things: it refuses a run with more than 25,000 results (and shows 5,000 of them), so that is
//! where we stop, worst first, and say so; and it takes no location without a line, so a whole file is its line 1.

mod result;
mod rule;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use self::result::{Message, ResultRecord};
use self::rule::RuleRecord;
use super::inert::{InertJson, harmless};
use super::places::{self, Outside, Root};
use super::stream::{RecordPerLine, seq};
use super::{Problem, Report, words};
use crate::analysis::evidence::Place;
use crate::analysis::verdict;

/// Results in one run: GitHub refuses a file with more.
const MOST_RESULTS: usize = 25_000;
/// Problems that are listed one by one.
const MOST_PROBLEMS: usize = 1_000;
/// The base of what was named by a relative path: where the program ran, as other tools call it.
const RUN_FOLDER: &str = "%SRCROOT%";

/// Writes the report and a final line end.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = InertJson(io::BufWriter::new(&mut *out));
    let mut serializer = serde_json::Serializer::with_formatter(&mut writer, RecordPerLine::of_lists_at(4));
    let mut log = serializer.serialize_map(None).map_err(io::Error::from)?;
    log.serialize_entry("$schema", "https://json.schemastore.org/sarif-2.1.0.json")?;
    log.serialize_entry("version", "2.1.0")?;
    log.serialize_entry("runs", &[Run { report, files: &Files::new(report) }])?;
    SerializeMap::end(log)?;
    writer.write_all(b"\n")?;
    writer.flush()
}

struct Run<'a> {
    report: &'a Report<'a>,
    files: &'a Files<'a>,
}

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let report = self.report;
        let rules: Vec<&str> = report.db.rules().iter().map(|r| r.id.as_str()).collect();
        let mut run = serializer.serialize_map(None)?;
        run.serialize_entry("tool", &Tool { driver: Driver::of(report) })?;
        run.serialize_entry("invocations", &[Invocation::of(report, self.files)])?;
        run.serialize_entry("originalUriBaseIds", &self.files.bases)?;
        run.serialize_entry("columnKind", "unicodeCodePoints")?;
        let findings = || report.analysis.findings.iter();
        let gone = || report.baseline.into_iter().flat_map(|b| &b.gone);
        run.serialize_entry(
            "results",
            &seq(|| {
                let now = findings().map(|f| ResultRecord::of(f, &rules, self.files));
                now.chain(gone().map(|g| ResultRecord::of_gone(g, &rules, self.files))).take(MOST_RESULTS)
            }),
        )?;
        run.serialize_entry("properties", &RunProperties::of(report))?;
        run.end()
    }
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    short_description: Message,
    rules: Vec<RuleRecord<'a>>,
}

impl<'a> Driver<'a> {
    fn of(report: &'a Report<'a>) -> Self {
        Self {
            name: "wimspect",
            version: env!("CARGO_PKG_VERSION"),
            semantic_version: env!("CARGO_PKG_VERSION"),
            short_description: Message::new("Offline inspector for Windows driver shares and boot images".to_owned()),
            rules: report.db.rules().iter().map(RuleRecord::of).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<result::Location>,
}

impl Notification {
    fn new(level: &'static str, text: &str) -> Self {
        Self { level, message: Message::new(harmless(text)), locations: Vec::new() }
    }
}

impl Invocation {
    fn of(report: &Report<'_>, files: &Files<'_>) -> Self {
        let mut notes: Vec<Notification> = report.failed.iter().map(|f| Notification::new("error", f)).collect();
        let findings = report.analysis.findings.len() + report.baseline.map_or(0, |b| b.gone.len());
        if let Some(more) = findings.checked_sub(MOST_RESULTS).filter(|more| *more > 0) {
            let text = format!(
                "{more} findings, the least severe ones, are not in this file: code scanning takes {MOST_RESULTS}. The \
                 formats json, ndjson and csv have all of them."
            );
            notes.push(Notification::new("warning", &text));
        }
        notes.extend(report.problems.iter().take(MOST_PROBLEMS).map(|problem| note_of(problem, files)));
        if report.problems.len() > MOST_PROBLEMS {
            let more = report.problems.len() - MOST_PROBLEMS;
            notes.push(Notification::new("warning", &format!("{more} more parts of the inputs could not be read")));
        }
        Self { execution_successful: report.failed.is_empty(), tool_execution_notifications: notes }
    }
}

fn note_of(problem: &Problem, files: &Files<'_>) -> Notification {
    let place = Place { path: problem.path.clone(), line: problem.line, column: None };
    let mut note = Notification::new("warning", &format!("could not be read: {}", problem.message));
    note.locations.push(files.location(&place));
    note
}

#[derive(Serialize)]
struct RunProperties<'a> {
    /// What is judged, and what is not.
    scope: &'static str,
    verdicts: Vec<VerdictRecord>,
    inf_db: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<BaselineRecord>,
}

#[derive(Serialize)]
struct VerdictRecord {
    image: String,
    fit: Option<bool>,
    text: String,
    scope: Vec<&'static str>,
}

#[derive(Serialize)]
struct BaselineRecord {
    new: usize,
    accepted: usize,
    gone: usize,
}

impl<'a> RunProperties<'a> {
    fn of(report: &'a Report<'a>) -> Self {
        let world = &report.analysis.world;
        let images = if report.verdicts { 0..world.images.len() } else { 0..0 };
        let verdicts = images.map(|image| {
            let found = verdict::of_image(report.analysis, image);
            VerdictRecord {
                image: harmless(&world.image_name(image)),
                fit: found.as_ref().map(|v| v.fit),
                text: words::verdict(found.as_ref()),
                scope: found.map(|v| v.scope).unwrap_or_default(),
            }
        });
        Self {
            scope: words::scope(report),
            verdicts: verdicts.collect(),
            inf_db: report.db.digest(),
            policy: report.policy,
            baseline: report.baseline.map(|b| BaselineRecord { new: b.new, accepted: b.accepted, gone: b.gone.len() }),
        }
    }
}

/// How the places of this report are named by URIs.
struct Files<'a> {
    report: &'a Report<'a>,
    bases: BTreeMap<String, Base>,
}

#[derive(Serialize)]
struct Base {
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
    description: Message,
}

impl<'a> Files<'a> {
    fn new(report: &'a Report<'a>) -> Self {
        let mut bases = BTreeMap::new();
        for (index, input) in report.inputs.iter().enumerate() {
            let (id, uri, what) = match places::root(&input.path) {
                Root::Relative(_) => (RUN_FOLDER.to_owned(), None, "The folder that wimspect ran in".to_owned()),
                Root::Absolute(uri) => {
                    (base_id(index, input.kind), Some(parent(&uri, input.kind).0.to_owned()), said(input.kind))
                }
                Root::Elsewhere => (base_id(index, input.kind), None, said(input.kind)),
            };
            bases.insert(id, Base { uri, description: Message::new(what) });
        }
        Self { report, bases }
    }

    fn location(&self, place: &Place) -> result::Location {
        let outside = places::outside(self.report, place);
        let (uri, base) = self.artifact(&outside);
        let uri = if uri.is_empty() { ".".to_owned() } else { uri };
        result::Location::new(uri, base, outside.member, place)
    }

    /// URI and base of a file.
    fn artifact(&self, outside: &Outside) -> (String, Option<String>) {
        let below = places::encoded(&outside.below);
        let Some(index) = outside.input else { return (below, None) };
        let input = &self.report.inputs[index];
        let joined = |root: &str| {
            let between = if root.is_empty() || below.is_empty() { "" } else { "/" };
            format!("{root}{between}{below}")
        };
        let own_base = Some(base_id(index, input.kind));
        match places::root(&input.path) {
            Root::Relative(root) => (joined(&root), Some(RUN_FOLDER.to_owned())),
            Root::Absolute(uri) => (joined(parent(&uri, input.kind).1), own_base),
            Root::Elsewhere if input.kind == "share" => (below, own_base),
            Root::Elsewhere => {
                let name = input.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                (joined(&places::encoded(name)), own_base)
            }
        }
    }
}

/// `SHARE-1`: the base of what lies in the first input.
fn base_id(index: usize, kind: &str) -> String {
    format!("{}-{}", kind.to_ascii_uppercase(), index + 1)
}

fn said(kind: &str) -> String {
    match kind {
        "share" => "The driver share".to_owned(),
        _ => format!("The folder of the {}", kind.replace('-', " ")),
    }
}

/// A share is the base of what lies in it; of a file the base is its folder, and its name stays: `("file:///srv/", "boot.wim")`.
fn parent<'u>(uri: &'u str, kind: &str) -> (&'u str, &'u str) {
    if kind == "share" {
        return (uri, "");
    }
    let inner = uri.trim_end_matches('/');
    inner.rfind('/').map_or((uri, ""), |at| (&inner[..=at], &inner[at + 1..]))
}
