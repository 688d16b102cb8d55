//! `YYYY-MM-DD HH:MM:SS, Level   [0x060115] IBS    text`: Setup, DISM, CBS, PkgMgr. The component stands at column 43, the
//! text at column 50; a blank component leaves its column empty. Copies in articles have single blanks instead of columns.

use super::lines::Head;
use super::{Level, Record, Stamp};

const COMPONENT: usize = 43;
const TEXT: usize = 50;

/// What a line is.
pub(super) fn head(line: &str) -> Head<'_> {
    match record(line) {
        Some(record) => Head::Record(record),
        // Lines without stamp belong to the record before them (CSI payload, hwreqchk, lines of the WIM library).
        None if line.trim().is_empty() => Head::Structure,
        None => Head::Continuation,
    }
}

/// A record's first line.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    let (time, rest) = match Stamp::leading(line) {
        Some((stamp, rest)) => (Some(stamp), rest),
        // Where an article took the stamp away.
        None => (None, strip_prefix_no_case(line, "<date> <time>")?),
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
