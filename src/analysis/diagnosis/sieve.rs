//! What of a log matters: of a million records a few thousand say something that is looked for.
//!
//! Each block is sifted by itself, on any thread; a [`super::SessionReader`] takes what is left of the blocks in their order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::anchors::Anchors;
use super::matcher::Signatures;
use super::prefilter::Prefilter;
use crate::facts::log::{Level, LogBlock, LogFormat, LogSummary, Record, Stamp};
use crate::inf_db::InfDb;

/// Components that are remembered. Somebody who writes another one in every record costs time, not memory.
const MOST_COMPONENTS: usize = 1000;

/// Everything that is looked for in logs; one for all logs of a run.
#[derive(Debug)]
pub struct Sieve<'d> {
    pub(super) db: &'d InfDb,
    pub(super) anchors: Anchors<'d>,
    pub(super) signatures: Signatures<'d>,
    by_component: Mutex<HashMap<(LogFormat, String), Arc<Wanted>>>,
}

/// The anchors and signatures that take records of one component, as indices.
#[derive(Debug)]
pub(super) struct Wanted {
    component: String,
    pub(super) anchors: Vec<usize>,
    pub(super) signatures: Vec<usize>,
    prefilter: Prefilter,
}

/// What matters of a block.
#[derive(Debug)]
pub struct Sifted {
    pub(super) format: LogFormat,
    pub(super) heard: Vec<Heard>,
    /// The records after the last one that was kept.
    pub(super) rest: Passed,
}

/// A record that is kept.
#[derive(Debug)]
pub(super) struct Heard {
    /// The records between the last one that was kept and this one.
    pub(super) before: Passed,
    pub(super) wanted: Arc<Wanted>,
    /// Something that is wanted of its component may be in it; else it is kept because its writer calls it an error.
    pub(super) speaks: bool,
    line: u64,
    time: Option<Stamp>,
    level: Level,
    text: String,
}

/// Records of which nothing is kept.
#[derive(Debug, Default)]
pub(super) struct Passed {
    pub(super) records: u64,
    /// First and last line.
    pub(super) lines: (u64, u64),
    /// First and last time.
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
        let format = block.format();
        let (mut heard, mut passed) = (Vec::new(), Passed::default());
        // A log has a few components, and neighbouring records mostly have the same one.
        let mut known: Vec<Arc<Wanted>> = Vec::new();
        let mut last = 0;
        let summary = block.read(&mut |record| {
            if known.get(last).is_none_or(|wanted| wanted.component != record.component) {
                last = known.iter().position(|wanted| wanted.component == record.component).unwrap_or_else(|| {
                    known.push(self.wanted(format, record.component));
                    known.len() - 1
                });
            }
            let Some(wanted) = known.get(last) else { return };
            let speaks = wanted.prefilter.may_be_in(record.text);
            if speaks || record.level >= Level::Error {
                heard.push(Heard::new(std::mem::take(&mut passed), wanted, speaks, record));
            } else {
                passed.add(record);
            }
        });
        (summary, Sifted { format, heard, rest: passed })
    }

    fn wanted(&self, format: LogFormat, component: &str) -> Arc<Wanted> {
        let mut all = self.by_component.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_COMPONENTS {
            all.clear();
        }
        let wanted = all.entry((format, component.to_owned())).or_insert_with(|| {
            let (anchors, mut literals) = self.anchors.of_component(format, component);
            let (signatures, more) = self.signatures.of_component(format, component);
            literals.extend(more);
            let prefilter = Prefilter::new(&literals);
            Arc::new(Wanted { component: component.to_owned(), anchors, signatures, prefilter })
        });
        Arc::clone(wanted)
    }
}

impl Heard {
    fn new(before: Passed, wanted: &Arc<Wanted>, speaks: bool, record: &Record<'_>) -> Self {
        let &Record { line, time, level, text, .. } = record;
        Self { before, wanted: Arc::clone(wanted), speaks, line, time, level, text: text.to_owned() }
    }

    pub(super) fn record(&self) -> Record<'_> {
        let &Self { line, time, level, ref text, ref wanted, .. } = self;
        Record { line, time, component: &wanted.component, level, text, truncated: false }
    }
}

impl Passed {
    fn add(&mut self, record: &Record<'_>) {
        if self.records == 0 {
            self.lines.0 = record.line;
        }
        self.records += 1;
        self.lines.1 = record.line;
        if let Some(time) = record.time {
            self.times = Some((self.times.map_or(time, |(from, _)| from), time));
        }
    }
}
