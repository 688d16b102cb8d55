//! The JSON blocks of the page: findings, drivers, the fleet's table, problems. Row by row to the writer; what repeats is
//! written once and named by number.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde::ser::Serializer;

use super::context::{Context, confidence};
use super::drivers;
use super::markup::{Html, Safe, ScriptData};
use crate::analysis::coverage::table;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::report::matrix::{Fate, task_text};
use crate::report::text::coverage::answer_text;

/// All blocks.
pub(super) fn write(context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    if context.has_findings() {
        block("findings", out, &mut |out| findings(context, out))?;
    }
    if context.has_drivers() {
        block("drivers", out, &mut |out| drivers::write(context, out))?;
    }
    if context.analysis().coverage.is_some() {
        block("fleet", out, &mut |out| fleet(context, out))?;
    }
    if context.has_problems() {
        block("problems", out, &mut |out| problems(context, out))?;
    }
    Ok(())
}

fn block(
    name: &'static str,
    out: &mut dyn Write,
    content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut html = Html::new(out);
    html.raw("<script type=\"application/json\" id=\"data-")?;
    html.raw(name)?;
    html.raw("\">")?;
    content(&mut ScriptData(out))?;
    Html::new(out).raw("</script>\n")
}

/// `"name":` and the value.
pub(super) fn member<T: Serialize + ?Sized>(out: &mut dyn Write, name: &'static str, value: &T) -> io::Result<()> {
    write!(out, "\"{name}\":")?;
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b",")
}

/// `"rows":[...]`, a row on each line.
pub(super) fn rows<T: Serialize>(out: &mut dyn Write, rows: impl Iterator<Item = T>) -> io::Result<()> {
    out.write_all(b"\"rows\":[")?;
    for (index, row) in rows.enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut *out, &row)?;
    }
    out.write_all(b"\n]")
}

/// Numbers for texts, in the order of first use.
#[derive(Default)]
pub(super) struct Names<'a> {
    numbers: BTreeMap<&'a str, usize>,
    list: Vec<Safe<'a>>,
}

impl<'a> Names<'a> {
    pub(super) fn number(&mut self, text: &'a str) -> usize {
        *self.numbers.entry(text).or_insert_with(|| {
            self.list.push(Safe(text));
            self.list.len() - 1
        })
    }

    pub(super) fn list(&self) -> &[Safe<'a>] {
        &self.list
    }
}

/// Texts that are said more than once.
#[derive(Default)]
struct Repeated<'a> {
    counts: BTreeMap<&'a str, usize>,
    names: Names<'a>,
}

impl<'a> Repeated<'a> {
    fn of(findings: &'a [Finding]) -> Self {
        let mut all = Self::default();
        for finding in findings {
            let evidence = finding.evidence.iter();
            let evidence = evidence.flat_map(|e| std::iter::once(e.text.as_str()).chain(e.source.as_deref()));
            for text in finding.advice.iter().map(String::as_str).chain(evidence) {
                *all.counts.entry(text).or_default() += 1;
            }
        }
        for (text, count) in &all.counts {
            if *count > 1 && text.len() > 12 {
                all.names.number(text);
            }
        }
        all
    }

    fn get(&self, text: &'a str) -> Said<'a> {
        self.names.numbers.get(text).map_or(Said::Text(Safe(text)), |number| Said::Number(*number))
    }
}

/// A text, or its number.
#[derive(Serialize)]
#[serde(untagged)]
enum Said<'a> {
    Number(usize),
    Text(Safe<'a>),
}

/// `path:line:column`.
struct At<'a>(&'a Place);

impl Serialize for At<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Safe(&self.0.path).to_string();
        for part in [self.0.line, self.0.column].into_iter().flatten() {
            text.push_str(&format!(":{part}"));
        }
        serializer.serialize_str(&text)
    }
}

/// One finding. The names are short: there may be a hundred thousand.
#[derive(Serialize)]
struct FindingRow<'a> {
    /// Number of the rule.
    r: usize,
    /// Severity: 0 is the worst.
    s: u8,
    /// Confidence: 2 is the surest.
    c: u8,
    /// Message.
    m: Safe<'a>,
    /// What follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<Safe<'a>>,
    /// Number of the owner.
    o: usize,
    /// Place.
    p: At<'a>,
    /// Number of the set of targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Option<usize>,
    /// What happens where: fate, task sequence, network, targets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    w: Vec<(u8, String, &'static str, String)>,
    /// Driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    i: Option<&'a str>,
    /// Topology that is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    g: Option<&'a str>,
    /// Adapters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    a: Vec<Safe<'a>>,
    /// Further places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    l: Vec<At<'a>>,
    /// Evidence: text, place, source.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    e: Vec<(Said<'a>, Option<At<'a>>, Option<Said<'a>>)>,
    /// Advice.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    x: Vec<Said<'a>>,
    /// Fingerprint.
    f: &'a str,
    /// Suppressed: by, reason, until.
    #[serde(skip_serializing_if = "Option::is_none")]
    u: Option<(&'static str, Safe<'a>, Option<&'a str>)>,
    /// 1 when the baseline knew it, 0 when it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    k: Option<u8>,
}

