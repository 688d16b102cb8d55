//! `wimspect diff`: two boot images, two shares, or two runs of a history.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::args::{Common, DiffArgs, Format};
use super::pipeline::{self, Inputs};
use super::{ExitStatus, output};
use crate::analysis::Request;
use crate::analysis::changes::Changes;
use crate::analysis::snapshot::Snapshot;
use crate::history::{History, RunName};
use crate::inf_db::InfDb;
use crate::report::changes::{Compared, Side, json, text};
use crate::scan::image::{self, Kind};

/// Runs it.
///
/// # Errors
/// One of the two is not there, can not be read, or is of another kind than the other one.
pub fn run(args: &DiffArgs, common: &Common) -> Result<ExitStatus> {
    output::only(common, &[Format::Text, Format::Json], "this format has no room for differences")?;
    let db = pipeline::load_db(common)?;
    let changed = match &args.history {
        Some(history) => runs(history, args, common, &db)?,
        None => inputs(args, common, &db)?,
    };
    Ok(if changed && args.fail_on_change { ExitStatus::Findings } else { ExitStatus::Clean })
}

/// Writes the comparison; returns whether something is different.
fn write(compared: &Compared<'_>, common: &Common, db: &InfDb) -> Result<bool> {
    output::to_destinations(common, &mut |format, style, out| match format {
        Format::Json => json::write(compared, db, out),
        _ => text::write(compared, style, out),
    })?;
    Ok(!compared.changes.is_empty())
}

fn runs(history: &Path, args: &DiffArgs, common: &Common, db: &InfDb) -> Result<bool> {
    let name = |path: &Path| -> Result<RunName> {
        path.to_string_lossy().parse().map_err(|said: String| anyhow::anyhow!("{said}; with --history both are runs"))
    };
    let (before, after) = (name(&args.before)?, name(&args.after)?);
    let history = History::open_existing(history)?;
    let (before, after) = (history.find(&before)?, history.find(&after)?);
    let changes = Changes::between(&history.known_at(before.id)?, &history.snapshot(after.id)?);
    let sides = (Side::Run(&before.point), Side::Run(&after.point));
    write(&Compared { before: sides.0, after: sides.1, changes: &changes }, common, db)
}

/// What a path leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Share,
    BootImage,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Share => "a share",
            Self::BootImage => "a boot image",
        }
    }

    fn of(path: &Path) -> Result<Self> {
        let shown = path.display();
        let metadata: Metadata = std::fs::metadata(path).with_context(|| {
            let is_run = path.to_string_lossy().parse::<RunName>().is_ok();
            let hint = if is_run { "; to compare runs, name their history with --history FILE" } else { "" };
            format!("{shown}{hint}")
        })?;
        if metadata.is_dir() {
            // A folder with an extracted image, or one of drivers.
            let is_image = ["Windows", "windows", "WINDOWS"].iter().any(|name| path.join(name).is_dir());
            return Ok(if is_image { Self::BootImage } else { Self::Share });
        }
        match image::identify(path)? {
            Kind::Text => bail!("{shown} is a text file; name two boot images or two folders of drivers"),
            _ => Ok(Self::BootImage),
        }
    }
}

fn inputs(args: &DiffArgs, common: &Common, db: &InfDb) -> Result<bool> {
    let (a, b) = (What::of(&args.before)?, What::of(&args.after)?);
    if a != b {
        bail!(
            "{} is {}, {} is {}: name two of the same kind",
            args.before.display(),
            a.name(),
            args.after.display(),
            b.name()
        );
    }
    let shown = |path: &Path| path.display().to_string().replace('\\', "/");
    let (before, after) = (shown(&args.before), shown(&args.after));
    let changes = Changes::between(
        &snapshot(&args.before, a, &after, common, db)?,
        &snapshot(&args.after, a, &after, common, db)?,
    );
    let side = |path| match a {
        What::Share => Side::Share(path),
        What::BootImage => Side::BootImage(path),
    };
    write(&Compared { before: side(&before), after: side(&after), changes: &changes }, common, db)
}

/// What is in an input, made comparable with another one of its kind: both bear the same `name`, and what says only that it is
/// another file (GUID, digest) is left out. Findings are the business of `audit` and `verify`.
fn snapshot(path: &Path, what: What, name: &str, common: &Common, db: &InfDb) -> Result<Snapshot> {
    let one: [PathBuf; 1] = [path.to_owned()];
    let inputs = match what {
        What::Share => Inputs { shares: &one, ..Inputs::default() },
        What::BootImage => Inputs { images: &one, ..Inputs::default() },
    };
    let outcome = pipeline::run(&inputs, &Request::of_images(), common, db)?;
    if !outcome.failed.is_empty() {
        bail!("{}", outcome.failed.join("; "));
    }
    let mut snapshot = Snapshot::of(&outcome.analysis, outcome.states, outcome.problems.len());
    snapshot.findings.clear();
    snapshot.coverage = None;
    snapshot.packages.iter_mut().for_each(|p| name.clone_into(&mut p.share));
    for image in &mut snapshot.images {
        name.clone_into(&mut image.file);
        (image.guid, image.sha256) = (None, None);
    }
    for input in &mut snapshot.inputs {
        name.clone_into(&mut input.path);
        input.name.clear();
    }
    Ok(snapshot)
}
