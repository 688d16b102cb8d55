//! The chain of one session of a log: what ran when, with which result, what the log says about versions, adapters and drivers,
//! and which signatures it meets.
//!
//! One pass over the records in bounded memory: every list has a limit, and where it is reached the later entries count.

use std::collections::VecDeque;

use super::anchors::Anchors;
use super::matcher::{EvidenceLine, Matcher, SignatureMatch, evidence};
use super::pattern::Captures;
use crate::facts::error_code::ErrorCode;
use crate::facts::log::{Level, LogFormat, Record, Stamp};
use crate::facts::os_version::OsVersion;
use crate::inf_db::{AnchorKind, InfDb};

/// Sessions of one log that are told apart; what follows belongs to the last one.
const MOST_SESSIONS: usize = 256;
/// Steps of a session.
const MOST_STEPS: usize = 500;
/// Commands of a session.
const MOST_COMMANDS: usize = 200;
/// Commands that run at a time.
const MOST_OPEN: usize = 16;
/// Versions, adapters and the like.
const MOST_FACTS: usize = 64;
/// Records that the writer called errors, since the last step that ended well.
const MOST_ERRORS: usize = 10;

/// A version that a log shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSeen {
    /// The version.
    pub version: OsVersion,
    /// It certainly is that of Windows PE.
    pub is_winpe: bool,
    /// Where.
    pub line: EvidenceLine,
}

/// Something with a name that a log shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameSeen {
    /// The name.
    pub name: String,
    /// Where it was seen first.
    pub line: EvidenceLine,
}

/// A network adapter that a log shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterSeen {
    /// What it is called.
    pub name: String,
    /// Its address as written; 0.0.0.0 is none.
    pub address: String,
    /// Where.
    pub line: EvidenceLine,
}

impl AdapterSeen {
    /// It has an address.
    pub fn has_address(&self) -> bool {
        !self.address.is_empty() && self.address != "0.0.0.0"
    }
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Well.
    Well,
    /// It failed.
    Failed,
    /// The log does not say it.
    NotSaid,
}

impl Ended {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Ended::Well => "succeeded",
            Ended::Failed => "failed",
            Ended::NotSaid => "not-said",
        }
    }
}

/// A step of a task sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepSeen {
    /// Its name.
    pub name: String,
    /// It is one that offers drivers.
    pub offers_drivers: bool,
    /// Where it begins; `None`: only its end is there.
    pub start: Option<EvidenceLine>,
    /// Where it ends.
    pub end: Option<EvidenceLine>,
    /// How.
    pub ended: Ended,
}

/// A command that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSeen {
    /// Who ran it.
    pub component: String,
    /// Its line; empty where only the end is there.
    pub command: String,
    /// Where it begins.
    pub start: Option<EvidenceLine>,
    /// Its exit code, and where.
    pub exit: Option<(ErrorCode, EvidenceLine)>,
    /// How it ended; "restart needed" is well.
    pub ended: Ended,
}

/// One session.
#[derive(Clone, Debug)]
pub struct Session<'d> {
    /// The format of its log.
    pub format: LogFormat,
    /// First and last line.
    pub lines: (u64, u64),
    /// First and last time, as written.
    pub times: Option<(Stamp, Stamp)>,
    /// Records.
    pub records: u64,
    /// Versions of the Windows that wrote the log.
    pub versions: Vec<VersionSeen>,
    /// Versions of the offline Windows that was worked on.
    pub targets: Vec<VersionSeen>,
    /// Adapters with their addresses.
    pub adapters: Vec<AdapterSeen>,
    /// The last line about the network of wpeinit: up or not.
    pub network: Option<(bool, EvidenceLine)>,
    /// Steps, in order.
    pub steps: Vec<StepSeen>,
    /// Commands, in the order of their ends.
    pub commands: VecDeque<CommandSeen>,
    /// Driver packages that were applied.
    pub driver_packages: Vec<NameSeen>,
    /// INF files that were offered or installed.
    pub infs: Vec<NameSeen>,
    /// Setup was run from a share (`true`) or from the disk.
    pub setup_from_share: Option<(bool, EvidenceLine)>,
    /// Setup had no drivers to install in Windows PE.
    pub no_windowspe_drivers: Option<EvidenceLine>,
    /// The task sequence failed as a whole.
    pub failed: Option<EvidenceLine>,
    /// Records that the writer called errors, since the last step that ended well.
    pub errors: Vec<EvidenceLine>,
    /// Signatures that it meets.
    pub matches: Vec<SignatureMatch<'d>>,
}

