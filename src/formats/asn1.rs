//! Walking ASN.1 (DER): nodes, their children, and the few value types that signatures use.
//!
//! Structures that real files bend are walked here node by node, with `der`'s headers: its typed SETs refuse what Windows
//! accepts (the same certificate twice, DEPENDENCIES.md 4). Where bytes are damaged a walk ends early; [`damage`] tells
//! that in one place, so that readers need not.

use std::borrow::Cow;
use std::fmt::Write as _;

use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Header, Reader, SliceReader, Tag};

/// Deepest nesting that is looked into; a signed catalog with a timestamp inside has 25 levels.
const MAX_DEPTH: usize = 64;

/// One element: tag and value, both borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// Tag.
    pub tag: Tag,
    /// The value without tag and length.
    pub value: &'a [u8],
    /// Tag, length and value.
    pub raw: &'a [u8],
}

/// Reads the first element. `Err` says why there is none.
pub fn first(bytes: &[u8]) -> Result<Node<'_>, String> {
    let reason = |e: x509_cert::der::Error| e.kind().to_string();
    let mut reader = SliceReader::new(bytes).map_err(reason)?;
    let header = Header::decode(&mut reader).map_err(reason)?;
    let value = reader.read_slice(header.length).map_err(reason)?;
    let used = usize::try_from(reader.position()).map_err(reason)?;
    Ok(Node { tag: header.tag, value, raw: bytes.get(..used).unwrap_or(bytes) })
}

/// The elements that stand one after the other in some bytes; ends at the first damaged one.
#[derive(Clone, Debug)]
pub struct Nodes<'a>(&'a [u8]);

impl<'a> Iterator for Nodes<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let node = first(self.0).ok()?;
        self.0 = self.0.get(node.raw.len()..).unwrap_or_default();
        Some(node)
    }
}

impl<'a> Node<'a> {
    /// The elements inside; none for a value that is not constructed.
    pub fn children(&self) -> Nodes<'a> {
        Nodes(if self.tag.is_constructed() { self.value } else { &[] })
    }

    /// The elements inside, when this has the given tag.
    pub fn children_of(&self, tag: Tag) -> Nodes<'a> {
        if self.tag == tag { self.children() } else { Nodes(&[]) }
    }

    /// This is `[number]`, constructed or not.
    pub fn is_context(&self, number: u8) -> bool {
        self.tag.is_context_specific() && self.tag.number().value() == number
    }

    /// OBJECT IDENTIFIER.
    pub fn oid(&self) -> Option<ObjectIdentifier> {
        if self.tag == Tag::ObjectIdentifier { ObjectIdentifier::from_bytes(self.value).ok() } else { None }
    }

    /// The text of a string type. OCTET STRINGs hold no text by themselves: see [`utf16le`].
    pub fn text(&self) -> Option<String> {
        match self.tag {
            Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::VisibleString | Tag::NumericString => {
                Some(String::from_utf8_lossy(self.value).into_owned())
            }
            // T.61 in name, Latin-1 in practice.
            Tag::TeletexString => Some(self.value.iter().map(|b| char::from(*b)).collect()),
            Tag::BmpString => Some(utf16(self.value, u16::from_be_bytes)),
            _ => None,
        }
    }

    /// UTCTime or GeneralizedTime as `2009-10-01T00:00:00Z`; a time of another form as it stands.
    pub fn time(&self) -> Option<String> {
        let text = std::str::from_utf8(self.value).ok()?.trim();
        let (century, rest) = match self.tag {
            Tag::UtcTime if text.get(..2)? >= "50" => ("19", text),
            Tag::UtcTime => ("20", text),
            Tag::GeneralizedTime => (text.get(..2)?, text.get(2..)?),
            _ => return None,
        };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if !(digits == 10 || digits == 12) || !rest.ends_with('Z') {
            return Some(text.chars().filter(|c| !c.is_control()).take(40).collect());
        }
        let part = |at: usize| rest.get(at..at + 2).filter(|_| at + 2 <= digits).unwrap_or("00");
        Some(format!("{century}{}-{}-{}T{}:{}:{}Z", part(0), part(2), part(4), part(6), part(8), part(10)))
    }
}

