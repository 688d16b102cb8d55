//! From the sessions of one deployment to what happened in it: the first cause and what follows from it, what was still good,
//! why, how sure, and what to do.

use std::collections::BTreeMap;

use super::deployment::{LogRead, Part};
use super::matcher::{EvidenceLine, SignatureMatch};
use super::pattern::Captures;
use super::session::{Ended, Session, StepSeen};
use super::tie::Tie;
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::Severity;
use crate::facts::log::LogFormat;
use crate::facts::os_version::OsVersion;
use crate::inf_db::{LogSignature, Resolution, RunFact, SignatureRole, SignatureTopic, TaskPhase};

/// Lines that stand out, where nothing known matches.
const MOST_SUSPICIOUS: usize = 12;

/// A line of one of the logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Index of the log.
    pub log: usize,
    /// What it says.
    pub evidence: EvidenceLine,
}

/// A signature that a deployment meets.
#[derive(Clone, Debug)]
pub struct Seen<'d> {
    /// The article.
    pub topic: &'d SignatureTopic,
    /// The signature.
    pub signature: &'d LogSignature,
    /// One line for each step, where it was found first.
    pub evidence: Vec<Line>,
    /// What the names in its patterns stand for.
    pub captures: Captures<'d>,
    /// How often it was found.
    pub count: u64,
    /// Other logs that have it, with the line.
    pub also: Vec<(usize, u64)>,
}

/// How much is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing failed that the logs show, and nothing known matches.
    NothingKnown,
    /// Nothing failed that the logs show; something in them may explain a failure.
    Possible,
    /// It failed, and nothing known says why.
    Failed,
    /// A cause was found.
    CauseKnown,
}

impl State {
    /// Every state.
    pub const ALL: &'static [State] = &[State::NothingKnown, State::Possible, State::Failed, State::CauseKnown];

    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            State::NothingKnown => "nothing-known",
            State::Possible => "possible-cause",
            State::Failed => "failed",
            State::CauseKnown => "cause-known",
        }
    }

    /// What it counts as for `--fail-on`; `None`: never.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            State::NothingKnown => None,
            State::Possible => Some(Severity::Warning),
            State::Failed | State::CauseKnown => Some(Severity::Error),
        }
    }
}

/// One deployment and what became of it.
#[derive(Clone, Debug)]
pub struct Diagnosis<'d> {
    /// Its sessions.
    pub parts: Vec<Part>,
    /// How much is known.
    pub state: State,
    /// How sure the article is.
    pub confidence: Confidence,
    /// The article that explains it; where no cause was found the one that what was found belongs to.
    pub topic: Option<&'d SignatureTopic>,
    /// The first cause.
    pub cause: Option<Seen<'d>>,
    /// More lines about the same cause.
    pub same_cause: Vec<Seen<'d>>,
    /// What follows from it; without a cause: what follows from one that is not in these logs.
    pub consequences: Vec<Seen<'d>>,
    /// What belongs to other articles.
    pub others: Vec<Seen<'d>>,
    /// Whatever else is known about lines of these logs.
    pub context: Vec<Seen<'d>>,
    /// The last line of what went well before.
    pub last_good: Option<Line>,
    /// The step that failed.
    pub failed_step: Option<(usize, StepSeen)>,
    /// Where the task sequence says that it failed.
    pub failed: Option<Line>,
    /// What the logs say about how the deployment is set up, with the line.
    pub facts: BTreeMap<RunFact, Line>,
    /// Version of Windows PE, with the line; certain or likely.
    pub winpe: Option<(OsVersion, bool, Line)>,
    /// Version of the Windows that drivers are added to.
    pub deployed: Option<(OsVersion, Line)>,
    /// What speaks for and against the article, and what is missing.
    pub reasons: Vec<String>,
    /// Something speaks against the article.
    pub contradicted: bool,
    /// What to do, in order of effort.
    pub resolution: Vec<&'d Resolution>,
    /// Lines that stand out; only where no cause is known.
    pub suspicious: Vec<Line>,
    /// Some of them come after everything that ended well.
    pub ends_in_doubt: bool,
    /// What image and share say about it.
    pub tie: Option<Tie>,
}

