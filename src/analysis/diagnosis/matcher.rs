//! The signatures that the records of one log meet.

use super::pattern::{Captures, Names, Step, bounded, value};
use crate::facts::log::{LogFormat, Record, Stamp};
use crate::inf_db::{LogSignature, LogSignatures, SignatureStep, SignatureTopic};

/// Attempts of one signature that are under way at a time; the oldest one makes room.
const MOST_ATTEMPTS: usize = 16;
/// Where a signature does not say how far apart its lines may be.
const WITHIN_LINES: u64 = 200;
/// A line of evidence is kept up to this length.
const LONGEST_EVIDENCE: usize = 1000;

/// A line of the log that a signature was found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceLine {
    /// 1-based line.
    pub line: u64,
    /// When, where the log says it.
    pub time: Option<Stamp>,
    /// Component and text.
    said: Box<str>,
    /// How long the component is.
    component: usize,
}

impl EvidenceLine {
    /// A record, shortened where it is very long.
    pub(super) fn of(record: &Record<'_>) -> Self {
        let text = bounded(record.text, LONGEST_EVIDENCE);
        let mut said = String::with_capacity(record.component.len() + text.len());
        said.push_str(record.component);
        said.push_str(text);
        Self { line: record.line, time: record.time.stamp(), said: said.into(), component: record.component.len() }
    }

    /// Who wrote it.
    pub fn component(&self) -> &str {
        self.said.get(..self.component).unwrap_or_default()
    }

    /// What it says.
    pub fn text(&self) -> &str {
        self.said.get(self.component..).unwrap_or_default()
    }
}

/// A signature that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureMatch<'d> {
    /// The article.
    pub topic: &'d SignatureTopic,
    /// The signature.
    pub signature: &'d LogSignature,
    /// One line for each step, where it was found first.
    pub evidence: Vec<EvidenceLine>,
    /// What the names in the patterns stand for, there.
    pub captures: Captures<'d>,
    /// How often it was found.
    pub count: u64,
    /// The line of the last step, where it was found last.
    pub last_line: u64,
}

/// All signatures, ready to be looked for.
#[derive(Debug)]
pub(super) struct Signatures<'d> {
    all: Vec<Steps<'d>>,
}

#[derive(Debug)]
struct Steps<'d> {
    topic: &'d SignatureTopic,
    signature: &'d LogSignature,
    steps: Vec<Step<'d>>,
    unless: Vec<Step<'d>>,
    until: Vec<Step<'d>>,
}

impl<'d> Signatures<'d> {
    pub(super) fn new(signatures: &'d LogSignatures) -> Self {
        let all = signatures.iter().map(|(topic, signature)| Steps {
            topic,
            signature,
            steps: signature.step.iter().map(step).collect(),
            unless: signature.unless.iter().map(step).collect(),
            until: signature.until.iter().map(step).collect(),
        });
        Self { all: all.collect() }
    }

    /// One of them names this component.
    pub(super) fn names(&self, component: &str) -> bool {
        self.all.iter().flat_map(Steps::all).any(|step| step.names_component(component))
    }

    /// What the patterns begin with of those that take records of a component, each with the index of the signature and, in its
    /// first step, of the pattern.
    pub(super) fn literals(
        &self,
        format: LogFormat,
        component: &str,
    ) -> impl Iterator<Item = (usize, Option<usize>, &'d str)> {
        let reads = move |steps: &Steps<'_>| steps.signature.formats.iter().any(|name| name == format.name());
        let reading = self.all.iter().enumerate().filter(move |(_, steps)| reads(steps));
        reading.flat_map(move |(index, steps)| {
            let taking = steps.all().enumerate().filter(move |(_, step)| step.takes_component(component));
            taking.flat_map(move |(number, step)| {
                let place = move |pattern| (number == 0).then_some(pattern);
                step.literals().enumerate().map(move |(pattern, literal)| (index, place(pattern), literal))
            })
        })
    }

    /// What the names stand for, when a text is the first line of a signature; it holds the beginning of a pattern at this place.
    pub(super) fn begins(&self, index: usize, pattern: usize, text: &str, at: usize) -> Option<Names<'d>> {
        let Steps { steps, signature, .. } = self.all.get(index)?;
        steps.first()?.meets_at(pattern, text, at, &signature.codes)
    }
}

impl<'d> Steps<'d> {
    fn all(&self) -> impl Iterator<Item = &Step<'d>> {
        self.steps.iter().chain(&self.unless).chain(&self.until)
    }
}

/// Looks for the signatures in the records of one log.
#[derive(Debug)]
pub(super) struct Matcher<'s, 'd> {
    searches: Vec<Search<'s, 'd>>,
}

#[derive(Debug)]
struct Search<'s, 'd> {
    wanted: &'s Steps<'d>,
    attempts: Vec<Attempt<'d>>,
    found: Option<SignatureMatch<'d>>,
}

#[derive(Clone, Debug)]
struct Attempt<'d> {
    evidence: Vec<EvidenceLine>,
    captures: Captures<'d>,
}

impl<'d> Attempt<'d> {
    fn add(&mut self, names: &Names<'d>, record: &Record<'_>) {
        self.captures.extend(names.iter().map(|(name, range)| (*name, value(name, record.text, range.clone()))));
        self.evidence.push(EvidenceLine::of(record));
    }
}