/// UTF-16LE up to its first NUL; an odd byte at the end is left out.
pub fn utf16le(bytes: &[u8]) -> String {
    utf16(bytes, u16::from_le_bytes)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).take_while(|unit| *unit != 0);
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Bytes as lower-case hex text.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The first place where the structure is damaged, in words; `None` when all of it can be walked.
///
/// Only constructed values are looked into: what an OCTET STRING holds is up to its reader.
pub fn damage(node: &Node<'_>) -> Option<String> {
    fn inside(node: &Node<'_>, depth: usize) -> Option<String> {
        if depth > MAX_DEPTH {
            return Some(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        let mut seen = 0;
        for child in node.children() {
            seen += child.raw.len();
            if let Some(problem) = inside(&child, depth + 1) {
                return Some(problem);
            }
        }
        let rest = node.value.get(seen..).unwrap_or_default();
        match first(rest) {
            _ if !node.tag.is_constructed() || rest.is_empty() => None,
            Ok(_) => None,
            Err(reason) => Some(reason),
        }
    }
    inside(node, 0)
}

/// The same bytes with definite lengths: BER's indefinite ones and strings in pieces are put into DER's form.
///
/// Bytes that use none of these come back as they are. `None` when they end before a length does, or nest too deep.
pub fn with_definite_lengths(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    // Only a constructed element (0x20) can be indefinite (0x80), and it can stand below definite ones only in files that
    // nobody writes: the outermost one tells.
    if !matches!(bytes, [tag, 0x80, ..] if tag & 0x20 != 0) {
        return Some(Cow::Borrowed(bytes));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let rest = rewrite(bytes, &mut out, 0)?;
    out.extend_from_slice(rest);
    Some(Cow::Owned(out))
}

/// Rewrites one element to `out` and gives what follows it.
fn rewrite<'a>(bytes: &'a [u8], out: &mut Vec<u8>, depth: usize) -> Option<&'a [u8]> {
    const STRING_IN_PIECES: u8 = 0x24;
    let (&tag, after_tag) = bytes.split_first()?;
    if depth > MAX_DEPTH || tag & 0x1f == 0x1f {
        return None;
    }
    let (length, body) = ber_length(after_tag)?;
    let (mut body, after) = match length {
        Some(length) => (body.get(..length)?, body.get(length..)?),
        None => (body, &[][..]),
    };
    if tag & 0x20 == 0 {
        return length.is_some().then(|| {
            push_element(out, tag, body);
            after
        });
    }
    let mut value = Vec::new();
    let after = loop {
        match (length, body) {
            (Some(_), []) => break after,
            (None, [0, 0, rest @ ..]) => break rest,
            _ => body = rewrite(body, &mut value, depth + 1)?,
        }
    };
    if tag == STRING_IN_PIECES {
        let pieces: Vec<u8> = Nodes(&value).flat_map(|piece| piece.value.iter().copied()).collect();
        push_element(out, tag & !0x20, &pieces);
    } else {
        push_element(out, tag, &value);
    }
    Some(after)
}

/// A BER length, `None` inside for the indefinite one, and what follows it.
fn ber_length(bytes: &[u8]) -> Option<(Option<usize>, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        0x80 => Some((None, rest)),
        0..0x80 => Some((Some(usize::from(first)), rest)),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits.iter().fold(0u64, |sum, digit| sum << 8 | u64::from(*digit));
            Some((Some(usize::try_from(length).ok()?), rest))
        }
        _ => None,
    }
}

fn push_element(out: &mut Vec<u8>, tag: u8, value: &[u8]) {
    out.push(tag);
    let length = u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes();
    let digits = &length[length.iter().position(|b| *b != 0).unwrap_or(length.len() - 1)..];
    match digits {
        [one @ 0..0x80] => out.push(*one),
        _ => {
            // At most eight digits.
            out.push(0x80 | digits.len() as u8);
            out.extend_from_slice(digits);
        }
    }
    out.extend_from_slice(value);
}

#[cfg(test)]
pub(crate) mod build;
#[cfg(test)]
mod tests;