impl Diagnosis<'_> {
    /// The phase in which it failed, where that is known.
    pub fn phase(&self) -> Option<TaskPhase> {
        let seen = self.cause.as_ref().or_else(|| self.consequences.first());
        seen.and_then(|seen| seen.signature.at)
    }
}

/// Tells the story of one deployment.
pub fn tell<'d>(parts: &[Part], logs: &[LogRead<'d>]) -> Diagnosis<'d> {
    let sessions: Vec<(usize, &Session<'d>)> = parts
        .iter()
        .filter_map(|part| logs.get(part.log)?.sessions.get(part.session).map(|session| (part.log, session)))
        .collect();
    let winpe = winpe(&sessions);
    let mut diagnosis = Diagnosis {
        parts: parts.to_vec(),
        state: State::NothingKnown,
        confidence: Confidence::Likely,
        topic: None,
        cause: None,
        same_cause: Vec::new(),
        consequences: Vec::new(),
        others: Vec::new(),
        context: Vec::new(),
        last_good: None,
        failed_step: failed_step(&sessions),
        failed: first(&sessions, |s| s.failed.clone()),
        facts: facts(&sessions, winpe.as_ref()),
        deployed: sessions
            .iter()
            .find_map(|(log, s)| s.targets.last().map(|t| (t.version, Line { log: *log, evidence: t.line.clone() }))),
        winpe,
        reasons: Vec::new(),
        contradicted: false,
        resolution: Vec::new(),
        suspicious: Vec::new(),
        ends_in_doubt: false,
        tie: None,
    };
    sort_out(&mut diagnosis, seen(&sessions));
    diagnosis.state = match &diagnosis {
        d if d.cause.is_some() => State::CauseKnown,
        d if !d.consequences.is_empty() || d.failed.is_some() || d.failed_step.is_some() => State::Failed,
        d if !d.others.is_empty() => State::Possible,
        _ => State::NothingKnown,
    };
    diagnosis.last_good = last_good(&diagnosis, &sessions);
    if diagnosis.state != State::CauseKnown {
        diagnosis.suspicious = suspicious(&sessions);
        diagnosis.ends_in_doubt = sessions.iter().any(|(_, session)| ends_in_doubt(session));
    }
    diagnosis.weigh();
    diagnosis
}

impl Diagnosis<'_> {
    /// Reasons, confidence and resolution, from the facts that are known by now.
    pub(super) fn weigh(&mut self) {
        self.reasons.clear();
        self.contradicted = false;
        let Some(topic) = self.topic else { return };
        let holds = |any: &[RunFact]| any.iter().any(|fact| self.facts.contains_key(fact));
        let mut missing = false;
        for need in &topic.needs {
            let seen = holds(&need.any);
            missing |= !seen;
            let words = if seen { "the log shows" } else { "the log does not show" };
            self.reasons.push(format!("{words} {}", need.text));
        }
        for against in topic.against.iter().filter(|c| holds(&c.any)) {
            self.contradicted = true;
            self.reasons.push(format!("speaks against it: {}", against.text));
        }
        self.confidence = if missing || self.contradicted { Confidence::Guess } else { Confidence::Likely };
        // What follows from a cause that nobody has seen is no reason to do what helps against it.
        let is_known = matches!(self.state, State::CauseKnown | State::Possible) && !self.contradicted;
        let applies = |r: &&Resolution| is_known && r.applies(|fact| self.facts.contains_key(&fact));
        self.resolution = topic.resolution.iter().filter(applies).collect();
    }
}

