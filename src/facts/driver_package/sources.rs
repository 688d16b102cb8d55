//! CopyFiles lists, SourceDisksFiles and SourceDisksNames: which files a package must hold, and where (FACTS.md 2.5).

use std::borrow::Cow;
use std::sync::Arc;

use super::CopiedFile;
use super::read::Reader;
use crate::facts::ids::Arch;
use crate::formats::inf::{Line, NameTable, hash_name, same_name};

/// Where SourceDisksFiles says that a file lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Disk id, as written.
    pub disk: Arc<str>,
    /// Folder below the disk's path, as written.
    pub subfolder: Arc<str>,
    /// 1-based line.
    pub line: u32,
}

/// A disk of SourceDisksNames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDisk {
    /// Description.
    pub description: Arc<str>,
    /// Tag file or cabinet, as written.
    pub tag: Arc<str>,
    /// Path, as written.
    pub path: Arc<str>,
    /// 1-based line.
    pub line: u32,
}

/// Both tables for one architecture.
#[derive(Debug, Default)]
pub(super) struct Sources {
    files: ByName<SourceFile>,
    disks: ByName<SourceDisk>,
}

/// Values by names that are compared without case. The first of two equal names counts.
#[derive(Debug)]
struct ByName<T> {
    table: NameTable,
    entries: Vec<(Arc<str>, T)>,
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self { table: NameTable::default(), entries: Vec::new() }
    }
}

impl<T> ByName<T> {
    fn get(&self, name: &str) -> Option<&T> {
        let name = lower_unless_ascii(name);
        self.number(&name).map(|n| &self.entries[n as usize].1)
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.table.find(hash_name(name), |n| same_name(&self.entries[n as usize].0, name))
    }

    /// Keeps what `value` gives unless the name is known. `shared` makes the name's copy.
    fn insert(&mut self, name: &str, shared: impl FnOnce(&str) -> Arc<str>, value: T) {
        let name = lower_unless_ascii(name);
        if self.number(&name).is_none() {
            self.table.insert(hash_name(&name), self.entries.len() as u32);
            self.entries.push((shared(&name), value));
        }
    }
}

/// Letters beyond ASCII are compared in lower case; the others as they are found.
fn lower_unless_ascii(name: &str) -> Cow<'_, str> {
    if name.is_ascii() { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) }
}

impl Sources {
    pub(super) fn file(&self, name: &str) -> Option<&SourceFile> {
        self.files.get(name)
    }

    pub(super) fn disk(&self, id: &str) -> Option<&SourceDisk> {
        self.disks.get(id)
    }

    /// Folder and cabinet of a file, as [`CopiedFile`] wants them.
    pub(super) fn place(&self, name: &str) -> (Option<String>, Option<String>) {
        let Some(file) = self.file(name) else { return (None, None) };
        let disk = self.disk(&file.disk);
        let folder = join_folders(disk.map_or("", |d| &d.path), &file.subfolder);
        let cabinet =
            disk.map(|d| &*d.tag).filter(|t| t.len() >= 4 && t.as_bytes()[t.len() - 4..].eq_ignore_ascii_case(b".cab"));
        (Some(folder), cabinet.map(|c| c.trim_matches(['\\', '/']).replace('\\', "/")))
    }
}

/// Two relative folders as one, `/` separated, without empty parts and `.`.
fn join_folders(a: &str, b: &str) -> String {
    if a.is_empty() && b.is_empty() {
        return String::new();
    }
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
                let name = reader.expand(name.into(), line.number);
                let file = SourceFile {
                    disk: reader.shared_value(line, 0),
                    subfolder: reader.shared_value(line, 1),
                    line: line.number,
                };
                sources.files.insert(&name, |n| reader.texts.get(n), file);
            });
        }
        for section in [decorated("SourceDisksNames"), Some("SourceDisksNames".into())].into_iter().flatten() {
            self.each_line(&section, |reader, line| {
                let Some(id) = line.key() else { return };
                let id = reader.expand(id.into(), line.number);
                let disk = SourceDisk {
                    description: reader.shared_value(line, 0),
                    tag: reader.shared_value(line, 1),
                    path: reader.shared_value(line, 3),
                    line: line.number,
                };
                sources.disks.insert(&id, |n| reader.texts.get(n), disk);
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
        let mut cursor = self.cursor(id);
        while let Some(line) = cursor.read() {
            each(self, line);
        }
        self.done(cursor);
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
