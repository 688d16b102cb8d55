//! Reads a site's own inf-db files.

use std::path::Path;

use walkdir::WalkDir;

/// Every `.toml` below a folder as (path below it with `/`, text), in path order.
///
/// # Errors
/// The folder or a file in it can not be read, or a file is not UTF-8.
pub fn read(folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    if !std::fs::metadata(folder)?.is_dir() {
        return Err(std::io::Error::new(
            std::io::ErrorKind::NotADirectory,
            "is no folder; name the folder that holds the files",
        ));
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(std::io::Error::from)?;
        let path = entry.path();
        if !entry.file_type().is_file() || path.extension().is_none_or(|e| !e.eq_ignore_ascii_case("toml")) {
            continue;
        }
        let below = path.strip_prefix(folder).unwrap_or(path);
        let name: Vec<_> = below.components().map(|c| c.as_os_str().to_string_lossy()).collect();
        files.push((name.join("/"), std::fs::read_to_string(path)?));
    }
    Ok(files)
}
