//! JUnit XML, for pipelines that show test results: GitLab, Jenkins, Azure DevOps.
//!
//! The format has no severity, and a pipeline takes any failure for a failed run. So a case fails when the run does: at or
//! above `--fail-on`. What is less severe passes with its text as output, what is suppressed is skipped with its reason, what
//! could not be read is skipped (it was not tested), and an input that could not be read at all is an error. A suite is a
//! folder of a share or an image; where nothing is found it has one case that passes, so that a clean run says what it
//! looked at. No time is written: two runs give the same bytes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::inert::clipped;
use super::text::style::place_text;
use super::{Report, since, words};
use crate::analysis::finding::Finding;
use crate::analysis::verdict;
use crate::facts::share::folder_of;

/// Characters of a name.
const MOST_NAME: usize = 500;
/// Characters of a text.
const MOST_TEXT: usize = 20_000;

enum Outcome {
    Passed,
    Failed { kind: &'static str, message: String },
    Error { message: String },
    Skipped { message: String },
}

struct Case {
    name: String,
    outcome: Outcome,
    /// Everything that is to be said.
    text: String,
}

/// Suites by name: their properties, and their cases.
type Suites = BTreeMap<String, (Vec<(&'static str, String)>, Vec<Case>)>;

/// Writes the report and a final line end.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let suites = suites(report);
    let mut xml = Writer::new_with_indent(io::BufWriter::new(out), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = suites.values().flat_map(|(_, cases)| cases);
    let mut start = BytesStart::new("testsuites");
    start.push_attribute(("name", "wimspect"));
    counts(&mut start, all);
    xml.write_event(Event::Start(start))?;
    if report.scheduled {
        write!(xml.get_mut(), "\n  {}", since::MARK)?;
    }
    for (name, (properties, cases)) in &suites {
        let mut start = BytesStart::new("testsuite");
        start.push_attribute(("name", clipped(name, MOST_NAME).as_str()));
        counts(&mut start, cases.iter());
        xml.write_event(Event::Start(start))?;
        if !properties.is_empty() {
            xml.write_event(Event::Start(BytesStart::new("properties")))?;
            for (name, value) in properties {
                let value = clipped(value, MOST_TEXT);
                let property =
                    BytesStart::new("property").with_attributes([("name", *name), ("value", value.as_str())]);
                xml.write_event(Event::Empty(property))?;
            }
            xml.write_event(Event::End(BytesEnd::new("properties")))?;
        }
        for one in cases {
            case(name, one, &mut xml)?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    let mut out = xml.into_inner();
    out.write_all(b"\n")?;
    out.flush()
}

fn counts<'c>(start: &mut BytesStart<'_>, cases: impl Iterator<Item = &'c Case>) {
    let [mut tests, mut failures, mut errors, mut skipped] = [0_usize; 4];
    for case in cases {
        tests += 1;
        match case.outcome {
            Outcome::Passed => {}
            Outcome::Failed { .. } => failures += 1,
            Outcome::Error { .. } => errors += 1,
            Outcome::Skipped { .. } => skipped += 1,
        }
    }
    for (name, number) in [("tests", tests), ("failures", failures), ("errors", errors), ("skipped", skipped)] {
        start.push_attribute((name, number.to_string().as_str()));
    }
}

fn case<W: Write>(suite: &str, case: &Case, xml: &mut Writer<W>) -> io::Result<()> {
    let mut start = BytesStart::new("testcase");
    start.push_attribute(("name", clipped(&case.name, MOST_NAME).as_str()));
    start.push_attribute(("classname", clipped(suite, MOST_NAME).as_str()));
    let (tag, kind, message) = match &case.outcome {
        Outcome::Passed if case.text.is_empty() => return xml.write_event(Event::Empty(start)),
        Outcome::Passed => ("system-out", None, None),
        Outcome::Failed { kind, message } => ("failure", Some(*kind), Some(message)),
        Outcome::Error { message } => ("error", Some("input"), Some(message)),
        Outcome::Skipped { message } => ("skipped", None, Some(message)),
    };
    xml.write_event(Event::Start(start))?;
    let mut inner = BytesStart::new(tag);
    if let Some(message) = message {
        inner.push_attribute(("message", clipped(message, MOST_NAME).as_str()));
    }
    if let Some(kind) = kind {
        inner.push_attribute(("type", kind));
    }
    let text = lines(&case.text);
    if text.is_empty() {
        xml.write_event(Event::Empty(inner))?;
    } else {
        xml.write_event(Event::Start(inner))?;
        xml.write_event(Event::Text(BytesText::new(&text)))?;
        xml.write_event(Event::End(BytesEnd::new(tag)))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}

/// Foreign text, line by line: XML 1.0 can not hold control characters at all.
fn lines(text: &str) -> String {
    text.lines().map(|line| clipped(line, MOST_TEXT)).collect::<Vec<_>>().join("\n")
}

fn suites(report: &Report<'_>) -> Suites {
    let mut suites = Suites::new();
    let scope = ("scope", words::scope(report).to_owned());
    for folder in folders(report) {
        suites.entry(folder).or_default().0.push(scope.clone());
    }
    for image in (0..report.analysis.world.images.len()).filter(|_| report.verdicts) {
        let name = report.analysis.world.image_name(image);
        let found = verdict::of_image(report.analysis, image);
        let (properties, _) = suites.entry(name).or_default();
        properties.push(("verdict", words::verdict(found.as_ref())));
        properties.push(("scope", found.map_or_else(|| words::scope(report).to_owned(), |v| v.scope.join("; "))));
    }
    for finding in &report.analysis.findings {
        let (_, cases) = suites.entry(suite_of(report, finding)).or_default();
        cases.push(Case { name: name_of(finding), outcome: outcome_of(report, finding), text: text_of(finding) });
    }
    for (_, cases) in suites.values_mut() {
        if cases.is_empty() {
            let outcome = Outcome::Passed;
            cases.push(Case { name: "no finding".to_owned(), outcome, text: String::new() });
        }
    }
    for problem in report.problems {
        let line = problem.line.map_or_else(String::new, |l| format!(":{l}"));
        let outcome = Outcome::Skipped { message: format!("could not be read: {}", problem.message) };
        let name = format!("{}{line}", problem.path);
        let (_, cases) = suites.entry("(could not be read)".to_owned()).or_default();
        cases.push(Case { name, outcome, text: String::new() });
    }
    for (index, failed) in report.failed.iter().enumerate() {
        let outcome = Outcome::Error { message: failed.clone() };
        let name = format!("input {} that could not be read", index + 1);
        let (_, cases) = suites.entry("(inputs)".to_owned()).or_default();
        cases.push(Case { name, outcome, text: String::new() });
    }
    suites
}

/// Every folder with an INF.
fn folders(report: &Report<'_>) -> impl Iterator<Item = String> {
    let world = &report.analysis.world;
    let mut names = std::collections::BTreeSet::new();
    for (index, share) in world.shares.iter().enumerate() {
        names.extend(share.infs.iter().map(|inf| named(&world.share_path(index, folder_of(&inf.path)))));
    }
    names.into_iter()
}

fn named(folder: &str) -> String {
    if folder.is_empty() { ".".to_owned() } else { folder.to_owned() }
}

/// The image that a finding lies in, else its folder.
fn suite_of(report: &Report<'_>, finding: &Finding) -> String {
    let world = &report.analysis.world;
    let path = finding.location.path.as_str();
    let image = (0..world.images.len())
        .map(|i| world.image_name(i))
        .find(|name| path.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if let Some(image) = image {
        return image;
    }
    match world.boot_files.iter().find(|f| f.path == path) {
        Some(file) => file.path.clone(),
        None => named(folder_of(path)),
    }
}

/// `rule place`: the same in the next run, so that a pipeline can follow a case.
fn name_of(finding: &Finding) -> String {
    let file = finding.location.path.rsplit('/').next().unwrap_or_default();
    // Two findings of a rule in one file are told apart by what they are about.
    format!("{} {file} [{}]", finding.rule, finding.fingerprint.get(..8).unwrap_or_default())
}

fn outcome_of(report: &Report<'_>, finding: &Finding) -> Outcome {
    match &finding.suppressed {
        Some(suppressed) => {
            let until = suppressed.until.as_ref().map_or_else(String::new, |u| format!(" until {u}"));
            let message =
                format!("{} by the {}{until}: {}", words::state(finding), suppressed.by.name(), suppressed.reason);
            Outcome::Skipped { message }
        }
        None if report.fails(finding) => {
            Outcome::Failed { kind: finding.severity.name(), message: finding.message.clone() }
        }
        None => Outcome::Passed,
    }
}

fn text_of(finding: &Finding) -> String {
    let mut text = format!(
        "{}[{}] {} (confidence: {})\n{}\n",
        finding.severity.name(),
        finding.rule,
        place_text(&finding.location),
        finding.confidence.name(),
        finding.whole_message()
    );
    if !finding.targets.is_empty() {
        text.push_str(&format!("for: {}\n", finding.targets.join(", ")));
    }
    text.extend(finding.evidence.iter().map(|e| format!("why: {}\n", e.text)));
    text.extend(finding.advice.iter().map(|a| format!("fix: {a}\n")));
    text
}
