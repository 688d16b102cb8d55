//! What is kept of a block of a log: the records that somebody wants, and of the others how many they are, and where and when.

use std::ops::Range;

use super::anchors::Anchors;
use crate::facts::log::{Level, LogFormat, Record, Stamp, Written};

/// So many records of a block are kept as a rule, at the most.
const USUALLY: usize = 640;

/// Who wants a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wants {
    /// At the place where the pattern's beginning was found; 0 until then.
    Anchor {
        index: usize,
        pattern: usize,
        at: usize,
    },
    Signature(usize),
}

/// What matters of a block. Its lines are counted from the block's first one.
#[derive(Debug)]
pub struct Sifted {
    pub(super) format: LogFormat,
    pub(super) heard: Vec<Heard>,
    /// The records after the last one that was kept.
    pub(super) rest: Passed,
    /// Lines of the block.
    pub(super) lines: u64,
    /// Components and texts of the records that are kept, one behind the other.
    texts: String,
    /// Likewise who wants them.
    wants: Vec<Wants>,
}

/// A record that is kept: an anchor or a signature may meet it, or its writer calls it an error.
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
    /// Where stands who wants it.
    wants: Range<usize>,
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

impl Sifted {
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

    /// Anchors and patterns of which the record holds the beginning, and where; in the order of their table.
    pub(super) fn anchors(&self, heard: &Heard) -> impl Iterator<Item = (usize, usize, usize)> {
        self.wants(heard).filter_map(|wants| match wants {
            Wants::Anchor { index, pattern, at } => Some((index, pattern, at)),
            Wants::Signature(_) => None,
        })
    }

    /// Signatures, likewise.
    pub(super) fn signatures(&self, heard: &Heard) -> impl Iterator<Item = usize> {
        self.wants(heard).filter_map(|wants| match wants {
            Wants::Signature(index) => Some(index),
            Wants::Anchor { .. } => None,
        })
    }

    fn wants(&self, heard: &Heard) -> impl Iterator<Item = Wants> {
        self.wants.get(heard.wants.clone()).unwrap_or_default().iter().copied()
    }
}

/// Puts together what is kept of a block.
pub(super) struct Keeper<'s, 't, 'd> {
    anchors: &'s Anchors<'d>,
    sifted: Sifted,
    passing: Passing<'t>,
    /// The times around the next record tell: those of most records nobody wants to know, so they are not read.
    is_edge: bool,
}

impl<'s, 't, 'd> Keeper<'s, 't, 'd> {
    pub(super) fn new(anchors: &'s Anchors<'d>, format: LogFormat) -> Self {
        let sifted = Sifted {
            format,
            heard: Vec::with_capacity(USUALLY),
            rest: Passed::default(),
            lines: 0,
            texts: String::with_capacity(USUALLY * 128),
            wants: Vec::with_capacity(USUALLY),
        };
        Self { anchors, sifted, passing: Passing::default(), is_edge: true }
    }

    /// A record that nobody wants.
    pub(super) fn pass(&mut self, record: &Record<'t>) {
        self.passing.add(record);
    }

    /// One that is kept, and who wants it.
    #[cold]
    pub(super) fn keep(&mut self, record: &Record<'t>, who: &mut Vec<Wants>) {
        let was_edge = self.is_edge;
        self.is_edge = self.may_begin_session(who) || matches!(record.time, Written::Nowhere);
        let Sifted { heard, texts, wants, .. } = &mut self.sifted;
        heard.push(Heard {
            before: std::mem::take(&mut self.passing).end(was_edge || self.is_edge),
            line: record.line,
            time: record.time.stamp(),
            level: record.level,
            component: add(texts, record.component),
            text: add(texts, record.text),
            wants: wants.len()..wants.len() + who.len(),
        });
        wants.append(who);
    }

    fn may_begin_session(&self, who: &[Wants]) -> bool {
        who.iter().any(|wants| matches!(wants, Wants::Anchor { index, .. } if self.anchors.begins_session(*index)))
    }

    pub(super) fn finish(self, lines: u64) -> Sifted {
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