impl Session<'_> {
    fn new(format: LogFormat, line: u64) -> Self {
        Self {
            format,
            lines: (line, line),
            times: None,
            records: 0,
            versions: Vec::new(),
            targets: Vec::new(),
            adapters: Vec::new(),
            network: None,
            steps: Vec::new(),
            commands: VecDeque::new(),
            driver_packages: Vec::new(),
            infs: Vec::new(),
            setup_from_share: None,
            no_windowspe_drivers: None,
            failed: None,
            errors: Vec::new(),
            matches: Vec::new(),
        }
    }
}

/// Reads the records of one log.
#[derive(Debug)]
pub struct SessionReader<'d> {
    db: &'d InfDb,
    matcher: Matcher<'d>,
    anchors: Anchors<'d>,
    done: Vec<Session<'d>>,
    now: Option<Session<'d>>,
    open: Vec<CommandSeen>,
    /// Setup is installing drivers in Windows PE.
    in_windowspe_drivers: bool,
}

impl<'d> SessionReader<'d> {
    /// For one log.
    pub fn new(db: &'d InfDb) -> Self {
        Self {
            db,
            matcher: Matcher::new(db.log_signatures()),
            anchors: Anchors::new(db.log_anchors()),
            done: Vec::new(),
            now: None,
            open: Vec::new(),
            in_windowspe_drivers: false,
        }
    }

    /// The next record.
    pub fn record(&mut self, format: LogFormat, record: &Record<'_>) {
        let mut found: Vec<(AnchorKind, Captures)> = Vec::new();
        self.anchors.read(format, record, |kind, captures| found.push((kind, captures.clone())));
        let starts = found.iter().any(|(kind, _)| *kind == AnchorKind::SessionStart);
        // The head of a setupapi log belongs to its first session.
        let is_head = format == LogFormat::SetupApi && self.now.as_ref().is_some_and(|now| now.times.is_none());
        if starts && !is_head && self.done.len() + 1 < MOST_SESSIONS {
            self.end_session();
        }
        let now = self.now.get_or_insert_with(|| Session::new(format, record.line));
        now.records += 1;
        now.lines.1 = record.line;
        if let Some(time) = record.time {
            now.times = Some((now.times.map_or(time, |(from, _)| from), time));
        }
        for (kind, captures) in &found {
            self.anchor(*kind, captures, record);
        }
        if let (Level::Error | Level::Fatal, Some(now)) = (record.level, &mut self.now)
            && now.errors.len() < MOST_ERRORS
        {
            now.errors.push(evidence(record));
        }
        self.matcher.record(format, record);
    }

    /// No more records.
    pub fn finish(mut self) -> Vec<Session<'d>> {
        self.end_session();
        self.done
    }

    fn end_session(&mut self) {
        let matches = self.matcher.end_session();
        let Some(mut session) = self.now.take() else { return };
        session.matches = matches;
        for command in self.open.drain(..) {
            push_command(&mut session.commands, command);
        }
        self.in_windowspe_drivers = false;
        self.done.push(session);
    }

    fn anchor(&mut self, kind: AnchorKind, captures: &Captures, record: &Record<'_>) {
        let Some(now) = &mut self.now else { return };
        let value = |name: &str| captures.get(name).map_or("", String::as_str).trim();
        let name = value("name").trim_end_matches('.').trim_matches('\'');
        match kind {
            AnchorKind::SessionStart => {}
            AnchorKind::WinpeVersion | AnchorKind::RunningVersion => {
                version(&mut now.versions, value("version"), kind == AnchorKind::WinpeVersion, record);
            }
            AnchorKind::TargetVersion => version(&mut now.targets, value("version"), false, record),
            AnchorKind::Adapter => adapter(&mut now.adapters, value("name"), value("address"), record),
            AnchorKind::NetworkUp | AnchorKind::NetworkMissing => {
                now.network = Some((kind == AnchorKind::NetworkUp, evidence(record)));
            }
            AnchorKind::StepStart => start_step(now, name, self.db, record),
            AnchorKind::StepName => name_step(now, name, self.db, record),
            AnchorKind::StepSucceeded => {
                end_step(now, name, Ended::Well, self.db, record);
                now.errors.clear();
            }
            AnchorKind::StepFailed => end_step(now, name, Ended::Failed, self.db, record),
            AnchorKind::TaskSequenceFailed => now.failed = Some(evidence(record)),
            AnchorKind::Command => {
                if self.open.len() >= MOST_OPEN {
                    let oldest = self.open.remove(0);
                    push_command(&mut now.commands, oldest);
                }
                self.open.push(CommandSeen {
                    component: record.component.to_owned(),
                    command: value("command").to_owned(),
                    start: Some(evidence(record)),
                    exit: None,
                    ended: Ended::NotSaid,
                });
            }
            AnchorKind::ExitCode => {
                let digits = value("number").split([' ', '.', ',']).next().unwrap_or("");
                let Some(code) = ErrorCode::parse(digits) else { return };
                // The same component that ran it says how it ended.
                let open = self.open.iter().rposition(|c| c.component == record.component);
                let mut command = open.map_or_else(
                    || CommandSeen {
                        component: record.component.to_owned(),
                        command: String::new(),
                        start: None,
                        exit: None,
                        ended: Ended::NotSaid,
                    },
                    |at| self.open.remove(at),
                );
                command.exit = Some((code, evidence(record)));
                command.ended = if self.db.error_codes().is_success(code) { Ended::Well } else { Ended::Failed };
                push_command(&mut now.commands, command);
            }
            AnchorKind::SetupFromShare | AnchorKind::SetupFromDisk => {
                now.setup_from_share = Some((kind == AnchorKind::SetupFromShare, evidence(record)));
            }
            AnchorKind::DriverPackage => seen(&mut now.driver_packages, value("package"), record),
            AnchorKind::DriverInf => seen(&mut now.infs, value("inf"), record),
            AnchorKind::WindowspeDrivers => self.in_windowspe_drivers = true,
            AnchorKind::OfflineDrivers => self.in_windowspe_drivers = false,
            AnchorKind::NoSetupDrivers => {
                if self.in_windowspe_drivers {
                    now.no_windowspe_drivers = Some(evidence(record));
                }
            }
        }
    }
}

