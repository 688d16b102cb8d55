//! The XML data of a WIM: UTF-16LE text, one `<IMAGE INDEX="n">` for each image (FACTS.md 5.1).

use encoding_rs::{UTF_8, UTF_16LE};
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// `<IMAGE>` as it stands there: every leaf element below it, with its path (`WINDOWS/VERSION/MAJOR`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XmlImageElement {
    /// `INDEX`, `None` when it is missing or no number.
    pub index: Option<u32>,
    /// Paths and texts in document order; an element without text has an empty one.
    pub leaves: Vec<(String, String)>,
}

impl XmlImageElement {
    /// Trimmed text of the first element with this path; `None` when it is missing or empty.
    pub fn text(&self, path: &str) -> Option<&str> {
        let (_, text) = self.leaves.iter().find(|(p, _)| p == path)?;
        Some(text.trim()).filter(|t| !t.is_empty())
    }

    /// The same as a number: decimal, or hexadecimal with `0x`.
    pub fn number(&self, path: &str) -> Option<u64> {
        let text = self.text(path)?;
        match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => text.parse().ok(),
        }
    }

    /// The element is there, with or without content.
    pub fn has(&self, path: &str) -> bool {
        self.leaves.iter().any(|(p, _)| p == path || p.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// What the XML data say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WimXml {
    /// One entry for each `<IMAGE>`, in document order.
    pub images: Vec<XmlImageElement>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// Deepest element; real data have 5 levels.
const MAX_DEPTH: usize = 32;
/// Most elements that are kept.
const MAX_LEAVES: usize = 100_000;

/// Reads the XML data. Also UTF-8 is taken, as other tools write it.
pub fn read(bytes: &[u8]) -> WimXml {
    let encoding = if bytes.get(1) == Some(&0) || bytes.starts_with(&[0xFF, 0xFE]) { UTF_16LE } else { UTF_8 };
    let (text, _, damaged) = encoding.decode(bytes);
    let mut reading = Reading::default();
    if damaged {
        reading.xml.problems.push("the text is not valid UTF-16".to_owned());
    }
    // libwim and imagex end the text with a NUL now and then.
    reading.all(text.trim_end_matches('\0'));
    reading.xml
}

#[derive(Default)]
struct Reading {
    xml: WimXml,
    /// Names of the open elements.
    open: Vec<String>,
    text: String,
    /// The open element has child elements.
    has_children: bool,
    leaves: usize,
}

impl Reading {
    fn all(&mut self, text: &str) {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => self.start(&start),
                Ok(Event::Empty(start)) => {
                    self.start(&start);
                    self.end();
                }
                Ok(Event::End(_)) => self.end(),
                Ok(Event::Text(text)) => self.text.push_str(text.as_ref()),
                Ok(Event::CData(data)) => self.text.push_str(data.as_ref()),
                Ok(Event::GeneralRef(reference)) => self.reference(&reference),
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(error) => {
                    self.xml.problems.push(format!("XML error at byte {}: {error}", reader.error_position()));
                    return;
                }
            }
            if self.open.len() > MAX_DEPTH || self.leaves > MAX_LEAVES {
                self.xml.problems.push("too many or too deeply nested elements".to_owned());
                return;
            }
        }
        if !self.open.is_empty() {
            self.xml.problems.push(format!("the text ends inside <{}>", self.open.join("><")));
        }
        if self.xml.images.is_empty() && self.leaves == 0 && self.xml.problems.is_empty() {
            self.xml.problems.push("there is no XML text".to_owned());
        }
    }

    fn start(&mut self, start: &BytesStart<'_>) {
        let name = start.name().as_ref().to_owned();
        self.open.push(name.to_ascii_uppercase());
        self.text.clear();
        self.has_children = false;
        if self.open.len() == 2 && self.open[1] == "IMAGE" {
            let attribute = start.attributes().flatten().find(|a| a.key.as_ref().eq_ignore_ascii_case("INDEX"));
            let index = attribute.and_then(|a| a.value.trim().parse().ok());
            if index.is_none() {
                self.xml.problems.push("an <IMAGE> has no INDEX".to_owned());
            }
            self.xml.images.push(XmlImageElement { index, leaves: Vec::new() });
        }
    }

    fn end(&mut self) {
        if self.open.len() > 2 && self.open[1] == "IMAGE" && !self.has_children {
            let path = self.open[2..].join("/");
            let text = std::mem::take(&mut self.text);
            if let Some(image) = self.xml.images.last_mut() {
                image.leaves.push((path, text));
            }
        }
        self.leaves += 1;
        self.open.pop();
        self.text.clear();
        self.has_children = true;
    }

    /// `&amp;` and `&#174;`; other entities are kept as they stand, nothing is expanded.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        match (reference.resolve_char_ref(), reference.as_ref()) {
            (Ok(Some(character)), _) => self.text.push(character),
            (_, "amp") => self.text.push('&'),
            (_, "lt") => self.text.push('<'),
            (_, "gt") => self.text.push('>'),
            (_, "quot") => self.text.push('"'),
            (_, "apos") => self.text.push('\''),
            (_, other) => {
                self.text.push('&');
                self.text.push_str(other);
                self.text.push(';');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn elements_become_paths_with_text() {
        let xml = read(&utf16(
            "<WIM><TOTALBYTES>1</TOTALBYTES><IMAGE INDEX=\"2\"><NAME>A &amp; B &#174;</NAME><WINDOWS><ARCH>9</ARCH>\
             <VERSION><MAJOR>6</MAJOR></VERSION><PRODUCTSUITE></PRODUCTSUITE></WINDOWS><DIRCOUNT>0x1F</DIRCOUNT></IMAGE></WIM>",
        ));
        assert_eq!(xml.problems, Vec::<String>::new());
        let image = &xml.images[0];
        assert_eq!(image.index, Some(2));
        assert_eq!(image.text("NAME"), Some("A & B ®"));
        assert_eq!(image.number("WINDOWS/VERSION/MAJOR"), Some(6));
        assert_eq!(image.number("WINDOWS/VERSION/MINOR"), None);
        assert_eq!(image.text("WINDOWS/PRODUCTSUITE"), None);
        assert!(image.has("WINDOWS") && image.has("WINDOWS/PRODUCTSUITE") && !image.has("WINDOW"));
        assert_eq!(image.number("DIRCOUNT"), Some(31));
    }

    #[test]
    fn damage_is_a_problem_and_keeps_what_came_before() {
        let cases: [(&str, usize, &str); 6] = [
            ("", 0, "no XML text"),
            ("<WIM><IMAGE INDEX=\"1\"><NAME>x</NAME>", 1, "ends inside"),
            ("<WIM><IMAGE><NAME>x</NAME></IMAGE></WIM>", 1, "no INDEX"),
            ("<WIM><IMAGE INDEX=\"1\"></WIM>", 1, "XML error"),
            ("just text", 0, "no XML text"),
            ("<WIM><IMAGE INDEX=\"-1\"/></WIM>", 1, "no INDEX"),
        ];
        for (text, images, problem) in cases {
            let xml = read(&utf16(text));
            assert_eq!(xml.images.len(), images, "{text}");
            assert!(xml.problems.iter().any(|p| p.contains(problem)), "{text}: {:?}", xml.problems);
        }
        let deep = read(&utf16(&"<a>".repeat(100_000)));
        assert!(deep.problems[0].contains("too deeply"), "{:?}", deep.problems);
    }

    #[test]
    fn an_unknown_entity_stays_text() {
        let xml = read(b"<!DOCTYPE x [<!ENTITY e \"boom\">]><WIM><IMAGE INDEX='1'><NAME>a&e;b</NAME></IMAGE></WIM>");
        assert_eq!(xml.images[0].text("NAME"), Some("a&e;b"));
    }
}
