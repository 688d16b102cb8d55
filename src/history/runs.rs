//! Runs: stored whole or not at all, listed, and read back as snapshots.

use std::collections::BTreeMap;
use std::fmt;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params, params_from_iter};

use super::History;
use super::error::{HistoryError, Trouble};
use super::kept::{at_run, change, json};
use super::names::RunName;
use super::states::DriverOfImage;
use crate::analysis::snapshot::{ImageState, InputState, Snapshot};
use crate::analysis::trends::TrendPoint;
use crate::facts::utc;

/// How many runs are asked about an input that is missing.
const MOST_LOOKED_BACK: usize = 400;

/// Number of a run, 1 for the first; never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl RunId {
    fn of(id: i64) -> Self {
        Self(u64::try_from(id).unwrap_or(0))
    }

    pub(super) fn row(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

/// A run that is to be stored.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    /// Digest of everything that the run depends on.
    pub key: &'a str,
    /// When it began, in seconds since 1970-01-01 00:00 UTC.
    pub started: u64,
    /// When it ended.
    pub finished: u64,
    /// How it ended.
    pub exit_code: u8,
    /// Version of the program.
    pub tool: &'a str,
    /// Digest of its knowledge.
    pub inf_db: &'a str,
    /// What it saw.
    pub saw: Saw<'a>,
}

/// What a run saw.
#[derive(Clone, Copy, Debug)]
pub enum Saw<'a> {
    /// This; the templates take the place of those of the run before.
    This(&'a Snapshot, &'a [Template]),
    /// What the newest run of the history saw, whose templates stay.
    TheSame,
}

/// An output of the newest run, parted where the section stands that says what changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// Which output.
    pub name: String,
    /// What stands before the section.
    pub head: Vec<u8>,
    /// What stands behind it.
    pub tail: Vec<u8>,
}

/// A run of the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// Digest of everything that it depended on.
    pub key: String,
    /// Version of the program.
    pub tool: String,
    /// Digest of its knowledge.
    pub inf_db: String,
    /// The run in numbers, with its times and its exit code.
    pub point: TrendPoint,
}

/// When a finding was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// The first run that saw it; it may be pruned already.
    pub first_run: RunId,
    /// When that run ended.
    pub first_seen: u64,
    /// The last run that saw it.
    pub last_run: RunId,
    /// When that run ended.
    pub last_seen: u64,
}

const RUN: &str = "SELECT id, key, tool, inf_db, started, finished, exit_code, errors, warnings, notes, not_counted, packages, \
                   images, problems, missing, coverage -> '$.adapters', coverage -> '$.covered' FROM run";

impl History {
    /// Stores a run, in one transaction.
    ///
    /// # Errors
    /// The disk is full, another program holds the file, ...: the history is what it was then.
    pub fn store(&mut self, run: &NewRun<'_>) -> Result<RunId, HistoryError> {
        let stored = store(&mut self.connection, run);
        self.named(stored)
    }

