//! States that are kept once for all the runs in which they are the same: a row holds from one run on and until before
//! another one.

use std::collections::BTreeMap;

use rusqlite::types::{FromSql, Value};
use rusqlite::{Connection, Row, params, params_from_iter};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Trouble;

/// A kind of state with its table.
pub(super) trait Kept: Ord + Sized {
    /// The table.
    const TABLE: &'static str;
    /// Its columns, beside `id`, `from_run` and `until_run`, in the order of [`Kept::values`].
    const COLUMNS: &'static str;

    /// The row.
    fn values(&self) -> Result<Vec<Value>, Trouble>;
    /// The state of a row.
    fn read(columns: &mut Columns<'_>) -> Result<Self, Trouble>;
}

/// Columns of a row, read one after the other.
pub(super) struct Columns<'r> {
    row: &'r Row<'r>,
    at: usize,
}

impl Columns<'_> {
    /// The next column.
    pub(super) fn next<T: FromSql>(&mut self) -> Result<T, Trouble> {
        self.at += 1;
        Ok(self.row.get(self.at - 1)?)
    }

    /// The next column, which holds JSON.
    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, Trouble> {
        let text: String = self.next()?;
        serde_json::from_str(&text).map_err(Trouble::column)
    }
}

/// JSON for a column.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> Result<Value, Trouble> {
    serde_json::to_string(value).map(Value::from).map_err(Trouble::column)
}

/// What held in a run, ordered.
pub(super) fn at_run<T: Kept>(connection: &Connection, run: i64) -> Result<Vec<T>, Trouble> {
    let sql = format!(
        "SELECT {} FROM {} WHERE from_run <= ?1 AND (until_run IS NULL OR until_run > ?1)",
        T::COLUMNS,
        T::TABLE
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([run])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(T::read(&mut Columns { row, at: 0 })?);
    }
    found.sort();
    Ok(found)
}

/// Notes what holds from `run` on: what is there already stays untouched, what is not there any more ends before it.
pub(super) fn change<T: Kept>(connection: &Connection, run: i64, states: &[T]) -> Result<(), Trouble> {
    let mut open: BTreeMap<T, Vec<i64>> = BTreeMap::new();
    {
        let sql = format!("SELECT id, {} FROM {} WHERE until_run IS NULL", T::COLUMNS, T::TABLE);
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            open.entry(T::read(&mut Columns { row, at: 1 })?).or_default().push(row.get(0)?);
        }
    }
    let places = vec!["?"; T::COLUMNS.split(',').count() + 1].join(", ");
    let mut insert =
        connection.prepare(&format!("INSERT INTO {}(from_run, {}) VALUES ({places})", T::TABLE, T::COLUMNS))?;
    for state in states {
        if open.get_mut(state).and_then(Vec::pop).is_none() {
            let values = std::iter::once(Value::from(run)).chain(state.values()?);
            insert.execute(params_from_iter(values))?;
        }
    }
    let mut end = connection.prepare(&format!("UPDATE {} SET until_run = ? WHERE id = ?", T::TABLE))?;
    for id in open.into_values().flatten() {
        end.execute(params![run, id])?;
    }
    Ok(())
}
