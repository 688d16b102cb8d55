//! `wimspect audit`: which packages of a share break WinPE networking.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};

use super::ExitStatus;
use super::args::{AuditArgs, Common};
use super::output::{self, Kind};
use super::pipeline::{self, Inputs};
use crate::analysis::Request;
use crate::facts::os_version::OsVersion;
use crate::inf_db::InfDb;

/// Runs it.
///
/// # Errors
/// Faults of the call.
pub fn run(args: &AuditArgs, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    let request = Request {
        releases: releases(&args.winpe, &db)?,
        archs: args.arch.clone(),
        all_releases: true,
        packages: pipeline::packages(&args.package, &args.shares)?,
        cells: pipeline::cells(&args.scenario),
    };
    let inputs = Inputs {
        shares: &args.shares,
        images: &args.boot_image,
        fleet: &args.fleet,
        include_templates: args.include_templates,
    };
    let outcome = pipeline::run(&inputs, &request, common, &db)?;
    output::finish(outcome, Kind::Full, common, &db)
}

/// Reads `--winpe`; `all` names every release of the table.
fn releases(named: &[String], db: &InfDb) -> Result<Vec<(String, OsVersion)>> {
    let mut found: Vec<(String, OsVersion)> = Vec::new();
    for text in named {
        if text.eq_ignore_ascii_case("all") {
            found.extend(db.releases().iter().map(|r| (r.id.clone(), r.version())));
            continue;
        }
        let release = db
            .releases()
            .parse(text)
            .map_err(|unknown| anyhow!("--winpe {text}: {unknown}; `wimspect explain` lists the releases"))?;
        found.push((release.release.id.clone(), release.version));
    }
    // In the order of the command line, each once.
    let mut seen = BTreeSet::new();
    found.retain(|release| seen.insert(release.clone()));
    Ok(found)
}
