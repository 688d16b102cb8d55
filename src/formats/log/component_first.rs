//! Copies that have the component first, as articles of Microsoft Learn have it: `component   text`, `component 296 (0x128)
//! text`, `MM-DD-YYYY HH:MM:SS.mmm component 1136 (0x470) text`. What follows a record without one is the rest of its message.

use super::components::{self, Name};
use super::lines::Head;
use super::{Record, Stamp};

/// A line that begins with a component.
#[derive(Clone, Copy, Debug)]
pub(super) struct First<'a> {
    pub(super) record: Record<'a>,
    pub(super) name: Name,
    /// A thread or a time, so that it is no sentence.
    pub(super) certain: bool,
    /// What separates component and text is a blank, and a word follows that could go on with a sentence.
    pub(super) sentence: bool,
}

/// The parts of a line, whatever its component is called.
pub(super) fn parts(line: &str) -> Option<First<'_>> {
    let line = line.trim_start();
    let (time, rest) = Stamp::viewer(line).map_or((None, line), |(stamp, rest)| (Some(stamp), rest));
    let rest = if time.is_some() { rest.trim_start() } else { rest };
    let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (component, rest) = rest.split_at(length);
    components::is_identifier(component).then_some(())?;
    let (thread, text) = thread(rest.trim_start()).map_or((false, rest.trim_start()), |text| (true, text));
    let name = components::first(component);
    let is_name = name != Name::Word;
    let certain = match (time.is_some(), thread) {
        (true, true) => true,
        (true, false) => matches!(name, Name::Known | Name::Spoken),
        (false, true) => is_name,
        (false, false) => false,
    };
    // Two blanks, a tab, no-break spaces: nobody writes a sentence so.
    let gap = rest.len() - rest.trim_start().len();
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    let sentence = gap == 1 && rest.starts_with(' ') && word.bytes().all(|b| b.is_ascii_lowercase());
    let record = Record { time: time.into(), component, text, ..Record::default() };
    Some(First { record, name, certain, sentence })
}

/// What follows `1136 (0x470)`.
fn thread(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let hex = text.get(digits..).filter(|_| digits > 0)?.trim_start().strip_prefix("(0x")?;
    let (hex, rest) = hex.split_once(')')?;
    let valid = !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
    valid.then(|| rest.trim_start())
}

/// What a line is, where the names of `more` are components, too.
pub(super) fn head<'a>(line: &'a str, more: &[Box<str>]) -> Head<'a> {
    if line.trim().is_empty() {
        return Head::Structure;
    }
    let is_more = |name: &str| more.iter().any(|more| **more == *name);
    match parts(line.trim_end()) {
        Some(First { record, name, certain, .. }) if certain || name == Name::Known || is_more(record.component) => {
            Head::Record(record)
        }
        _ => Head::Continuation,
    }
}
