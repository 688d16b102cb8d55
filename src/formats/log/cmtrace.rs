//! The CMTrace form: `<![LOG[text]LOG]!><time="HH:MM:SS.mmm+BIAS" date="MM-DD-YYYY" component="C" context="" type="1"
//! thread="T" file="F">`. A record may span lines and hold anything but `]LOG]!>`; two writers at once tear records apart.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{LONGEST_RECORD, Level, Pass, Record, Written, is_blank, lines_in};

const OPEN: &str = "<![LOG[";
const CLOSE: &str = "]LOG]!>";

static FIND_CLOSE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CLOSE));
static FIND_OPEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(OPEN));
/// A record that begins a line begins in any case: if one before it is not at its end, that end was lost.
static FIND_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\n<![LOG["));

/// Hands out the records of a block.
pub(super) fn run<'t>(text: &'t str, pass: &mut Pass<'_, 't>) {
    let (mut at, mut line, mut neighbour) = (0, 1, Neighbour::default());
    while at < text.len() {
        if let Some(usual) = neighbour.next(&text[at..]) {
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
    pass.summary.lines = line - 1;
}

/// Where the last record that begins a line begins.
pub(super) fn last_start(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(bytes, FIND_LINE.needle()).map(|at| at + 1)
}

/// A record as nearly all are, found in one look over its bytes: white space at most in front of it, nothing lost, the
/// attributes in the order in which the writers put them. Whatever is otherwise is left to [`stretch`].
struct Usual<'t> {
    record: Record<'t>,
    /// Line ends in front of the record.
    lines_before: u64,
    /// Line ends in its text; the attributes have none.
    lines_within: u64,
    /// Up to the end of the attributes.
    length: usize,
}

/// What the next record mostly has in common with the one before.
#[derive(Default)]
struct Neighbour<'t> {
    time_length: usize,
    date: &'t str,
    component: &'t str,
    /// `" date="06-12-2019" component="C" context="" type="`
    middle: &'t [u8],
}

impl<'t> Neighbour<'t> {
    /// The record at the beginning of a text, if it is a usual one.
    fn next(&mut self, text: &'t str) -> Option<Usual<'t>> {
        let bytes = text.as_bytes();
        let (blank, lines_before) = match bytes {
            [b'<', ..] => (0, 0),
            [b'\r', b'\n', b'<', ..] => (2, 1),
            _ => {
                let blank = text.len() - text.trim_start_matches(is_blank).len();
                (blank, lines_in(&text[..blank]))
            }
        };
        let start = blank + OPEN.len();
        let message = bytes[blank..].strip_prefix(OPEN.as_bytes())?;
        let (length, lines_within) = message_length(message)?;
        let end = start + length;
        let (record, length) = self.attributes(text, end + CLOSE.len())?;
        Some(Usual { record: Record { text: text.get(start..end)?, ..record }, lines_before, lines_within, length })
    }

    /// `<time="10:11:12.345-120" date="06-12-2019" component="C" context="" type="1" thread="1100" file="a.cpp:7">` at some
    /// place of the text; and where that ends.
    fn attributes(&mut self, text: &'t str, start: usize) -> Option<(Record<'t>, usize)> {
        let bytes = text.as_bytes();
        let time = start + b"<time=\"".len();
        bytes[start..].starts_with(b"<time=\"").then_some(())?;
        if !bytes.get(time + self.time_length..)?.starts_with(self.middle) || self.middle.is_empty() {
            *self = Self::read(text.get(time..)?)?;
        }
        let kind = time + self.time_length + self.middle.len();
        let &[kind_byte, ref rest @ ..] = bytes.get(kind..)? else { return None };
        let rest = rest.strip_prefix(b"\" thread=\"")?;
        let length = memchr::memchr2(b'>', b'\n', rest)?;
        // In a value it would be no end.
        let closes =
            rest[length..].starts_with(b">") && rest[..length].ends_with(b"\"") && !rest[..length].ends_with(b"=\"");
        let end = closes.then_some(bytes.len() - rest.len() + length + 1)?;
        let written = Written::CmTrace { time: text.get(time..time + self.time_length)?, date: self.date };
        let record = Record { time: written, component: self.component, level: level(kind_byte), ..Record::default() };
        Some((record, end))
    }

    /// What the text says from the time on.
    fn read(text: &'t str) -> Option<Self> {
        let (time, _) = value(text)?;
        let middle = &text[time.len()..];
        let (date, rest) = middle.strip_prefix("\" date=\"")?.split_at_checked("06-12-2019".len())?;
        let (component, rest) = value(rest.strip_prefix("\" component=\"")?)?;
        let rest = rest.strip_prefix(" context=\"\" type=\"")?;
        let middle = &middle.as_bytes()[..middle.len() - rest.len()];
        Some(Self { time_length: time.len(), date, component, middle })
    }
}

/// How long the message is that the text begins with, and its line ends.
fn message_length(bytes: &[u8]) -> Option<(usize, u64)> {
    let mut lines = 0;
    for at in memchr::memchr2_iter(b']', b'\n', bytes) {
        let rest = &bytes[at..];
        if rest.starts_with(CLOSE.as_bytes()) {
            return Some((at, lines));
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

/// The value up to its quote, and what follows.
fn value(text: &str) -> Option<(&str, &str)> {
    let length = memchr::memchr2(b'"', b'\n', text.as_bytes())?;
    let rest = text[length..].strip_prefix('"')?;
    Some((&text[..length], rest))
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
        record.time = Written::CmTrace { time, date };
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
