//! What a diagnosis says, in words: the same sentences in every format. A format escapes them and lays them out.

use super::text::plural;
use crate::analysis::diagnosis::{Diagnosis, Ended, Explains, Line, LogRead, Seen, Session, State};
use crate::facts::error_code::ErrorCode;
use crate::facts::log::{LogFormat, Stamp};
use crate::inf_db::{InfDb, LogSignature, RunFact, SignatureTopic};

/// Lines of a time line that is not asked for in full.
pub(super) const MOST_EVENTS: usize = 40;
/// Lines that stand out where nothing failed: they are shown as what healthy runs have, too.
const FEW_LINES: usize = 5;

/// What `diagnose` found.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosisReport<'a> {
    /// The logs, in order.
    pub logs: &'a [LogRead<'a>],
    /// The deployments, in order.
    pub diagnoses: &'a [Diagnosis<'a>],
    /// Files that are no logs.
    pub not_logs: usize,
}

/// A part of a story: what it is about, and its sentences.
pub(super) struct Section {
    /// One or two words.
    pub(super) label: &'static str,
    /// The sentences.
    pub(super) items: Vec<String>,
    /// They are to be done one after the other, or one instead of the other.
    pub(super) numbered: bool,
}

/// Something on the time line.
pub(super) struct Event<'a> {
    pub(super) path: &'a str,
    pub(super) line: u64,
    pub(super) time: Option<Stamp>,
    pub(super) text: String,
}

impl<'a> DiagnosisReport<'a> {
    /// `smsts.log:12`.
    pub(super) fn place(&self, line: &Line) -> String {
        format!("{}:{}", self.path(line.log), line.evidence.line)
    }

