//! What the formats of one line per record have in common: a line begins a record, goes on with one, or is neither.

use super::{LONGEST_RECORD, Pass, Record, lines_in};

/// What a line is.
pub(super) enum Head<'a> {
    /// The beginning of a record; its text ends with the line, `line` is filled in later.
    Record(Record<'a>),
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

/// Goes over the lines that are whole; gives how much of the text is done with.
pub(super) fn run<'t>(text: &'t str, pass: &mut Pass<'_, '_>, mut head: impl FnMut(&'t str) -> Head<'t>) -> usize {
    let mut number = pass.summary.lines;
    let mut open: Option<Open<'t>> = None;
    let mut at = 0;
    while at < text.len() {
        let next = match memchr::memchr(b'\n', &text.as_bytes()[at..]) {
            Some(length) => at + length + 1,
            None if pass.end => text.len(),
            None => break,
        };
        let line = text[at..next].trim_end_matches(['\n', '\r']);
        number += 1;
        match head(line) {
            Head::Record(record) => {
                close(text, open.take(), pass);
                // Subslices of one text: where the message begins in it.
                let text_start = at + (line.len() - record.text.len());
                open = Some(Open {
                    record: Record { line: number, ..record },
                    start: at,
                    text_start,
                    end: at + line.len(),
                });
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
        at = next;
    }
    // The last record may go on in the next block.
    let used = match open {
        Some(record) if !pass.end && at - record.start <= LONGEST_RECORD => record.start,
        open => {
            close(text, open, pass);
            at
        }
    };
    pass.summary.lines += lines_in(&text[..used]);
    used
}

fn close(text: &str, open: Option<Open<'_>>, pass: &mut Pass<'_, '_>) {
    if let Some(Open { record, text_start, end, .. }) = open {
        pass.record(&Record { text: text.get(text_start..end).unwrap_or(record.text), ..record });
    }
}
