//! The command line as data. No effects in here: what is typed is collected, the subcommands build on it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::facts::ids::Arch;
use crate::facts::os_version::{OsVersion, ProductType};
use crate::inf_db::{ContentAccess, DeploySource, DeployedOsDriver};

/// Offline inspector for Windows driver shares and boot images.
#[derive(Debug, Parser)]
#[command(name = "wimspect", version, about, max_term_width = 110, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What all subcommands share.
    #[command(flatten)]
    pub common: Common,
}

const EXAMPLES: &str = "Examples:
  wimspect audit //server/drivers --boot-image boot.wim      which packages break the network of this boot image
  wimspect audit drivers --winpe 2.1 --winpe 3.0             the same for releases
  wimspect verify boot.wim --deploy-os 6.1                   what is in a boot image, and is it fit for its job
  wimspect explain multi-tier-nic-in-windowspe               what a finding means and how to fix it

Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 an input could not be read, 3 nothing to inspect.";

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Audit a driver source share: which packages break WinPE networking, where, and what to do.
    Audit(AuditArgs),
    /// Verify boot images before distribution.
    Verify(VerifyArgs),
    /// Show the facts of one file (WIM, INF, .sys, .cat, hive) or folder, without judging them.
    Inspect(InspectArgs),
    /// Explain a rule, a NIC family or a WinPE release; without an id: the list.
    Explain(ExplainArgs),
    /// Reads WIM files for the program itself.
    #[command(hide = true, name = "wim-worker")]
    WimWorker,
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Folder trees of drivers.
    #[arg(required = true, value_name = "SHARE")]
    pub shares: Vec<PathBuf>,
    /// Judge the images of this boot image (repeatable).
    #[arg(long, value_name = "FILE")]
    pub boot_image: Vec<PathBuf>,
    /// Judge this WinPE release or OS version (repeatable): 2.1, 3.0, 10-2004, 10.0.19041, all.
    #[arg(long, value_name = "RELEASE")]
    pub winpe: Vec<String>,
    /// Only these architectures (repeatable).
    #[arg(long, value_name = "ARCH", value_parser = arch)]
    pub arch: Vec<Arch>,
    /// Offer the drivers of this folder of the share together (repeatable).
    #[arg(long, value_name = "FOLDER")]
    pub package: Vec<String>,
    /// Tell for these machines what runs their network adapters: a file or a folder of inventories (repeatable).
    #[arg(long, value_name = "FILE|DIR")]
    pub fleet: Vec<PathBuf>,
    /// Read `.inx` templates, too.
    #[arg(long)]
    pub include_templates: bool,
    /// How the task sequence is set up.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

/// How the task sequence is set up; what is not named is judged both ways.
#[derive(Debug, Args)]
pub struct ScenarioArgs {
    /// How the task sequence gets its content (repeatable).
    #[arg(long, value_name = "HOW", value_parser = named(ContentAccess::ALL, ContentAccess::name))]
    pub content: Vec<ContentAccess>,
    /// What is deployed (repeatable).
    #[arg(long, value_name = "WHAT", value_parser = named(DeploySource::ALL, DeploySource::name))]
    pub source: Vec<DeploySource>,
    /// Version of the Windows that is deployed (repeatable): 6.1.7600, 10.0.
    #[arg(long, value_name = "VERSION")]
    pub deploy_os: Vec<OsVersion>,
    /// The task sequence has no step that offers these drivers.
    #[arg(long)]
    pub no_driver_step: bool,
    /// Whether the deployed Windows has a driver for the adapter of its own.
    #[arg(long, value_name = "WHICH", default_value = "unknown", value_parser = named(DeployedOsDriver::ALL, DeployedOsDriver::name))]
    pub deployed_os_driver: DeployedOsDriver,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Boot images: .wim, .esd, the first part of a split .swm, or a folder with an extracted image.
    #[arg(required = true, value_name = "BOOT.WIM")]
    pub images: Vec<PathBuf>,
    /// Judge the drivers of this share with the images (repeatable).
    #[arg(long, value_name = "SHARE")]
    pub drivers: Vec<PathBuf>,
    /// Check all data of the WIM, too: its integrity table and the SHA-1 of every stream.
    #[arg(long)]
    pub integrity: bool,
    /// Tell for these machines what runs their network adapters: a file or a folder of inventories (repeatable).
    #[arg(long, value_name = "FILE|DIR")]
    pub fleet: Vec<PathBuf>,
    /// How the task sequence is set up.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
}

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A WIM, an INF file, a driver file (.sys), a catalog (.cat), a registry hive, or a folder of drivers.
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    /// An INF as this Windows sees it: 6.1.7601, 10.0.19041.
    #[arg(long, value_name = "VERSION")]
    pub os: Option<OsVersion>,
    /// Architecture of that Windows.
    #[arg(long, value_name = "ARCH", value_parser = arch, default_value = "amd64")]
    pub arch: Arch,
    /// Its product type: 1 workstation (Windows PE), 2 domain controller, 3 server.
    #[arg(long, value_name = "1|2|3", value_parser = product_type, default_value = "1")]
    pub product_type: ProductType,
    /// Its suites as VER_SUITE_* bits, decimal or 0x...
    #[arg(long, value_name = "BITS", value_parser = bits, default_value = "0")]
    pub suite_mask: u32,
    /// Its language, which chooses [Strings.LANGID]: 0x0409 or 0409.
    #[arg(long, value_name = "LANGID", value_parser = langid, default_value = "0409")]
    pub language: u16,
    /// Show what is odd in an INF, line by line.
    #[arg(long)]
    pub lint: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule, a NIC family, a WinPE release or an OS version.
    pub id: Option<String>,
}

