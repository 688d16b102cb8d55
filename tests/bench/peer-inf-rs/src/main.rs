//! Reads every INF below a folder, or of a list of paths, with the crate inf-rs and prints how many it took and how long.

use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let mut files = Vec::new();
    if Path::new(&folder).is_dir() {
        collect(Path::new(&folder), &mut files)?;
        files.sort();
    } else {
        files.extend(std::fs::read_to_string(&folder)?.lines().map(PathBuf::from));
    }
    let start = Instant::now();
    let (mut read, mut refused, mut entries) = (0, 0, 0);
    for path in files {
        let mut inf = inf_rs::WinInfFile::default();
        match inf.parse(path) {
            Ok(_) => {
                read += 1;
                entries += inf.sections.values().map(|s| s.entries.len()).sum::<usize>();
            }
            Err(_) => refused += 1,
        }
    }
    println!("read {read}  refused {refused}  entries {entries}");
    println!("time {:.3} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("inf") || e.eq_ignore_ascii_case("inx")) {
            files.push(path);
        }
    }
    Ok(())
}
