//! The CMTrace form: `<![LOG[text]LOG]!><time="HH:MM:SS.mmm+BIAS" date="MM-DD-YYYY" component="C" context="" type="1"
//! thread="T" file="F">`. A record may span lines and hold anything but `]LOG]!>`; two writers at once tear records apart.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{LONGEST_RECORD, Level, Pass, Record, Stamp, Written, is_blank, lines_in};

const OPEN: &str = "<![LOG[";
const CLOSE: &str = "]LOG]!>";
/// How a usual record goes on.
const CLOSE_AND_TIME: &[u8] = b"]LOG]!><time=\"";
/// Between its attributes.
const DATE: &[u8] = b"\" date=\"";
const COMPONENT: &[u8] = b"\" component=\"";
const KIND: &[u8] = b"\" context=\"\" type=\"";
const THREAD: &[u8] = b"\" thread=\"";
/// Length of a day.
const DAY: usize = "06-12-2019".len();

static FIND_CLOSE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CLOSE));
static FIND_OPEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(OPEN));
/// A record that begins a line begins in any case: if one before it is not at its end, that end was lost.
static FIND_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\n<![LOG["));

/// Hands out the records of a block.
pub(super) fn run<'t>(text: &'t str, pass: &mut Pass<'_, 't>) {
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        if let Some(usual) = usual(text, at, line) {
            pass.record(&usual.record);
            (at, line) = (usual.end, usual.last_line);
        } else {
            let next = FIND_LINE.find(&text.as_bytes()[at..]).map_or(text.len(), |length| at + length + 1);
            stretch(&text[at..next], line, pass);
            line += lines_in(&text[at..next]);
            at = next;
        }
    }
    pass.summary.lines = line - 1;
}

/// Where the last record that begins a line begins.
pub(super) fn last_start(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(bytes, FIND_LINE.needle()).map(|at| at + 1)
}

/// A record as nearly all are: white space at most in front of it, nothing lost, the attributes in the order in which the
/// writers put them.
struct Usual<'t> {
    record: Record<'t>,
    /// Where it ends.
    end: usize,
    last_line: u64,
}

/// The next record, if it is a usual one, found in one look over its bytes. Whatever is otherwise is left to [`stretch`].
fn usual(text: &str, at: usize, line: u64) -> Option<Usual<'_>> {
    let bytes = text.as_bytes();
    let (open, line) = match &bytes[at..] {
        [b'<', ..] => (at, line),
        [b'\r', b'\n', b'<', ..] => (at + 2, line + 1),
        _ => {
            let rest = text[at..].trim_start_matches(is_blank);
            let open = text.len() - rest.len();
            (open, line + lines_in(&text[at..open]))
        }
    };
    bytes[open..].starts_with(OPEN.as_bytes()).then_some(())?;
    let start = open + OPEN.len();
    let (length, lines) = message_length(&bytes[start..])?;
    let time = start + length + CLOSE_AND_TIME.len();
    // `10:11:12.345-120" date="06-12-2019" component="C" context="" type="1" thread="1100" file="a.cpp:7"`
    let (attributes, after) = bytes[time..].split_at(memchr::memchr2(b'>', b'\n', &bytes[time..])?);
    // In a value it would be no end.
    let closes = after.starts_with(b">") && attributes.ends_with(b"\"") && !attributes.ends_with(b"=\"");
    closes.then_some(())?;
    let day = length_of_time(attributes)? + DATE.len() + DAY;
    let component = time + day + COMPONENT.len();
    let rest = attributes.get(day..)?.strip_prefix(COMPONENT)?;
    let (name, rest) = rest.split_at(memchr::memchr(b'"', rest)?);
    let (kind, rest) = rest.strip_prefix(KIND)?.split_first()?;
    rest.starts_with(THREAD).then_some(())?;
    let record = Record {
        line,
        time: Written::CmTrace(&attributes[..day]),
        component: text.get(component..)?.get(..name.len())?,
        level: level(*kind),
        text: text.get(start..)?.get(..length)?,
        truncated: false,
    };
    Some(Usual { record, end: time + attributes.len() + 1, last_line: line + lines })
}