/// What all subcommands share.
#[derive(Debug, Args)]
pub struct Common {
    /// Output format, and the file for it (repeatable): text, json; `--format text --format json=report.json`.
    #[arg(long, global = true, value_name = "FORMAT[=FILE]", value_parser = output_spec, default_value = "text")]
    pub format: Vec<OutputSpec>,
    /// Write the report whose format names no file to this one.
    #[arg(long, short, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with 1 for findings of this severity and above: error, warning, info, never.
    #[arg(long, global = true, value_enum, hide_possible_values = true, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
    /// Leave out findings that are less sure than this: guess, likely, proven.
    #[arg(long, global = true, value_enum, hide_possible_values = true, default_value_t = MinConfidence::Guess)]
    pub min_confidence: MinConfidence,
    /// Threads; all cores unless given.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Lay this folder's files over the built-in knowledge.
    #[arg(long, global = true, value_name = "DIR")]
    pub inf_db: Option<PathBuf>,
    /// Show every driver in the report, not only those that matter.
    #[arg(long, global = true)]
    pub all_facts: bool,
    /// Colours: auto, always, never.
    #[arg(long, global = true, value_enum, hide_possible_values = true, default_value_t = Color::Auto)]
    pub color: Color,
    /// No progress bar.
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Show every finding in its place, however many there are (text).
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// Only the exit code and errors.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// Output formats; each is one file or folder in `report/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Text,
    /// `wimspect/1`.
    Json,
}

/// One report: its format, and its file unless it goes to `--output` or standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSpec {
    /// Format.
    pub format: Format,
    /// File.
    pub file: Option<PathBuf>,
}

impl Common {
    /// The format of what goes to standard output, for subcommands that write one thing.
    pub fn first_format(&self) -> Format {
        self.format.iter().find(|spec| spec.file.is_none()).or(self.format.first()).map_or(Format::Text, |s| s.format)
    }
}

fn output_spec(text: &str) -> Result<OutputSpec, String> {
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
    let format = Format::from_str(name, true).map_err(|_| {
        let names: Vec<String> = Format::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        format!("no output format `{name}`; one of {}", names.join(", "))
    })?;
    if file == Some("") {
        return Err(format!("`{text}` names no file; write `{name}=FILE`, or `{name}` alone for standard output"));
    }
    Ok(OutputSpec { format, file: file.map(PathBuf::from) })
}

/// Which severity fails a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors.
    Error,
    /// Warnings and errors.
    Warning,
    /// Everything.
    Info,
    /// Nothing.
    Never,
}

/// Which findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MinConfidence {
    /// All.
    Guess,
    /// Documented or proven.
    Likely,
    /// Read from bytes.
    Proven,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

fn arch(text: &str) -> Result<Arch, String> {
    Arch::from_name(text).ok_or_else(|| {
        let names: Vec<&str> = Arch::ALL.iter().map(|a| a.name()).collect();
        format!("no architecture; one of {}", names.join(", "))
    })
}

fn product_type(text: &str) -> Result<ProductType, String> {
    let number = text.parse::<u32>().ok();
    number
        .and_then(ProductType::from_number)
        .ok_or_else(|| "1 (workstation), 2 (domain controller) or 3 (server)".to_owned())
}

fn hex_digits(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

fn bits(text: &str) -> Result<u32, String> {
    let number = hex_digits(text).map_or_else(|| text.parse::<u32>().ok(), |hex| u32::from_str_radix(hex, 16).ok());
    number.ok_or_else(|| "a number, decimal or 0x...".to_owned())
}

fn langid(text: &str) -> Result<u16, String> {
    u16::from_str_radix(hex_digits(text).unwrap_or(text), 16)
        .map_err(|_| "a LANGID in hex, for example 0409".to_owned())
}

/// A parser for the values of a named enumeration of inf-db.
fn named<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        all.iter().copied().find(|value| name(*value).eq_ignore_ascii_case(text)).ok_or_else(|| {
            let names: Vec<&str> = all.iter().map(|value| name(*value)).collect();
            format!("one of {}", names.join(", "))
        })
    }
}
