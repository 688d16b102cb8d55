//! `wimspect audit`: which packages of a share break WinPE networking.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};

use super::ExitStatus;
use super::args::{AuditArgs, Common};
use super::output::{self, Kind};
use super::pipeline::{self, Inputs};
use crate::analysis::Request;
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::inf_db::InfDb;

/// Runs it.
///
/// # Errors
/// Faults of the call.
pub fn run(args: &AuditArgs, common: &Common) -> Result<ExitStatus> {
    let db = pipeline::load_db(common)?;
    let releases = releases(&args.winpe, &db)?;
    check_archs(&releases, &args.arch, &db)?;
    let request = Request {
        releases,
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
        integrity: false,
    };
    let policy = super::policy::find(common, &[args.shares.as_slice(), &args.boot_image].concat(), &db)?;
    let outcome = pipeline::run(&inputs, &request, common, &db)?;
    output::finish(outcome, Kind::Full, policy.as_ref(), common, &db)
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

/// A release that exists for none of the named architectures would be judged by nobody: said, instead of a clean bill.
fn check_archs(releases: &[(String, OsVersion)], archs: &[Arch], db: &InfDb) -> Result<()> {
    let rows: Vec<_> = releases.iter().filter_map(|(id, _)| db.releases().by_id(id)).collect();
    if archs.is_empty() || rows.is_empty() || rows.iter().any(|r| r.archs.iter().any(|a| archs.contains(a))) {
        return Ok(());
    }
    let has: Vec<String> = rows
        .iter()
        .map(|r| format!("{}: {}", r.title, r.archs.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ")))
        .collect();
    let named = archs.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ");
    Err(anyhow!("--arch {named}: no release named by --winpe exists for it ({})", has.join("; ")))
}
