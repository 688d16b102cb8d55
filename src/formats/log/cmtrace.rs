//! The CMTrace form: `<![LOG[text]LOG]!><time="HH:MM:SS.mmm+BIAS" date="MM-DD-YYYY" component="C" context="" type="1"
//! thread="T" file="F">`. A record may span lines and hold anything but `]LOG]!>`; two writers at once tear records apart.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{LONGEST_RECORD, Level, Pass, Record, Stamp, is_blank, lines_in};

const OPEN: &str = "<![LOG[";
const CLOSE: &str = "]LOG]!>";
/// Attributes are names, numbers and one file name.
const LONGEST_ATTRIBUTES: usize = 4096;

static FIND_CLOSE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(CLOSE));
static FIND_OPEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(OPEN));

/// Hands out every whole record; gives how much of the text is done with.
pub(super) fn run(text: &str, pass: &mut Pass<'_, '_>) -> usize {
    let mut done = 0;
    let first_line = pass.summary.lines + 1;
    let mut lines = Lines { text, at: 0, number: first_line };
    while let Some(close) = FIND_CLOSE.find(&text.as_bytes()[done..]).map(|at| done + at) {
        let Some((attributes, end)) = attributes(text, close + CLOSE.len(), pass.end) else { break };
        message(&text[done..close], done, &attributes, &mut lines, pass);
        done = end;
    }
    if pass.end {
        tail(&text[done..], done, &mut lines, pass);
        done = text.len();
    } else if text.len() - done > LONGEST_RECORD {
        // Not one record can be this long: give it out as far as it goes.
        let cut = text[done..].rfind('\n').map_or(text.len(), |at| done + at + 1);
        tail(&text[done..cut], done, &mut lines, pass);
        done = cut;
    }
    pass.summary.lines = lines.number_at(done) - 1;
    done
}

/// Counts lines once, going forward.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    number: u64,
}

impl Lines<'_> {
    fn number_at(&mut self, at: usize) -> u64 {
        if let Some(between) = self.text.get(self.at..at) {
            self.number += lines_in(between);
            self.at = at;
        }
        self.number
    }
}

/// The text in front of `]LOG]!>`: one message, behind what was left of records that lost their end.
fn message(part: &str, offset: usize, attributes: &Record<'_>, lines: &mut Lines<'_>, pass: &mut Pass<'_, '_>) {
    let blank = part.len() - part.trim_start_matches(is_blank).len();
    let mut rest = &part[blank..];
    let mut at = offset + blank;
    let mut truncated = true;
    if let Some(after) = rest.strip_prefix(OPEN) {
        truncated = false;
        rest = after;
        // Another opener on a line of its own: the end of this record was lost.
        while let Some(next) = FIND_OPEN.find(rest.as_bytes()).filter(|i| rest[..*i].ends_with('\n')) {
            let line = lines.number_at(at);
            pass.record(&Record { line, text: rest[..next].trim_end(), truncated: true, ..Record::default() });
            at += OPEN.len() + next;
            rest = &rest[next + OPEN.len()..];
        }
    } else if let Some(next) = FIND_OPEN.find(rest.as_bytes()) {
        pass.unparsed(&rest[..next]);
        at += next;
        rest = &rest[next + OPEN.len()..];
        truncated = false;
    }
    let line = lines.number_at(at);
    pass.record(&Record { line, text: rest, truncated, ..*attributes });
}

/// What follows the last whole record: the beginning of one, or something else.
fn tail(part: &str, offset: usize, lines: &mut Lines<'_>, pass: &mut Pass<'_, '_>) {
    let Some(open) = FIND_OPEN.find(part.as_bytes()) else { return pass.unparsed(part) };
    pass.unparsed(&part[..open]);
    let rest = &part[open + OPEN.len()..];
    let mut end = rest.len().min(LONGEST_RECORD);
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    let line = lines.number_at(offset + open);
    pass.record(&Record { line, text: rest[..end].trim_end_matches(is_blank), truncated: true, ..Record::default() });
    pass.unparsed(&rest[end..]);
}

/// `<name="value" ... >` from `at` on, in any order, and where it ends. `None`: the rest has not come yet.
fn attributes(text: &str, at: usize, last: bool) -> Option<(Record<'_>, usize)> {
    let mut record = Record::default();
    let Some(mut rest) = text[at..].strip_prefix('<') else {
        return (last || at < text.len()).then_some((record, at));
    };
    let (mut time, mut date) = ("", "");
    let end = loop {
        rest = rest.trim_start_matches(' ');
        if let Some(after) = rest.strip_prefix('>') {
            break text.len() - after.len();
        }
        let Some((name, value, after)) = attribute(rest) else {
            let read = text.len() - rest.len();
            // Torn in here, or not all of it has come yet.
            let torn = last || rest.len() > LONGEST_ATTRIBUTES || rest.contains('\n');
            return torn.then_some((Record { truncated: true, ..record }, read));
        };
        match name {
            "time" => time = value,
            "date" => date = value,
            "component" => record.component = value,
            "type" => record.level = level(value),
            "thread" => record.thread = value,
            "file" => record.source = value,
            _ => {}
        }
        rest = after;
    };
    record.time = Stamp::cmtrace(time, date);
    Some((record, end))
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
