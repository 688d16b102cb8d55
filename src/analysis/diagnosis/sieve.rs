//! What of a log matters: of a million records a few thousand say something that is looked for.
//!
//! Each block is sifted by itself, on any thread; a [`super::SessionReader`] takes what is left of the blocks in their order.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::anchors::Anchors;
use super::finder::Finder;
use super::matcher::Signatures;
use crate::facts::log::{Level, LogBlock, LogFormat, LogSummary, Record, Stamp, Written};
use crate::inf_db::InfDb;

/// So many records of a block are kept as a rule, at the most.
const USUALLY: usize = 640;
/// So many components of a block are remembered; logs have a few.
const MOST_COMPONENTS: usize = 64;

/// Everything that is looked for in logs; one for all logs of a run.
#[derive(Debug)]
pub struct Sieve<'d> {
    pub(super) db: &'d InfDb,
    pub(super) anchors: Anchors<'d>,
    pub(super) signatures: Signatures<'d>,
    by_component: Mutex<ByComponent<'d>>,
}

/// By the component's name in small letters; `None`: all the components that no pattern names.
type ByComponent<'d> = HashMap<(LogFormat, Option<String>), Arc<Wanted<'d>>>;

/// What is looked for in the records of one component.
#[derive(Debug)]
struct Wanted<'d> {
    finder: Finder<'d>,
    /// Who wants each pattern of the finder.
    by: Vec<Vec<Wants>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wants {
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

impl<'d> Sieve<'d> {
    /// For the logs of a run.
    pub fn new(db: &'d InfDb) -> Self {
        Self {
            db,
            anchors: Anchors::new(db.log_anchors()),
            signatures: Signatures::new(db.log_signatures()),
            by_component: Mutex::default(),
        }
    }

    /// Goes over the records of a block.
    pub fn sift(&self, block: &LogBlock) -> (LogSummary, Sifted) {
        let mut wanted = ByNeighbour::new(self, block.format());
        let mut kept = Keeper::new(self, block.format());
        let mut here = Vec::new();
        let text = block.text();
        let summary = text.read(&mut |record| {
            wanted.of(record.component).in_text(record.text, &mut here);
            if here.is_empty() && record.level < Level::Error {
                kept.passing.add(record);
            } else {
                kept.keep(record, &mut here);
            }
        });
        (summary, kept.finish(summary.lines))
    }

    fn may_begin_session(&self, wants: &[Wants]) -> bool {
        wants.iter().any(|wants| matches!(wants, Wants::Anchor { index, .. } if self.anchors.begins_session(*index)))
    }

    fn wanted(&self, format: LogFormat, component: &str) -> Arc<Wanted<'d>> {
        let is_named = self.anchors.names(component) || self.signatures.names(component);
        let key = is_named.then(|| component.to_ascii_lowercase());
        let mut all = self.by_component.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = all.entry((format, key)).or_insert_with(|| {
            let anchors = self.anchors.literals(format, component);
            let anchors = anchors.map(|(index, pattern, text)| (Wants::Anchor { index, pattern, at: 0 }, text));
            let signatures = self.signatures.literals(format, component);
            let signatures = signatures.map(|(index, text)| (Wants::Signature(index), text));
            Arc::new(Wanted::new(anchors.chain(signatures)))
        });
        Arc::clone(wanted)
    }
}

impl<'d> Wanted<'d> {
    fn new(all: impl Iterator<Item = (Wants, &'d str)>) -> Self {
        let (mut literals, mut by): (Vec<&str>, Vec<Vec<Wants>>) = Default::default();
        for (wants, text) in all {
            match literals.iter().position(|literal| literal.eq_ignore_ascii_case(text)) {
                Some(known) => by[known].push(wants),
                None => {
                    literals.push(text);
                    by.push(vec![wants]);
                }
            }
        }
        Self { finder: Finder::new(literals), by }
    }

    /// Who wants this text, each once and in order.
    fn in_text(&self, text: &str, who: &mut Vec<Wants>) {
        self.finder.find(text, |pattern, at| {
            who.extend(self.by.get(pattern).into_iter().flatten().map(|wants| match *wants {
                Wants::Anchor { index, pattern, .. } => Wants::Anchor { index, pattern, at },
                signature @ Wants::Signature(_) => signature,
            }));
        });
        if who.len() > 1 {
            who.sort_unstable();
            who.dedup();
        }
    }
}

/// Puts together what is kept of a block.
struct Keeper<'s, 't, 'd> {
    sieve: &'s Sieve<'d>,
    sifted: Sifted,
    passing: Passing<'t>,
    /// The times around the next record tell: those of most records nobody wants to know, so they are not read.
    is_edge: bool,
}

