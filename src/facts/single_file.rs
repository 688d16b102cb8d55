//! One file by itself, known by its content: a driver file, a catalog, a registry hive.

use serde::Serialize;

use super::boot_image::registry::{self, DriverDatabase, Software, System};
use super::driver_binary::DriverBinary;
use super::signature::{CatalogFacts, Digests, file_hashes, read_catalog};
use crate::formats::hive;

/// How many bytes of its beginning tell what a file is.
pub const HEAD: usize = 16;

/// What a file is, by its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SingleKind {
    /// `MZ`: a PE file.
    DriverFile,
    /// A long ASN.1 sequence: a catalog.
    Catalog,
    /// `regf`: a registry hive.
    Hive,
}

impl SingleKind {
    /// By the first bytes of a file; `None` = something else.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'M', b'Z', ..] => Some(Self::DriverFile),
            // A text that begins with 0 goes on with a character, not with a length of ASN.1.
            [0x30, length, ..] if *length >= 0x80 => Some(Self::Catalog),
            [b'r', b'e', b'g', b'f', ..] => Some(Self::Hive),
            _ => None,
        }
    }
}

/// What a file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SingleFacts {
    /// A driver file or another PE file.
    DriverFile(Box<DriverBinary>),
    /// A catalog.
    Catalog(CatalogFacts),
    /// A hive.
    Hive(Box<HiveFacts>),
}

/// What a registry hive says of what boot images are judged by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HiveFacts {
    /// Its sequence numbers differ: changes in its log files are missing.
    pub dirty: bool,
    /// Names of its keys below the root, ordered.
    pub keys: Vec<String>,
    /// As a SYSTEM hive, when it has a control set or `Select`.
    pub system: Option<System>,
    /// As a SOFTWARE hive, when it has `Microsoft\\Windows NT\\CurrentVersion`.
    pub software: Option<Software>,
    /// `DriverDatabase` of a hive that is no SYSTEM hive: DRIVERS.
    pub driver_database: Option<DriverDatabase>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// A file with what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SingleFile {
    /// Size in bytes.
    pub size: u64,
    /// Digests of the whole file.
    pub digests: Digests,
    /// What it says.
    #[serde(flatten)]
    pub facts: SingleFacts,
}

impl SingleFile {
    /// Reads a file of a known kind; `Err` says why it is none.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn read(bytes: &[u8], kind: SingleKind) -> Result<Self, String> {
        let facts = match kind {
            SingleKind::DriverFile => SingleFacts::DriverFile(Box::new(DriverBinary::read_signed(bytes, true)?)),
            SingleKind::Catalog => {
                let catalog = read_catalog(bytes);
                match catalog.not_a_catalog {
                    Some(reason) => return Err(reason),
                    None => SingleFacts::Catalog(catalog),
                }
            }
            SingleKind::Hive => SingleFacts::Hive(Box::new(hive_facts(bytes)?)),
        };
        Ok(Self { size: bytes.len() as u64, digests: file_hashes(bytes), facts })
    }
}

fn hive_facts(bytes: &[u8]) -> Result<HiveFacts, String> {
    let read = hive::read(bytes, |root| {
        let mut keys: Vec<String> = root.subkeys().iter().map(hive::Key::name).collect();
        keys.sort();
        let is_system = root.key("Select").is_some() || root.key("ControlSet001").is_some();
        let is_software = root.key("Microsoft\\Windows NT\\CurrentVersion").is_some();
        HiveFacts {
            keys,
            system: is_system.then(|| registry::system(root)),
            software: is_software.then(|| registry::software(root)),
            driver_database: if is_system { None } else { registry::driver_database(root, "DRIVERS") },
            ..HiveFacts::default()
        }
    });
    let mut facts = read.value.ok_or_else(|| read.problems.join("; "))?;
    facts.dirty = read.dirty;
    facts.problems = read.problems;
    Ok(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_kind() {
        let cases: [(&[u8], Option<SingleKind>); 8] = [
            (b"MZ\x90\0", Some(SingleKind::DriverFile)),
            (&[0x30, 0x82, 1, 2], Some(SingleKind::Catalog)),
            (&[0x30, 0x80, 6, 9], Some(SingleKind::Catalog)),
            (b"0123", None),
            (b"regf", Some(SingleKind::Hive)),
            (b"[Version]", None),
            (b"0", None),
            (b"", None),
        ];
        for (head, kind) in cases {
            assert_eq!(SingleKind::of(head), kind, "{head:?}");
        }
    }

    #[test]
    fn what_only_begins_like_one_is_an_error_with_a_reason() {
        for (bytes, kind, reason) in [
            (&b"MZ"[..], SingleKind::DriverFile, "PE"),
            (&[0x30, 0x82, 1, 2], SingleKind::Catalog, "catalog"),
            (b"regf", SingleKind::Hive, "hive"),
        ] {
            let error = SingleFile::read(bytes, kind).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
