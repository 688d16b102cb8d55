//! `[Strings]`: which section is used for a language, and `%token%` substitution.

use std::borrow::Cow;
use std::cell::RefCell;

use super::line::{Line, LineReader, is_blank, next_special};
use super::names::{NameTable, hash_name, same_name};
use super::{Inf, Section};

/// Longest field after substitution, in characters: 4,096 on Windows 10 1709 and later, one more before (FACTS.md 2.1).
pub const MAX_FIELD: usize = 4096;

/// The string table of one language. Keys are indexed once, values are read when they are asked for.
#[derive(Clone, Debug, Default)]
pub struct Strings<'t> {
    text: &'t str,
    entries: Vec<Entry<'t>>,
    names: NameTable,
    /// Line memory that is used again.
    scratch: RefCell<Line<'t>>,
}

#[derive(Clone, Debug)]
struct Entry<'t> {
    key: Cow<'t, str>,
    /// Where the line starts, for reading its value.
    start: u32,
    /// Behind the `=` of a line that does not go on in the next one; else the same as `start`.
    value: u32,
    /// Where its section part ends.
    end: u32,
    number: u32,
}

/// The `[Strings]` section that Windows uses for a language: the exact LANGID, else the primary language without
/// sublanguage, else the same primary language with any sublanguage, else `[Strings]`; never a mixture (FACTS.md 2.1).
/// Where there is no `[Strings]` at all, the first localized one is better than none.
pub(crate) fn choose<'i, 't>(inf: &'i Inf<'t>, langid: u16) -> Option<Section<'i>> {
    let primary = langid & 0x3FF;
    let mut same_primary = None;
    let mut neutral = None;
    let mut any = None;
    for section in inf.sections() {
        let Some(found) = language_of(section.name()) else { continue };
        if found == langid {
            return Some(section);
        }
        if found == primary {
            neutral = Some(section);
        } else if found & 0x3FF == primary && same_primary.is_none() {
            same_primary = Some(section);
        }
        any = any.or(Some(section));
    }
    neutral.or(same_primary).or_else(|| inf.section("Strings")).or(any)
}

/// LANGID of a `Strings.LCID` section name.
pub fn language_of(section: &str) -> Option<u16> {
    if !section.starts_with(['S', 's']) {
        return None;
    }
    let (prefix, hex) = section.split_at_checked(8)?;
    if !prefix.eq_ignore_ascii_case("Strings.") {
        return None;
    }
    let hex = hex.trim();
    let hex = hex.strip_prefix("0x").or_else(|| hex.strip_prefix("0X")).unwrap_or(hex);
    u16::from_str_radix(hex, 16).ok()
}

impl<'t> Strings<'t> {
    /// Indexes the keys of a strings section.
    pub(crate) fn read(inf: &'t Inf<'_>, section: Option<Section<'_>>) -> Self {
        let text = inf.text();
        let mut strings = Strings { text, ..Strings::default() };
        let Some(section) = section else { return strings };
        let parts: Vec<_> = section.parts().collect();
        let bytes: usize = parts.iter().map(|p| (p.end - p.start) as usize).sum();
        strings.names = NameTable::with_capacity(bytes / 48);
        for part in parts {
            strings.read_part(part.start as usize, part.end as usize, part.line);
        }
        strings
    }

    /// Indexes `text[start..end]` line by line. The usual line, `key = value`, is only looked at up to its `=`.
    fn read_part(&mut self, start: usize, end: usize, first_line: u32) {
        let bytes = &self.text.as_bytes()[..end];
        let (mut pos, mut number) = (start, first_line);
        while let Some(&byte) = bytes.get(pos) {
            match byte {
                b'\n' => number += 1,
                b';' => {
                    pos = memchr::memchr(b'\n', &bytes[pos..]).map_or(end, |n| pos + n);
                    continue;
                }
                b if is_blank(b) => {}
                _ => {
                    (pos, number) = self.read_line(pos, end, number);
                    continue;
                }
            }
            pos += 1;
        }
    }

    /// Indexes the line whose first character stands at `at`; gives the place of the next one.
    fn read_line(&mut self, at: usize, end: usize, number: u32) -> (usize, u32) {
        let bytes = &self.text.as_bytes()[..end];
        let (equals, _) = next_special(bytes, at);
        if bytes.get(equals) == Some(&b'=') {
            let rest = &bytes[equals..];
            let stop = memchr::memchr2(b'\n', b'\\', rest).unwrap_or(rest.len());
            let len = match rest.get(stop) {
                Some(b'\\') => stop + memchr::memchr(b'\n', &rest[stop..]).unwrap_or(rest.len() - stop),
                _ => stop,
            };
            if len == stop || !super::line::continues(&rest[..len]) {
                let key = super::line::trim_end(&self.text[at..equals]);
                self.add(Cow::Borrowed(key), at, Some(equals + 1), end, number);
                return (equals + len + 1, number + 1);
            }
        }
        let mut reader = LineReader::new(self.text, at, end, number);
        let mut line = self.scratch.take();
        let read = reader.read_into(&mut line);
        if let Some(key) = line.key().filter(|_| read) {
            self.add(Cow::Owned(key.to_owned()), at, None, end, line.number);
        }
        self.scratch.replace(line);
        reader.place()
    }

    /// The first of two equal names wins.
    fn add(&mut self, key: Cow<'t, str>, start: usize, value: Option<usize>, end: usize, number: u32) {
        let hash = hash_name(&key);
        let entries = &self.entries;
        if self.names.find(hash, |n| same_name(&entries[n as usize].key, &key)).is_some() {
            return;
        }
        self.names.insert(hash, entries.len() as u32);
        let value = value.unwrap_or(start) as u32;
        self.entries.push(Entry { key, start: start as u32, value, end: end as u32, number });
    }

