//! Build script: puts every `.toml` file below `inf-db/` into the binary.
//!
//! It writes a table of (path, text) pairs into `OUT_DIR`, which `src/inf_db/embedded.rs` includes. New files are picked
//! up by themselves; nothing has to be registered. It also makes the digest of the sources that turn bytes into facts, so that
//! facts which other readers have kept are not taken. Only `std`: a build script with dependencies would be built first.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    let home = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?);
    let root = home.join("inf-db");
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
    let readers = READERS.map(|name| home.join(name));
    for watched in &readers {
        writeln!(stdout, "cargo:rerun-if-changed={}", watched.display())?;
    }
    writeln!(stdout, "cargo:rustc-env=WIMSPECT_READERS={:016x}", digest(&readers)?)?;
    Ok(())
}

/// What facts depend on: the readers, and the libraries under them.
const READERS: [&str; 4] = ["src/formats", "src/facts", "src/scan", "Cargo.lock"];

/// FNV-1a over the names and bytes of all files: it tells builds apart, nobody attacks it.
fn digest(paths: &[PathBuf]) -> io::Result<u64> {
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = paths.to_vec();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                open.push(entry?.path());
            }
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for byte in name.bytes().chain(fs::read(&path)?) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(hash)
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
