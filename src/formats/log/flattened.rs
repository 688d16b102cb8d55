//! What becomes of CMTrace records in articles and issues: text, a blank, component (no time), or the viewer's clipboard: text,
//! component, `M/D/YYYY h:mm:ss AM`, `1100 (0x044C)` with tabs, or with blanks where a forum made blanks of them. A message may
//! span lines; its last line has the component. Others have the component first ([`component_first`]).

use super::components::{self, Name};
use super::lines::{self, Head};
use super::{Pass, Record, Stamp, component_first, copied, decode};

/// Lines of one message; more were never seen, and a text that is no log does not become one record.
const MOST_LINES: u64 = 8;
/// So many quoted lines make an article about a log one.
const QUOTED: usize = 3;

/// Where in the lines of a copy the component stands, and which names besides the known ones are components there.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    first: bool,
    more: Box<[Box<str>]>,
}

/// What the lines of a text say for one layout.
#[derive(Default)]
struct Count<'t> {
    /// Lines with a component and a thread or a time.
    certain: usize,
    /// Lines with nothing but the known name of a component.
    named: usize,
    /// Lines with words or details that only logs have.
    phrases: usize,
    /// Those names.
    names: Vec<&'t str>,
    /// Names that could be words of a sentence, or only have the shape of one.
    others: Vec<&'t str>,
}

impl<'t> Count<'t> {
    fn add(&mut self, component: &'t str, name: Name, certain: bool, sentence: bool) {
        match name {
            Name::Word if !certain => return,
            _ if certain => self.certain += 1,
            Name::Known if !sentence => self.named += 1,
            _ => {}
        }
        let names = if certain || name == Name::Known && !sentence { &mut self.names } else { &mut self.others };
        names.push(component);
    }

    /// So many of the lines are records, if that is enough for a log.
    fn enough(&self, lines: usize, first: bool) -> usize {
        let count = self.certain + self.named;
        let repeated = most(&self.names) > 1;
        // A table of components, or a paragraph about one, has them first, too; but once, or without the words of a log.
        let sound = self.certain > 0 || self.phrases > 0 || if first { repeated } else { count > 1 || lines == 1 };
        if sound && count > 0 && (count >= QUOTED || count * 5 >= lines) {
            return count;
        }
        // Hardly anything but lines with one and the same name in its place, and what they say is what logs say.
        let others = most(&self.others);
        let plenty = others >= QUOTED && (others + count) * 2 >= lines && self.phrases > 0;
        if plenty { others + count } else { 0 }
    }

    /// Names that stand there again and again, in a text that is hardly anything but records.
    fn more(self, lines: usize) -> Box<[Box<str>]> {
        if (self.names.len() + self.others.len()) * 2 < lines {
            return Box::default();
        }
        let mut names = self.others;
        names.sort_unstable();
        let runs = names.chunk_by(|a, b| a == b).filter(|run| run.len() >= QUOTED);
        runs.filter_map(|run| run.first()).map(|name| Box::from(*name)).collect()
    }
}

/// How often the most frequent of the names stands there.
fn most(names: &[&str]) -> usize {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap_or(0)
}

fn count<'t>(lines: &[&'t str]) -> [Count<'t>; 2] {
    let mut counts = [Count::default(), Count::default()];
    for line in lines {
        if let Some(last) = last(line) {
            counts[0].add(last.record.component, last.name, last.certain, false);
            counts[0].phrases += usize::from(last.name == Name::Known && copied::is_exact(line));
        }
        // A message may span lines, of which only the last one has the component.
        counts[0].phrases += usize::from(copied::has_phrase(line));
        if let Some(first) = component_first::parts(line) {
            counts[1].add(first.record.component, first.name, first.certain, first.sentence);
            counts[1].phrases += usize::from(first.name != Name::Word && copied::has_phrase(line));
        }
    }
    counts
}

/// How many of the lines are records, if so many are that it is a log.
pub(super) fn enough(lines: &[&str]) -> usize {
    let [last, first] = count(lines);
    last.enough(lines.len(), false).max(first.enough(lines.len(), true))
}

impl Layout {
    /// That of a text with these lines.
    pub(super) fn of(lines: &[&str]) -> Self {
        let [last, first] = count(lines);
        let is_first = first.enough(lines.len(), true) > last.enough(lines.len(), false);
        Self { first: is_first, more: if is_first { first } else { last }.more(lines.len()) }
    }

