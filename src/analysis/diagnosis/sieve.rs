//! What of a log matters: of a million records a few thousand say something that is looked for.
//!
//! Each block is sifted by itself, on any thread; a [`super::SessionReader`] takes what is left of the blocks in their order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::anchors::Anchors;
use super::finder::Finder;
use super::matcher::{Lead, Signatures};
use super::sifted::{Keeper, Sifted};
use crate::facts::log::{Level, LogBlock, LogFormat, LogSummary, Record};
use crate::inf_db::InfDb;

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

/// Who wants a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wants {
    /// An anchor: at the place where the pattern's beginning was found; 0 until then.
    Anchor { index: usize, pattern: usize, at: usize },
    /// A signature, by its first step; likewise.
    Beginning { index: usize, pattern: usize, at: usize },
    /// A signature, by another step.
    Signature(usize),
}

/// What is looked for in the records of one component.
#[derive(Debug)]
struct Wanted<'d> {
    finder: Finder<'d>,
    /// Who wants each pattern of the finder.
    by: Vec<Vec<Wants>>,
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
    pub fn sift(&self, block: &LogBlock) -> (LogSummary, Sifted<'d>) {
        let mut wanted = ByNeighbour::new(self, block.format());
        let mut kept = Keeper::new(block.format());
        let mut here = Vec::new();
        let text = block.text();
        let summary = text.read(&mut |record| {
            wanted.of(record.component).in_text(record.text, &mut here);
            if here.is_empty() && record.level < Level::Error {
                kept.pass(record);
            } else {
                self.judge(record, &mut here, &mut kept);
            }
        });
        (summary, kept.finish(summary.lines))
    }

    /// What a record says of which somebody wants to know it: by each anchor and first step the first pattern that fits.
    #[cold]
    fn judge<'t>(&self, record: &Record<'t>, who: &mut Vec<Wants>, kept: &mut Keeper<'t, 'd>) {
        let (mut anchor, mut signature) = (None, None);
        for wants in who.drain(..) {
            match wants {
                Wants::Anchor { index, pattern, at } if anchor != Some(index) => {
                    if let Some(said) = self.anchors.says(index, pattern, record.text, at) {
                        anchor = Some(index);
                        kept.say(said);
                    }
                }
                Wants::Beginning { index, pattern, at } if signature != Some(index) => {
                    if let Some(names) = self.signatures.begins(index, pattern, record.text, at) {
                        signature = Some(index);
                        kept.lead(Lead { signature: index, begins: Some(names) });
                    }
                }
                Wants::Signature(index) => kept.lead(Lead { signature: index, begins: None }),
                Wants::Anchor { .. } | Wants::Beginning { .. } => {}
            }
        }
        kept.keep(record);
    }

    fn wanted(&self, format: LogFormat, component: &str) -> Arc<Wanted<'d>> {
        let is_named = self.anchors.names(component) || self.signatures.names(component);
        let key = is_named.then(|| component.to_ascii_lowercase());
        let mut all = self.by_component.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = all.entry((format, key)).or_insert_with(|| {
            let anchors = self.anchors.literals(format, component);
            let anchors = anchors.map(|(index, pattern, text)| (Wants::Anchor { index, pattern, at: 0 }, text));
            let signatures = self.signatures.literals(format, component);
            let signatures = signatures.map(|(index, pattern, text)| match pattern {
                Some(pattern) => (Wants::Beginning { index, pattern, at: 0 }, text),
                None => (Wants::Signature(index), text),
            });
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
                Wants::Beginning { index, pattern, .. } => Wants::Beginning { index, pattern, at },
                other @ Wants::Signature(_) => other,
            }));
        });
        if who.len() > 1 {
            who.sort_unstable();
            who.dedup();
        }
    }
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

    fn sift<'d>(sieve: &Sieve<'d>, text: &str) -> Sifted<'d> {
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
        let kept = sifted.heard.iter().map(|heard| {
            let record = sifted.record(heard, 0);
            (record.line, heard.before.records, sifted.said(heard).len(), record.level)
        });
        let kept: Vec<_> = kept.collect();
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
