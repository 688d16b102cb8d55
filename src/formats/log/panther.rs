//! `YYYY-MM-DD HH:MM:SS, Level   [0x060115] IBS    text`: Setup, DISM, CBS, PkgMgr. The component stands at column 43, the
//! text at column 50; a blank component leaves its column empty. Copies in articles have single blanks instead of columns.

use super::lines::Head;
use super::{Level, Record, Stamp};

const COMPONENT: usize = 43;
const TEXT: usize = 50;
/// What articles put in the place of a stamp.
const NO_STAMP: [&str; 3] = ["<date> <time>", "<datetime>", "YYYY-MM-DD HH:MM:SS"];

/// What a line is.
pub(super) fn head(line: &str) -> Head<'_> {
    match record(line) {
        Some(record) => match joined(line) {
            Some(length) => Head::Joined(record, length),
            None => Head::Record(record),
        },
        // Lines without stamp belong to the record before them (CSI payload, hwreqchk, lines of the WIM library).
        None if line.trim().is_empty() => Head::Structure,
        None => wim_library(line).map_or(Head::Continuation, Head::Record),
    }
}

/// `[6172.4860] Mounting new image.`: of the WIM library, but no code that belongs to what DISM has said before.
fn wim_library(line: &str) -> Option<Record<'_>> {
    let (ids, text) = line.strip_prefix('[')?.split_once("] ")?;
    let (process, thread) = ids.split_once('.')?;
    let is_number = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    let valid = is_number(process) && is_number(thread) && !text.starts_with('[');
    valid.then(|| Record { text, ..Record::default() })
}

/// Where the next record begins on the same line. Pages lose line ends; where the columns are not lost that was not looked for:
/// a message may quote a line of another log.
fn joined(line: &str) -> Option<usize> {
    let (_, rest) = line.split_once(", ")?;
    let (_, after) = rest.split_once(' ')?;
    (!after.starts_with(' ')).then_some(())?;
    let from = line.len() - after.len();
    memchr::memmem::find_iter(after.as_bytes(), ", ").find_map(|comma| {
        let start = (from + comma).checked_sub("2007-01-26 14:55:56".len()).filter(|start| *start > from)?;
        let is_next = line.get(..start)?.ends_with(' ') && record(line.get(start..)?).is_some();
        is_next.then_some(start)
    })
}

/// A record's first line.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    let (time, rest) = match Stamp::leading(line) {
        Some((stamp, rest)) => (Some(stamp), rest),
        // Where an article took the stamp away.
        None => (None, NO_STAMP.iter().find_map(|words| strip_prefix_no_case(line, words))?),
    };
    let rest = rest.strip_prefix(',')?.strip_prefix(' ')?;
    let word = rest.split(' ').next()?;
    let level = match word {
        "Info" => Level::Info,
        "Warning" => Level::Warning,
        "Error" => Level::Error,
        "FatalError" => Level::Fatal,
        "Perf" => Level::Verbose,
        _ => return None,
    };
    let after = without_event_id(&rest[word.len()..]);
    let start = line.len() - after.len();
    let (component, text) = match columns(line, start) {
        Some(found) => found,
        None => single_blanks(after.trim_start()),
    };
    Some(Record { time: time.into(), component, level, text, ..Record::default() })
}

/// What follows `[0x060115]`, the event id in front of the component.
fn without_event_id(text: &str) -> &str {
    let id = text.trim_start().strip_prefix("[0x").and_then(|hex| hex.split_once(']'));
    id.filter(|(hex, _)| hex.bytes().all(|b| b.is_ascii_hexdigit())).map_or(text, |(_, rest)| rest)
}

/// The layout in columns; `None` when nothing but blanks should stand between `from` and the component and something does.
fn columns(line: &str, from: usize) -> Option<(&str, &str)> {
    let gap = line.get(from.min(COMPONENT)..COMPONENT)?;
    (from <= COMPONENT && gap.bytes().all(|b| b == b' ')).then_some(())?;
    let rest = line.get(COMPONENT..)?;
    match line.get(TEXT..) {
        Some(text) if line[COMPONENT..TEXT].bytes().all(|b| b == b' ') => Some(("", text)),
        _ => Some(rest.split_once(' ').map_or((rest, ""), |(component, text)| (component, text.trim_start()))),
    }
}

/// Without columns the component is a word in capitals, if there is one.
fn single_blanks(rest: &str) -> (&str, &str) {
    let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_component = (2..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase());
    if is_component { (word, text.trim_start()) } else { ("", rest) }
}

fn strip_prefix_no_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(prefix))?;
    text.get(prefix.len()..)
}
