//! The arguments of `plan`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::args::{ScenarioArgs, arch};
use crate::facts::ids::Arch;

/// Shown below the help.
pub const EXAMPLES: &str = "Examples:
  wimspect plan //server/drivers --boot-image boot.wim --output plan        what to inject, what to keep out
  wimspect plan drivers --boot-image boot.wim --fleet inventories --deploy-os 6.1 --output plan
  wimspect plan --check unattend.xml --check sequence.xml --arch amd64      is solution 4 carried out";

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Folder trees of drivers.
    #[arg(required_unless_present = "check", value_name = "SHARE")]
    pub shares: Vec<PathBuf>,
    /// Plan for the images of this boot image (repeatable).
    #[arg(long, value_name = "FILE", required_unless_present = "check")]
    pub boot_image: Vec<PathBuf>,
    /// Folder for the files of the plan: new, empty, or with an earlier plan in it.
    #[arg(id = "output", long, short, value_name = "DIR", required_unless_present = "check")]
    pub output: Option<PathBuf>,
    /// Only boot images of these architectures; with --check: of the Windows that is deployed (repeatable).
    #[arg(long, value_name = "ARCH", value_parser = arch())]
    pub arch: Vec<Arch>,
    /// Plan for the network adapters of these machines: a file or a folder of inventories (repeatable).
    #[arg(long, value_name = "FILE|DIR")]
    pub fleet: Vec<PathBuf>,
    /// Check an answer file, or a task sequence of Configuration Manager, against solution 4 (repeatable).
    #[arg(long, value_name = "FILE", conflicts_with_all = ["shares", "boot_image", "fleet"])]
    pub check: Vec<PathBuf>,
    /// How the task sequence is set up.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}
