//! `logs[]` and `diagnoses[]`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::diagnosis::{
    CommandSeen, Diagnosis, Ended, EvidenceLine, Line, LogRead, Seen, Session, Tie, place,
};
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::facts::error_code::ErrorCode;
use crate::facts::log::{LogFormat, Stamp};
use crate::facts::os_version::OsVersion;
use crate::inf_db::{RunFact, TaskPhase};
use crate::report::Report;
use crate::report::diagnosis::{DiagnosisReport, explaining};

/// One log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LogRecord<'a> {
    path: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(&LogFormat::ALL, LogFormat::name))))]
    format: &'static str,
    lines: u64,
    records: u64,
    /// Of these, records with a part missing.
    truncated: u64,
    /// Lines, or parts of lines, that are no record and no part of one, and their length.
    unparsed_lines: u64,
    unparsed_bytes: u64,
    /// Bytes that are no text in the encoding of the file.
    foreign_bytes: u64,
    sessions: Vec<SessionRecord>,
}

/// One session of a log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SessionRecord {
    first_line: u64,
    last_line: u64,
    /// As written: local time of the machine, in Windows PE mostly Pacific time.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_time: Option<String>,
}

impl<'a> LogRecord<'a> {
    pub(super) fn of(read: &'a LogRead<'a>) -> Self {
        let summary = &read.summary;
        let session = |s: &Session<'_>| SessionRecord {
            first_line: s.lines.0,
            last_line: s.lines.1,
            first_time: s.times.map(|(from, _)| from.to_string()),
            last_time: s.times.map(|(_, to)| to.to_string()),
        };
        Self {
            path: &read.path,
            format: summary.format.map_or("", LogFormat::name),
            lines: summary.lines,
            records: summary.records,
            truncated: summary.truncated,
            unparsed_lines: summary.unparsed_lines,
            unparsed_bytes: summary.unparsed_bytes,
            foreign_bytes: summary.foreign_bytes,
            sessions: read.sessions.iter().map(session).collect(),
        }
    }
}

/// One deployment and what became of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct DiagnosisRecord<'a> {
    /// Its logs, in order.
    logs: Vec<&'a str>,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::analysis::diagnosis::State::ALL, crate::analysis::diagnosis::State::name))))]
    state: &'static str,
    /// The verdict in a sentence.
    headline: String,
    confidence: Confidence,
    /// Id of the article that explains it; where no cause was found the one that what was found belongs to.
    topic: Option<&'a str>,
    /// Where the task sequence failed.
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words_or_null(TaskPhase::ALL, TaskPhase::name))))]
    at: Option<&'static str>,
    /// The first cause.
    cause: Option<SeenRecord<'a>>,
    same_cause: Vec<SeenRecord<'a>>,
    consequences: Vec<SeenRecord<'a>>,
    /// What belongs to other articles.
    others: Vec<SeenRecord<'a>>,
    context: Vec<SeenRecord<'a>>,
    failed_step: Option<&'a str>,
    last_good: Option<LineRecord<'a>>,
    /// Why it happens, as the article says; null where the article does not explain it.
    why: Option<&'a str>,
    /// What speaks for and against the article.
    reasons: &'a [String],
    contradicted: bool,
    /// What the logs say about how the deployment is set up, with the line.
    facts: BTreeMap<&'static str, Place>,
    winpe: Option<VersionRecord>,
    deployed: Option<VersionRecord>,
    steps: Vec<StepRecord<'a>>,
    /// Commands that did not end well.
    failed_commands: Vec<CommandRecord<'a>>,
    adapters: Vec<AdapterRecord<'a>>,
    driver_packages: Vec<&'a str>,
    driver_infs: Vec<&'a str>,
    /// What to do, in order of effort.
    resolution: Vec<&'a str>,
    references: &'a [String],
    /// Lines that stand out, where no cause is known.
    suspicious: Vec<LineRecord<'a>>,
    /// What boot image and share say about it, where they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<TieRecord<'a>>,
}

