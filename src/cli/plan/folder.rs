//! The folder of a plan: nothing is written outside of it, nothing that is not ours is touched in it.
//!
//! The folder must not exist, be empty, or hold an earlier plan: then the file `.wimspect-plan` lists what we wrote, and only that
//! is replaced or removed. Files are written beside their place and put there whole; the list is written first with old and
//! new names, so that a run that is broken off leaves nothing that the next one does not know.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::report::plan::PlanFile;

/// The list of our files.
const MARKER: &str = ".wimspect-plan";
/// Its first line.
const HEAD: &str = "# Files of a plan made by wimspect; it replaces and removes these and nothing else.";
/// A plan has some ten files for each image.
const LONGEST_MARKER: u64 = 1 << 20;

/// A folder that may be written to.
pub struct PlanFolder {
    path: PathBuf,
    /// Files of the earlier plan.
    earlier: BTreeSet<String>,
}

impl PlanFolder {
    /// Looks at the folder and changes nothing.
    ///
    /// # Errors
    /// It is no folder, lies in an input, or holds what is not ours.
    pub fn check(path: &Path, inputs: &[PathBuf]) -> Result<Self> {
        let shown = path.display();
        outside(path, "--output", inputs)?;
        let folder = Self { path: path.to_path_buf(), earlier: BTreeSet::new() };
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(folder),
            Err(error) => bail!("--output {shown}: {error}"),
            Ok(meta) if !meta.is_dir() => bail!("--output {shown}: it is no folder; name a new one"),
            Ok(_) => {}
        }
        let mut entries = std::fs::read_dir(path).with_context(|| format!("--output {shown}"))?;
        if entries.next().is_none() {
            return Ok(folder);
        }
        if !path.join(MARKER).exists() {
            bail!(
                "--output {shown}: the folder is not empty, and no plan of wimspect is in it; name a new or an empty one"
            );
        }
        let earlier = marker(&path.join(MARKER)).with_context(|| format!("--output {shown}"))?;
        let known = |name: &str| name == MARKER || earlier.contains(name);
        for entry in walk(path)? {
            if !known(&entry) {
                bail!("--output {shown}: {entry} was not written by wimspect; move it away, or name a new folder");
            }
        }
        Ok(Self { earlier, ..folder })
    }

    /// Writes the plan and removes what an earlier one left.
    ///
    /// # Errors
    /// Those of the file system; the list of our files stays right.
    pub fn write(&self, files: &[PlanFile]) -> Result<()> {
        std::fs::create_dir_all(&self.path).with_context(|| self.path.display().to_string())?;
        let names: BTreeSet<String> = files.iter().map(|f| f.path.clone()).collect();
        let both: BTreeSet<String> = names.union(&self.earlier).cloned().collect();
        self.put(MARKER, list(&both).as_bytes())?;
        for old in self.earlier.difference(&names) {
            let path = self.path.join(old);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    bail!("{}: {error}", path.display());
                }
                _ => {}
            }
            // Goes only when it is empty.
            let _ = path.parent().filter(|p| *p != self.path).map(std::fs::remove_dir);
        }
        for file in files {
            self.put(&file.path, &file.bytes)?;
        }
        self.put(MARKER, list(&names).as_bytes())
    }

    /// Written beside its place and put there when it is whole.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path.join(name);
        let folder = path.parent().unwrap_or(&self.path);
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(folder)?;
            let mut builder = tempfile::Builder::new();
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
            // In the folder of the plan itself, so that a list of ours names all that lies below.
            let mut file = builder.prefix(".wimspect-").tempfile_in(&self.path)?;
            file.write_all(bytes)?;
            file.persist(&path).map_err(|e| e.error)?;
            Ok(())
        };
        write().with_context(|| format!("writing {}", path.display()))
    }
}

/// What is written lies in no input.
///
/// # Errors
/// It does.
pub fn outside(path: &Path, option: &str, inputs: &[PathBuf]) -> Result<()> {
    let shown = path.display();
    let absolute = std::path::absolute(path).with_context(|| format!("{option} {shown}"))?;
    for input in inputs.iter().filter(|i| i.is_dir()) {
        // Links would lead in from elsewhere: compared as they are on disk, as far as they exist.
        if resolved(&absolute).starts_with(resolved(&std::path::absolute(input)?)) {
            bail!("{option} {shown}: it lies in {}, which is only read; name a place outside of it", input.display());
        }
    }
    Ok(())
}

/// The nearest folder that exists, with links followed, and the rest as it stands.
fn resolved(path: &Path) -> PathBuf {
    let existing = path.ancestors().find_map(|a| a.canonicalize().ok().map(|c| (a, c)));
    match existing {
        Some((ancestor, canonical)) => {
            path.strip_prefix(ancestor).map_or(canonical.clone(), |rest| canonical.join(rest))
        }
        None => path.to_path_buf(),
    }
}

fn list(names: &BTreeSet<String>) -> String {
    let mut text = format!("{HEAD}\n");
    for name in names {
        text.push_str(name);
        text.push('\n');
    }
    text
}

/// The names in a list of ours.
fn marker(path: &Path) -> Result<BTreeSet<String>> {
    let meta = std::fs::symlink_metadata(path)?;
    if !meta.is_file() || meta.len() > LONGEST_MARKER {
        bail!("{MARKER} is not ours");
    }
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    if lines.next() != Some(HEAD) {
        bail!("{MARKER} is not ours");
    }
    let names: BTreeSet<String> = lines.map(str::to_owned).collect();
    // Somebody may have changed it: a name must not lead out of the folder.
    let safe = |name: &String| {
        !name.is_empty() && name.split('/').all(|p| p.chars().all(is_allowed) && !matches!(p, "" | "." | ".."))
    };
    if !names.iter().all(safe) {
        bail!("{MARKER} names files outside of its folder");
    }
    Ok(names)
}

/// What names of ours are made of.
fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Files in the folder and one level below, where ours lie (and one more for the answer files), with `/`. Anything deeper, and every
/// link, is named, too: it is not ours.
fn walk(root: &Path) -> Result<Vec<String>> {
    const DEEPEST: usize = 4;
    let mut found = Vec::new();
    let mut open = vec![(root.to_path_buf(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() && depth < DEEPEST {
                open.push((entry.path(), format!("{name}/"), depth + 1));
            } else {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}
