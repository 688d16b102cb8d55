//! The CMTrace form: `<![LOG[text]LOG]!><time="HH:MM:SS.mmm+BIAS" date="MM-DD-YYYY" component="C" context="" type="1"
//! thread="T" file="F">`. A record may span lines and hold anything but `]LOG]!>`; two writers at once tear records apart.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{LONGEST_RECORD, Level, Pass, Record, Stamp, is_blank, lines_in};

const OPEN: &str = "<![LOG[";
const CLOSE: &str = "]LOG]!>";

static FIND_CLOSE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CLOSE));
static FIND_OPEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(OPEN));
/// A record that begins a line begins in any case: if one before it is not at its end, that end was lost.
static FIND_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\n<![LOG["));

/// Hands out the records of a block.
pub(super) fn run(text: &str, pass: &mut Pass<'_>) {
    let (mut at, mut line) = (0, pass.first_line);
    while at < text.len() {
        if let Some(usual) = Usual::read(&text[at..]) {
            line += usual.lines_before;
            pass.record(&Record { line, ..usual.record });
            line += usual.lines_within;
            at += usual.length;
        } else {
            let next = FIND_LINE.find(&text.as_bytes()[at..]).map_or(text.len(), |length| at + length + 1);
            stretch(&text[at..next], line, pass);
            line += lines_in(&text[at..next]);
            at = next;
        }
    }
}

/// Where the last record that begins a line begins.
pub(super) fn last_start(text: &str) -> Option<usize> {
    memchr::memmem::rfind(text.as_bytes(), FIND_LINE.needle()).map(|at| at + 1)
}

/// A record as nearly all are, found in one look over its bytes: white space at most in front of it, nothing lost, the
/// attributes in the order in which the writers put them. Whatever is otherwise is left to [`message`].
struct Usual<'t> {
    record: Record<'t>,
    /// Line ends in front of the record.
    lines_before: u64,
    /// Line ends in its text; the attributes have none.
    lines_within: u64,
    /// Up to the end of the attributes.
    length: usize,
}

impl<'t> Usual<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let bytes = text.as_bytes();
        let blank = bytes.iter().take_while(|b| is_blank(char::from(**b))).count();
        let message = bytes[blank..].strip_prefix(OPEN.as_bytes())?;
        let start = bytes.len() - message.len();
        let (length, lines_within) = Self::message(message)?;
        let (record, attributes) = Self::attributes(text.get(start + length + CLOSE.len()..)?)?;
        Some(Self {
            record: Record { text: text.get(start..start + length)?, ..record },
            lines_before: lines_in(&text[..blank]),
            lines_within,
            length: start + length + CLOSE.len() + attributes,
        })
    }

    /// How long the message is, and its line ends.
    fn message(bytes: &[u8]) -> Option<(usize, u64)> {
        let (mut at, mut lines) = (0, 0);
        loop {
            at += memchr::memchr2(b']', b'\n', &bytes[at..])?;
            let rest = &bytes[at..];
            if rest.starts_with(CLOSE.as_bytes()) {
                return Some((at, lines));
            }
            at += 1;
            if rest.starts_with(b"\n") {
                lines += 1;
                // The end of this record was lost.
                if rest[1..].starts_with(OPEN.as_bytes()) {
                    return None;
                }
            }
        }
    }

    /// `<time="10:11:12.345-120" date="06-12-2019" component="C" context="" type="1" thread="1100" file="a.cpp:7">`
    fn attributes(text: &'t str) -> Option<(Record<'t>, usize)> {
        let (time, rest) = value(text.strip_prefix("<time=\"")?)?;
        let (date, rest) = rest.strip_prefix(" date=\"")?.split_at_checked("06-12-2019".len())?;
        let (component, rest) = value(rest.strip_prefix("\" component=\"")?)?;
        let (kind, rest) = rest.strip_prefix(" context=\"\" type=\"")?.split_at_checked(1)?;
        let rest = rest.strip_prefix("\" thread=\"")?;
        let end = memchr::memchr2(b'>', b'\n', rest.as_bytes())?;
        // In a value it would be no end.
        let closes = rest[..end].ends_with('"') && !rest[..end].ends_with("=\"");
        let rest = rest[end..].strip_prefix('>').filter(|_| closes)?;
        let time = Some(Stamp::cmtrace(time, date)?);
        let record = Record { time, component, level: level(kind), ..Record::default() };
        Some((record, text.len() - rest.len()))
    }
}

/// The value up to its quote, and what follows.
fn value(text: &str) -> Option<(&str, &str)> {
    let length = memchr::memchr2(b'"', b'\n', text.as_bytes())?;
    let rest = text[length..].strip_prefix('"')?;
    Some((&text[..length], rest))
}

/// Text in which no record begins a line, but perhaps the first: records one behind the other, and what is left of others.
fn stretch(text: &str, first_line: u64, pass: &mut Pass<'_>) {
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
            "type" => record.level = level(value),
            _ => {}
        }
        rest = after;
    };
    record.time = Stamp::cmtrace(time, date);
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

fn level(text: &str) -> Level {
    match text {
        "0" => Level::Verbose,
        "2" => Level::Warning,
        "3" => Level::Error,
        _ => Level::Info,
    }
}
