//! Single questions to an INF, answered as Windows' setup library answers them (`SetupDiGetActualSectionToInstall`,
//! `SetupDiGetINFClass`, `SetupGetSourceFileLocation`, `SetupGetSourceInfo`, `SetupGetTargetPath`).

use super::sources::{SourceDisk, SourceFile};
use super::version::is_guid;
use crate::facts::ids::{Arch, class_guid};
use crate::formats::inf::{Inf, Line, Section, Strings, value};

/// The install section that counts on an architecture: `name.NT<arch>`, `name.NT`, `name`. A name that the file does not
/// have at all is given back as it is.
pub fn actual_section_name(inf: &Inf<'_>, name: &str, arch: Arch) -> String {
    let candidates = [format!("{name}.NT{}", arch.name()), format!("{name}.NT"), name.to_owned()];
    let found = candidates.iter().find_map(|c| inf.section(c));
    found.map_or_else(|| name.to_owned(), |s| s.name().to_owned())
}

/// The name of the setup class: `Class`, or the name that belongs to a known `ClassGuid`. `None` when the file has
/// neither, when the GUID is malformed, or when it stands alone and is not known here.
pub fn inf_class(inf: &Inf<'_>, strings: &Strings<'_>) -> Option<String> {
    inf.check_signature().ok()?;
    let version = inf.section("Version")?;
    let text = |key: &str| version.find(key).map(|l| field(&l, 0, strings)).filter(|t| !t.is_empty());
    let guid = text("ClassGuid");
    if guid.as_ref().is_some_and(|g| !is_guid(g)) {
        return None;
    }
    text("Class").or_else(|| guid.and_then(|g| class_guid::name(&g)).map(str::to_owned))
}

/// Where a source file lies: `SourceDisksFiles.<arch>` before `SourceDisksFiles`.
pub fn source_file(inf: &Inf<'_>, strings: &Strings<'_>, file: &str, arch: Arch) -> Option<SourceFile> {
    platform_sections(inf, "SourceDisksFiles", arch).find_map(|section| {
        let line = find(section, strings, |key| key.to_lowercase() == file.to_lowercase())?;
        Some(SourceFile {
            disk: field(&line, 0, strings).into(),
            subfolder: field(&line, 1, strings).into(),
            line: line.number,
        })
    })
}

/// A source disk by id: `SourceDisksNames.<arch>` before `SourceDisksNames`.
pub fn source_disk(inf: &Inf<'_>, strings: &Strings<'_>, disk: i64, arch: Arch) -> Option<SourceDisk> {
    platform_sections(inf, "SourceDisksNames", arch).find_map(|section| {
        let line = find(section, strings, |key| value::integer(key).is_some_and(|n| i64::from(n) == disk))?;
        Some(SourceDisk {
            description: field(&line, 0, strings).into(),
            tag: field(&line, 1, strings).into(),
            path: field(&line, 3, strings).into(),
            line: line.number,
        })
    })
}

/// Where files are put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationDir {
    /// Directory id: 12 = drivers, 13 = driver store.
    pub dirid: i32,
    /// Folder below it, empty for none.
    pub subfolder: String,
    /// 1-based line, 0 when it is the default of Windows.
    pub line: u32,
}

/// `SYSTEM32`, where files go that no DestinationDirs entry covers.
const DIRID_SYSTEM: i32 = 11;

/// The folder of a file-list section: its own line in `[DestinationDirs]`, else `DefaultDestDir`, else the system folder.
pub fn destination_dir(inf: &Inf<'_>, strings: &Strings<'_>, section: Option<&str>) -> DestinationDir {
    let dirs = inf.section("DestinationDirs");
    let entry = |name: &str| {
        let line = find(dirs?, strings, |key| key.to_lowercase() == name.to_lowercase())?;
        let dirid = value::integer(&field(&line, 0, strings)).filter(|_| !line.field(0).is_empty())?;
        Some(DestinationDir { dirid, subfolder: field(&line, 1, strings), line: line.number })
    };
    let own = section.and_then(entry);
    own.or_else(|| entry("DefaultDestDir")).unwrap_or(DestinationDir {
        dirid: DIRID_SYSTEM,
        subfolder: String::new(),
        line: 0,
    })
}

fn platform_sections<'i>(inf: &'i Inf<'_>, name: &str, arch: Arch) -> impl Iterator<Item = Section<'i>> {
    let names = [format!("{name}.{}", arch.name()), name.to_owned()];
    names.into_iter().filter_map(|n| inf.section(&n))
}

fn find<'i>(section: Section<'i>, strings: &Strings<'_>, wanted: impl Fn(&str) -> bool) -> Option<Line<'i>> {
    section.lines().find(|l| l.key().is_some_and(|k| wanted(&strings.expand(k.to_owned().into()))))
}

fn field(line: &Line<'_>, index: usize, strings: &Strings<'_>) -> String {
    strings.expand(line.field(index).to_owned().into()).into_owned()
}
