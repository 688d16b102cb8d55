//! The XML data of a WIM: UTF-16LE text, one `<IMAGE INDEX="n">` for each image (FACTS.md 5.1).

use super::xml::{self, Element};

/// `<IMAGE>` as it stands there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XmlImageElement {
    /// `INDEX`, `None` when it is missing or no number.
    pub index: Option<u32>,
    /// The element.
    pub element: Element,
}

impl XmlImageElement {
    /// Trimmed text of the first element with this path; `None` when it is missing or empty.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.element.text_at(path)
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
        self.element.at(path).is_some()
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

/// Reads the XML data. Also UTF-8 is taken, as other tools write it.
pub fn read(bytes: &[u8]) -> WimXml {
    let xml::Xml { root, mut problems, .. } = xml::read(bytes);
    let elements =
        root.map(|r| r.children).unwrap_or_default().into_iter().filter(|e| e.name.eq_ignore_ascii_case("IMAGE"));
    let images: Vec<_> = elements
        .map(|element| XmlImageElement { index: element.attribute("INDEX").and_then(|i| i.parse().ok()), element })
        .collect();
    if images.iter().any(|i| i.index.is_none()) {
        problems.push("an <IMAGE> has no INDEX".to_owned());
    }
    WimXml { images, problems }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn elements_become_texts_and_numbers() {
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
    }
}
