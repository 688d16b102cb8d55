//! Arguments of `diagnose`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::ScenarioArgs;

/// Shown after the options.
pub const EXAMPLES: &str = "Examples:
  wimspect diagnose smsts.log setupact.log               what happened, why, what to do
  wimspect diagnose logs --boot-image boot.wim --drivers //server/drivers
  wimspect diagnose logs --format markdown               the same for a ticket

Exit codes: 1 a cause was found (with --fail-on warning: also a failure that
nothing known explains), 0 not, 2 an input that could not be read, 3 no log.";

/// Arguments of `diagnose`.
#[derive(Debug, Args)]
pub struct DiagnoseArgs {
    /// Logs of a deployment, or folders with them: smsts.log, setupact.log, dism.log, wpeinit.log, ... Known by content.
    #[arg(required = true, value_name = "LOG|DIR")]
    pub logs: Vec<PathBuf>,
    /// The boot image that the machine ran (repeatable).
    #[arg(long, value_name = "FILE")]
    pub boot_image: Vec<PathBuf>,
    /// The share of the drivers that the task sequence offers (repeatable).
    #[arg(long, value_name = "SHARE")]
    pub drivers: Vec<PathBuf>,
    /// The drivers of this folder of the share were offered together (repeatable).
    #[arg(long, value_name = "FOLDER")]
    pub package: Vec<String>,
    /// The machine: an inventory, or a folder with some (repeatable).
    #[arg(long, value_name = "FILE|DIR")]
    pub fleet: Vec<PathBuf>,
    /// How the task sequence is set up, where the logs do not show it.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}
