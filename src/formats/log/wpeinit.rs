//! wpeinit.log: `[YYYY-MM-DD HH:MM:SS.mmm, ]Level     text`, the level padded to ten columns, the stamp missing in some releases.

use super::lines::Head;
use super::{Level, Record, Stamp};

const LEVEL_WIDTH: usize = 10;

/// What a line is.
pub(super) fn head(line: &str) -> Head<'_> {
    match record(line) {
        Some(record) => Head::Record(record),
        None if line.trim().is_empty() => Head::Structure,
        None => Head::Continuation,
    }
}

/// A record's first line.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    let (time, rest) = match Stamp::leading_with_milliseconds(line) {
        Some((stamp, rest)) => (Some(stamp), rest.strip_prefix(", ")?),
        None => (None, line),
    };
    let (level, text) = (rest.get(..LEVEL_WIDTH)?, rest.get(LEVEL_WIDTH..)?);
    let level = match level.trim_end() {
        "Info" => Level::Info,
        "Warning" => Level::Warning,
        "Error" => Level::Error,
        _ => return None,
    };
    Some(Record { time: time.into(), level, text, ..Record::default() })
}
