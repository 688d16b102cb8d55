//! Build script: puts every `.toml` file below `inf-db/` into the binary.
//!
//! It writes a table of (path, text) pairs into `OUT_DIR`, which `src/inf_db/embedded.rs` includes. New files are picked
//! up by themselves; nothing has to be registered. Only `std`: a build script with dependencies would be built first.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?).join("inf-db");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?).join("inf_db_files.rs");

    let mut folders = Vec::new();
    let mut files = Vec::new();
    collect(&root, "", &mut folders, &mut files)?;
    files.sort();

    let mut table = String::from("&[\n");
    for (name, path) in &files {
        // Debug form escapes what a Windows path holds (`\`), so that the generated code is the same everywhere.
        writeln!(table, "    ({name:?}, include_str!({:?})),", path.to_string_lossy())?;
    }
    table.push_str("]\n");
    fs::write(out, table)?;

    // A folder is watched for new and removed files, a file for its content.
    let mut stdout = io::stdout().lock();
    for watched in folders.iter().chain(files.iter().map(|(_, path)| path)) {
        writeln!(stdout, "cargo:rerun-if-changed={}", watched.display())?;
    }
    Ok(())
}

/// Collects the folders and the `.toml` files below `folder`; names are relative to `inf-db/` and `/` separated.
fn collect(
    folder: &Path,
    prefix: &str,
    folders: &mut Vec<PathBuf>,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), Box<dyn Error>> {
    folders.push(folder.to_path_buf());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| "a file name below inf-db/ is not UTF-8")?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), folders, files)?;
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push((format!("{prefix}{name}"), path));
        } else {
            folders.push(path);
        }
    }
    Ok(())
}
