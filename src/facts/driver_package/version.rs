//! `[Version]` (FACTS.md 2.2).

use super::read::Reader;
use super::{CatalogRef, DriverDate, DriverVer, Located, VersionSection};
use crate::facts::ids::Arch;
use crate::formats::inf::Line;

impl Reader<'_> {
    /// Reads `[Version]`; of two equal keys the first one counts.
    pub(super) fn version(&mut self) -> VersionSection {
        let mut version = VersionSection::default();
        let Some(id) = self.inf.section_id("Version") else { return version };
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read() {
            // A word alone on its line is its own key, for Windows too.
            let Some(key) = line.key() else { continue };
            let is = |name: &str| key.eq_ignore_ascii_case(name);
            if is("Signature") {
                self.first(&mut version.signature, line);
            } else if is("Class") {
                self.first(&mut version.class, line);
            } else if is("ClassGuid") {
                self.guid(&mut version.class_guid, line, "ClassGuid");
            } else if is("Provider") {
                self.first(&mut version.provider, line);
            } else if is("ExtensionId") {
                self.guid(&mut version.extension_id, line, "ExtensionId");
            } else if is("LayoutFile") {
                version.has_layout_file = true;
            } else if is("DriverVer") {
                if version.driver_ver.is_none() {
                    version.driver_ver = self.driver_ver(line);
                }
            } else if let Some((directive, decoration)) = key.split_at_checked("CatalogFile".len())
                && directive.eq_ignore_ascii_case("CatalogFile")
            {
                self.catalog(&mut version.catalogs, &decoration.to_ascii_lowercase(), line);
            }
        }
        self.done(cursor);
        version
    }

    fn first(&mut self, slot: &mut Option<Located<String>>, line: &Line<'_>) {
        if slot.is_none() {
            *slot = Some(Located { value: self.value(line, 0).into_owned(), line: line.number });
        }
    }

    fn guid(&mut self, slot: &mut Option<Located<String>>, line: &Line<'_>, key: &str) {
        if slot.is_some() {
            return;
        }
        let text = self.value(line, 0).into_owned();
        if is_guid(&text) {
            *slot = Some(Located { value: text.to_ascii_uppercase(), line: line.number });
        } else {
            self.problem(line.number, "malformed-guid", format!("{key} \"{text}\" is no GUID"));
        }
    }

    fn catalog(&mut self, catalogs: &mut Vec<CatalogRef>, decoration: &str, line: &Line<'_>) {
        let arch = match decoration {
            "" | ".nt" => None,
            other => match other.strip_prefix(".nt").and_then(decorated_arch) {
                Some(arch) => Some(arch),
                None => {
                    let message = format!("CatalogFile{decoration} names no platform that Windows knows");
                    return self.problem(line.number, "unknown-catalog-decoration", message);
                }
            },
        };
        let file = self.value(line, 0).into_owned();
        catalogs.push(CatalogRef { arch, file, line: line.number });
    }

    /// `DriverVer = mm/dd/yyyy[,w.x.y.z]`. `None` when neither part can be read.
    pub(super) fn driver_ver(&mut self, line: &Line<'_>) -> Option<Located<DriverVer>> {
        let date_text = self.value(line, 0);
        let version_text = self.value(line, 1);
        let (date, version) = (driver_date(&date_text), driver_version(&version_text));
        if date.is_none() || (version.is_none() && !version_text.is_empty()) {
            let message = format!("DriverVer \"{date_text},{version_text}\" is not mm/dd/yyyy,w.x.y.z");
            self.problem(line.number, "malformed-driver-ver", message);
        }
        if date.is_none() && version.is_none() {
            return None;
        }
        let value = DriverVer { date: date.unwrap_or_default(), version: version.unwrap_or_default() };
        Some(Located { value, line: line.number })
    }
}

/// An architecture as decorations name it; only these spellings count (`NTx64` is none).
pub(super) fn decorated_arch(name: &str) -> Option<Arch> {
    Arch::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
}

/// `{8-4-4-4-12}` hexadecimal digits.
pub(super) fn is_guid(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) else { return false };
    let mut groups = inner.split('-');
    let lengths = [8, 4, 4, 4, 12];
    lengths.iter().all(|n| groups.next().is_some_and(|g| g.len() == *n && g.bytes().all(|b| b.is_ascii_hexdigit())))
        && groups.next().is_none()
}

/// `mm/dd/yyyy`, also with `-`.
fn driver_date(text: &str) -> Option<DriverDate> {
    let mut parts = text.split(['/', '-']).map(|p| p.trim().parse::<u16>().ok());
    let (month, day, year) = (parts.next()??, parts.next()??, parts.next()??);
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && (1601..=9999).contains(&year);
    if !valid || parts.next().is_some() {
        return None;
    }
    Some(DriverDate { year, month: month as u8, day: day as u8 })
}

/// `w[.x[.y[.z]]]`, each part below 65,536.
fn driver_version(text: &str) -> Option<[u16; 4]> {
    if text.trim().is_empty() {
        return None;
    }
    let mut version = [0; 4];
    for (n, part) in text.split('.').enumerate() {
        *version.get_mut(n)? = part.trim().parse().ok()?;
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_versions_in_the_forms_that_occur() {
        for (text, expected) in [
            ("04/24/2002", Some((2002, 4, 24))),
            ("2-1-2012", Some((2012, 2, 1))),
            (" 07 / 27 / 2006", Some((2006, 7, 27))),
            ("13/01/2006", None),
            ("$DATE$", None),
            ("", None),
            ("01/01/2006/1", None),
        ] {
            assert_eq!(driver_date(text).map(|d| (d.year, d.month, d.day)), expected, "{text:?}");
        }
        for (text, expected) in [
            ("1.17.45", Some([1, 17, 45, 0])),
            ("7.4.14.0", Some([7, 4, 14, 0])),
            ("6. 2 .1", Some([6, 2, 1, 0])),
            ("65536.1", None),
            ("$VERSION$", None),
            ("1.2.3.4.5", None),
            ("", None),
        ] {
            assert_eq!(driver_version(text), expected, "{text:?}");
        }
    }

    #[test]
    fn guids_have_one_form() {
        assert!(is_guid("{4d36e972-e325-11ce-bfc1-08002be10318}"));
        for bad in ["", "PROBE", "4d36e972-e325-11ce-bfc1-08002be10318", "{4d36e972-e325-11ce-bfc1-08002be1031}"] {
            assert!(!is_guid(bad), "{bad}");
        }
    }
}
