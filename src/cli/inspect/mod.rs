//! `wimspect inspect`: facts only.

mod inf;
mod single;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::analysis::world::World;
use crate::analysis::{Answers, Request, analyse, ask};
use crate::cli::ExitStatus;
use crate::cli::args::{Common, Format, InspectArgs};
use crate::cli::output::{self, Kind};
use crate::cli::pipeline::{self, Inputs, Outcome};
use crate::facts::share::{Share, ShareInf};
use crate::inf_db::InfDb;
use crate::report::Input;
use crate::scan::image::{self, Kind as FileKind};
use crate::scan::share::read_inf;

/// Runs it.
///
/// # Errors
/// Faults of the call.
pub fn run(args: &InspectArgs, common: &Common) -> Result<ExitStatus> {
    if args.os.is_some() || args.lint {
        return inf::run(args, common);
    }
    let formats = [Format::Text, Format::Json, Format::Ndjson, Format::Html];
    output::only(common, &formats, "inspect shows facts and judges nothing, this format lists findings")?;
    let db = pipeline::load_db(common)?;
    let request = Request::of_images();
    let one: [PathBuf; 1] = [args.path.clone()];
    let outcome = if args.path.is_dir() {
        let holds_windows = ["Windows", "windows", "WINDOWS"].iter().any(|w| args.path.join(w).is_dir());
        let inputs = if holds_windows {
            Inputs { images: &one, ..Inputs::default() }
        } else {
            Inputs { shares: &one, ..Inputs::default() }
        };
        pipeline::run(&inputs, &request, common, &db)?
    } else if let Some(kind) = single::kind(&args.path)? {
        return single::run(args, kind, common, &db);
    } else if is_wim(args)? {
        pipeline::run(&Inputs { images: &one, ..Inputs::default() }, &request, common, &db)?
    } else {
        single_inf(args, &request, &db)
    };
    output::finish(outcome, Kind::Facts, None, common, &db)
}

/// By content, not by name.
fn is_wim(args: &InspectArgs) -> Result<bool> {
    let named_inf =
        args.path.extension().is_some_and(|e| e.eq_ignore_ascii_case("inf") || e.eq_ignore_ascii_case("inx"));
    if named_inf {
        // A missing file must not turn into an empty report.
        std::fs::File::open(&args.path).with_context(|| args.path.display().to_string())?;
        return Ok(false);
    }
    match image::identify(&args.path)? {
        FileKind::Text => Ok(false),
        _ => Ok(true),
    }
}

/// One INF file as a share of its own.
fn single_inf(args: &InspectArgs, request: &Request, db: &InfDb) -> Outcome {
    let name = args.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let share = Share {
        root: args.path.parent().map_or_else(String::new, |p| p.display().to_string()),
        file_count: 1,
        infs: vec![ShareInf { path: name.clone(), content: read_inf(&args.path) }],
        ..Share::default()
    };
    let world = World::new(vec![share], Vec::new());
    let asked = ask(&world, db);
    let path = args.path.display().to_string().replace('\\', "/");
    // The one input that was named can not be read: that is a failure, not a finding.
    let failed = world.unreadable.iter().map(|(_, message)| format!("{path}: {message}")).collect();
    let analysis = analyse(world, asked, Answers::default(), request, db);
    Outcome {
        analysis,
        inputs: vec![Input { kind: "share", path, sha256: None, guid: None }],
        problems: Vec::new(),
        failed,
        states: Vec::new(),
    }
}
