//! setupapi.dev.log and its kin from Windows Vista on: sections between `>>>` and `<<<`, in them lines with a mark (`!!!`
//! error, `!` warning), a category of three letters and an indentation that shows nesting.

use super::lines::Head;
use super::{Level, Record, Stamp};

/// Columns of the mark.
const MARK: usize = 5;

/// What a line is.
pub(super) fn head(line: &str) -> Head<'_> {
    if let Some(record) = record(line) {
        return Head::Record(record);
    }
    let text = line.trim();
    // `OS Version = 10.0.22621` below `[Device Install Log]`.
    if line.starts_with(' ') && text.contains(" = ") && is_text(text) {
        return Head::Record(Record { component: "header", text: line.trim_start(), ..Record::default() });
    }
    // `[BeginLog]`, dots for progress.
    let is_structure = text.is_empty() || line.starts_with('[') || text.bytes().all(|b| b == b'.');
    match is_structure {
        true => Head::Structure,
        false if line.starts_with([' ', '!']) && is_text(text) => {
            Head::Record(Record { level: level(line), text: line.trim_start_matches(['!', ' ']), ..Record::default() })
        }
        false => Head::Unknown,
    }
}

/// The tail of a file can be anything.
fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\t')
}

/// A line that says itself what it is.
pub(super) fn record(line: &str) -> Option<Record<'_>> {
    if let Some(stamped) = line.strip_prefix("[Boot Session: ") {
        let time = Stamp::leading_with_milliseconds(stamped).map(|(time, _)| time);
        return Some(Record { time: time.into(), component: "boot", text: line, ..Record::default() });
    }
    for mark in [">>>", "<<<"] {
        if let Some(text) = line.strip_prefix(mark) {
            let (component, text) = (&line[..mark.len()], text.trim_start());
            // The verdict on a section has no mark of its own.
            let level = if text.starts_with("[Exit status: FAILURE") { Level::Error } else { Level::Info };
            return Some(Record { time: time_within(text).into(), component, level, text, ..Record::default() });
        }
    }
    let body = line.get(MARK..)?;
    line[..MARK].bytes().all(|b| b == b' ' || b == b'!').then_some(())?;
    let (component, text) = match body.as_bytes() {
        [a, b, c, b':', ..] if [a, b, c].iter().all(|x| matches!(x, b'a'..=b'z' | b'.' | b' ')) && *a != b' ' => {
            (&body[..3], body.get(4..)?)
        }
        // ` cmd: <command>` stands six columns in.
        _ => (body.trim_start().strip_prefix("cmd:").map(|_| "cmd")?, body.trim_start().get(4..)?),
    };
    Some(Record { component: component.trim(), level: level(line), text: text.trim_start(), ..Record::default() })
}

fn level(line: &str) -> Level {
    match () {
        () if line.starts_with("!!!") => Level::Error,
        () if line.starts_with('!') => Level::Warning,
        () => Level::Info,
    }
}

/// `Section start 2022/01/31 10:11:12.123`, in Windows Vista `2006/11/02 10:11:12.123: Section start`.
fn time_within(text: &str) -> Option<Stamp> {
    let text = text.trim_start();
    let text = ["Section start ", "Section end "].iter().find_map(|word| text.strip_prefix(word)).unwrap_or(text);
    Stamp::leading_with_milliseconds(text).map(|(time, _)| time)
}
