//! From what was kept of one log to its sessions: what anchors and signatures say goes into the chain of events.

use super::chain::Chain;
use super::matcher::Matcher;
use super::session::Session;
use super::sieve::{Sieve, Sifted};
use crate::facts::log::{LogBlock, LogSummary};

/// Reads one log.
#[derive(Debug)]
pub struct SessionReader<'s, 'd> {
    sieve: &'s Sieve<'d>,
    matcher: Matcher<'s, 'd>,
    chain: Chain<'d>,
}

impl<'s, 'd> SessionReader<'s, 'd> {
    /// For one log.
    pub fn new(sieve: &'s Sieve<'d>) -> Self {
        Self { sieve, matcher: Matcher::new(&sieve.signatures), chain: Chain::new(sieve.db) }
    }

    /// The next block.
    pub fn block(&mut self, block: &LogBlock) -> LogSummary {
        let (summary, sifted) = self.sieve.sift(block);
        self.take(&sifted);
        summary
    }

    /// What is left of the next block.
    pub fn take(&mut self, sifted: &Sifted) {
        for heard in &sifted.heard {
            self.chain.pass(sifted.format, &heard.before);
            let record = heard.record();
            let found = self.sieve.anchors.read(&heard.anchors, &record);
            if self.chain.is_new_session(sifted.format, &found) {
                self.chain.end_session(self.matcher.end_session());
            }
            self.chain.record(sifted.format, &record, &found);
            self.matcher.record(&heard.signatures, &record);
        }
        self.chain.pass(sifted.format, &sifted.rest);
    }

    /// No more records.
    pub fn finish(mut self) -> Vec<Session<'d>> {
        self.chain.end_session(self.matcher.end_session());
        self.chain.finish()
    }
}
