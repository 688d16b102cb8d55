//! What of a log matters: of a million records a few thousand say something that is looked for.
//!
//! Each block is sifted by itself, on any thread; a [`super::SessionReader`] takes what is left of the blocks in their order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::anchors::Anchors;
use super::finder::Finder;
use super::matcher::Signatures;
use crate::facts::log::{Level, LogBlock, LogFormat, LogSummary, Record, Stamp};
use crate::inf_db::InfDb;

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
    /// Who wants a pattern of the finder.
    by: Vec<Wants>,
}

#[derive(Clone, Copy, Debug)]
enum Wants {
    Anchor(usize),
    Signature(usize),
}

/// What matters of a block.
#[derive(Debug)]
pub struct Sifted {
    pub(super) format: LogFormat,
    pub(super) heard: Vec<Heard>,
    /// The records after the last one that was kept.
    pub(super) rest: Passed,
}

/// A record that is kept: an anchor or a signature may meet it, or its writer calls it an error.
#[derive(Debug)]
pub(super) struct Heard {
    /// The records between the last one that was kept and this one.
    pub(super) before: Passed,
    /// Anchors of which it holds a pattern's beginning, in the order of the table.
    pub(super) anchors: Vec<usize>,
    /// Signatures, likewise.
    pub(super) signatures: Vec<usize>,
    component: String,
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
        let mut known: Vec<(String, Arc<Wanted<'d>>)> = Vec::new();
        let mut last = 0;
        let summary = block.read(&mut |record| {
            let is_it = |(component, _): &(String, _)| component == record.component;
            if !known.get(last).is_some_and(is_it) {
                last = known.iter().position(is_it).unwrap_or_else(|| {
                    known.push((record.component.to_owned(), self.wanted(format, record.component)));
                    known.len() - 1
                });
            }
            let Some((_, wanted)) = known.get(last) else { return };
            let (mut anchors, mut signatures) = (Vec::new(), Vec::new());
            wanted.finder.find(record.text, |pattern| match wanted.by.get(pattern) {
                Some(Wants::Anchor(index)) => anchors.push(*index),
                Some(Wants::Signature(index)) => signatures.push(*index),
                None => {}
            });
            if anchors.is_empty() && signatures.is_empty() && record.level < Level::Error {
                passed.add(record);
            } else {
                heard.push(Heard::new(std::mem::take(&mut passed), anchors, signatures, record));
            }
        });
        (summary, Sifted { format, heard, rest: passed })
    }

    fn wanted(&self, format: LogFormat, component: &str) -> Arc<Wanted<'d>> {
        let is_named = self.anchors.names(component) || self.signatures.names(component);
        let key = is_named.then(|| component.to_ascii_lowercase());
        let mut all = self.by_component.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = all.entry((format, key)).or_insert_with(|| {
            let anchors = self.anchors.literals(format, component).map(|(index, text)| (Wants::Anchor(index), text));
            let signatures = self.signatures.literals(format, component);
            let signatures = signatures.map(|(index, text)| (Wants::Signature(index), text));
            let (by, literals) = anchors.chain(signatures).unzip();
            Arc::new(Wanted { finder: Finder::new(literals), by })
        });
        Arc::clone(wanted)
    }
}

impl Heard {
    fn new(before: Passed, anchors: Vec<usize>, signatures: Vec<usize>, record: &Record<'_>) -> Self {
        let &Record { line, time, component, level, text, .. } = record;
        let once = |mut indices: Vec<usize>| {
            indices.sort_unstable();
            indices.dedup();
            indices
        };
        let (anchors, signatures) = (once(anchors), once(signatures));
        Self { before, anchors, signatures, component: component.to_owned(), line, time, level, text: text.to_owned() }
    }

    pub(super) fn record(&self) -> Record<'_> {
        let &Self { line, time, level, ref component, ref text, .. } = self;
        Record { line, time, component, level, text, truncated: false }
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
        let mut reader = LogReader::new();
        assert!(reader.push(text.as_bytes()).is_none());
        sieve.sift(&reader.finish().0.unwrap()).1
    }

    #[test]
    fn what_says_nothing_is_counted_and_not_kept() {
        let sieve = Sieve::new(InfDb::embedded());
        let exit = "Process completed with exit code 0";
        let talk = record("TSManager", 1, "Expand a string: x");
        let log = [&talk, &talk, &record("TSManager", 1, exit), &record("Other", 3, "bad"), &record("Other", 1, exit)];
        let sifted = sift(&sieve, &log.map(String::as_str).concat());
        let kept: Vec<_> = sifted.heard.iter().map(|h| (h.line, h.before.records, h.anchors.len(), h.level)).collect();
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