fn findings(context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let all = &context.analysis().findings;
    let repeated = Repeated::of(all);
    let (mut rules, mut owners) = (Names::default(), Names::default());
    let mut sets: BTreeMap<&[String], usize> = BTreeMap::new();
    let mut set_list: Vec<&[String]> = Vec::new();
    for finding in all {
        rules.number(finding.rule);
        owners.number(context.owner(finding));
        if !finding.targets.is_empty() {
            sets.entry(&finding.targets).or_insert_with(|| {
                set_list.push(&finding.targets);
                set_list.len() - 1
            });
        }
    }
    let mut targets = Names::default();
    for target in &context.analysis().targets {
        targets.number(&target.name);
    }
    let set_records: Vec<(Vec<usize>, String)> = set_list
        .iter()
        .map(|set| {
            let numbers = set.iter().map(|name| targets.number(name)).collect();
            (numbers, Safe(&context.targets_text(set)).to_string())
        })
        .collect();
    let titles: Vec<String> = targets
        .list()
        .iter()
        .map(|name| match context.target_by_name.get(name.0) {
            Some(target) => Safe(&context.analysis().targets[*target].title).to_string(),
            None => name.to_string(),
        })
        .collect();
    let rule_titles: Vec<(Safe<'_>, Safe<'_>)> =
        rules.list().iter().map(|id| (*id, Safe(context.rule_title(id.0)))).collect();
    out.write_all(b"{")?;
    member(out, "rules", &rule_titles)?;
    member(out, "owners", owners.list())?;
    member(out, "targets", &titles)?;
    member(out, "sets", &set_records)?;
    member(out, "texts", repeated.names.list())?;
    let drawn: BTreeMap<usize, ()> = context.drawn.iter().map(|t| (*t, ())).collect();
    rows(
        out,
        all.iter().map(|finding| FindingRow {
            r: rules.number(finding.rule),
            s: match finding.severity {
                Severity::Error => 0,
                Severity::Warning => 1,
                Severity::Info => 2,
            },
            c: confidence(finding.confidence),
            m: Safe(&finding.message),
            d: (!finding.detail.is_empty()).then_some(Safe(&finding.detail)),
            o: owners.number(context.owner(finding)),
            p: At(&finding.location),
            t: sets.get(finding.targets.as_slice()).copied(),
            w: stories(context, finding),
            i: finding.subject.driver.map(|d| context.analysis().world.drivers[d].id.as_str()),
            g: finding
                .subject
                .topology
                .filter(|t| drawn.contains_key(t))
                .map(|t| context.analysis().topologies.all[t].id.as_str()),
            a: finding.subject.adapters.iter().map(|a| Safe(a.as_str())).collect(),
            l: finding.related.iter().map(At).collect(),
            e: finding.evidence.iter().map(|e| reason(&repeated, e)).collect(),
            x: finding.advice.iter().map(|text| repeated.get(text)).collect(),
            f: &finding.fingerprint,
            u: finding.suppressed.as_ref().map(|s| (s.by.name(), Safe(&s.reason), s.until.as_deref())),
            k: finding.known.map(u8::from),
        }),
    )?;
    out.write_all(b"}")
}

fn reason<'a>(repeated: &Repeated<'a>, evidence: &'a Evidence) -> (Said<'a>, Option<At<'a>>, Option<Said<'a>>) {
    let source = evidence.source.as_deref().map(|source| repeated.get(source));
    (repeated.get(&evidence.text), evidence.location.as_ref().map(At), source)
}

/// Number of a fate, as in `app.js`.
const fn fate_number(fate: Fate) -> u8 {
    match fate {
        Fate::Fails => 0,
        Fate::Unknown => 1,
        Fate::Interrupted => 2,
        Fate::Fine => 3,
    }
}

fn stories(context: &Context<'_>, finding: &Finding) -> Vec<(u8, String, &'static str, String)> {
    let stories = context.stories(finding).into_iter();
    let targets = |story: &super::context::Story<'_>| {
        let text = crate::analysis::target::folded_names(&context.analysis().targets, &story.targets);
        Safe(&text).to_string()
    };
    let row = |s: super::context::Story<'_>| {
        (fate_number(Fate::of(s.outcome)), task_text(s.outcome, "fails"), s.outcome.network_text(), targets(&s))
    };
    stories.map(row).collect()
}

/// The fleet's table: one row for each target, model and adapter.
fn fleet(context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let analysis = context.analysis();
    let Some(coverage) = &analysis.coverage else { return out.write_all(b"{\"rows\":[]}") };
    let lines = table::lines(coverage);
    let targets: Vec<Safe<'_>> = analysis.targets.iter().map(|t| Safe(&t.title)).collect();
    out.write_all(b"{")?;
    member(out, "targets", &targets)?;
    rows(
        out,
        lines.iter().map(|line| {
            let row = &coverage.rows[line.row];
            let adapter = &coverage.adapters.all[row.adapter];
            let wireless = if adapter.wireless { " (wireless)" } else { "" };
            let name = format!("{}{wireless}", Safe(adapter.name.as_deref().unwrap_or_default()));
            (
                line.target,
                Safe(&line.model).to_string(),
                Safe(&line.id).to_string(),
                name,
                line.machines,
                table::urgency(coverage, line),
                Safe(&answer_text(context.report, row)).to_string(),
            )
        }),
    )?;
    out.write_all(b"}")
}

fn problems(context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{")?;
    rows(out, context.report.problems.iter().map(|p| (Safe(&p.path), p.line, Safe(&p.message))))?;
    out.write_all(b"}")
}
