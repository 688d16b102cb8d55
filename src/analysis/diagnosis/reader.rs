//! From what was kept of one log to its sessions: what anchors and signatures say goes into the chain of events.

use super::chain::Chain;
use super::matcher::Matcher;
use super::session::Session;
use super::sieve::Sieve;
use super::sifted::Sifted;

/// Reads one log.
#[derive(Debug)]
pub struct SessionReader<'s, 'd> {
    matcher: Matcher<'s, 'd>,
    chain: Chain<'d>,
    /// Lines of the blocks so far.
    lines: u64,
}

impl<'s, 'd> SessionReader<'s, 'd> {
    /// For one log.
    pub fn new(sieve: &'s Sieve<'d>) -> Self {
        Self { matcher: Matcher::new(&sieve.signatures), chain: Chain::new(sieve.db), lines: 0 }
    }

    /// What is left of the next block.
    pub fn take(&mut self, sifted: &Sifted<'d>) {
        let (format, lines) = (sifted.format, self.lines);
        for heard in &sifted.heard {
            self.chain.pass(format, &heard.before, lines);
            let record = sifted.record(heard, lines);
            let said = sifted.said(heard);
            if self.chain.is_new_session(format, said) {
                self.chain.end_session(self.matcher.end_session());
            }
            self.chain.record(format, &record, said);
            self.matcher.record(sifted.leads(heard), &record);
        }
        self.chain.pass(format, &sifted.rest, lines);
        self.lines += sifted.lines;
    }

    /// No more records.
    pub fn finish(mut self) -> Vec<Session<'d>> {
        self.chain.end_session(self.matcher.end_session());
        self.chain.finish()
    }
}