    /// The newest run.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn newest(&self) -> Result<Option<Run>, HistoryError> {
        self.named(one(&self.connection, "ORDER BY id DESC LIMIT 1", &[]))
    }

    /// The run before another one.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn before(&self, id: RunId) -> Result<Option<Run>, HistoryError> {
        self.named(one(&self.connection, "WHERE id < ? ORDER BY id DESC LIMIT 1", &[id.row()]))
    }

    /// The run that is meant.
    ///
    /// # Errors
    /// There is none; the message says which there are. Or the file can not be read.
    pub fn find(&self, name: &RunName) -> Result<Run, HistoryError> {
        let found = match name {
            RunName::Number(id) => one(&self.connection, "WHERE id = ?", &[id.row()]),
            RunName::Back(back) => one(&self.connection, "ORDER BY id DESC LIMIT 1 OFFSET ?", &[i64::from(*back)]),
            RunName::By(second, _) => one(
                &self.connection,
                "WHERE finished <= ? ORDER BY id DESC LIMIT 1",
                &[i64::try_from(*second).unwrap_or(i64::MAX)],
            ),
        };
        let found = self.named(found)?;
        let none = || Err(Trouble::NoRun(self.named(no_run(&self.connection, name))?).about(&self.path));
        found.map_or_else(none, Ok)
    }

    /// All runs, the oldest first.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn runs(&self) -> Result<Vec<Run>, HistoryError> {
        self.named(many(&self.connection, "ORDER BY id", &[]))
    }

    /// The last `count` runs in numbers, the oldest first.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn trends(&self, count: usize) -> Result<Vec<TrendPoint>, HistoryError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        let mut runs = self.named(many(&self.connection, "ORDER BY id DESC LIMIT ?", &[count]))?;
        runs.reverse();
        Ok(runs.into_iter().map(|r| r.point).collect())
    }

    /// What a run saw.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn snapshot(&self, id: RunId) -> Result<Snapshot, HistoryError> {
        self.named(snapshot(&self.connection, id.row()))
    }

    /// What was known when a run had ended: what it saw, and of inputs that were missing then what was seen of them before.
    /// This is what a later run is compared with.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn known_at(&self, id: RunId) -> Result<Snapshot, HistoryError> {
        let mut known = self.snapshot(id)?;
        let mut run = id;
        for _ in 0..MOST_LOOKED_BACK {
            // Reads the inputs only, run by run, until one of them was read.
            if known.inputs.iter().all(InputState::is_known) {
                break;
            }
            let Some(older) = self.before(run)? else { break };
            run = older.id;
            let inputs = self.named(at_run::<InputState>(&self.connection, run.row()))?;
            let helps = |i: &InputState| i.is_read() && known.inputs.iter().any(|k| k.path == i.path && !k.is_known());
            if inputs.iter().any(helps) {
                known.fill_from(&self.snapshot(run)?);
            }
        }
        Ok(known)
    }

    /// When each finding was seen first and last, by fingerprint.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn sightings(&self) -> Result<BTreeMap<String, Sighting>, HistoryError> {
        self.named(sightings(&self.connection))
    }

    /// The outputs of the newest run.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn templates(&self) -> Result<Vec<Template>, HistoryError> {
        self.named(templates(&self.connection))
    }
}

fn store(connection: &mut Connection, run: &NewRun<'_>) -> Result<RunId, Trouble> {
    // Immediate: the newest run is read and must still be the newest when this one is written.
    let whole = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (point, coverage) = match run.saw {
        Saw::This(snapshot, _) => (TrendPoint::of(snapshot), snapshot.coverage.as_ref().map_or(Ok(Value::Null), json)?),
        Saw::TheSame => newest_numbers(&whole)?,
    };
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    whole.execute(
        "INSERT INTO run(key, started, finished, exit_code, tool, inf_db, errors, warnings, notes, not_counted, packages, images, \
         problems, missing, coverage) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            run.key,
            number(run.started),
            number(run.finished),
            run.exit_code,
            run.tool,
            run.inf_db,
            number(point.errors),
            number(point.warnings),
            number(point.notes),
            number(point.not_counted),
            number(point.packages),
            number(point.images),
            number(point.problems),
            number(point.missing),
            coverage
        ],
    )?;
    let id = whole.last_insert_rowid();
    if let Saw::This(snapshot, templates) = run.saw {
        keep(&whole, id, snapshot)?;
        whole.execute(
            "INSERT INTO sighting SELECT DISTINCT fingerprint, ?1, ?2 FROM finding WHERE from_run = ?1 AND fingerprint NOT IN \
             (SELECT fingerprint FROM sighting)",
            params![id, number(run.finished)],
        )?;
        whole.execute("DELETE FROM template", [])?;
        for template in templates {
            whole.execute(
                "INSERT INTO template(name, head, tail) VALUES (?, ?, ?)",
                params![template.name, template.head, template.tail],
            )?;
        }
    }
    whole.commit()?;
    Ok(RunId::of(id))
}

/// Numbers and coverage of the newest run.
fn newest_numbers(connection: &Connection) -> Result<(TrendPoint, Value), Trouble> {
    let newest = one(connection, "ORDER BY id DESC LIMIT 1", &[])?;
    let newest = newest.ok_or_else(|| Trouble::NoRun("there is no run yet that saw the same".to_owned()))?;
    let coverage =
        connection.query_row("SELECT coverage FROM run WHERE id = ?", [newest.id.row()], |row| row.get(0))?;
    Ok((newest.point, coverage))
}

fn keep(connection: &Connection, run: i64, snapshot: &Snapshot) -> Result<(), Trouble> {
    let without_drivers = |i: &ImageState| ImageState { drivers: Vec::new(), ..i.clone() };
    let images: Vec<ImageState> = snapshot.images.iter().map(without_drivers).collect();
    let drivers = snapshot.images.iter().flat_map(|image| {
        let of_image = |driver: &crate::analysis::snapshot::ImageDriverState| DriverOfImage {
            file: image.file.clone(),
            index: image.index,
            driver: driver.clone(),
        };
        image.drivers.iter().map(of_image)
    });
    let drivers: Vec<DriverOfImage> = drivers.collect();
    change(connection, run, &snapshot.inputs)?;
    change(connection, run, &snapshot.packages)?;
    change(connection, run, &images)?;
    change(connection, run, &drivers)?;
    change(connection, run, &snapshot.findings)
}