/// Of a time that a date follows.
fn length_of_time(bytes: &[u8]) -> Option<usize> {
    let is_length = |length: &usize| bytes.get(*length..).is_some_and(|rest| rest.starts_with(DATE));
    // Nearly all have this length.
    Some("10:11:12.345-120".len()).filter(is_length).or_else(|| memchr::memchr(b'"', bytes).filter(is_length))
}

/// How long the message of a usual record is that the text begins with, and its line ends.
fn message_length(bytes: &[u8]) -> Option<(usize, u64)> {
    let mut lines = 0;
    for at in memchr::memchr2_iter(b']', b'\n', bytes) {
        let rest = &bytes[at..];
        if rest.starts_with(CLOSE_AND_TIME) {
            return Some((at, lines));
        }
        if rest.starts_with(CLOSE.as_bytes()) {
            return None;
        }
        if rest.starts_with(b"\n") {
            lines += 1;
            // The end of this record was lost.
            if rest[1..].starts_with(OPEN.as_bytes()) {
                return None;
            }
        }
    }
    None
}

/// Text in which no record begins a line, but perhaps the first: records one behind the other, and what is left of others.
fn stretch<'t>(text: &'t str, first_line: u64, pass: &mut Pass<'_, 't>) {
    let (mut rest, mut line) = (text, first_line);
    while let Some(length) = FIND_CLOSE.find(rest.as_bytes()) {
        let (message, after) = (&rest[..length], &rest[length + CLOSE.len()..]);
        let (attributes, after) = attributes(after);
        let open = FIND_OPEN.find(message.as_bytes());
        let (before, message) = match open {
            Some(open) => (&message[..open], &message[open + OPEN.len()..]),
            // The beginning was lost.
            None => message.split_at(message.len() - message.trim_start_matches(is_blank).len()),
        };
        pass.unparsed(before);
        let truncated = open.is_none() || attributes.truncated;
        pass.record(&Record { line: line + lines_in(before), text: bounded(message), truncated, ..attributes });
        line += lines_in(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    // The end was lost, or it is something else.
    let Some(open) = FIND_OPEN.find(rest.as_bytes()) else { return pass.unparsed(rest) };
    let (before, message) = (&rest[..open], &rest[open + OPEN.len()..]);
    pass.unparsed(before);
    let held = bounded(message);
    let text = held.trim_end_matches(is_blank);
    pass.record(&Record { line: line + lines_in(before), text, truncated: true, ..Record::default() });
    pass.unparsed(&message[held.len()..]);
}

fn bounded(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_RECORD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `<name="value" ... >` in any order, and what follows. Torn ones end where they can no longer be read.
fn attributes(text: &str) -> (Record<'_>, &str) {
    let mut record = Record::default();
    let Some(mut rest) = text.strip_prefix('<') else { return (record, text) };
    let (mut time, mut date) = ("", "");
    let after = loop {
        rest = rest.trim_start_matches(' ');
        if let Some(after) = rest.strip_prefix('>') {
            break after;
        }
        let Some((name, value, after)) = attribute(rest) else { return (Record { truncated: true, ..record }, rest) };
        match name {
            "time" => time = value,
            "date" => date = value,
            "component" => record.component = value,
            "type" => record.level = if let [kind] = value.as_bytes() { level(*kind) } else { Level::Info },
            _ => {}
        }
        rest = after;
    };
    if !time.is_empty() {
        record.time = Stamp::cmtrace(time.as_bytes(), date.as_bytes()).into();
    }
    (record, after)
}

fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let bytes = text.as_bytes();
    let name = memchr::memchr2(b'=', b'\n', bytes).filter(|at| bytes[*at] == b'=')?;
    let value = name + 2;
    (bytes.get(name + 1) == Some(&b'"')).then_some(())?;
    let length = memchr::memchr2(b'"', b'\n', &bytes[value..]).filter(|at| bytes[value + *at] == b'"')?;
    Some((&text[..name], &text[value..value + length], &text[value + length + 1..]))
}

fn level(kind: u8) -> Level {
    match kind {
        b'0' => Level::Verbose,
        b'2' => Level::Warning,
        b'3' => Level::Error,
        _ => Level::Info,
    }
}
