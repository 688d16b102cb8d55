//! Tables as PowerShell's Format-Table prints them (`Get-PnpDevice` without more): names of columns, below each one a line of
//! dashes, rows in the same columns. What does not fit its column is cut off and ends in three dots.

use super::csv::{Column, MAX_COLUMNS, column, row_devices};
use super::id::find;
use super::{Devices, lines};

/// Names, dashes below two of them at least, and an id in a row.
pub(super) fn is(sample: &[&str]) -> bool {
    let head = sample.windows(2).any(|pair| columns(pair[0], pair[1]).is_some());
    head && sample.iter().any(|line| find(line).next().is_some())
}

/// Columns of a table: where each begins, in characters, and what it holds.
type Columns = Vec<(usize, Column)>;

/// The columns of `names`, when `dashes` is the line below it.
fn columns(names: &str, dashes: &str) -> Option<Columns> {
    let is_dashes = dashes.trim_start().starts_with('-') && dashes.bytes().all(|b| matches!(b, b'-' | b' '));
    is_dashes.then_some(())?;
    let begins =
        |at: &usize| dashes.as_bytes().get(*at) == Some(&b'-') && (*at == 0 || dashes.as_bytes()[at - 1] == b' ');
    let starts: Vec<usize> = (0..dashes.len()).filter(begins).take(MAX_COLUMNS).collect();
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let names = starts.iter().zip(ends).map(|(start, end)| (*start, column(&cell(names, *start, end))));
    (starts.len() > 1).then(|| names.collect())
}

/// The characters of a row between two places.
fn cell(row: &str, start: usize, end: usize) -> String {
    row.chars().skip(start).take(end - start).collect::<String>().trim().to_owned()
}

pub(super) fn read(text: &str, devices: &mut Devices) {
    let mut known = Columns::new();
    let mut before = "";
    for (number, line) in lines(text) {
        if let Some(columns) = columns(before, line) {
            known = columns;
        } else if find(line).next().is_some() {
            let (cells, columns) = cells(line, &known);
            row_devices(&cells, &columns, number, devices);
        }
        before = line;
    }
}

/// What a row says beside its ids, and the whole row for them: wide characters shift what stands behind them, ids are known by
/// their shape.
fn cells(row: &str, known: &Columns) -> (Vec<String>, Vec<Column>) {
    let ends = known.iter().skip(1).map(|(start, _)| *start).chain([usize::MAX]);
    let told = known.iter().zip(ends).filter(|((_, column), _)| {
        !matches!(column, Column::Id | Column::Hardware | Column::Compatible | Column::Other)
    });
    let mut cells: Vec<(String, Column)> =
        told.map(|((start, column), end)| (cell(row, *start, end), *column)).collect();
    cells.push((row.to_owned(), Column::Id));
    cells.into_iter().unzip()
}
