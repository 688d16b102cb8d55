//! CopyFiles lists, SourceDisksFiles and SourceDisksNames: which files a package must hold, and where (FACTS.md 2.5).

use std::collections::HashMap;
use std::sync::Arc;

use super::CopiedFile;
use super::read::Reader;
use crate::facts::ids::Arch;
use crate::formats::inf::Line;

/// Where SourceDisksFiles says that a file lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Disk id, as written.
    pub disk: String,
    /// Folder below the disk's path, as written.
    pub subfolder: String,
    /// 1-based line.
    pub line: u32,
}

/// A disk of SourceDisksNames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDisk {
    /// Description.
    pub description: String,
    /// Tag file or cabinet, as written.
    pub tag: String,
    /// Path, as written.
    pub path: String,
    /// 1-based line.
    pub line: u32,
}

/// Both tables for one architecture.
#[derive(Debug, Default)]
pub(super) struct Sources {
    files: HashMap<String, SourceFile>,
    disks: HashMap<String, SourceDisk>,
}

impl Sources {
    pub(super) fn file(&self, name: &str) -> Option<&SourceFile> {
        self.files.get(&name.to_lowercase())
    }

    pub(super) fn disk(&self, id: &str) -> Option<&SourceDisk> {
        self.disks.get(&id.to_lowercase())
    }

    /// Folder and cabinet of a file, as [`CopiedFile`] wants them.
    pub(super) fn place(&self, name: &str) -> (Option<String>, Option<String>) {
        let Some(file) = self.file(name) else { return (None, None) };
        let disk = self.disk(&file.disk);
        let folder = join_folders(disk.map_or("", |d| &d.path), &file.subfolder);
        let cabinet = disk.map(|d| d.tag.as_str()).filter(|t| t.to_ascii_lowercase().ends_with(".cab"));
        (Some(folder), cabinet.map(|c| c.trim_matches(['\\', '/']).replace('\\', "/")))
    }
}

/// Two relative folders as one, `/` separated, without empty parts and `.`.
fn join_folders(a: &str, b: &str) -> String {
    let parts = a.split(['\\', '/']).chain(b.split(['\\', '/'])).map(str::trim);
    parts.filter(|p| !p.is_empty() && *p != ".").collect::<Vec<_>>().join("/")
}

impl Reader<'_> {
    /// The tables for an architecture: `SourceDisksFiles.<arch>` before the undecorated one, likewise the names.
    pub(super) fn sources(&mut self, arch: Arch) -> Arc<Sources> {
        // Without decorated sections every architecture sees the same tables.
        let key = if self.has_decorated_sources() { Some(arch) } else { None };
        if let Some((_, known)) = self.sources.iter().find(|(k, _)| *k == key) {
            return known.clone();
        }
        let mut sources = Sources::default();
        let decorated = |name: &str| key.map(|a| format!("{name}.{}", a.name()));
        for section in [decorated("SourceDisksFiles"), Some("SourceDisksFiles".into())].into_iter().flatten() {
            self.each_line(&section, |reader, line| {
                let Some(name) = line.key() else { return };
                let name = reader.expand(name.into(), line.number).to_lowercase();
                let entry = |reader: &mut Self| SourceFile {
                    disk: reader.value(line, 0).into_owned(),
                    subfolder: reader.value(line, 1).into_owned(),
                    line: line.number,
                };
                let file = entry(reader);
                sources.files.entry(name).or_insert(file);
            });
        }
        for section in [decorated("SourceDisksNames"), Some("SourceDisksNames".into())].into_iter().flatten() {
            self.each_line(&section, |reader, line| {
                let Some(id) = line.key() else { return };
                let id = reader.expand(id.into(), line.number).to_lowercase();
                let disk = SourceDisk {
                    description: reader.value(line, 0).into_owned(),
                    tag: reader.value(line, 1).into_owned(),
                    path: reader.value(line, 3).into_owned(),
                    line: line.number,
                };
                sources.disks.entry(id).or_insert(disk);
            });
        }
        let sources = Arc::new(sources);
        self.sources.push((key, sources.clone()));
        sources
    }

    /// There are SourceDisksFiles or SourceDisksNames sections for single architectures.
    pub(super) fn has_decorated_sources(&mut self) -> bool {
        if let Some(known) = self.decorated_sources {
            return known;
        }
        let mut has = |name: &str| Arch::ALL.iter().any(|a| self.joined_id(name, ".", a.name()).is_some());
        let found = has("SourceDisksFiles") || has("SourceDisksNames");
        self.decorated_sources = Some(found);
        found
    }

    /// Calls `each` for every line of a section, if there is one.
    fn each_line(&mut self, section: &str, mut each: impl FnMut(&mut Self, &Line<'_>)) {
        let Some(id) = self.inf.section_id(section) else { return };
        let mut cursor = self.inf.section_by_id(id).cursor();
        while let Some(line) = cursor.read() {
            each(self, line);
        }
    }

    fn copied(&mut self, destination: Arc<str>, source: Arc<str>, line: u32, sources: &Sources) -> CopiedFile {
        let (folder, cabinet) = sources.place(&source);
        let source_folder = folder.map(|f| self.texts.get(&f));
        let cabinet = cabinet.map(|c| self.texts.get(&c));
        CopiedFile { destination, source, source_folder, cabinet, line }
    }

    /// The files that a list of CopyFiles targets puts down: sections by number, `@file` by name. Equal lists are shared.
    pub(super) fn copied_files(&mut self, targets: &[CopyTarget], arch: Arch) -> Arc<[CopiedFile]> {
        if targets.is_empty() {
            return Arc::default();
        }
        let place = if self.has_decorated_sources() { arch as usize } else { 0 };
        if let Some(known) = self.copy_lists[place].get(targets) {
            return known.clone();
        }
        let sources = self.sources(arch);
        let mut files = Vec::new();
        for target in targets {
            match target {
                CopyTarget::File { name, line } => {
                    let name = self.texts.get(name);
                    files.push(self.copied(name.clone(), name, *line, &sources));
                }
                CopyTarget::Section(id) => {
                    let mut cursor = self.cursor(*id);
                    while let Some(line) = cursor.read() {
                        let destination = self.shared_value(line, 0);
                        let source = self.shared_value(line, 1);
                        if destination.is_empty() && source.is_empty() {
                            continue;
                        }
                        let source = if source.is_empty() { destination.clone() } else { source };
                        files.push(self.copied(destination, source, line.number, &sources));
                    }
                    self.done(cursor);
                }
            }
        }
        let files: Arc<[CopiedFile]> = files.into();
        self.copy_lists[place].insert(targets.to_vec(), files.clone());
        files
    }
}

/// One value of a `CopyFiles` directive.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum CopyTarget {
    /// A file-list section, by number.
    Section(u32),
    /// `@file`, with the directive's line.
    File { name: String, line: u32 },
}
