//! Finds and reads the policy of a site: `--policy`, or `wimspect-policy.ini` beside the share or above it, or the one in the
//! user's configuration folder.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::args::Common;
use crate::analysis::policy::Policy;
use crate::facts::policy::{self, Day};
use crate::inf_db::InfDb;

/// Name of the file beside a share or above it.
const BESIDE: &str = "wimspect-policy.ini";
/// Name of the file in the user's configuration folder.
const OF_USER: &str = "wimspect/policy.ini";
/// A policy is written by hand.
const MOST_BYTES: u64 = 4 << 20;

/// The policy that holds for these inputs, if there is one.
///
/// # Errors
/// It can not be read, says something that is not understood, or several shares have different ones.
pub fn find(common: &Common, inputs: &[PathBuf], db: &InfDb) -> Result<Option<Policy>> {
    if common.no_policy {
        return Ok(None);
    }
    let path = match &common.policy {
        Some(path) => Some(path.clone()),
        None => discovered(inputs)?,
    };
    // What was found by itself is no option.
    let option = if common.policy.is_some() { "--policy" } else { "policy" };
    path.map(|path| read(&path, option, db)).transpose()
}

fn discovered(inputs: &[PathBuf]) -> Result<Option<PathBuf>> {
    let mut found: Vec<PathBuf> = inputs.iter().filter_map(|input| above(input)).collect();
    found.sort();
    found.dedup();
    match found.as_slice() {
        [] => Ok(of_user().filter(|path| path.is_file())),
        [one] => Ok(Some(one.clone())),
        [first, second, ..] => bail!(
            "the inputs have different policies ({} and {}); name one with --policy, or use --no-policy",
            first.display(),
            second.display()
        ),
    }
}

/// The nearest policy in the folder of an input or above it.
fn above(input: &Path) -> Option<PathBuf> {
    let absolute = std::path::absolute(input).ok()?;
    absolute.ancestors().map(|folder| folder.join(BESIDE)).find(|path| path.is_file())
}

fn of_user() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let folder = if cfg!(windows) {
        named("APPDATA")
    } else {
        named("XDG_CONFIG_HOME").or_else(|| named("HOME").map(|home| home.join(".config")))
    };
    folder.map(|folder| folder.join(OF_USER))
}

fn read(path: &Path, option: &str, db: &InfDb) -> Result<Policy> {
    let shown = path.display().to_string().replace('\\', "/");
    let size = std::fs::metadata(path).with_context(|| format!("{option} {shown}"))?.len();
    if size > MOST_BYTES {
        bail!("{option} {shown}: {size} bytes are no policy file");
    }
    let bytes = std::fs::read(path).with_context(|| format!("{option} {shown}"))?;
    // Reports must not depend on where the share is mounted.
    let name = path.file_name().map_or_else(|| shown.clone(), |n| n.to_string_lossy().into_owned());
    Policy::new(name, &policy::read(&bytes), db).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(|p| format!("{shown}:{}: {}", p.line, p.message)).collect();
        anyhow::anyhow!("{}", lines.join("\n"))
    })
}

/// The day on which ignores are judged.
pub fn today() -> Day {
    Day::from_unix_seconds(super::clock::now())
}
