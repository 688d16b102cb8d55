//! Small XML files as a tree of elements: the XML data of a WIM, answer files. Bounded in depth and number; entities that
//! a file defines are not expanded.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name without namespace prefix, as written.
    pub name: String,
    /// Attributes in document order, names without prefix.
    pub attributes: Vec<(String, String)>,
    /// Its own text, pieces between child elements joined.
    pub text: String,
    /// Its child elements in document order.
    pub children: Vec<Element>,
    /// 1-based line of its start tag; 0 for an element that was not read.
    pub line: u32,
}

impl Element {
    /// Child elements with this name, without case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |c| c.name.eq_ignore_ascii_case(name))
    }

    /// The first element along a path of names, `VERSION/MAJOR`.
    pub fn at(&self, path: &str) -> Option<&Element> {
        path.split('/')
            .try_fold(self, |element, name| element.children.iter().find(|c| c.name.eq_ignore_ascii_case(name)))
    }

    /// Trimmed text of [`Self::at`]; `None` when it is missing or empty.
    pub fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path).map(|e| e.text.trim()).filter(|t| !t.is_empty())
    }

    /// Value of an attribute, without case of its name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
    }
}

/// What reading gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Xml {
    /// The root element; of several the first one. Elements that were still open at a fault are in it.
    pub root: Option<Element>,
    /// What could not be read.
    pub problems: Vec<String>,
    /// What is no well-formed XML, although nothing of it was lost here: strict readers refuse the file.
    pub faults: Vec<String>,
}

/// Deepest element; WIM data have 5 levels, answer files about 10.
const MAX_DEPTH: usize = 64;
/// Most elements.
const MAX_ELEMENTS: usize = 100_000;

/// Most faults that are told: the first one decides.
const MAX_FAULTS: usize = 20;
/// Most prefixes that are declared at one place; answer files have three.
const MAX_PREFIXES: usize = 100;
/// Most characters of a name that a fault quotes.
const MAX_QUOTED: usize = 60;

/// Reads a file: UTF-16 (with a mark, or little-endian without), the code page that it declares, else UTF-8.
pub fn read(bytes: &[u8]) -> Xml {
    let encoding = match bytes {
        [0xFE, 0xFF, ..] => UTF_16BE,
        [0xFF, 0xFE, ..] | [_, 0, ..] => UTF_16LE,
        _ => code_page(bytes).unwrap_or(UTF_8),
    };
    let (text, _, damaged) = encoding.decode(bytes);
    let mut tree = Tree { wide: encoding != UTF_8 && !encoding.is_ascii_compatible(), ..Tree::default() };
    if damaged {
        tree.problems.push(format!("the text is not valid {}", encoding.name()));
    }
    // Some writers end the text with a NUL.
    tree.all(text.trim_end_matches('\0'));
    Xml { root: tree.root, problems: tree.problems, faults: tree.faults }
}

/// The encoding of the XML declaration, where its letters are those of ASCII: the declaration could not be read otherwise.
fn code_page(bytes: &[u8]) -> Option<&'static Encoding> {
    const LONGEST: usize = 200;
    // A byte order mark says more than the declaration.
    (!bytes.starts_with(b"\xEF\xBB\xBF")).then_some(())?;
    let head = &bytes[..bytes.len().min(LONGEST)];
    let head = &head[..memchr::memmem::find(head, b"?>")?];
    let declared = declared_encoding(&String::from_utf8_lossy(head))?;
    Encoding::for_label(declared.as_bytes()).filter(|e| e.is_ascii_compatible())
}

/// `windows-1252` of `<?xml version="1.0" encoding="windows-1252"`.
fn declared_encoding(declaration: &str) -> Option<String> {
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value[1..].split(quote).next()?.to_owned())
}

#[derive(Default)]
struct Tree {
    root: Option<Element>,
    /// Where the line is counted up to, in bytes, and the line there, from 0.
    counted: (usize, u32),
    open: Vec<Element>,
    elements: usize,
    problems: Vec<String>,
    /// The bytes are UTF-16.
    wide: bool,
    /// Prefixes that are declared, each with the depth of its element.
    prefixes: Vec<(String, usize)>,
    faults: Vec<String>,
}

