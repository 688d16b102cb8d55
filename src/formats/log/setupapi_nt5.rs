//! setupapi.log of Windows 2000 to Server 2003: `[2009/05/20 19:35:11 1234.5]` opens a section, then `#I022 text` lines: a letter
//! for the level (E error, W warning, I information, T and V verbose, - a note) and a number.

use super::lines::Head;
use super::{Level, Record, Stamp};

/// What a line is.
pub(super) fn head(line: &str) -> Head<'_> {
    match record(line) {
        Some(record) => Head::Record(record),
        None if line.trim().is_empty() || line.starts_with('[') || line.contains(" = ") => Head::Structure,
        None if line.starts_with(' ') => Head::Continuation,
        None => Head::Unknown,
    }
}

/// A record's line, or the beginning of a section.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    if let Some(section) = line.strip_prefix('[') {
        let (time, _) = Stamp::leading(section)?;
        return Some(Record { time: time.into(), component: ">>>", text: line, ..Record::default() });
    }
    let &[b'#', letter, a, b, c, ..] = line.as_bytes() else { return None };
    [a, b, c].iter().all(u8::is_ascii_digit).then_some(())?;
    let level = match letter {
        b'E' => Level::Error,
        b'W' => Level::Warning,
        b'I' | b'-' => Level::Info,
        b'T' | b'V' => Level::Verbose,
        _ => return None,
    };
    let (component, text) = (line.get(..5)?, line.get(5..)?);
    Some(Record { component, level, text: text.trim_start(), ..Record::default() })
}