impl<'s, 't, 'd> Keeper<'s, 't, 'd> {
    fn new(sieve: &'s Sieve<'d>, format: LogFormat) -> Self {
        let sifted = Sifted {
            format,
            heard: Vec::with_capacity(USUALLY),
            rest: Passed::default(),
            lines: 0,
            texts: String::with_capacity(USUALLY * 128),
            wants: Vec::with_capacity(USUALLY),
        };
        Self { sieve, sifted, passing: Passing::default(), is_edge: true }
    }

    /// The next record, and who wants it.
    #[cold]
    fn keep(&mut self, record: &Record<'t>, who: &mut Vec<Wants>) {
        let was_edge = self.is_edge;
        self.is_edge = self.sieve.may_begin_session(who) || matches!(record.time, Written::Nowhere);
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

    fn finish(self, lines: u64) -> Sifted {
        Sifted { rest: self.passing.end(true), lines, ..self.sifted }
    }
}

/// Adds a text to others; where it stands.
fn add(texts: &mut String, text: &str) -> Range<usize> {
    let start = texts.len();
    texts.push_str(text);
    start..texts.len()
}

/// What is looked for in the records of a block: a log has a few components, and neighbours mostly have the same one.
struct ByNeighbour<'s, 't, 'd> {
    sieve: &'s Sieve<'d>,
    format: LogFormat,
    known: Vec<(&'t str, Arc<Wanted<'d>>)>,
    /// Place of the last one.
    last: usize,
}

impl<'s, 't, 'd> ByNeighbour<'s, 't, 'd> {
    fn new(sieve: &'s Sieve<'d>, format: LogFormat) -> Self {
        Self { sieve, format, known: Vec::new(), last: 0 }
    }

    fn of(&mut self, component: &'t str) -> &Wanted<'d> {
        if self.known.get(self.last).is_none_or(|(name, _)| *name != component) {
            self.last = self.known.iter().position(|(name, _)| *name == component).unwrap_or_else(|| {
                if self.known.len() == MOST_COMPONENTS {
                    self.known.clear();
                }
                self.known.push((component, self.sieve.wanted(self.format, component)));
                self.known.len() - 1
            });
        }
        &self.known[self.last].1
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::log::LogReader;

    fn record(component: &str, kind: u8, text: &str) -> String {
        format!(
            "<![LOG[{text}]LOG]!><time=\"10:00:00.000+480\" date=\"02-10-2010\" component=\"{component}\" context=\"\" \
             type=\"{kind}\" thread=\"1\" file=\"x.cpp:1\">\r\n"
        )
    }

    fn sift(sieve: &Sieve<'_>, text: &str) -> Sifted {
        let block = LogReader::new(text.as_bytes()).block(None).unwrap().unwrap();
        sieve.sift(&block).1
    }

    #[test]
    fn what_says_nothing_is_counted_and_not_kept() {
        let sieve = Sieve::new(InfDb::embedded());
        let exit = "Process completed with exit code 0";
        let talk = record("TSManager", 1, "Expand a string: x");
        let log = [&talk, &talk, &record("TSManager", 1, exit), &record("Other", 3, "bad"), &record("Other", 1, exit)];
        let sifted = sift(&sieve, &log.map(String::as_str).concat());
        let kept: Vec<_> =
            sifted.heard.iter().map(|h| (h.line, h.before.records, sifted.anchors(h).count(), h.level)).collect();
        assert_eq!(kept[..2], [(3, 2, 1, Level::Info), (4, 0, 0, Level::Error)]);
        assert_eq!(sifted.heard.len() as u64 + sifted.rest.records + 2, 5);
    }

    #[test]
    fn components_that_no_pattern_names_share_one_list() {
        let sieve = Sieve::new(InfDb::embedded());
        let log: String = (0..100).map(|n| record(&format!("Component{n}"), 1, "text")).collect();
        assert_eq!(sift(&sieve, &log).rest.records, 100);
        assert_eq!(sieve.by_component.lock().unwrap().len(), 1);
    }
}