    /// Number of different names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// There are no strings.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The values of those lines that hold a backslash: paths, registry keys, device ids.
    pub(crate) fn values_with_backslash(&self) -> impl Iterator<Item = Cow<'t, str>> + '_ {
        self.entries.iter().filter_map(|entry| {
            let rest = &self.text.as_bytes()[entry.start as usize..entry.end as usize];
            let hit = memchr::memchr2(b'\\', b'\n', rest)?;
            (rest[hit] == b'\\').then(|| self.read_value(entry))
        })
    }

    /// The value of a name, compared without case. Its own tokens are not substituted: Windows does not either.
    pub fn get(&self, name: &str) -> Option<Cow<'t, str>> {
        self.number(name).map(|n| self.read_value(&self.entries[n as usize]))
    }

    /// Number of the string that a text stands for when it is one `%token%` and nothing else.
    pub(crate) fn number_of_token(&self, text: &str) -> Option<u32> {
        self.number(whole_token(text)?)
    }

    /// The value of a string by its number, as a field holds it.
    pub(crate) fn value(&self, number: u32) -> Cow<'t, str> {
        capped(self.read_value(&self.entries[number as usize]))
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.names.find(hash_name(name), |n| same_name(&self.entries[n as usize].key, name))
    }

    fn read_value(&self, entry: &Entry<'t>) -> Cow<'t, str> {
        if entry.value > entry.start
            && let Some(value) = quoted_value(self.text, entry.value as usize, entry.end as usize)
        {
            return Cow::Borrowed(value);
        }
        let mut reader = LineReader::new(self.text, entry.start as usize, entry.end as usize, entry.number);
        let mut line = self.scratch.take();
        reader.read_into(&mut line);
        let value = line.first_value();
        self.scratch.replace(line);
        value
    }

    /// Substitutes the `%tokens%` of a field. `%%` becomes `%`; dirids (`%12%`) and unknown tokens stay as they are.
    pub fn expand<'x>(&self, text: Cow<'x, str>) -> Cow<'x, str>
    where
        't: 'x,
    {
        self.expand_with(text, |_| None, |_| {})
    }

    /// As [`expand`](Self::expand). `dirid` gives the folder of a directory id, `undefined` hears of every token that
    /// is neither a string nor a number.
    pub fn expand_with<'x>(
        &self,
        text: Cow<'x, str>,
        dirid: impl Fn(u32) -> Option<Cow<'static, str>>,
        mut undefined: impl FnMut(&str),
    ) -> Cow<'x, str>
    where
        't: 'x,
    {
        if memchr::memchr(b'%', text.as_bytes()).is_none() {
            return capped(text);
        }
        // A field that is one token, the commonest form, takes the string's own text.
        if let Some(number) = self.number_of_token(&text) {
            return self.value(number);
        }
        let mut out = String::with_capacity(text.len() + 32);
        let mut rest: &str = &text;
        while let Some(open) = memchr::memchr(b'%', rest.as_bytes()) {
            out.push_str(&rest[..open]);
            let inner = &rest[open + 1..];
            let Some(close) = memchr::memchr(b'%', inner.as_bytes()) else {
                rest = &rest[open..];
                break;
            };
            let token = &inner[..close];
            rest = &inner[close + 1..];
            if token.is_empty() {
                out.push('%');
            } else if let Some(value) = self.get(token) {
                out.push_str(&value);
            } else {
                self.expand_number(token, rest, &dirid, &mut undefined, &mut out);
            }
        }
        out.push_str(rest);
        capped(Cow::Owned(out))
    }

    fn expand_number(
        &self,
        token: &str,
        rest: &str,
        dirid: &impl Fn(u32) -> Option<Cow<'static, str>>,
        undefined: &mut impl FnMut(&str),
        out: &mut String,
    ) {
        let number = token.trim_start().parse::<u32>().ok();
        if number.is_none() {
            undefined(token);
        }
        match number.and_then(dirid) {
            Some(folder) if rest.starts_with('\\') => out.push_str(folder.trim_end_matches('\\')),
            Some(folder) => out.push_str(&folder),
            None => {
                out.push('%');
                out.push_str(token);
                out.push('%');
            }
        }
    }
}

/// The name in a text that is one `%name%` and nothing else.
fn whole_token(text: &str) -> Option<&str> {
    let name = text.strip_prefix('%')?.strip_suffix('%')?;
    (!name.is_empty() && memchr::memchr(b'%', name.as_bytes()).is_none()).then_some(name)
}

/// `"value"` with nothing behind it on its line, as nearly all strings are written.
fn quoted_value(text: &str, start: usize, end: usize) -> Option<&str> {
    let bytes = &text.as_bytes()[..end];
    let mut open = start;
    while is_blank(*bytes.get(open)?) {
        open += 1;
    }
    if bytes[open] != b'"' {
        return None;
    }
    let rest = &bytes[open + 1..];
    let len = memchr::memchr3(b'"', b'\n', 0, rest).filter(|n| rest[*n] == b'"')?;
    let mut after = &rest[len + 1..];
    while let [first, more @ ..] = after
        && is_blank(*first)
    {
        after = more;
    }
    matches!(after.first(), None | Some(b'\n' | b';' | b',')).then(|| &text[open + 1..open + 1 + len])
}

/// A field cut at the length that Windows keeps.
fn capped(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= MAX_FIELD {
        return text;
    }
    let Some((at, _)) = text.char_indices().nth(MAX_FIELD) else { return text };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..at]),
        Cow::Owned(mut text) => {
            text.truncate(at);
            Cow::Owned(text)
        }
    }
}
