//! `wimspect report`: the scheduled report. Configuration → lock → inputs → snapshot → history → what changed → reports →
//! metrics, webhook, mail → exit code.
//!
//! Nobody watches it: whatever goes wrong is said, the rest is done all the same, and the exit code is 2.

mod config;
mod judged;
mod key;
mod mail;
mod notices;
mod outputs;
mod prepared;
mod run;
mod section;
mod units;
mod webhook;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use self::config::{EXAMPLE, Settings};
use super::ExitStatus;
use super::args::{Common, ReportArgs};
use crate::inf_db::InfDb;

/// Options of all subcommands for which the configuration has a key.
const IN_CONFIG: [(&str, &str); 9] = [
    ("format", "[output NAME] format"),
    ("output", "[output NAME] file"),
    ("fail_on", "[report] fail-on"),
    ("policy", "[report] policy"),
    ("no_policy", "[report] policy = none"),
    ("baseline", "[report] baseline"),
    ("min_confidence", "[report] min-confidence"),
    ("jobs", "[report] jobs"),
    ("inf_db", "[report] inf-db"),
];

/// Runs it. `typed` are the options that were typed.
///
/// # Errors
/// Faults of the call and of the configuration; another run works on the same history.
pub fn run(args: &ReportArgs, common: &Common, typed: &[String]) -> Result<ExitStatus> {
    refuse(typed)?;
    if args.print_config {
        std::io::stdout().write_all(EXAMPLE.as_bytes())?;
        return Ok(ExitStatus::Clean);
    }
    let path = config::find(args.config.as_deref())?;
    let shown = args.config.as_deref().unwrap_or_else(|| Path::new(config::FILE_NAME)).display().to_string();
    let (settings, db) = config::read(&path, &shown)?;
    // Relative paths of a configuration start at its folder, and reports show them as they stand there.
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    std::env::set_current_dir(folder).with_context(|| format!("--config {shown}: its folder"))?;
    if let Some(kind) = args.install_unit {
        let program = std::env::current_exe().context("the program does not find itself")?;
        let unit = units::text(kind, &program, &path, &settings)?;
        std::io::stdout().write_all(unit.as_bytes())?;
        return Ok(ExitStatus::Clean);
    }
    if args.check_config {
        return check(&settings, &db, common, &shown);
    }
    run::run(args, &settings, &db, common)
}

fn refuse(typed: &[String]) -> Result<()> {
    for option in typed {
        let name = option.replace('_', "-");
        if let Some((_, key)) = IN_CONFIG.iter().find(|(o, _)| o == option) {
            bail!("--{name}: `report` reads this from its configuration; write it there: {key}");
        }
        if matches!(option.as_str(), "all_facts" | "write_baseline") {
            bail!(
                "--{name}: `report` takes no such option; {}",
                match option.as_str() {
                    "all_facts" => "its configuration has a key for it: [report] all-facts",
                    _ => "`wimspect audit` or `verify` write a baseline",
                }
            );
        }
    }
    Ok(())
}

/// Everything that would go wrong tonight and can be seen now.
fn check(settings: &Settings, db: &InfDb, common: &Common, shown: &str) -> Result<ExitStatus> {
    config::complain(shown, config::check_places(settings))?;
    let prepared = prepared::Prepared::new(settings, db, common)?;
    prepared.policy()?;
    prepared.baseline()?;
    if !common.quiet {
        writeln!(std::io::stdout(), "{shown}: in order")?;
    }
    Ok(ExitStatus::Clean)
}
