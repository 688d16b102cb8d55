//! `inspect` of a driver file, a catalog or a registry hive.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use serde::Serialize;

use crate::cli::args::{Common, Format, InspectArgs};
use crate::cli::{ExitStatus, output};
use crate::facts::single_file::{HEAD, SingleFile, SingleKind};
use crate::inf_db::InfDb;
use crate::report::SCHEMA;
use crate::report::text::single_file as text;

/// Hives of a full Windows have some 100 MB; nothing else that is read here comes near it.
const MAX_BYTES: u64 = 512 << 20;

#[derive(Serialize)]
struct Record<'a> {
    schema: &'static str,
    path: &'a str,
    kind: SingleKind,
    #[serde(flatten)]
    file: &'a SingleFile,
}

/// What the file is, when it is shown here: by content, and by name only where the content is something else.
///
/// # Errors
/// The file can not be read.
pub(super) fn kind(path: &Path) -> Result<Option<SingleKind>> {
    let shown = || path.display().to_string();
    // What is not there, or is no file, is told by whoever is asked next.
    if !std::fs::metadata(path).is_ok_and(|m| m.is_file()) {
        return Ok(None);
    }
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(HEAD as u64).read_to_end(&mut head)).with_context(shown)?;
    let named = |extension: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension));
    let by_name = || match () {
        // So that whoever asks for a .cat is told what it is instead.
        () if named("cat") => Some(SingleKind::Catalog),
        () if named("sys") => Some(SingleKind::DriverFile),
        () => None,
    };
    Ok(SingleKind::of(&head).or_else(by_name))
}

/// Runs it.
///
/// # Errors
/// The file can not be read, is none of that kind, or the report can not be written.
pub(super) fn run(args: &InspectArgs, kind: SingleKind, common: &Common, db: &InfDb) -> Result<ExitStatus> {
    output::only(common, &[Format::Text, Format::Json], "the facts of one such file have no findings")?;
    let path = args.path.display().to_string().replace('\\', "/");
    let mut bytes = Vec::new();
    let file = File::open(&args.path).with_context(|| path.clone())?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).with_context(|| path.clone())?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(anyhow!("{path}: larger than {} MB: not read", MAX_BYTES >> 20));
    }
    let file = SingleFile::read(&bytes, kind).map_err(|reason| anyhow!("{path}: {reason}"))?;
    let record = Record { schema: SCHEMA, path: &path, kind, file: &file };
    output::to_destinations(common, &mut |format, style, out| match format {
        Format::Json => json(&record, out),
        _ => text::write(&path, &file, db, common.all_facts, style, out),
    })?;
    Ok(ExitStatus::Clean)
}

fn json(record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, record).map_err(io::Error::from)?;
    writeln!(out)
}