fn first(sessions: &[(usize, &Session<'_>)], of: impl Fn(&Session<'_>) -> Option<EvidenceLine>) -> Option<Line> {
    sessions.iter().find_map(|(log, session)| of(session).map(|evidence| Line { log: *log, evidence }))
}

/// Certain before likely; a task sequence begins in Windows PE, so its first version counts.
fn winpe(sessions: &[(usize, &Session<'_>)]) -> Option<(OsVersion, bool, Line)> {
    let version = |certain: bool, of: fn(LogFormat) -> bool| {
        sessions.iter().filter(|(_, s)| of(s.format)).find_map(|(log, session)| {
            let seen = session.versions.iter().find(|v| v.is_winpe || !certain)?;
            Some((seen.version, seen.is_winpe, Line { log: *log, evidence: seen.line.clone() }))
        })
    };
    version(true, |_| true)
        .or_else(|| version(false, |f| matches!(f, LogFormat::CmTrace | LogFormat::CmTraceText)))
        .or_else(|| version(false, |f| f == LogFormat::Panther))
}

fn facts(sessions: &[(usize, &Session<'_>)], winpe: Option<&(OsVersion, bool, Line)>) -> BTreeMap<RunFact, Line> {
    let mut facts = BTreeMap::new();
    if let Some((version, _, line)) = winpe
        && let Some(fact) = release_fact(*version)
    {
        facts.insert(fact, line.clone());
    }
    for (log, session) in sessions {
        let mut add = |fact: RunFact, line: Option<&EvidenceLine>| {
            if let Some(line) = line {
                facts.entry(fact).or_insert_with(|| Line { log: *log, evidence: line.clone() });
            }
        };
        if let Some((from_share, line)) = &session.setup_from_share {
            add(RunFact::InstallPackage, Some(line));
            add(if *from_share { RunFact::RunFromDp } else { RunFact::Download }, Some(line));
        }
        let step = session.steps.iter().find(|s| s.offers_drivers);
        add(RunFact::DriverStep, step.and_then(|s| s.start.as_ref().or(s.end.as_ref())));
        add(RunFact::DriverStep, session.driver_packages.first().or(session.infs.first()).map(|n| &n.line));
        add(RunFact::NoWindowsPeDrivers, session.no_windowspe_drivers.as_ref());
        let adapter = session.adapters.iter().find(|adapter| adapter.has_address());
        add(RunFact::AdapterWithAddress, adapter.map(|adapter| &adapter.line));
    }
    facts
}

/// Which generation of Windows PE a version is of.
pub(super) fn release_fact(version: OsVersion) -> Option<RunFact> {
    match version.major_minor() {
        (6, 0) => Some(RunFact::WinPe2),
        (6, 1) => Some(RunFact::WinPe3),
        (6, 2..) | (7.., _) => Some(RunFact::WinPe4OrLater),
        _ => None,
    }
}

fn failed_step(sessions: &[(usize, &Session<'_>)]) -> Option<(usize, StepSeen)> {
    sessions.iter().filter(|(_, s)| !goes_on(sessions, s)).find_map(|(log, s)| {
        // Where the task sequence went on to a step that ended well, it was allowed to fail.
        let after_the_last_good =
            s.steps.iter().rev().take_while(|step| step.ended != Ended::Well || s.failed.is_some());
        let mut failed = after_the_last_good.filter(|step| step.ended == Ended::Failed);
        failed.next().map(|step| (*log, step.clone()))
    })
}

/// The signatures of all sessions, each once, in the order of the phases.
fn seen<'d>(sessions: &[(usize, &Session<'d>)]) -> Vec<(Seen<'d>, bool)> {
    let mut found: BTreeMap<&str, (Seen<'d>, bool, u64)> = BTreeMap::new();
    for (log, session) in sessions {
        for m in &session.matches {
            let passed = m.signature.may_pass && (passed(session, m) || goes_on(sessions, session));
            let lines = m.evidence.iter().map(|e| Line { log: *log, evidence: e.clone() });
            let new = || Seen {
                topic: m.topic,
                signature: m.signature,
                evidence: lines.collect(),
                captures: m.captures.clone(),
                count: m.count,
                also: Vec::new(),
            };
            match found.get_mut(m.signature.id.as_str()) {
                None => drop(found.insert(&m.signature.id, (new(), passed, session.records))),
                Some((seen, was_passed, records)) => {
                    *was_passed &= passed;
                    let line = |seen: &Seen<'_>| seen.evidence.first().map(|l| (l.log, l.evidence.line));
                    let place = m.evidence.first().map(|e| (*log, e.line));
                    // setuperr.log repeats lines of setupact.log: the longer log tells more.
                    if session.records > *records {
                        let (mut also, count) = (std::mem::take(&mut seen.also), seen.count);
                        also.extend(line(seen));
                        *seen = Seen { also, count: count.max(m.count), ..new() };
                        *records = session.records;
                    } else if seen.also.len() < 16 {
                        seen.also.extend(place);
                    }
                }
            }
        }
    }
    let mut all: Vec<(Seen<'d>, bool)> = found.into_values().map(|(seen, passed, _)| (seen, passed)).collect();
    let format = |log: usize| sessions.iter().find(|(l, _)| *l == log).map(|(_, s)| s.format);
    all.sort_by_key(|(seen, _)| {
        let first = seen.evidence.first().map(|l| (l.log, l.evidence.line));
        // What a program writes itself comes before what is said of it when it has ended.
        let told = matches!(first.and_then(|(log, _)| format(log)), Some(LogFormat::CmTrace | LogFormat::CmTraceText));
        (seen.signature.at.is_none(), seen.signature.at, told, first, seen.signature.id.clone())
    });
    all
}

/// A later step ended well, and the task sequence did not fail.
fn passed(session: &Session<'_>, m: &SignatureMatch<'_>) -> bool {
    let later = |s: &StepSeen| s.ended == Ended::Well && s.end.as_ref().is_some_and(|e| e.line > m.last_line);
    session.failed.is_none() && session.steps.iter().any(later)
}

/// The task sequence went on in a log that begins later: ConfigMgr begins a new smsts.log when one is full.
fn goes_on(sessions: &[(usize, &Session<'_>)], session: &Session<'_>) -> bool {
    let well = |s: &Session<'_>| s.steps.iter().any(|step| step.ended == Ended::Well);
    sessions.iter().all(|(_, s)| s.failed.is_none())
        && sessions.iter().any(|(_, later)| begins_after(later, session) && well(later))
}

fn begins_after(later: &Session<'_>, session: &Session<'_>) -> bool {
    let Some(((begin, _), (_, end))) = later.times.zip(session.times) else { return false };
    match begin.utc_milliseconds().zip(end.utc_milliseconds()) {
        Some((begin, end)) => begin >= end,
        None => begin.local_milliseconds() >= end.local_milliseconds(),
    }
}

/// Causes, what follows from them, and the rest.
fn sort_out<'d>(diagnosis: &mut Diagnosis<'d>, seen: Vec<(Seen<'d>, bool)>) {
    let is_cause = |(seen, passed): &(Seen<'d>, bool)| seen.signature.role == SignatureRole::Cause && !passed;
    let first = seen.iter().position(is_cause);
    let topic = first.and_then(|at| seen.get(at)).map(|(seen, _)| &seen.topic.id);
    for (index, (seen, passed)) in seen.into_iter().enumerate() {
        let same = topic.is_none_or(|topic| *topic == seen.topic.id);
        match seen.signature.role {
            SignatureRole::Cause | SignatureRole::Suspect | SignatureRole::Consequence if passed => {
                diagnosis.context.push(seen);
            }
            SignatureRole::Cause if Some(index) == first => diagnosis.cause = Some(seen),
            SignatureRole::Cause if same => diagnosis.same_cause.push(seen),
            SignatureRole::Consequence if same => diagnosis.consequences.push(seen),
            SignatureRole::Cause | SignatureRole::Suspect | SignatureRole::Consequence => diagnosis.others.push(seen),
            SignatureRole::Context | SignatureRole::LastGood | SignatureRole::Success => diagnosis.context.push(seen),
        }
    }
    let lead = diagnosis.cause.as_ref().or(diagnosis.consequences.first()).or(diagnosis.others.first());
    diagnosis.topic = lead.map(|seen| seen.topic);
}

/// The last line of what went well, before the cause shows itself in the same log.
fn last_good(diagnosis: &Diagnosis<'_>, sessions: &[(usize, &Session<'_>)]) -> Option<Line> {
    let bad = diagnosis.cause.iter().chain(&diagnosis.same_cause).chain(&diagnosis.consequences);
    let bad: Vec<&Line> = bad.filter_map(|seen| seen.evidence.last()).collect();
    let known = diagnosis.context.iter().filter(|seen| seen.signature.role == SignatureRole::LastGood);
    let known = known.filter_map(|seen| seen.evidence.last());
    let of_article = known
        .into_iter()
        .find(|good| bad.iter().any(|bad| bad.log == good.log && bad.evidence.line > good.evidence.line))
        .cloned();
    let failed = diagnosis.failed.as_ref().map(|line| (line.log, line.evidence.line));
    let step = diagnosis.failed_step.as_ref().and_then(|(log, s)| s.end.as_ref().map(|e| (*log, e.line)));
    let end = bad.first().map(|line| (line.log, line.evidence.line)).or(step).or(failed);
    of_article.or_else(|| {
        let (log, end) = end?;
        let goods = sessions.iter().filter(|(l, _)| *l == log).flat_map(|(_, s)| goods(s));
        let good = goods.filter(|line| line.line < end).max_by_key(|line| line.line)?;
        Some(Line { log, evidence: good.clone() })
    })
}

fn goods<'a>(session: &'a Session<'_>) -> impl Iterator<Item = &'a EvidenceLine> {
    let steps = session.steps.iter().filter(|s| s.ended == Ended::Well).filter_map(|s| s.end.as_ref());
    let commands = session.commands.iter().filter(|c| c.ended == Ended::Well);
    let commands = commands.filter_map(|c| c.exit.as_ref().map(|(_, line)| line));
    let success = session.matches.iter().filter(|m| m.signature.role == SignatureRole::Success);
    steps.chain(commands).chain(success.filter_map(|m| m.evidence.last()))
}

/// Exit codes other than 0, failed steps, and what the writers called errors since the last step that ended well.
fn suspicious(sessions: &[(usize, &Session<'_>)]) -> Vec<Line> {
    let mut found: Vec<Line> = Vec::new();
    for (log, session) in sessions {
        found.extend(bads(session).into_iter().map(|line| Line { log: *log, evidence: line.clone() }));
    }
    found.truncate(MOST_SUSPICIOUS);
    found
}

fn bads<'a>(session: &'a Session<'_>) -> Vec<&'a EvidenceLine> {
    let exits = session.commands.iter().rev().filter(|c| c.ended == Ended::Failed).take(5);
    let exits = exits.filter_map(|c| c.exit.as_ref().map(|(_, line)| line));
    let steps = session.steps.iter().rev().filter(|s| s.ended == Ended::Failed).take(3);
    let steps = steps.filter_map(|s| s.end.as_ref());
    let mut lines: Vec<&EvidenceLine> = exits.chain(steps).chain(&session.failed).chain(&session.errors).collect();
    lines.sort_by_key(|line| line.line);
    lines.dedup_by_key(|line| line.line);
    lines
}

fn ends_in_doubt(session: &Session<'_>) -> bool {
    let good = goods(session).map(|line| line.line).max();
    bads(session).last().is_some_and(|bad| Some(bad.line) > good)
}
