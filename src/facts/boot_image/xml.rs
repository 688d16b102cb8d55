//! `<IMAGE>` of the XML data → [`XmlImage`]. What is missing is `None`, never 0 (IMAGES.md: `wimlib-imagex info` prints 0).

use super::XmlImage;
use crate::facts::os_version::OsVersion;
use crate::formats::wim_xml::{WimXml, XmlImageElement};

/// Every image of the XML data, ordered by index. Elements without a usable index are left out.
pub fn images(xml: &WimXml) -> Vec<XmlImage> {
    let mut images: Vec<_> = xml.images.iter().filter_map(image).collect();
    images.sort_by_key(|i| i.index);
    images.dedup_by_key(|i| i.index);
    images
}

fn image(element: &XmlImageElement) -> Option<XmlImage> {
    let text = |path: &str| element.text(path).map(str::to_owned);
    let number = |path: &str| element.number(path).and_then(|n| u32::try_from(n).ok());
    Some(XmlImage {
        index: element.index?,
        name: text("NAME"),
        description: text("DESCRIPTION"),
        flags: text("FLAGS"),
        dir_count: element.number("DIRCOUNT"),
        file_count: element.number("FILECOUNT"),
        total_bytes: element.number("TOTALBYTES"),
        has_windows: element.has("WINDOWS"),
        arch_number: number("WINDOWS/ARCH"),
        version: version(element),
        sp_level: number("WINDOWS/VERSION/SPLEVEL"),
        edition_id: text("WINDOWS/EDITIONID"),
        installation_type: text("WINDOWS/INSTALLATIONTYPE"),
        product_type: text("WINDOWS/PRODUCTTYPE"),
        default_language: text("WINDOWS/LANGUAGES/DEFAULT"),
    })
}

fn version(element: &XmlImageElement) -> Option<OsVersion> {
    let part = |name: &str| element.number(&format!("WINDOWS/VERSION/{name}"));
    Some(OsVersion {
        major: u16::try_from(part("MAJOR")?).ok()?,
        minor: u16::try_from(part("MINOR")?).ok()?,
        build: Some(u32::try_from(part("BUILD")?).ok()?),
        sp_build: part("SPBUILD").and_then(|n| u32::try_from(n).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::wim_xml;

    #[test]
    fn missing_parts_of_a_version_are_no_zeros() {
        let cases = [
            ("<MAJOR>6</MAJOR><MINOR>1</MINOR><BUILD>7600</BUILD><SPBUILD>16385</SPBUILD>", Some("6.1.7600.16385")),
            ("<MAJOR>6</MAJOR><MINOR>1</MINOR><BUILD>7600</BUILD>", Some("6.1.7600")),
            ("<MAJOR>6</MAJOR><MINOR>1</MINOR><SPBUILD>16385</SPBUILD>", None),
            ("<MAJOR>x</MAJOR><MINOR>1</MINOR><BUILD>7600</BUILD>", None),
            ("", None),
        ];
        for (inner, wanted) in cases {
            let text = format!(
                "<WIM><IMAGE INDEX=\"1\"><WINDOWS><VERSION>{inner}</VERSION></WINDOWS></IMAGE><IMAGE INDEX=\"2\"/></WIM>"
            );
            let images = images(&wim_xml::read(text.as_bytes()));
            assert_eq!(images[0].version.map(|v| v.to_string()).as_deref(), wanted, "{inner}");
            assert!(images[0].has_windows && !images[1].has_windows);
            assert_eq!(images[1].arch_number, None);
        }
    }
}