impl Tree {
    fn all(&mut self, text: &str) {
        let mut reader = Reader::from_str(text);
        loop {
            let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            match reader.read_event() {
                Ok(Event::Start(start)) => self.start(&start, text, at),
                Ok(Event::Empty(start)) => {
                    self.start(&start, text, at);
                    self.end();
                }
                Ok(Event::End(_)) => self.end(),
                Ok(Event::Decl(declaration)) => self.declaration(declaration.as_ref(), at),
                Ok(Event::Text(text)) => self.text(text.as_ref()),
                Ok(Event::CData(data)) => self.text(data.as_ref()),
                Ok(Event::GeneralRef(reference)) => self.reference(&reference),
                Ok(Event::Eof) => break,
                Ok(_) => {}
                Err(error) => {
                    self.problems.push(format!("XML error at byte {}: {error}", reader.error_position()));
                    break;
                }
            }
            if self.open.len() > MAX_DEPTH || self.elements > MAX_ELEMENTS {
                self.problems.push("too many or too deeply nested elements".to_owned());
                break;
            }
        }
        if !self.open.is_empty() && self.problems.is_empty() {
            let open: Vec<&str> = self.open.iter().map(|e| e.name.as_str()).collect();
            self.problems.push(format!("the text ends inside <{}>", open.join("><")));
        }
        while !self.open.is_empty() {
            self.end();
        }
        if self.root.is_none() && self.problems.is_empty() {
            self.problems.push("there is no XML text".to_owned());
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, text: &str, at: usize) {
        let local = |name: &str| name.rsplit(':').next().unwrap_or(name).to_owned();
        let value = |v: &str| unescape(v).map_or_else(|_| v.to_owned(), Cow::into_owned);
        let attributes = start.attributes().flatten().map(|a| (local(a.key.as_ref()), value(&a.value))).collect();
        let name = local(start.name().as_ref());
        let line = self.line(text, at);
        self.names_are_declared(start, line);
        if self.open.is_empty() && self.root.is_some() {
            let name: String = name.chars().take(MAX_QUOTED).collect();
            self.fault(format!("line {line}: a second root element, <{name}>"));
        }
        self.open.push(Element { name, attributes, line, ..Element::default() });
        self.elements += 1;
    }

    /// Tags come in order, so that every byte is looked at once.
    fn line(&mut self, text: &str, at: usize) -> u32 {
        let (counted, line) = self.counted;
        let between = text.as_bytes().get(counted..at).unwrap_or_default();
        let more = u32::try_from(memchr::memchr_iter(b'\n', between).count()).unwrap_or(u32::MAX);
        self.counted = (at.max(counted), line.saturating_add(more));
        self.counted.1.saturating_add(1)
    }

    fn fault(&mut self, text: String) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(text);
        }
    }

    /// `<?xml ...?>` must be the first thing in the file, and must not lie about its encoding.
    fn declaration(&mut self, declaration: &str, at: usize) {
        // The byte order mark went when the text was decoded.
        if at > 0 {
            self.fault("the declaration <?xml ...?> is not the first thing in the file".to_owned());
        }
        let declared = declared_encoding(declaration).unwrap_or_default();
        if declared.to_ascii_lowercase().starts_with("utf-16") && !self.wide {
            self.fault("it declares UTF-16, and its bytes are none".to_owned());
        }
    }

    /// Every prefix of the element and of its attributes is declared on it or around it.
    fn names_are_declared(&mut self, start: &BytesStart<'_>, line: u32) {
        let depth = self.open.len();
        self.prefixes.retain(|(_, d)| *d < depth);
        let keys: Vec<String> = start.attributes().flatten().map(|a| a.key.as_ref().to_owned()).collect();
        for prefix in keys.iter().filter_map(|k| k.strip_prefix("xmlns:")) {
            if self.prefixes.len() < MAX_PREFIXES {
                self.prefixes.push((prefix.to_owned(), depth));
            }
        }
        let element = start.name().as_ref().to_owned();
        for name in std::iter::once(&element).chain(&keys) {
            let Some((prefix, _)) = name.split_once(':') else { continue };
            let declared = self.prefixes.iter().any(|(p, _)| p == prefix);
            if !matches!(prefix, "xml" | "xmlns") && !declared {
                let name: String = name.chars().take(MAX_QUOTED).collect();
                self.fault(format!("line {line}: the prefix of {name} is declared nowhere (no xmlns for it)"));
            }
        }
    }

    fn end(&mut self) {
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None if self.root.is_none() => self.root = Some(element),
            None => {}
        }
    }

    fn text(&mut self, text: &str) {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            // The reader gives the byte order mark, where there is one, as text.
            None if text.trim_start_matches('\u{feff}').trim().is_empty() => {}
            None => self.fault("there is text outside of the root element".to_owned()),
        }
    }

    /// `&amp;` and `&#174;`; other entities are kept as they stand.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        match (reference.resolve_char_ref(), reference.as_ref()) {
            (Ok(Some(character)), _) => self.text(character.encode_utf8(&mut [0; 4])),
            (_, "amp") => self.text("&"),
            (_, "lt") => self.text("<"),
            (_, "gt") => self.text(">"),
            (_, "quot") => self.text("\""),
            (_, "apos") => self.text("'"),
            (_, other) => self.text(&format!("&{other};")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_a_problem_and_keeps_what_came_before() {
        let cases: [(&str, Option<&str>, &str); 5] = [
            ("", None, "no XML text"),
            ("just text", None, "no XML text"),
            ("<a><b>x</b>", Some("x"), "ends inside <a>"),
            ("<a><b>x</b></c>", Some("x"), "XML error"),
            ("<a><b>x", Some("x"), "ends inside <a><b>"),
        ];
        for (text, wanted, problem) in cases {
            let xml = read(text.as_bytes());
            assert_eq!(xml.root.as_ref().and_then(|r| r.text_at("B")), wanted, "{text}");
            assert!(xml.problems.iter().any(|p| p.contains(problem)), "{text}: {:?}", xml.problems);
        }
        let deep = read("<a>".repeat(100_000).as_bytes());
        assert!(deep.problems[0].contains("too deeply"), "{:?}", deep.problems);
    }

    #[test]
    fn entities_namespaces_and_encodings() {
        let text = "<!DOCTYPE x [<!ENTITY e \"boom\">]><x:a w:Q='1'><b>a&e;&amp;&#174;<![CDATA[<]]></b></x:a>";
        let utf16 = |unit: fn(u16) -> [u8; 2]| {
            [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(unit).collect::<Vec<_>>()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
            utf16(u16::to_le_bytes)[2..].to_vec(),
        ] {
            let xml = read(&bytes);
            let root = xml.root.unwrap();
            assert_eq!((root.name.as_str(), root.attribute("q"), root.text_at("b")), ("a", Some("1"), Some("a&e;&®<")));
            assert_eq!(xml.problems, Vec::<String>::new());
        }
    }

    #[test]
    fn what_a_strict_reader_refuses_is_a_fault() {
        for (text, fault) in [
            ("<a xmlns:w='u'><b w:q='1'/></a>", None),
            ("\u{feff}<?xml version='1.0' encoding='utf-8'?>\n<a xml:lang='x'/>\n<!-- c -->\n", None),
            ("<a><b w:q='1'/></a>", Some("line 1: the prefix of w:q")),
            ("<a><b xmlns:w='u'/><w:c/></a>", Some("the prefix of w:c")),
            ("<a/>text", Some("text outside")),
            ("\n<?xml version='1.0'?><a/>", Some("not the first thing")),
            ("<a/><b/>", Some("a second root element, <b>")),
            ("<?xml version='1.0' encoding='utf-16'?><a/>", Some("declares UTF-16")),
        ] {
            let xml = read(text.as_bytes());
            assert_eq!(xml.problems, Vec::<String>::new(), "{text}");
            assert_eq!(xml.faults.len(), usize::from(fault.is_some()), "{text}: {:?}", xml.faults);
            assert!(fault.is_none_or(|f| xml.faults[0].contains(f)), "{text}: {:?}", xml.faults);
        }
    }

    #[test]
    fn a_declared_code_page_is_read() {
        let xml = read(b"<?xml version=\"1.0\" encoding=\"windows-1252\"?><a>\xE4</a>");
        assert_eq!((xml.root.unwrap().text.as_str(), xml.problems.len(), xml.faults.len()), ("ä", 0, 0));
        let xml = read(b"<?xml version=\"1.0\" encoding=\"utf-8\"?><a>\xE4</a>");
        assert_eq!(xml.problems, ["the text is not valid UTF-8"]);
    }

    #[test]
    fn elements_know_their_lines() {
        let text = "<?xml version='1.0'?>\r\n<a>\n\n  <b x='1'\n y='2'/><c>t\n</c>\n <d/></a>";
        let bom = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
        let utf16: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &bom, &utf16] {
            let root = read(bytes).root.unwrap();
            let lines: Vec<(&str, u32)> = root.children.iter().map(|c| (c.name.as_str(), c.line)).collect();
            assert_eq!((root.line, lines), (2, vec![("b", 4), ("c", 5), ("d", 7)]));
        }
    }

    #[test]
    fn attributes_are_unescaped() {
        let root = read(b"<a name='x &amp; &quot;y&quot; &unknown; '/>").root.unwrap();
        assert_eq!(root.attribute("name"), Some("x &amp; &quot;y&quot; &unknown;"), "an entity of the file stays");
        let root = read(b"<a name='x &amp; &quot;y&quot;'/>").root.unwrap();
        assert_eq!(root.attribute("name"), Some("x & \"y\""));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = read(&bytes);
        }
    }
}