    /// Path of a log.
    pub(super) fn path(&self, log: usize) -> &'a str {
        self.logs.get(log).map_or("", |log| log.path.as_str())
    }

    /// The sessions of a diagnosis, each with its log.
    pub(super) fn sessions(&self, diagnosis: &'a Diagnosis<'a>) -> Vec<(usize, &'a Session<'a>)> {
        let session = |log: usize, session: usize| {
            self.logs.get(log).and_then(|read| read.sessions.get(session)).map(|s| (log, s))
        };
        diagnosis.parts.iter().filter_map(|part| session(part.log, part.session)).collect()
    }

    /// The logs of a diagnosis: `smsts.log, setupact.log`, with lines where a log has several sessions.
    pub(super) fn name(&self, diagnosis: &'a Diagnosis<'a>) -> String {
        let mut names: Vec<String> = Vec::new();
        for (log, session) in self.sessions(diagnosis) {
            let several = self.logs.get(log).is_some_and(|read| read.sessions.len() > 1);
            let lines =
                if several { format!(" lines {} to {}", session.lines.0, session.lines.1) } else { String::new() };
            let name = format!("{}{lines}", self.path(log));
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = names.len().saturating_sub(8);
        names.truncate(8);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names.join(", "))
    }

    /// `smsts.log: cmtrace, 812 records; 3 lines not understood`.
    pub(super) fn log_line(read: &LogRead<'_>) -> String {
        let summary = &read.summary;
        let format = summary.format.map_or("no log", LogFormat::name);
        let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let mut text = format!("{}: {format}, {}", read.path, plural(count(summary.records), "record"));
        if read.sessions.len() > 1 {
            text.push_str(&format!(" in {}", plural(read.sessions.len(), "session")));
        }
        if summary.truncated > 0 {
            text.push_str(&format!(", {} of them torn", summary.truncated));
        }
        if summary.unparsed_lines > 0 {
            let lines = plural(count(summary.unparsed_lines), "line");
            text.push_str(&format!("; not understood: {lines} ({} bytes)", summary.unparsed_bytes));
        }
        if summary.foreign_bytes > 0 {
            text.push_str(&format!("; {} of another encoding", plural(count(summary.foreign_bytes), "byte")));
        }
        text
    }

    /// The verdict in a line.
    pub(super) fn headline(diagnosis: &Diagnosis<'_>) -> String {
        let title = |d: &Diagnosis<'_>| d.topic.map_or("", |topic| topic.title.as_str()).to_owned();
        match diagnosis.state {
            State::CauseKnown if diagnosis.contradicted => {
                "FAILED: what happened is known, why is not (the article that it belongs to is contradicted)".to_owned()
            }
            State::CauseKnown => format!("CAUSE FOUND ({}): {}", diagnosis.confidence.name(), title(diagnosis)),
            State::Failed => "FAILED, and nothing known says why".to_owned(),
            State::Possible if diagnosis.contradicted => {
                "Lines that can stand for a failure; what they mostly mean is contradicted".to_owned()
            }
            State::Possible => {
                format!("POSSIBLE CAUSE: {}; how the deployment ended is not to be seen", title(diagnosis))
            }
            State::NothingKnown if diagnosis.ends_in_doubt => {
                "Nothing known matches; there are errors, and whether it failed is not to be seen".to_owned()
            }
            State::NothingKnown => "Nothing known matches, and no failure is to be seen".to_owned(),
        }
    }

    /// The story, part by part.
    pub(super) fn sections(&self, diagnosis: &Diagnosis<'_>, db: &InfDb) -> Vec<Section> {
        let section = |label, items: Vec<String>| Section { label, items, numbered: false };
        let mut all =
            vec![section("what happened", self.what(diagnosis, db)), section("set up", self.set_up(diagnosis))];
        let good = diagnosis.last_good.iter().map(|l| format!("{} {}", self.place(l), one_line(l.evidence.text())));
        all.push(section("last good line", good.collect()));
        if let Some(topic) = explaining(diagnosis) {
            all.push(section("why", vec![topic.cause.clone()]));
        }
        if matches!(diagnosis.state, State::CauseKnown | State::Possible) {
            all.push(section("how sure", vec![format!("{}: {}", diagnosis.confidence.name(), self.sure(diagnosis))]));
        }
        if let Some(tie) = &diagnosis.tie {
            let mut items = tie.text.clone();
            let word = match tie.explains {
                Explains::Yes => "yes",
                Explains::No => "no",
                Explains::Unknown => "not known",
            };
            items.push(format!("explained: {word}; {}", tie.verdict));
            all.push(section("driver", items));
        }
        let follows = diagnosis.same_cause.iter().chain(&diagnosis.consequences);
        let follows = follows.map(|seen| self.seen(seen, db)).collect();
        all.push(section(if diagnosis.cause.is_some() { "what follows" } else { "what failed" }, follows));
        all.push(section("look for", self.look_for(diagnosis, db)));
        all.push(section("also found", diagnosis.others.iter().map(|seen| self.other(seen, diagnosis, db)).collect()));
        let todo = diagnosis.resolution.iter().map(|r| r.text.clone()).collect();
        all.push(Section { label: "what to do", items: todo, numbered: true });
        let references = explaining(diagnosis).map(|t| t.references.clone()).unwrap_or_default();
        all.push(section("references", references));
        all.push(self.stands_out(diagnosis));
        all.retain(|section| !section.items.is_empty());
        all
    }

    fn what(&self, diagnosis: &Diagnosis<'_>, db: &InfDb) -> Vec<String> {
        let mut items = Vec::new();
        if let Some(cause) = &diagnosis.cause {
            items.push(self.seen(cause, db));
        }
        if let Some((log, step)) = &diagnosis.failed_step {
            let place = step.end.as_ref().map_or_else(String::new, |e| format!(" ({}:{})", self.path(*log), e.line));
            items.push(format!("The step {} failed{place}.", step.name));
        }
        if let Some(line) = &diagnosis.failed {
            items.push(format!("The task sequence ended with that ({}).", self.place(line)));
        }
        items
    }

    /// `title (L02, 0xC0000006 STATUS_IN_PAGE_ERROR), 2010-02-10 10:00:01, smsts.log:5, 3 times`.
    pub(super) fn seen(&self, seen: &Seen<'_>, db: &InfDb) -> String {
        let code = seen.captures.get("code").and_then(|code| ErrorCode::parse(code));
        let line = seen.evidence.last();
        let in_configmgr = line.is_some_and(|line| self.is_configmgr(line.log));
        let code = code.map_or_else(String::new, |code| format!(", {}", db.error_codes().name(code, in_configmgr)));
        let time = line.and_then(|l| l.evidence.time).map_or_else(String::new, |t| format!(", {t}"));
        let place = line.map_or_else(String::new, |line| format!(", {}", self.place(line)));
        let count = if seen.count > 1 { format!(", {} times", seen.count) } else { String::new() };
        let also =
            seen.also.first().map_or_else(String::new, |(log, line)| format!(", also {}:{line}", self.path(*log)));
        format!("{} ({}{code}){time}{place}{count}{also}", seen.signature.title, seen.signature.id)
    }

    /// Codes in a log of ConfigMgr have the meanings that it gives them.
    pub(super) fn is_configmgr(&self, log: usize) -> bool {
        let format = self.logs.get(log).and_then(|read| read.summary.format);
        matches!(format, Some(LogFormat::CmTrace | LogFormat::CmTraceText))
    }

    fn set_up(&self, diagnosis: &Diagnosis<'_>) -> Vec<String> {
        let mut items = Vec::new();
        if let Some((version, certain, line)) = &diagnosis.winpe {
            let what = if *certain { "Windows PE" } else { "Windows (PE, as long as that runs)" };
            items.push(format!("{what} {version} ({})", self.place(line)));
        }
        if let Some((version, line)) = &diagnosis.deployed {
            items.push(format!("drivers are added to Windows {version} ({})", self.place(line)));
        }
        for (fact, words) in [
            (RunFact::RunFromDp, "Setup runs from the distribution point"),
            (RunFact::Download, "Setup runs from the disk: the content was downloaded first"),
            (RunFact::DriverStep, "a step offers drivers"),
            (RunFact::NoWindowsPeDrivers, "Setup had no drivers to install in Windows PE"),
        ] {
            if let Some(line) = diagnosis.facts.get(&fact) {
                items.push(format!("{words} ({})", self.place(line)));
            }
        }
        let named = self.sessions(diagnosis).into_iter().flat_map(|(log, s)| {
            let packages = s.driver_packages.iter().map(move |n| (log, "driver package", n));
            packages.chain(s.infs.iter().map(move |n| (log, "driver", n)))
        });
        for (log, what, name) in named.take(6) {
            items.push(format!("{what} {} ({}:{})", name.name, self.path(log), name.line.line));
        }
        for (log, session) in self.sessions(diagnosis) {
            for adapter in session.adapters.iter().take(4) {
                let address = if adapter.has_address() {
                    format!("address {}", adapter.address)
                } else {
                    "no address".to_owned()
                };
                items.push(format!("adapter {}: {address} ({}:{})", adapter.name, self.path(log), adapter.line.line));
            }
            if let Some((up, line)) = &session.network {
                let words = if *up { "wpeinit found a working adapter" } else { "wpeinit found no adapter" };
                items.push(format!("{words} ({}:{})", self.path(log), line.line));
            }
        }
        items
    }

    fn sure(&self, diagnosis: &Diagnosis<'_>) -> String {
        let seen = match diagnosis.state {
            State::CauseKnown => {
                "what happened was read in the log; the article is the explanation that is known for it"
            }
            _ => "the line was read in the log; whether it matters depends on the machine",
        };
        let reasons: Vec<&str> = diagnosis.reasons.iter().map(String::as_str).collect();
        if reasons.is_empty() { seen.to_owned() } else { format!("{seen}; {}", reasons.join("; ")) }
    }

    /// What the causes of the consequences that were found would look like.
    fn look_for(&self, diagnosis: &Diagnosis<'_>, db: &InfDb) -> Vec<String> {
        if diagnosis.cause.is_some() {
            return Vec::new();
        }
        let mut ids: Vec<&str> =
            diagnosis.consequences.iter().flat_map(|s| &s.signature.follows).map(String::as_str).collect();
        ids.sort_unstable();
        ids.dedup();
        let signatures = ids.into_iter().filter_map(|id| db.log_signatures().get(id));
        let words = |(topic, s): (&SignatureTopic, &LogSignature)| {
            format!("{} ({}) in {}: `wimspect explain {}`", s.title, s.id, s.seen_in, topic.id)
        };
        signatures.map(words).take(6).collect()
    }

    fn other(&self, seen: &Seen<'_>, diagnosis: &Diagnosis<'_>, db: &InfDb) -> String {
        let text = self.seen(seen, db);
        if diagnosis.topic.is_some_and(|topic| topic.id == seen.topic.id) {
            return text;
        }
        format!("{text}; see `wimspect explain {}`", seen.topic.id)
    }

    fn stands_out(&self, diagnosis: &Diagnosis<'_>) -> Section {
        let failed = diagnosis.state == State::Failed;
        let lines = diagnosis.suspicious.iter().take(if failed { usize::MAX } else { FEW_LINES });
        let items = lines.map(|l| format!("{} {}", self.place(l), one_line(l.evidence.text()))).collect();
        let label = if failed { "stands out" } else { "errors, without a verdict" };
        Section { label, items, numbered: false }
    }

    /// What ran when: steps, commands that failed, facts and signatures, log by log in the order of their lines.
    pub(super) fn events(&self, diagnosis: &'a Diagnosis<'a>, db: &InfDb) -> Vec<Event<'a>> {
        let mut all: Vec<(usize, Event<'a>)> = Vec::new();
        for (log, session) in self.sessions(diagnosis) {
            let path = self.path(log);
            let mut add =
                |line: u64, time: Option<Stamp>, text: String| all.push((log, Event { path, line, time, text }));
            for step in &session.steps {
                if let Some(start) = &step.start {
                    add(start.line, start.time, format!("step {} begins", step.name));
                }
                if let Some(end) = &step.end {
                    let words = if step.ended == Ended::Failed { "FAILED" } else { "ended well" };
                    add(end.line, end.time, format!("step {} {words}", step.name));
                }
            }
            for command in session.commands.iter().filter(|c| c.ended == Ended::Failed) {
                let Some((code, line)) = &command.exit else { continue };
                let code = exit_code(*code, self.is_configmgr(log), db);
                let what = if command.command.is_empty() { "a command".to_owned() } else { one_line(&command.command) };
                add(line.line, line.time, format!("{}: {what} ended with {code}", command.component()));
            }
            if let Some(line) = &session.failed {
                add(line.line, line.time, "the task sequence FAILED".to_owned());
            }
        }
        let known = diagnosis.cause.iter().chain(&diagnosis.same_cause).chain(&diagnosis.consequences);
        for seen in known.chain(&diagnosis.others).chain(&diagnosis.context) {
            if let Some(line) = seen.evidence.last() {
                let text = format!("{}: {} ({})", seen.signature.role.name(), seen.signature.title, seen.signature.id);
                let event =
                    Event { path: self.path(line.log), line: line.evidence.line, time: line.evidence.time, text };
                all.push((line.log, event));
            }
        }
        all.sort_by_key(|(log, event)| (*log, event.line));
        all.into_iter().map(|(_, event)| event).collect()
    }

    /// The lines that a diagnosis stands on.
    pub(super) fn evidence(&self, diagnosis: &'a Diagnosis<'a>) -> Vec<&'a Line> {
        let known = diagnosis.cause.iter().chain(&diagnosis.same_cause).chain(&diagnosis.consequences);
        let mut lines: Vec<&Line> =
            known.chain(&diagnosis.others).chain(&diagnosis.context).flat_map(|s| &s.evidence).collect();
        lines.sort_by_key(|line| (line.log, line.evidence.line));
        lines.dedup_by_key(|line| (line.log, line.evidence.line));
        lines
    }
}

/// The article, where it explains what was found.
pub(super) fn explaining<'d>(diagnosis: &Diagnosis<'d>) -> Option<&'d SignatureTopic> {
    let explains = matches!(diagnosis.state, State::CauseKnown | State::Possible) && !diagnosis.contradicted;
    diagnosis.topic.filter(|_| explains)
}

/// A small number can be anything that a program means by it.
pub(super) fn exit_code(code: ErrorCode, in_configmgr: bool, db: &InfDb) -> String {
    let symbol = db.error_codes().look_up(code, in_configmgr).and_then(|row| row.symbol.as_deref());
    match symbol {
        Some(symbol) if code.0 < 0x1_0000 => format!("{} ({code}, {symbol} if it is a code of Windows)", code.0),
        Some(symbol) => format!("{code} {symbol}"),
        None if code.0 < 0x1_0000 => format!("{} ({code})", code.0),
        None => code.to_string(),
    }
}

/// Text of a record on one line, not too long.
pub(super) fn one_line(text: &str) -> String {
    const MOST: usize = 300;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    super::inert::clipped(&text, MOST)
}