/// A signature that was found.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SeenRecord<'a> {
    signature: &'a str,
    topic: &'a str,
    title: &'a str,
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::inf_db::SignatureRole::ALL, crate::inf_db::SignatureRole::name))))]
    role: &'static str,
    code: Option<CodeRecord>,
    count: u64,
    evidence: Vec<LineRecord<'a>>,
    /// Other logs that have it.
    also: Vec<Place>,
}

/// A code in hex, and its name where it has one in such a log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CodeRecord {
    hex: String,
    symbol: Option<String>,
}

/// A line of a log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LineRecord<'a> {
    path: &'a str,
    line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    component: &'a str,
    text: &'a str,
}

/// A version, and where it was read.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct VersionRecord {
    version: OsVersion,
    /// It certainly is what it is taken for; a log may be written by Windows PE and by the deployed Windows.
    certain: bool,
    location: Place,
}

/// A step of the task sequence.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StepRecord<'a> {
    name: &'a str,
    path: &'a str,
    first_line: Option<u64>,
    last_line: Option<u64>,
    #[cfg_attr(test, schemars(extend("enum" = ["succeeded", "failed", "not-said"])))]
    ended: &'static str,
    offers_drivers: bool,
}

/// A command that did not end well.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct CommandRecord<'a> {
    path: &'a str,
    line: u64,
    component: &'a str,
    command: &'a str,
    code: CodeRecord,
}

/// A network adapter that the logs name.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AdapterRecord<'a> {
    name: &'a str,
    /// As written; 0.0.0.0 is none.
    address: &'a str,
}

/// What boot image and share say.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TieRecord<'a> {
    #[cfg_attr(test, schemars(extend("enum" = super::tests::words(crate::analysis::diagnosis::Explains::ALL, crate::analysis::diagnosis::Explains::name))))]
    explains: &'static str,
    verdict: &'a str,
    /// Images or releases that were looked at.
    targets: &'a [String],
    /// The boot images given are not the one of the logs.
    version_differs: bool,
    text: &'a [String],
    /// Ids of the drivers that take the adapter over, or would.
    drivers: Vec<&'a str>,
    because: &'a [Evidence],
}

/// Makes the records of one diagnosis.
struct Maker<'a> {
    report: &'a Report<'a>,
    found: &'a DiagnosisReport<'a>,
}

impl<'a> DiagnosisRecord<'a> {
    pub(super) fn of(report: &'a Report<'a>, found: &'a DiagnosisReport<'a>, diagnosis: &'a Diagnosis<'a>) -> Self {
        let maker = Maker { report, found };
        let seen = |list: &'a [Seen<'a>]| list.iter().map(|s| maker.seen(s)).collect();
        let sessions = found.sessions(diagnosis);
        let mut logs: Vec<&str> = sessions.iter().map(|(log, _)| found.path(*log)).collect();
        logs.dedup();
        let facts = diagnosis.facts.iter().map(|(fact, line)| (RunFact::name(*fact), place(line, found.logs)));
        Self {
            logs,
            state: diagnosis.state.name(),
            headline: DiagnosisReport::headline(diagnosis),
            confidence: diagnosis.confidence,
            topic: diagnosis.topic.map(|t| t.id.as_str()),
            at: diagnosis.phase().map(TaskPhase::name),
            cause: diagnosis.cause.as_ref().map(|s| maker.seen(s)),
            same_cause: seen(&diagnosis.same_cause),
            consequences: seen(&diagnosis.consequences),
            others: seen(&diagnosis.others),
            context: seen(&diagnosis.context),
            failed_step: diagnosis.failed_step.as_ref().map(|(_, step)| step.name.as_str()),
            last_good: diagnosis.last_good.as_ref().map(|l| maker.line(l.log, &l.evidence)),
            why: explaining(diagnosis).map(|t| t.cause.as_str()),
            reasons: &diagnosis.reasons,
            contradicted: diagnosis.contradicted,
            facts: facts.collect(),
            winpe: diagnosis.winpe.as_ref().map(|(version, certain, line)| maker.version(*version, *certain, line)),
            deployed: diagnosis.deployed.as_ref().map(|(version, line)| maker.version(*version, true, line)),
            steps: sessions.iter().flat_map(|(log, s)| steps(found.path(*log), s)).collect(),
            failed_commands: sessions.iter().flat_map(|(log, s)| maker.commands(*log, s)).collect(),
            adapters: sessions
                .iter()
                .flat_map(|(_, s)| &s.adapters)
                .map(|a| AdapterRecord { name: &a.name, address: &a.address })
                .collect(),
            driver_packages: sessions.iter().flat_map(|(_, s)| &s.driver_packages).map(|n| n.name.as_str()).collect(),
            driver_infs: sessions.iter().flat_map(|(_, s)| &s.infs).map(|n| n.name.as_str()).collect(),
            resolution: diagnosis.resolution.iter().map(|r| r.text.as_str()).collect(),
            references: explaining(diagnosis).map_or(&[], |t| &t.references),
            suspicious: diagnosis.suspicious.iter().map(|l| maker.line(l.log, &l.evidence)).collect(),
            explained: diagnosis.tie.as_ref().map(|tie| maker.tie(tie)),
        }
    }
}

