//! What is kept of a block of a log: the records that say something, and of the others how many they are, and where and when.

use std::ops::Range;

use super::anchors::Said;
use super::matcher::Lead;
use crate::facts::log::{Level, LogFormat, Record, Stamp, Written};
use crate::inf_db::AnchorKind;

/// So many records of a block are kept as a rule, at the most.
const USUALLY: usize = 640;

/// What matters of a block. Its lines are counted from the block's first one.
#[derive(Debug)]
pub struct Sifted<'d> {
    pub(super) format: LogFormat,
    pub(super) heard: Vec<Heard>,
    /// The records after the last one that was kept.
    pub(super) rest: Passed,
    /// Lines of the block.
    pub(super) lines: u64,
    /// Components and texts of the records that are kept, one behind the other.
    texts: String,
    /// Likewise what they say.
    said: Vec<Said<'d>>,
    /// And the signatures that they may matter for.
    leads: Vec<Lead<'d>>,
}

/// A record that is kept: it says something, may matter for a signature, or its writer calls it an error.
#[derive(Debug)]
pub(super) struct Heard {
    /// The records between the last one that was kept and this one.
    pub(super) before: Passed,
    line: u64,
    time: Option<Stamp>,
    level: Level,
    /// Where component and text stand.
    component: Range<usize>,
    text: Range<usize>,
    /// Where stands what it says, and what it may matter for.
    said: Range<usize>,
    leads: Range<usize>,
}

/// Records of which nothing is kept.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) records: u64,
    /// First and last line.
    pub(super) lines: (u64, u64),
    /// First and last time; `None` also where those of the records around them say enough.
    pub(super) times: Option<(Stamp, Stamp)>,
}

impl<'d> Sifted<'d> {
    /// The record as it was; `lines` are in front of the block.
    pub(super) fn record(&self, heard: &Heard, lines: u64) -> Record<'_> {
        let text = |range: &Range<usize>| self.texts.get(range.clone()).unwrap_or_default();
        Record {
            line: lines + heard.line,
            time: heard.time.into(),
            component: text(&heard.component),
            level: heard.level,
            text: text(&heard.text),
            truncated: false,
        }
    }

    /// What the record says by the anchors, in the order of their table.
    pub(super) fn said(&self, heard: &Heard) -> &[Said<'d>] {
        self.said.get(heard.said.clone()).unwrap_or_default()
    }

    /// The signatures that the record may matter for, each once.
    pub(super) fn leads(&self, heard: &Heard) -> &[Lead<'d>] {
        self.leads.get(heard.leads.clone()).unwrap_or_default()
    }
}

/// Puts together what is kept of a block.
pub(super) struct Keeper<'t, 'd> {
    sifted: Sifted<'d>,
    /// What of it belongs to records that are in it: the rest is said of the next one.
    done: (usize, usize),
    passing: Passing<'t>,
    /// The times around the next record tell: those of most records nobody wants to know, so they are not read.
    is_edge: bool,
}

impl<'t, 'd> Keeper<'t, 'd> {
    pub(super) fn new(format: LogFormat) -> Self {
        let sifted = Sifted {
            format,
            heard: Vec::with_capacity(USUALLY),
            rest: Passed::default(),
            lines: 0,
            texts: String::with_capacity(USUALLY * 128),
            said: Vec::with_capacity(USUALLY),
            leads: Vec::with_capacity(USUALLY),
        };
        Self { sifted, done: (0, 0), passing: Passing::default(), is_edge: true }
    }

    /// What the next record says.
    pub(super) fn say(&mut self, said: Said<'d>) {
        self.sifted.said.push(said);
    }

    /// A signature that the next record may matter for; each counts once.
    pub(super) fn lead(&mut self, lead: Lead<'d>) {
        let leads = &mut self.sifted.leads;
        if leads[self.done.1..].iter().all(|known| known.signature != lead.signature) {
            leads.push(lead);
        }
    }

    /// A record that says nothing.
    pub(super) fn pass(&mut self, record: &Record<'t>) {
        self.passing.add(record);
    }

    /// The record of which something may have been said.
    pub(super) fn keep(&mut self, record: &Record<'t>) {
        let Sifted { heard, texts, said, leads, .. } = &mut self.sifted;
        let (said_here, leads_here) = (self.done.0..said.len(), self.done.1..leads.len());
        if said_here.is_empty() && leads_here.is_empty() && record.level < Level::Error {
            return self.pass(record);
        }
        self.done = (said.len(), leads.len());
        let begins_session = said[said_here.clone()].iter().any(|(kind, _)| *kind == AnchorKind::SessionStart);
        let was_edge = self.is_edge;
        self.is_edge = begins_session || matches!(record.time, Written::Nowhere);
        heard.push(Heard {
            before: std::mem::take(&mut self.passing).end(was_edge || self.is_edge),
            line: record.line,
            time: record.time.stamp(),
            level: record.level,
            component: add(texts, record.component),
            text: add(texts, record.text),
            said: said_here,
            leads: leads_here,
        });
    }

    pub(super) fn finish(self, lines: u64) -> Sifted<'d> {
        Sifted { rest: self.passing.end(true), lines, ..self.sifted }
    }
}

/// Adds a text to others; where it stands.
fn add(texts: &mut String, text: &str) -> Range<usize> {
    let start = texts.len();
    texts.push_str(text);
    start..texts.len()
}

/// Records of which nothing is kept, one after the other.
#[derive(Default)]
struct Passing<'t> {
    records: u64,
    lines: (u64, u64),
    /// The first and the last one that is written anywhere.
    times: (Written<'t>, Written<'t>),
}

impl<'t> Passing<'t> {
    fn add(&mut self, record: &Record<'t>) {
        if self.records == 0 {
            self.lines.0 = record.line;
        }
        self.records += 1;
        self.lines.1 = record.line;
        if !matches!(record.time, Written::Nowhere) {
            self.times.1 = record.time;
            if matches!(self.times.0, Written::Nowhere) {
                self.times.0 = record.time;
            }
        }
    }

    fn end(self, with_times: bool) -> Passed {
        let times = || {
            let (first, last) = (self.times.0.stamp(), self.times.1.stamp());
            Some((first.or(last)?, last.or(first)?))
        };
        Passed { records: self.records, lines: self.lines, times: with_times.then(times).flatten() }
    }
}
