//! `inspect FILE.inf` with `--os` or `--lint`: the model of one INF, and what is odd in it.

use std::io::{self, Write};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use crate::analysis::inf_model::{self, InfModel};
use crate::cli::args::{Common, FailOn, Format, InspectArgs};
use crate::cli::{ExitStatus, output};
use crate::facts::driver_package::{InfProblem, ReadOptions, lint_with, read_with};
use crate::facts::os_version::TargetOs;
use crate::report::SCHEMA;
use crate::report::inert::InertJson;
use crate::report::text::inf_model as text;
use crate::scan::image::{self, Kind};
use crate::scan::share::read_inf_bytes;

#[derive(Serialize)]
struct Record<'a> {
    schema: &'static str,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<InfModel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lint: Option<&'a [InfProblem]>,
}

/// Runs it.
///
/// # Errors
/// The file can not be read, or the report can not be written.
pub(super) fn run(args: &InspectArgs, common: &Common) -> Result<ExitStatus> {
    output::only(common, &[Format::Text, Format::Json], "the model of one INF has no findings")?;
    let path = args.path.display().to_string();
    let what = match image::identify(&args.path) {
        Ok(Kind::Folder) => Some("a folder"),
        Ok(Kind::Wim(_)) => Some("a WIM"),
        _ => None,
    };
    if let Some(what) = what {
        bail!("{path} is {what}: --os and --lint are for one INF file");
    }
    let bytes = read_inf_bytes(&args.path).map_err(|message| anyhow::anyhow!("{path}: {message}"))?;
    let options = ReadOptions { language: args.language };
    let package = read_with(&bytes, &options);
    let model = args.os.map(|version| {
        let target =
            TargetOs { version, arch: args.arch, product_type: args.product_type, suite_mask: args.suite_mask };
        inf_model::read(&bytes, &package, &target, &options)
    });
    let remarks = args.lint.then(|| lint_with(&bytes, &options));
    let record = Record { schema: SCHEMA, path: &path, model, lint: remarks.as_deref() };
    output::to_destinations(common, &mut |format, style, out| write(&record, format, style, out))
        .with_context(|| path.clone())?;
    let odd = remarks.as_ref().is_some_and(|r| !r.is_empty());
    let broken = remarks.as_ref().is_some_and(|r| r.iter().any(|p| p.fatal));
    let fails = match common.fail_on {
        FailOn::Error => broken,
        FailOn::Warning | FailOn::Info => odd,
        FailOn::Never => false,
    };
    Ok(if fails { ExitStatus::Findings } else { ExitStatus::Clean })
}

fn write(
    record: &Record<'_>,
    format: Format,
    style: crate::report::text::style::Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if format == Format::Json {
        serde_json::to_writer_pretty(InertJson(&mut *out), record).map_err(io::Error::from)?;
        return writeln!(out);
    }
    if let Some(model) = &record.model {
        text::write(model, style, out)?;
    }
    text::lint(record.path, record.lint.unwrap_or_default(), out)
}