    /// Hands out the records of a block.
    pub(super) fn run<'t>(&self, text: &'t str, pass: &mut Pass<'_, 't>) {
        if !self.first {
            return self.run_last(text, pass);
        }
        let mut held = 0;
        lines::run(text, pass, |line| {
            let head = component_first::head(line, &self.more);
            held = if matches!(head, Head::Continuation) { held + 1 } else { 0 };
            // The message has ended without an empty line; what follows is an article.
            if held >= MOST_LINES { Head::Unknown } else { head }
        });
    }

    /// Where the text can be cut.
    pub(super) fn last_start(&self, bytes: &[u8]) -> Option<usize> {
        if self.first {
            return lines::last_start(bytes, |line| component_first::head(line, &self.more));
        }
        let mut end = memchr::memrchr(b'\n', bytes)?;
        loop {
            let start = memchr::memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1);
            let (line, _) = decode::text(&bytes[start..end]);
            let line = line.trim_end();
            if line.is_empty() || self.last_line(line).is_some() {
                return Some(end + 1);
            }
            end = start.checked_sub(1)?;
        }
    }

    fn run_last<'t>(&self, text: &'t str, pass: &mut Pass<'_, 't>) {
        let mut number = 1;
        let (mut at, mut start, mut held) = (0, 0, 0);
        while at < text.len() {
            let next = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |length| at + length + 1);
            let line = text[at..next].trim_end();
            if let Some(Last { length, record, .. }) = self.last_line(line) {
                let text = text[start..at + length].trim();
                pass.record(&Record { line: number - held, text, ..record });
                (start, held) = (next, 0);
            } else if line.is_empty() || held + 1 == MOST_LINES {
                // A paragraph ended without a component: no message.
                pass.unparsed(&text[start..next]);
                (start, held) = (next, 0);
            } else {
                held += 1;
            }
            number += 1;
            at = next;
        }
        pass.unparsed(&text[start..]);
        pass.summary.lines = number - 1 - u64::from(!text.ends_with('\n'));
    }

    /// The line ends a message.
    fn last_line<'t>(&self, line: &'t str) -> Option<Last<'t>> {
        let is_more = |name: &str| self.more.iter().any(|more| **more == *name);
        last(line).filter(|last| last.certain || last.name == Name::Known || is_more(last.record.component))
    }
}

/// A line that ends with a component, or with a component and what else the viewer shows.
struct Last<'a> {
    /// Length of the message's part of the line.
    length: usize,
    record: Record<'a>,
    name: Name,
    /// A thread or a time, so that it is no sentence.
    certain: bool,
}

fn last(line: &str) -> Option<Last<'_>> {
    if line.ends_with(')') {
        return clipboard(line).or_else(|| with_blanks(line));
    }
    // Pages put a blank or a no-break space there.
    let (message, component) = line.rsplit_once(char::is_whitespace)?;
    let name = components::last(component);
    let record = Record { component, ..Record::default() };
    (name != Name::Word).then_some(Last { length: message.len(), record, name, certain: false })
}

/// The viewer's clipboard with its tabs: whatever is between them.
fn clipboard(line: &str) -> Option<Last<'_>> {
    memchr::memchr(b'\t', line.as_bytes())?;
    let mut fields = line.rsplitn(4, '\t');
    let (thread, time, component, message) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    before_thread(thread)?.is_empty().then_some(())?;
    let record = Record { component, time: Stamp::clipboard(time).into(), ..Record::default() };
    Some(Last { length: message.len(), record, name: Name::Known, certain: true })
}

/// The same where tabs have become blanks, read from its end; the time may be lost.
fn with_blanks(line: &str) -> Option<Last<'_>> {
    let rest = before_thread(line)?.trim_end();
    let (rest, time) = before_time(rest).map_or((rest, None), |(rest, time)| (rest.trim_end(), Some(time)));
    let (message, component) = rest.rsplit_once(char::is_whitespace).unwrap_or(("", rest));
    let name = components::last(component);
    // `failed with exit code 5 (0x5)`
    let valid = if time.is_some() { components::is_identifier(component) } else { name != Name::Word };
    let record = Record { component, time: time.and_then(Stamp::clipboard).into(), ..Record::default() };
    valid.then_some(Last { length: message.len(), record, name, certain: true })
}

/// What stands before `1100 (0x044C)`.
fn before_thread(text: &str) -> Option<&str> {
    let (rest, hex) = text.strip_suffix(')')?.rsplit_once(" (0x")?;
    let number = rest.len() - rest.bytes().rev().take_while(u8::is_ascii_digit).count();
    let before = &rest[..number];
    let valid = number < rest.len()
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
        && (before.is_empty() || before.ends_with(char::is_whitespace));
    valid.then_some(before)
}

/// What stands before `M/D/YYYY h:mm:ss AM`, in the order and with the separators of any country; and that.
fn before_time(text: &str) -> Option<(&str, &str)> {
    let word =
        |text: &str| text.rfind(char::is_whitespace).map(|at| text[at..].len() - text[at..].trim_start().len() + at);
    let mut start = word(text)?;
    if !text[start..].starts_with(|c: char| c.is_ascii_digit()) {
        ["AM", "PM"].iter().any(|half| text[start..].eq_ignore_ascii_case(half)).then_some(())?;
        start = word(text[..start].trim_end())?;
    }
    let clock = text[start..].split(char::is_whitespace).next()?;
    let date = word(text[..start].trim_end())?;
    let is = |part: &str, separators: &[u8]| {
        part.bytes().all(|b| b.is_ascii_digit() || separators.contains(&b))
            && part.bytes().filter(|b| separators.contains(b)).count() == 2
    };
    let valid = is(clock, b":") && is(text[date..start].trim_end(), b"/.-");
    valid.then(|| (&text[..date], &text[date..]))
}