fn push_command(commands: &mut VecDeque<CommandSeen>, command: CommandSeen) {
    if commands.len() >= MOST_COMMANDS {
        commands.pop_front();
    }
    commands.push_back(command);
}

fn version(list: &mut Vec<VersionSeen>, text: &str, is_winpe: bool, record: &Record<'_>) {
    let digits = text.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or("").trim_end_matches('.');
    let Ok(version) = digits.parse::<OsVersion>() else { return };
    if list.len() < MOST_FACTS && !list.iter().any(|v| v.version == version && v.is_winpe >= is_winpe) {
        list.push(VersionSeen { version, is_winpe, line: evidence(record) });
    }
}

fn adapter(list: &mut Vec<AdapterSeen>, name: &str, address: &str, record: &Record<'_>) {
    let address = address.trim_end_matches('.');
    if let Some(known) = list.iter_mut().find(|a| a.name == name) {
        // The last word counts: addresses come late.
        address.clone_into(&mut known.address);
        known.line = evidence(record);
    } else if list.len() < MOST_FACTS {
        list.push(AdapterSeen { name: name.to_owned(), address: address.to_owned(), line: evidence(record) });
    }
}

fn seen(list: &mut Vec<NameSeen>, name: &str, record: &Record<'_>) {
    if list.len() < MOST_FACTS && !name.is_empty() && !list.iter().any(|n| n.name.eq_ignore_ascii_case(name)) {
        list.push(NameSeen { name: name.to_owned(), line: evidence(record) });
    }
}

fn start_step(now: &mut Session<'_>, name: &str, db: &InfDb, record: &Record<'_>) {
    if now.steps.len() < MOST_STEPS {
        now.steps.push(StepSeen {
            name: name.to_owned(),
            offers_drivers: db.log_anchors().is_driver_step(name),
            start: Some(evidence(record)),
            end: None,
            ended: Ended::NotSaid,
        });
    }
}

/// The variable has the whole name; the instruction's line can be cut at a full stop in it.
fn name_step(now: &mut Session<'_>, name: &str, db: &InfDb, record: &Record<'_>) {
    const NEAR: u64 = 10;
    match now.steps.last_mut() {
        Some(step)
            if step.end.is_none()
                && step.start.as_ref().is_some_and(|s| record.line.saturating_sub(s.line) <= NEAR) =>
        {
            name.clone_into(&mut step.name);
            step.offers_drivers = db.log_anchors().is_driver_step(name);
        }
        _ if name.is_empty() => {}
        _ => start_step(now, name, db, record),
    }
}

fn end_step(now: &mut Session<'_>, name: &str, ended: Ended, db: &InfDb, record: &Record<'_>) {
    let open = now.steps.iter_mut().rev().find(|step| step.end.is_none() && step.name.eq_ignore_ascii_case(name));
    if let Some(step) = open {
        (step.end, step.ended) = (Some(evidence(record)), ended);
    } else if now.steps.len() < MOST_STEPS {
        let offers_drivers = db.log_anchors().is_driver_step(name);
        let end = Some(evidence(record));
        now.steps.push(StepSeen { name: name.to_owned(), offers_drivers, start: None, end, ended });
    }
}
