//! The one way into the page: own markup is `&'static str`, so nothing from an input can get in without being escaped.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::report::inert::is_invisible;

/// Writes markup and escapes everything else.
pub(in crate::report) struct Html<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Html<'a> {
    /// On this writer.
    pub(in crate::report) fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// Markup of our own. Only literals are `'static`: text of an input can not be handed in.
    pub(in crate::report) fn raw(&mut self, markup: &'static str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    /// Text of any origin.
    pub(in crate::report) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(escaped(&visible(text)).as_bytes())
    }

    /// Text with long words in it, such as paths: it may be broken behind a `/` or `\`, and nothing is lost when copied.
    pub(in crate::report) fn breakable(&mut self, text: &str) -> io::Result<()> {
        for part in visible(text).split_inclusive(['/', '\\']) {
            self.out.write_all(escaped(part).as_bytes())?;
            if part.ends_with(['/', '\\']) {
                self.raw("<wbr>")?;
            }
        }
        Ok(())
    }

    /// A path, a file name or an id: left to right whatever it holds, and without a word on what stands around it.
    pub(in crate::report) fn path(&mut self, class: &'static str, path: &str, most: usize) -> io::Result<()> {
        self.raw("<bdi")?;
        self.attr("class", class)?;
        self.raw(">")?;
        self.breakable(&clip(path, most))?;
        self.raw("</bdi>")
    }

    /// A number.
    pub(in crate::report) fn number<N: Into<u64>>(&mut self, number: N) -> io::Result<()> {
        self.out.write_all(grouped(number.into()).as_bytes())
    }

    /// A count.
    pub(in crate::report) fn count(&mut self, count: usize) -> io::Result<()> {
        self.number(count as u64)
    }

    /// ` name="value"`.
    pub(in crate::report) fn attr(&mut self, name: &'static str, value: &str) -> io::Result<()> {
        self.out.write_all(b" ")?;
        self.out.write_all(name.as_bytes())?;
        self.out.write_all(b"=\"")?;
        self.text(value)?;
        self.out.write_all(b"\"")
    }

    /// `<tag class="class">text</tag>`.
    pub(in crate::report) fn element(&mut self, tag: &'static str, class: &'static str, text: &str) -> io::Result<()> {
        self.raw("<")?;
        self.raw(tag)?;
        if !class.is_empty() {
            self.attr("class", class)?;
        }
        self.raw(">")?;
        self.text(text)?;
        self.raw("</")?;
        self.raw(tag)?;
        self.raw(">")
    }

    /// Text that may be absurdly long: its beginning, and the whole of it behind a disclosure. Not inside of `<p>`.
    pub(in crate::report) fn long(&mut self, text: &str, most: usize) -> io::Result<()> {
        let short = clip(text, most);
        self.text(&short)?;
        if short.len() == text.len() {
            return Ok(());
        }
        self.raw("<details class=\"whole\"><summary>all ")?;
        self.count(text.chars().count())?;
        self.raw(" characters</summary><div>")?;
        self.text(text)?;
        self.raw("</div></details>")
    }

    /// An icon of the sprite in page.html; the words beside it carry the meaning.
    pub(in crate::report) fn icon(&mut self, name: &'static str) -> io::Result<()> {
        self.raw("<svg class=\"icon\" aria-hidden=\"true\" focusable=\"false\"><use href=\"#i-")?;
        self.raw(name)?;
        self.raw("\"/></svg>")
    }
}

/// The beginning of a text, with an ellipsis where something is left out.
pub(in crate::report) fn clip(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        // One more character would not be worth an ellipsis.
        Some((at, _)) if text[at..].chars().nth(1).is_some() => Cow::Owned(format!("{}…", &text[..at])),
        _ => Cow::Borrowed(text),
    }
}

/// Control characters, bidirectional controls and what has no width, made visible: in the page they command nothing and hide
/// nothing.
pub(in crate::report) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' | '\n' => shown.push(' '),
            // The pictures of the C0 controls stand in the same order.
            '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\u{7f}' => shown.push('\u{2421}'),
            c if is_hidden(c) => {
                let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

fn is_hidden(c: char) -> bool {
    // Beside what no report may hold: letters without a shape, which would make two names look the same.
    is_invisible(c) || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}')
}

fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// `12,345`.
pub(in crate::report) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `Install package, run from DP` for `install package, run from DP`.
pub(in crate::report) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `1 image`, `2 images`, `1,204 images`.
pub(in crate::report) fn plural(count: usize, noun: &str) -> String {
    let number = grouped(count as u64);
    if count == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Text of any origin for the JSON blocks of the page.
#[derive(Clone, Copy)]
pub(in crate::report) struct Safe<'a>(pub(in crate::report) &'a str);

impl Serialize for Safe<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&visible(self.0))
    }
}

impl Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&visible(self.0))
    }
}

/// JSON inside of `<script>`: `<`, `>` and `&` stand in strings only, and become escapes there, so that no text ends the
/// block or opens a comment.
pub(in crate::report) struct ScriptData<'a>(pub(in crate::report) &'a mut dyn Write);

impl Write for ScriptData<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|b| matches!(b, b'<' | b'>' | b'&')) {
            self.0.write_all(&rest[..at])?;
            write!(self.0, "\\u{:04x}", rest[at])?;
            rest = &rest[at + 1..];
        }
        self.0.write_all(rest)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Base64 with padding, for the hashes of the Content-Security-Policy.
pub(in crate::report) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let three = [group[0], group.get(1).copied().unwrap_or(0), group.get(2).copied().unwrap_or(0)];
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for digit in 0..4 {
            let at = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit > group.len() { '=' } else { char::from(DIGITS[at as usize]) });
        }
    }
    text
}
