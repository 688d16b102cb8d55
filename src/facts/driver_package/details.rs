//! Everything that an install section does, value by value: what `inspect` shows and an audit does not need to keep.

use std::sync::Arc;

use serde::Serialize;

use super::read::{ReadOptions, Reader};
use super::{InstallSection, Located, destination_dir};
use crate::facts::ids::Arch;
use crate::formats::inf::value::{default_folder, flags};
use crate::formats::inf::{Inf, Line};

/// One install section on one architecture with all its files and registry values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstallDetails {
    /// The section with its services and what else is kept for every driver.
    #[serde(flatten)]
    pub install: InstallSection,
    /// The files that it puts down.
    pub files: Vec<FileInstall>,
    /// The registry values that it sets, in the order of the directives.
    pub registry: Vec<RegistryValue>,
    /// The directives of the section that are not read any further (`DelReg`, `LogConfig`, ...), as `key = values`.
    pub other_directives: Vec<Located<String>>,
}

/// A file that is copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileInstall {
    /// Name at the destination.
    pub destination: String,
    /// Name in the package.
    pub source: String,
    /// Directory id of the destination: 12 = drivers, 13 = driver store.
    pub dirid: i32,
    /// Folder below it.
    pub subfolder: String,
    /// The destination folder on a Windows in `C:\Windows`, where that is fixed.
    pub folder: Option<String>,
    /// Folder of the source below the INF's folder, `None` without an entry in SourceDisksFiles.
    pub source_folder: Option<String>,
    /// Disk id of SourceDisksFiles.
    pub disk: Option<String>,
    /// Cabinet that holds it.
    pub cabinet: Option<String>,
    /// `COPYFLG_*` bits.
    pub flags: Option<u32>,
    /// The file-list section; `None` for `@file`.
    pub list: Option<String>,
    /// 1-based line.
    pub line: u32,
}

/// Whose registry key a value goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistryOwner {
    /// The device's driver ("software") key.
    Driver,
    /// The device's hardware key (`.HW`).
    Hardware,
    /// The key of a service.
    Service(String),
    /// The key of a service's event log entry.
    EventLog(String),
    /// `.CoInstallers`.
    CoInstaller,
}

/// One line of an AddReg section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegistryValue {
    /// Whose key `HKR` means.
    pub owner: RegistryOwner,
    /// `HKR`, `HKLM`...
    pub root: String,
    /// Key below it.
    pub subkey: String,
    /// Name of the value, empty for the default value.
    pub name: String,
    /// `FLG_ADDREG_*` bits; `None` when they can not be read.
    pub flags: Option<u32>,
    /// Type that the flags name: `REG_SZ`.
    pub kind: &'static str,
    /// The data, field by field.
    pub data: Vec<String>,
    /// 1-based line.
    pub line: u32,
}

/// Name of the registry type in AddReg flags (WDD inf-addreg-directive).
pub fn registry_type(flags: u32) -> &'static str {
    match flags & 0xFFFF_0001 {
        0x0000_0000 => "REG_SZ",
        0x0001_0000 => "REG_MULTI_SZ",
        0x0002_0000 => "REG_EXPAND_SZ",
        0x0000_0001 => "REG_BINARY",
        0x0001_0001 => "REG_DWORD",
        0x000B_0001 => "REG_QWORD",
        0x0002_0001 => "REG_NONE",
        _ => "custom",
    }
}

/// The details of install sections of one INF, in the order in which they are asked for.
///
/// `wanted` names them as Models lines do, undecorated, each with its architecture.
pub fn install_details(bytes: &[u8], wanted: &[(Arc<str>, Arch)], options: &ReadOptions) -> Vec<InstallDetails> {
    let inf = Inf::read(bytes);
    let mut reader = Reader::new(&inf, options);
    wanted.iter().map(|(name, arch)| reader.install_details(name, *arch)).collect()
}

