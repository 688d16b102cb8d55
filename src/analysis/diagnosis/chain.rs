//! The chain of events of a log, built record by record out of what the anchors say, session after session.
//!
//! Bounded memory: every list has a limit, and where it is reached the later entries count.

use std::collections::VecDeque;

use super::anchors::Said;
use super::matcher::{EvidenceLine, SignatureMatch};
use super::pattern::Names;
use super::session::{AdapterSeen, CommandSeen, Ended, NameSeen, Session, StepSeen, VersionSeen};
use super::sifted::Passed;
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
/// Steps that run at a time: groups hold groups, and of some the end was lost.
const MOST_OPEN_STEPS: usize = 64;
/// Versions, adapters and the like.
const MOST_FACTS: usize = 64;
/// Records that the writer called errors, since the last step that ended well.
const MOST_ERRORS: usize = 10;

/// The sessions of one log.
#[derive(Debug)]
pub(super) struct Chain<'d> {
    db: &'d InfDb,
    done: Vec<Session<'d>>,
    now: Option<Session<'d>>,
    open: Vec<CommandSeen>,
    /// Steps of this session that have not ended, by their place.
    open_steps: Vec<usize>,
    /// An anchor has been met in this session.
    has_said: bool,
    /// Setup is installing drivers in Windows PE.
    in_windowspe_drivers: bool,
}

impl<'d> Chain<'d> {
    pub(super) fn new(db: &'d InfDb) -> Self {
        Self {
            db,
            done: Vec::new(),
            now: None,
            open: Vec::new(),
            open_steps: Vec::new(),
            has_said: false,
            in_windowspe_drivers: false,
        }
    }

    /// The record that says `found` begins another session.
    pub(super) fn is_new_session(&self, format: LogFormat, found: &[Said<'_>]) -> bool {
        let starts = found.iter().any(|(kind, _)| *kind == AnchorKind::SessionStart);
        // The head of a setupapi log belongs to its first session, and what DISM says before it says that it starts, too.
        let is_head = match format {
            LogFormat::SetupApi => self.now.as_ref().is_some_and(|now| now.times.is_none()),
            LogFormat::Panther => self.now.is_some() && !self.has_said,
            _ => false,
        };
        starts && !is_head && self.done.len() + 1 < MOST_SESSIONS
    }

    /// Records of which nothing was kept; `lines` are in front of their block.
    pub(super) fn pass(&mut self, format: LogFormat, passed: &Passed, lines: u64) {
        if passed.records > 0 {
            let (first, last) = passed.lines;
            self.go_on(format, (lines + first, lines + last), passed.records, passed.times);
        }
    }

    fn go_on(&mut self, format: LogFormat, (first, last): (u64, u64), records: u64, times: Option<(Stamp, Stamp)>) {
        let now = self.now.get_or_insert_with(|| Session::new(format, first));
        now.records += records;
        now.lines.1 = last;
        if let Some((first, last)) = times {
            now.times = Some((now.times.map_or(first, |(from, _)| from), last));
        }
    }

    /// The next record, and what the anchors found in it.
    pub(super) fn record(&mut self, format: LogFormat, record: &Record<'_>, found: &[Said<'_>]) {
        self.go_on(format, (record.line, record.line), 1, record.time.stamp().map(|time| (time, time)));
        self.has_said |= !found.is_empty();
        for (kind, names) in found {
            self.anchor(*kind, names, record);
        }
        if let (Level::Error | Level::Fatal, Some(now)) = (record.level, &mut self.now)
            && now.errors.len() < MOST_ERRORS
        {
            now.errors.push(EvidenceLine::of(record));
        }
    }

    /// The session under way is over; these signatures were found in it.
    pub(super) fn end_session(&mut self, matches: Vec<SignatureMatch<'d>>) {
        let Some(mut session) = self.now.take() else { return };
        session.matches = matches;
        for command in self.open.drain(..) {
            push_command(&mut session.commands, command);
        }
        self.open_steps.clear();
        (self.has_said, self.in_windowspe_drivers) = (false, false);
        self.done.push(session);
    }

