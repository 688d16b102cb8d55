//! The files of the reports: written beside their places first, put there when the history holds the run, old ones removed.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use super::config::{Output, Settings};
use super::judged::Judged;
use super::section;
use crate::cli::complain;
use crate::facts::policy::Day;
use crate::report::since::Since;

/// A report that is written and not in its place yet.
pub(super) struct Staged<'a> {
    output: &'a Output,
    /// Where it goes.
    pub(super) path: PathBuf,
    file: NamedTempFile,
}

/// Beginning of the names of files that are not in their places yet. Each history has its own, and whoever holds its lock knows
/// that nobody else is writing such a file.
fn prefix(settings: &Settings) -> String {
    let history = std::path::absolute(&settings.history).unwrap_or_else(|_| settings.history.clone());
    let digest = Sha256::digest(history.as_os_str().as_encoded_bytes());
    let digest: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!(".wimspect-report-{digest}-")
}

/// Takes away what a run left that was killed.
pub(super) fn sweep(settings: &Settings) {
    let prefix = prefix(settings);
    let metrics = settings.metrics.iter().map(|(_, file)| crate::cli::output::folder_of(file));
    for folder in settings.outputs.iter().map(|o| o.file.folder()).chain(metrics) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix));
            if is_ours && entry.file_type().is_ok_and(|t| t.is_file()) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Writes each report beside its place. Those that can not be written are said; their number comes back.
pub(super) fn stage<'a>(
    settings: &'a Settings,
    judged: &Judged,
    section: &Since<'_>,
    day: Day,
) -> (Vec<Staged<'a>>, usize) {
    let (mut staged, mut failed) = (Vec::new(), 0);
    for output in &settings.outputs {
        let path = output.file.of_run(day, section.run.run);
        match one(settings, output, judged, section, &path) {
            Ok(file) => staged.push(Staged { output, path, file }),
            Err(error) => {
                complain(&format!("[output {}]: {error:#}", output.name));
                failed += 1;
            }
        }
    }
    (staged, failed)
}

fn one(
    settings: &Settings,
    output: &Output,
    judged: &Judged,
    section: &Since<'_>,
    path: &Path,
) -> Result<NamedTempFile> {
    let writing = || format!("writing {}", path.display());
    let mut file = beside(settings, path).with_context(writing)?;
    let mut out = std::io::BufWriter::new(file.as_file_mut());
    write(judged, section, output.format, &mut out).with_context(writing)?;
    out.flush().with_context(writing)?;
    drop(out);
    Ok(file)
}

/// A whole report.
///
/// # Errors
/// Those of the writer.
pub(super) fn write(
    judged: &Judged,
    section: &Since<'_>,
    format: crate::cli::args::Format,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    let Some(template) = judged.template(format) else {
        return Err(std::io::Error::other("the report was not made"));
    };
    out.write_all(&template.head)?;
    section::write(section, format, out)?;
    out.write_all(&template.tail)
}

/// A new file in the folder of `path`, with the rights that any new file of this user gets.
fn beside(settings: &Settings, path: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(&prefix(settings)).tempfile_in(crate::cli::output::folder_of(path))
}

/// Puts the reports in their places and takes old ones away; says which could not be. Their number comes back.
pub(super) fn publish(staged: Vec<Staged<'_>>) -> usize {
    let mut failed = 0;
    for Staged { output, path, file } in staged {
        if let Err(error) = file.persist(&path) {
            complain(&format!("[output {}]: writing {}: {}", output.name, path.display(), error.error));
            failed += 1;
            continue;
        }
        if let Some(keep) = output.keep {
            remove_old(output, keep);
        }
    }
    failed
}

/// Removes what this output wrote before, up to so many files. Nothing else in the folder is touched.
fn remove_old(output: &Output, keep: usize) {
    let entries = std::fs::read_dir(output.file.folder()).into_iter().flatten().flatten();
    let ours = entries.filter(|e| e.file_type().is_ok_and(|t| t.is_file()));
    let mut ours: Vec<_> = ours.filter_map(|e| Some((output.file.rank(e.file_name().to_str()?)?, e.path()))).collect();
    ours.sort();
    for (_, path) in ours.iter().rev().skip(keep) {
        if let Err(error) = std::fs::remove_file(path) {
            complain(&format!("[output {}]: removing {}: {error}", output.name, path.display()));
        }
    }
}

/// Writes a small file in one go: nobody ever sees half of it.
///
/// # Errors
/// It can not be written.
pub(super) fn whole(settings: &Settings, path: &Path, content: &[u8]) -> Result<()> {
    let writing = || format!("writing {}", path.display());
    let mut file = beside(settings, path).with_context(writing)?;
    file.write_all(content).with_context(writing)?;
    file.persist(path).map_err(|e| e.error).with_context(writing)?;
    Ok(())
}