impl Reader<'_> {
    fn install_details(&mut self, name: &Arc<str>, arch: Arch) -> InstallDetails {
        let install = self.install_section(name, arch);
        let mut details =
            InstallDetails { install, files: Vec::new(), registry: Vec::new(), other_directives: Vec::new() };
        let base = details.install.actual.clone().unwrap_or_else(|| name.clone());
        if let Some(actual) = details.install.actual.clone() {
            self.details_of(&actual, &RegistryOwner::Driver, arch, &mut details);
        }
        for need in details.install.needs.clone() {
            if self.inf.section_id(&need).is_some() && !need.to_ascii_lowercase().ends_with(".services") {
                self.details_of(&need, &RegistryOwner::Driver, arch, &mut details);
            }
        }
        self.details_of(&format!("{base}.HW"), &RegistryOwner::Hardware, arch, &mut details);
        self.details_of(&format!("{base}.CoInstallers"), &RegistryOwner::CoInstaller, arch, &mut details);
        for service in details.install.services.clone() {
            if !service.section.is_empty() {
                self.details_of(
                    &service.section,
                    &RegistryOwner::Service(service.name.to_string()),
                    arch,
                    &mut details,
                );
            }
        }
        self.event_logs(&format!("{base}.Services"), arch, &mut details);
        details
    }

    /// Files and registry values of a section's directives.
    fn details_of(&mut self, section: &str, owner: &RegistryOwner, arch: Arch, details: &mut InstallDetails) {
        let Some(id) = self.inf.section_id(section) else { return };
        let mut cursor = self.inf.section_by_id(id).cursor();
        while let Some(line) = cursor.read() {
            let Some(key) = line.key_field().map(|k| k.as_str()) else { continue };
            if key.eq_ignore_ascii_case("AddReg") {
                for n in 0..line.fields().len() {
                    let name = self.value(line, n).into_owned();
                    self.registry_values(&name, owner, &mut details.registry);
                }
            } else if key.eq_ignore_ascii_case("CopyFiles") {
                for n in 0..line.fields().len() {
                    let name = self.value(line, n).into_owned();
                    self.files(&name, line.number, arch, &mut details.files);
                }
            } else if *owner == RegistryOwner::Driver && !is_read_elsewhere(key) {
                let key = key.to_owned();
                let values: Vec<String> = (0..line.fields().len()).map(|n| self.value(line, n).into_owned()).collect();
                let value = format!("{key} = {}", values.join(", "));
                details.other_directives.push(Located { value, line: line.number });
            }
        }
    }

    /// The event log sections of `AddService` lines.
    fn event_logs(&mut self, section: &str, arch: Arch, details: &mut InstallDetails) {
        let Some(id) = self.inf.section_id(section) else { return };
        let mut cursor = self.inf.section_by_id(id).cursor();
        while let Some(line) = cursor.read() {
            if line.key_is("AddService") && line.fields().len() > 3 {
                let service = self.value(line, 0).into_owned();
                let log = self.value(line, 3).into_owned();
                if !log.is_empty() {
                    self.details_of(&log, &RegistryOwner::EventLog(service), arch, details);
                }
            }
        }
    }

    fn registry_values(&mut self, section: &str, owner: &RegistryOwner, values: &mut Vec<RegistryValue>) {
        let Some(id) = self.inf.section_id(section) else { return };
        let mut cursor = self.inf.section_by_id(id).cursor();
        while let Some(line) = cursor.read() {
            let bits = self.value(line, 3).into_owned();
            let bits = if bits.trim().is_empty() { Some(0) } else { flags(&bits) };
            values.push(RegistryValue {
                owner: owner.clone(),
                root: self.value(line, 0).into_owned(),
                subkey: self.value(line, 1).into_owned(),
                name: self.value(line, 2).into_owned(),
                flags: bits,
                kind: bits.map_or("unknown", registry_type),
                data: (4..line.fields().len()).map(|n| self.value(line, n).into_owned()).collect(),
                line: line.number,
            });
        }
    }

    /// The files of one `CopyFiles` value: `@file` or a list section.
    fn files(&mut self, target: &str, line: u32, arch: Arch, files: &mut Vec<FileInstall>) {
        if let Some(name) = target.strip_prefix('@') {
            let name = name.trim().to_owned();
            files.push(self.file(&name, &name, None, None, line, arch));
            return;
        }
        let Some(id) = self.inf.section_id(target) else { return };
        let mut cursor = self.inf.section_by_id(id).cursor();
        while let Some(line) = cursor.read() {
            let (destination, source, bits) = self.list_line(line);
            if destination.is_empty() && source.is_empty() {
                continue;
            }
            let source = if source.is_empty() { destination.clone() } else { source };
            files.push(self.file(&destination, &source, Some(target), bits, line.number, arch));
        }
    }

    fn list_line(&mut self, line: &Line<'_>) -> (String, String, Option<u32>) {
        (self.value(line, 0).into_owned(), self.value(line, 1).into_owned(), flags(&self.value(line, 3)))
    }

    fn file(
        &mut self,
        destination: &str,
        source: &str,
        list: Option<&str>,
        flags: Option<u32>,
        line: u32,
        arch: Arch,
    ) -> FileInstall {
        let sources = self.sources(arch);
        let place = destination_dir(self.inf, self.strings(), list);
        let (source_folder, cabinet) = sources.place(source);
        let folder = u32::try_from(place.dirid).ok().and_then(default_folder).map(|f| {
            let parts = [f.trim_end_matches('\\'), place.subfolder.trim_matches('\\')];
            parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join("\\")
        });
        FileInstall {
            destination: destination.to_owned(),
            source: source.to_owned(),
            dirid: place.dirid,
            subfolder: place.subfolder,
            folder,
            disk: sources.file(source).map(|f| f.disk.to_string()),
            source_folder,
            cabinet,
            flags,
            list: list.map(str::to_owned),
            line,
        }
    }
}

/// The directive is shown in a field of its own.
fn is_read_elsewhere(key: &str) -> bool {
    const READ: [&str; 13] = [
        "CopyFiles",
        "AddReg",
        "CopyINF",
        "Include",
        "Needs",
        "FeatureScore",
        "DriverVer",
        "Characteristics",
        "BusType",
        "*IfType",
        "*MediaType",
        "*PhysicalMediaType",
        "BootFlags",
    ];
    READ.iter().any(|r| r.eq_ignore_ascii_case(key))
}

#[cfg(test)]
#[path = "details_tests.rs"]
mod tests;