impl<'a> Maker<'a> {
    fn line(&self, log: usize, line: &'a EvidenceLine) -> LineRecord<'a> {
        LineRecord {
            path: self.found.path(log),
            line: line.line,
            time: line.time.map(|time: Stamp| time.to_string()),
            component: line.component(),
            text: line.text(),
        }
    }

    fn code(&self, code: ErrorCode, log: usize) -> CodeRecord {
        let row = self.report.db.error_codes().look_up(code, self.found.is_configmgr(log));
        CodeRecord { hex: code.to_string(), symbol: row.and_then(|row| row.symbol.clone()) }
    }

    fn seen(&self, seen: &'a Seen<'a>) -> SeenRecord<'a> {
        let log = seen.evidence.first().map_or(0, |line| line.log);
        let code = seen.captures.get("code").and_then(|code| ErrorCode::parse(code));
        let also =
            |(log, line): &(usize, u64)| Place::line(self.found.path(*log), u32::try_from(*line).unwrap_or(u32::MAX));
        SeenRecord {
            signature: &seen.signature.id,
            topic: &seen.topic.id,
            title: &seen.signature.title,
            role: seen.signature.role.name(),
            code: code.map(|code| self.code(code, log)),
            count: seen.count,
            evidence: seen.evidence.iter().map(|l| self.line(l.log, &l.evidence)).collect(),
            also: seen.also.iter().map(also).collect(),
        }
    }

    fn version(&self, version: OsVersion, certain: bool, line: &Line) -> VersionRecord {
        VersionRecord { version, certain, location: place(line, self.found.logs) }
    }

    fn commands(&self, log: usize, session: &'a Session<'a>) -> Vec<CommandRecord<'a>> {
        let record = |command: &'a CommandSeen| {
            let (code, line) = command.exit.as_ref()?;
            Some(CommandRecord {
                path: self.found.path(log),
                line: line.line,
                component: command.component(),
                command: &command.command,
                code: self.code(*code, log),
            })
        };
        session.commands.iter().filter(|c| c.ended == Ended::Failed).filter_map(record).collect()
    }

    fn tie(&self, tie: &'a Tie) -> TieRecord<'a> {
        TieRecord {
            explains: tie.explains.name(),
            verdict: &tie.verdict,
            targets: &tie.targets,
            version_differs: tie.version_differs,
            text: &tie.text,
            drivers: tie.drivers.iter().map(|d| self.report.analysis.world.drivers[*d].id.as_str()).collect(),
            because: &tie.because,
        }
    }
}

fn steps<'a>(path: &'a str, session: &'a Session<'a>) -> impl Iterator<Item = StepRecord<'a>> {
    session.steps.iter().map(move |step| StepRecord {
        name: &step.name,
        path,
        first_line: step.start.as_ref().map(|l| l.line),
        last_line: step.end.as_ref().map(|l| l.line),
        ended: step.ended.name(),
        offers_drivers: step.offers_drivers,
    })
}