    /// All sessions, in their order.
    pub(super) fn finish(self) -> Vec<Session<'d>> {
        self.done
    }

    fn anchor(&mut self, kind: AnchorKind, names: &Names<'_>, record: &Record<'_>) {
        let Some(now) = &mut self.now else { return };
        let value = |name: &str| {
            let range = names.iter().find(|(known, _)| *known == name).map(|(_, range)| range.clone());
            range.and_then(|range| record.text.get(range)).unwrap_or_default().trim()
        };
        let name = value("name").trim_end_matches('.').trim_matches('\'');
        match kind {
            AnchorKind::SessionStart => {}
            AnchorKind::WinpeVersion | AnchorKind::RunningVersion => {
                version(&mut now.versions, value("version"), kind == AnchorKind::WinpeVersion, record);
            }
            AnchorKind::TargetVersion => version(&mut now.targets, value("version"), false, record),
            AnchorKind::Adapter => adapter(&mut now.adapters, value("name"), value("address"), record),
            AnchorKind::NetworkUp | AnchorKind::NetworkMissing => {
                now.network = Some((kind == AnchorKind::NetworkUp, EvidenceLine::of(record)));
            }
            AnchorKind::StepStart => start_step(now, &mut self.open_steps, name, self.db, record),
            AnchorKind::StepName => name_step(now, &mut self.open_steps, name, self.db, record),
            AnchorKind::StepSucceeded => {
                end_step(now, &mut self.open_steps, name, Ended::Well, self.db, record);
                now.errors.clear();
            }
            AnchorKind::StepFailed => end_step(now, &mut self.open_steps, name, Ended::Failed, self.db, record),
            AnchorKind::TaskSequenceFailed => now.failed = Some(EvidenceLine::of(record)),
            AnchorKind::Command => {
                if self.open.len() >= MOST_OPEN {
                    let oldest = self.open.remove(0);
                    push_command(&mut now.commands, oldest);
                }
                self.open.push(CommandSeen {
                    command: value("command").to_owned(),
                    start: Some(EvidenceLine::of(record)),
                    exit: None,
                    ended: Ended::NotSaid,
                });
            }
            AnchorKind::ExitCode => {
                let digits = value("number").split([' ', '.', ',']).next().unwrap_or("");
                let Some(code) = ErrorCode::parse(digits) else { return };
                // The same component that ran it says how it ended.
                let open = self.open.iter().rposition(|c| c.component() == record.component);
                let unknown = || CommandSeen { command: String::new(), start: None, exit: None, ended: Ended::NotSaid };
                let mut command = open.map_or_else(unknown, |at| self.open.remove(at));
                command.exit = Some((code, EvidenceLine::of(record)));
                command.ended = if self.db.error_codes().is_success(code) { Ended::Well } else { Ended::Failed };
                push_command(&mut now.commands, command);
            }
            AnchorKind::SetupFromShare | AnchorKind::SetupFromDisk => {
                now.setup_from_share = Some((kind == AnchorKind::SetupFromShare, EvidenceLine::of(record)));
            }
            AnchorKind::DriverPackage => seen(&mut now.driver_packages, value("package"), record),
            AnchorKind::DriverInf => seen(&mut now.infs, value("inf"), record),
            AnchorKind::WindowspeDrivers => self.in_windowspe_drivers = true,
            AnchorKind::OfflineDrivers => self.in_windowspe_drivers = false,
            AnchorKind::NoSetupDrivers => {
                if self.in_windowspe_drivers {
                    now.no_windowspe_drivers = Some(EvidenceLine::of(record));
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
        list.push(VersionSeen { version, is_winpe, line: EvidenceLine::of(record) });
    }
}

fn adapter(list: &mut Vec<AdapterSeen>, name: &str, address: &str, record: &Record<'_>) {
    let address = address.trim_end_matches('.');
    if let Some(known) = list.iter_mut().find(|a| a.name == name) {
        // The last word counts: addresses come late.
        address.clone_into(&mut known.address);
        known.line = EvidenceLine::of(record);
    } else if list.len() < MOST_FACTS {
        list.push(AdapterSeen { name: name.to_owned(), address: address.to_owned(), line: EvidenceLine::of(record) });
    }
}

fn seen(list: &mut Vec<NameSeen>, name: &str, record: &Record<'_>) {
    if list.len() < MOST_FACTS && !name.is_empty() && !list.iter().any(|n| n.name.eq_ignore_ascii_case(name)) {
        list.push(NameSeen { name: name.to_owned(), line: EvidenceLine::of(record) });
    }
}

fn start_step(now: &mut Session<'_>, open: &mut Vec<usize>, name: &str, db: &InfDb, record: &Record<'_>) {
    if now.steps.len() < MOST_STEPS {
        if open.len() >= MOST_OPEN_STEPS {
            open.remove(0);
        }
        open.push(now.steps.len());
        now.steps.push(StepSeen {
            name: name.to_owned(),
            offers_drivers: db.log_anchors().is_driver_step(name),
            start: Some(EvidenceLine::of(record)),
            end: None,
            ended: Ended::NotSaid,
        });
    }
}

/// The variable has the whole name; the instruction's line can be cut at a full stop in it.
fn name_step(now: &mut Session<'_>, open: &mut Vec<usize>, name: &str, db: &InfDb, record: &Record<'_>) {
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
        _ => start_step(now, open, name, db, record),
    }
}

/// The text goes on after a name and a full stop.
fn is_sentence_after(text: &str, name: &str) -> bool {
    let head = text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name));
    head && !name.is_empty() && text[name.len()..].starts_with(". ")
}

fn end_step(now: &mut Session<'_>, open: &mut Vec<usize>, name: &str, ended: Ended, db: &InfDb, record: &Record<'_>) {
    let is_it = |at: &usize| now.steps.get(*at).is_some_and(|step| step.name.eq_ignore_ascii_case(name));
    // Copied logs have on one line what is on two in others: `Apply Driver Package. The system cannot find ...`.
    let begins = |at: &usize| now.steps.get(*at).is_some_and(|step| is_sentence_after(name, &step.name));
    if let Some(place) = open.iter().rposition(is_it).or_else(|| open.iter().rposition(begins)) {
        if let Some(step) = now.steps.get_mut(open.remove(place)) {
            (step.end, step.ended) = (Some(EvidenceLine::of(record)), ended);
        }
        return;
    }
    let name = without_sentence(name);
    // MDT says the same again as an event.
    let is_told = |step: &StepSeen| step.start.is_none() && step.ended == ended && step.name == name;
    if now.steps.len() < MOST_STEPS && !now.steps.last().is_some_and(is_told) {
        let offers_drivers = db.log_anchors().is_driver_step(name);
        let end = Some(EvidenceLine::of(record));
        now.steps.push(StepSeen { name: name.to_owned(), offers_drivers, start: None, end, ended });
    }
}

/// A name whose step nobody saw begin, without the explanation that follows it: `Apply Driver Package. This is usually ...`.
/// `1. Format the disk` is a name as a whole.
fn without_sentence(name: &str) -> &str {
    let mut ends = name.match_indices(". ").map(|(at, _)| at);
    let end = ends.find(|at| name[..*at].chars().filter(|c| c.is_alphabetic()).count() > 2);
    end.map_or(name, |end| &name[..end])
}
