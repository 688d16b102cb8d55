//! The entries of one image, found without case, as Windows does.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::scan::wim::protocol::Entry;

/// An index over the entries of an image.
pub(super) struct Tree {
    entries: Vec<Entry>,
    /// Lower-case path → position. Of names that differ only in case the first one counts.
    by_path: BTreeMap<String, usize>,
}

impl Tree {
    pub(super) fn new(entries: Vec<Entry>) -> Self {
        let mut by_path = BTreeMap::new();
        for (position, entry) in entries.iter().enumerate() {
            by_path.entry(entry.path.to_lowercase()).or_insert(position);
        }
        Self { entries, by_path }
    }

    /// Every entry, as listed.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with this path, `/` separated.
    pub(super) fn get(&self, path: &str) -> Option<&Entry> {
        self.by_path.get(&path.to_lowercase()).map(|p| &self.entries[*p])
    }

    /// The file with this path (no folder).
    pub(super) fn file(&self, path: &str) -> Option<&Entry> {
        self.get(path).filter(|e| !e.is_folder())
    }

    /// Everything below a folder, ordered by lower-case path.
    pub(super) fn below<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a Entry> + use<'a> {
        let start = format!("{}/", folder.to_lowercase());
        let range = (Bound::Included(start.clone()), Bound::Unbounded);
        let found = self.by_path.range::<String, _>(range).take_while(move |(path, _)| path.starts_with(&start));
        found.map(|(_, position)| &self.entries[*position])
    }

    /// What lies directly in a folder.
    pub(super) fn children<'a>(&'a self, folder: &str) -> impl Iterator<Item = &'a Entry> + use<'a> {
        let depth = folder.matches('/').count() + 1;
        self.below(folder).filter(move |e| e.path.matches('/').count() == depth)
    }

    /// Folders and files at the root.
    pub(super) fn roots(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|e| !e.path.contains('/'))
    }
}

/// Last component.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder that holds a path, empty for the root.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The name ends in this extension (`.inf`), without case.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    let name = file_name(path);
    name.len() > extension.len()
        && name.is_char_boundary(name.len() - extension.len())
        && name[name.len() - extension.len()..].eq_ignore_ascii_case(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, attributes: u32) -> Entry {
        Entry { path: path.to_owned(), plain: true, attributes, reparse_tag: 0, stream: None }
    }

    #[test]
    fn paths_are_found_without_case_and_folders_are_whole_names() {
        let tree = Tree::new(vec![
            entry("Windows", 0x10),
            entry("Windows/INF", 0x10),
            entry("Windows/INF/b.inf", 0),
            entry("Windows/INF/A.INF", 0),
            entry("Windows/INF/sub", 0x10),
            entry("Windows/INF/sub/c.inf", 0),
            entry("Windows/INFO", 0x10),
            entry("Windows/INFO/d.inf", 0),
        ]);
        assert_eq!(tree.get("windows/inf/a.inf").map(|e| e.path.as_str()), Some("Windows/INF/A.INF"));
        assert!(tree.file("WINDOWS/INF").is_none());
        let paths = |entries: Vec<&Entry>| entries.iter().map(|e| e.path.clone()).collect::<Vec<_>>();
        assert_eq!(
            paths(tree.children("windows/inf").collect()),
            ["Windows/INF/A.INF", "Windows/INF/b.inf", "Windows/INF/sub"]
        );
        assert_eq!(tree.below("windows/inf").count(), 4);
        assert_eq!(tree.roots().count(), 1);
        assert!(has_extension("x/ä.INF", ".inf") && !has_extension("x/.inf", ".inf") && !has_extension("inf", ".inf"));
    }
}