/// A signature for which a record may matter.
#[derive(Debug)]
pub(super) struct Lead<'d> {
    /// Its index.
    pub(super) signature: usize,
    /// The record is its first line, and the names stand for this.
    pub(super) begins: Option<Names<'d>>,
}

impl<'s, 'd> Matcher<'s, 'd> {
    pub(super) fn new(signatures: &'s Signatures<'d>) -> Self {
        let searches = signatures.all.iter().map(|wanted| Search { wanted, attempts: Vec::new(), found: None });
        Self { searches: searches.collect() }
    }

    /// The next record, for the signatures for which it may matter: it says nothing to the others.
    pub(super) fn record(&mut self, leads: &[Lead<'d>], record: &Record<'_>) {
        for lead in leads {
            if let Some(search) = self.searches.get_mut(lead.signature) {
                search.record(record, lead.begins.as_ref());
            }
        }
    }

    /// No more records of this session, another one may follow: what was found in it, in the order of the lines.
    pub(super) fn end_session(&mut self) -> Vec<SignatureMatch<'d>> {
        for search in &mut self.searches {
            search.settle(None);
            search.attempts.clear();
        }
        let mut found: Vec<_> = self.searches.iter_mut().filter_map(|search| search.found.take()).collect();
        found.sort_by(|a, b| {
            let line = |m: &SignatureMatch<'_>| m.evidence.first().map(|e| e.line);
            line(a).cmp(&line(b)).then_with(|| a.signature.id.cmp(&b.signature.id))
        });
        found
    }
}

impl<'d> Search<'_, 'd> {
    fn record(&mut self, record: &Record<'_>, begins: Option<&Names<'d>>) {
        self.settle(Some((record.line, record.time.stamp())));
        let Steps { signature, steps, unless, until, .. } = self.wanted;
        let meets = |step: &Step<'d>, captures: &Captures<'d>| {
            step.meets(record.component, record.text, &signature.codes, captures)
        };
        // Mostly there is none.
        if !self.attempts.is_empty() {
            if until.iter().any(|step| meets(step, &Captures::new()).is_some()) {
                self.settle(None);
                self.attempts.clear();
            }
            self.attempts.retain(|attempt| !unless.iter().any(|step| meets(step, &attempt.captures).is_some()));
            for attempt in &mut self.attempts {
                let Some(step) = steps.get(attempt.evidence.len()) else { continue };
                if let Some(names) = meets(step, &attempt.captures) {
                    attempt.add(&names, record);
                }
            }
        }
        if let Some(names) = begins {
            let mut attempt = Attempt { evidence: Vec::new(), captures: Captures::new() };
            attempt.add(names, record);
            // The same beginning once more: the nearer one counts.
            self.attempts.retain(|a| a.evidence.len() != 1 || steps.len() == 1 || a.captures != attempt.captures);
            if self.attempts.len() >= MOST_ATTEMPTS {
                self.attempts.remove(0);
            }
            self.attempts.push(attempt);
        }
        if unless.is_empty() {
            self.settle_complete(|_| true);
        }
    }

    /// Judges the attempts that a record at this line and time can no longer change; `None`: all of them.
    fn settle(&mut self, now: Option<(u64, Option<Stamp>)>) {
        if self.attempts.is_empty() {
            return;
        }
        let (lines, minutes) = (self.wanted.signature.within_lines, self.wanted.signature.within_minutes);
        let lines = lines.map_or(WITHIN_LINES, u64::from);
        let steps = self.wanted.steps.len();
        let is_over = move |attempt: &Attempt<'_>| {
            let Some((line, time)) = now else { return true };
            // A complete attempt waits for what would silence it, another one for its next step.
            let from = if attempt.evidence.len() == steps { attempt.evidence.last() } else { attempt.evidence.first() };
            from.is_none_or(|from| {
                let late = time.zip(from.time).zip(minutes).is_some_and(|((now, from), minutes)| {
                    now.local_milliseconds() - from.local_milliseconds() > i64::from(minutes) * 60_000
                });
                late || line.saturating_sub(from.line) > lines
            })
        };
        self.settle_complete(is_over);
        self.attempts.retain(|attempt| !is_over(attempt));
    }

    /// Takes the complete attempts for which `is_over` holds as found.
    fn settle_complete(&mut self, is_over: impl Fn(&Attempt<'d>) -> bool) {
        let steps = self.wanted.steps.len();
        for attempt in self.attempts.extract_if(.., |a| a.evidence.len() == steps && is_over(a)) {
            let last_line = attempt.evidence.last().map_or(0, |e| e.line);
            match &mut self.found {
                Some(found) => {
                    found.count += 1;
                    found.last_line = found.last_line.max(last_line);
                }
                None => {
                    self.found = Some(SignatureMatch {
                        topic: self.wanted.topic,
                        signature: self.wanted.signature,
                        evidence: attempt.evidence,
                        captures: attempt.captures,
                        count: 1,
                        last_line,
                    });
                }
            }
        }
    }
}

fn step(step: &SignatureStep) -> Step<'_> {
    Step::new(&step.components, &step.any, step.whole)
}
