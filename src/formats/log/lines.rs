//! What the formats of one line per record have in common: a line begins a record, goes on with one, or is neither.

use super::{LONGEST_RECORD, Pass, Record, decode};

/// What a line is.
pub(super) enum Head<'a> {
    /// The beginning of a record; its text ends with the line, `line` is filled in later.
    Record(Record<'a>),
    /// The same, but another line begins after so many bytes: its line end was lost.
    Joined(Record<'a>, usize),
    /// Belongs to the record before it, if there is one.
    Continuation,
    /// A header or an empty line.
    Structure,
    /// Nothing of this format.
    Unknown,
}

/// A record of which more lines may come.
struct Open<'a> {
    record: Record<'a>,
    start: usize,
    text_start: usize,
    end: usize,
}

/// Hands out the records of a block.
pub(super) fn run<'t>(text: &'t str, pass: &mut Pass<'_, 't>, mut head: impl FnMut(&'t str) -> Head<'t>) {
    let mut number = 1;
    let mut open: Option<Open<'t>> = None;
    let mut at = 0;
    while at < text.len() {
        let next = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |length| at + length + 1);
        let mut line = text[at..next].trim_end_matches(['\n', '\r']);
        let mut what = head(line);
        while let Head::Joined(record, length) = what {
            close(text, open.take(), pass);
            let begun = begin(record, at, line, number);
            let end = begun.text_start.max(at + line[..length].trim_end().len());
            close(text, Some(Open { end, ..begun }), pass);
            (at, line) = (at + length, &line[length..]);
            what = head(line);
        }
        match what {
            Head::Record(record) | Head::Joined(record, _) => {
                close(text, open.take(), pass);
                open = Some(begin(record, at, line, number));
            }
            Head::Continuation => match &mut open {
                Some(record) if next - record.start <= LONGEST_RECORD => record.end = at + line.len(),
                Some(record) => {
                    record.record.truncated = true;
                    pass.unparsed(line);
                }
                None => pass.unparsed(line),
            },
            Head::Structure => close(text, open.take(), pass),
            Head::Unknown => {
                close(text, open.take(), pass);
                pass.unparsed(line);
            }
        }
        number += 1;
        at = next;
    }
    if let Some(open) = &mut open {
        open.record.truncated |= pass.ends_early;
    }
    close(text, open, pass);
    pass.summary.lines = number - 1 - u64::from(!text.ends_with('\n'));
}

/// A record whose line is the one of this number and begins here.
fn begin<'a>(record: Record<'a>, at: usize, line: &str, number: u64) -> Open<'a> {
    // Subslices of one text: where the message begins in it.
    let text_start = at + (line.len() - record.text.len());
    Open { record: Record { line: number, ..record }, start: at, text_start, end: at + line.len() }
}

fn close<'t>(text: &'t str, open: Option<Open<'t>>, pass: &mut Pass<'_, 't>) {
    if let Some(Open { record, text_start, end, .. }) = open {
        pass.record(&Record { text: text.get(text_start..end).unwrap_or(record.text), ..record });
    }
}

/// The beginning of the last line that is whole and goes on with no record.
pub(super) fn last_start(bytes: &[u8], head: impl for<'t> Fn(&'t str) -> Head<'t>) -> Option<usize> {
    let mut end = memchr::memrchr(b'\n', bytes)?;
    loop {
        let start = memchr::memrchr(b'\n', &bytes[..end])? + 1;
        let (line, _) = decode::text(&bytes[start..end]);
        if !matches!(head(line.trim_end_matches('\r')), Head::Continuation) {
            return Some(start);
        }
        end = start - 1;
    }
}