fn snapshot(connection: &Connection, run: i64) -> Result<Snapshot, Trouble> {
    // One view of the file, whoever writes to it meanwhile.
    let whole = connection.unchecked_transaction()?;
    let mut images: Vec<ImageState> = at_run(&whole, run)?;
    let mut by_image: BTreeMap<(String, u32), Vec<_>> = BTreeMap::new();
    for DriverOfImage { file, index, driver } in at_run(&whole, run)? {
        by_image.entry((file, index)).or_default().push(driver);
    }
    for image in &mut images {
        image.drivers = by_image.remove(&(image.file.clone(), image.index)).unwrap_or_default();
    }
    let (problems, coverage): (i64, Option<String>) =
        whole.query_row("SELECT problems, coverage FROM run WHERE id = ?", [run], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok(Snapshot {
        packages: at_run(&whole, run)?,
        images,
        findings: at_run(&whole, run)?,
        coverage: coverage.map(|text| serde_json::from_str(&text)).transpose().map_err(Trouble::column)?,
        problems: usize::try_from(problems).unwrap_or(0),
        inputs: at_run(&whole, run)?,
    })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    let number = |at: usize| row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0));
    // `->` gives JSON as text.
    let json = |at: usize| row.get::<_, Option<String>>(at).map(|n| n.and_then(|n| n.parse().ok()));
    let id = RunId::of(row.get(0)?);
    Ok(Run {
        id,
        key: row.get(1)?,
        tool: row.get(2)?,
        inf_db: row.get(3)?,
        point: TrendPoint {
            run: id.0,
            started: number(4)?,
            finished: number(5)?,
            exit_code: row.get(6)?,
            errors: number(7)?,
            warnings: number(8)?,
            notes: number(9)?,
            not_counted: number(10)?,
            packages: number(11)?,
            images: number(12)?,
            problems: number(13)?,
            missing: number(14)?,
            adapters: json(15)?,
            covered: json(16)?,
        },
    })
}

fn many(connection: &Connection, clause: &str, values: &[i64]) -> Result<Vec<Run>, Trouble> {
    let mut statement = connection.prepare(&format!("{RUN} {clause}"))?;
    let runs = statement.query_map(params_from_iter(values), read)?;
    Ok(runs.collect::<rusqlite::Result<_>>()?)
}

fn one(connection: &Connection, clause: &str, values: &[i64]) -> Result<Option<Run>, Trouble> {
    Ok(connection.query_row(&format!("{RUN} {clause}"), params_from_iter(values), read).optional()?)
}

/// Says which runs there are instead.
fn no_run(connection: &Connection, name: &RunName) -> Result<String, Trouble> {
    let (count, first, last): (i64, Option<i64>, Option<i64>) =
        connection
            .query_row("SELECT COUNT(*), MIN(id), MAX(id) FROM run", [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(format!("{name} is not there: it holds no run yet"));
    };
    let begins: i64 = connection.query_row("SELECT finished FROM run WHERE id = ?", [first], |row| row.get(0))?;
    let begins = utc::text(u64::try_from(begins).unwrap_or(0));
    Ok(format!(
        "{name} is not there: it holds {count} runs, {first} (of {begins}) to {last}; `wimspect history list` shows them"
    ))
}

fn sightings(connection: &Connection) -> Result<BTreeMap<String, Sighting>, Trouble> {
    let mut statement =
        connection.prepare("SELECT fingerprint, first_run, first_seen, last_run, last_seen FROM finding_seen")?;
    let rows = statement.query_map([], |row| {
        let number = |at: usize| row.get::<_, i64>(at).map(|n| u64::try_from(n).unwrap_or(0));
        let seen = Sighting {
            first_run: RunId(number(1)?),
            first_seen: number(2)?,
            last_run: RunId(number(3)?),
            last_seen: number(4)?,
        };
        Ok((row.get(0)?, seen))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn templates(connection: &Connection) -> Result<Vec<Template>, Trouble> {
    let mut statement = connection.prepare("SELECT name, head, tail FROM template ORDER BY name")?;
    let rows =
        statement.query_map([], |row| Ok(Template { name: row.get(0)?, head: row.get(1)?, tail: row.get(2)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
