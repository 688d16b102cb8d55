//! The command line as data. No effects in here: what is typed is collected, the subcommands build on it.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Error, Parser, Subcommand, ValueEnum};

use crate::facts::ids::Arch;
use crate::facts::os_version::{OsVersion, ProductType};
use crate::history::RunName;
use crate::inf_db::{ContentAccess, DeploySource, DeployedOsDriver, did_you_mean};

/// Offline inspector for Windows driver shares and boot images.
#[derive(Debug, Parser)]
#[command(name = "wimspect", version, about = ABOUT, max_term_width = 110, help_template = TOP, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What all subcommands share.
    #[command(flatten)]
    pub common: Common,
}

/// The first screen: what there is to do. The options, which all subcommands share, stand with each of them.
const TOP: &str = "{name} {version}: {about}

Usage: wimspect <COMMAND> [OPTIONS]

Commands:
{subcommands}{after-help}
";

/// Shorter than what Cargo.toml says: it has one line.
const ABOUT: &str = "offline inspector for Windows driver shares and boot images";

const EXAMPLES: &str = "Examples:
  wimspect audit //server/drivers --boot-image boot.wim
  wimspect verify boot.wim --deploy-os 6.1

Exit codes: 0 nothing found at or above --fail-on, 1 findings, 2 wrong usage or
an input that could not be read, 3 nothing to inspect.
`wimspect COMMAND --help` shows the options of a command.";

const AUDIT_EXAMPLES: &str = "Examples:
  wimspect audit //server/drivers --boot-image boot.wim       what breaks the network of this image
  wimspect audit drivers --winpe 2.1 --winpe 3.0 --arch amd64
  wimspect audit drivers --winpe all --fail-on warning --format text --format junit=drivers.xml";

const VERIFY_EXAMPLES: &str = "Examples:
  wimspect verify boot.wim --deploy-os 6.1                    what is in it, and is it fit for its job
  wimspect verify boot.wim --drivers //server/drivers         and what would this share do to it
  wimspect verify boot.wim --fleet inventories                and which machines get a network in it";

const REPORT_EXAMPLES: &str = "Examples:
  wimspect report --print-config > wimspect.ini               a configuration to start with
  wimspect report --check-config                              everything that is wrong with it
  wimspect report --dry-run                                   what tonight's run would say, write and send
  wimspect report --install-unit systemd                      lines for the scheduler

What is reported, and how, stands in the configuration: --format, --policy and the like are refused here.";

const DIFF_EXAMPLES: &str = "Examples:
  wimspect diff boot-old.wim boot-new.wim                   drivers, components, versions
  wimspect diff //server/drivers-2025 //server/drivers      packages added, removed, updated, moved
  wimspect diff previous latest --history wimspect.db       what the last night changed
  wimspect diff 2026-11-01 latest --history wimspect.db     and what the month did

The exit code is 0 whether something is different or not; with --fail-on-change it is 1
when something is.";

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Which packages of a driver share break WinPE networking.
    #[command(after_help = AUDIT_EXAMPLES)]
    Audit(AuditArgs),
    /// Whether boot images are fit for distribution.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// What happened in a deployment, why, and what to do, by its logs.
    #[command(after_help = super::diagnose::args::EXAMPLES)]
    Diagnose(super::diagnose::args::DiagnoseArgs),
    /// What to inject into a boot image, what to keep out, and scripts.
    #[command(after_help = super::plan::args::EXAMPLES)]
    Plan(super::plan::args::PlanArgs),
    /// The scheduled report: what is new since the last run.
    #[command(after_help = REPORT_EXAMPLES)]
    Report(ReportArgs),
    /// The facts of one file (WIM, INF, .sys, .cat, hive) or a folder.
    Inspect(InspectArgs),
    /// A rule, NIC family, release, log signature or code; or the list.
    Explain(ExplainArgs),
    /// What is different between two boot images, two shares or two runs.
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// The runs that a history holds: list, show one, prune.
    History(HistoryArgs),
    /// Completions for a shell, to standard output.
    Completions(CompletionsArgs),
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
    #[arg(long, value_name = "ARCH", value_parser = arch())]
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
#[command(next_help_heading = "The task sequence")]
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

/// Arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The configuration; without it `wimspect.ini` in the current folder.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print an example of a configuration, with comments.
    #[arg(long, conflicts_with_all = ["check_config", "install_unit", "full", "dry_run", "since", "config"])]
    pub print_config: bool,
    /// Say what is wrong with the configuration, and run nothing.
    #[arg(long, conflicts_with_all = ["install_unit", "full", "dry_run", "since"])]
    pub check_config: bool,
    /// Print the lines for a scheduler: systemd, systemd-service, systemd-timer, cron, task-scheduler, github, gitlab.
    #[arg(long, value_name = "KIND", value_enum, hide_possible_values = true, conflicts_with_all = ["full", "dry_run", "since"])]
    pub install_unit: Option<UnitKind>,
    /// Read everything, whether it changed or not.
    #[arg(long)]
    pub full: bool,
    /// Show what would be written and sent; write and send nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Say also what changed since this run (repeatable): its number, `latest-7`, or a date in UTC, 2026-11-28.
    #[arg(long, value_name = "RUN|DATE")]
    pub since: Vec<RunName>,
}

/// What a unit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum UnitKind {
    /// systemd: service and timer.
    Systemd,
    /// systemd: the service.
    SystemdService,
    /// systemd: the timer.
    SystemdTimer,
    /// cron: a line.
    Cron,
    /// Windows Task Scheduler: XML.
    TaskScheduler,
    /// GitHub Actions: a workflow.
    Github,
    /// GitLab CI: a job.
    Gitlab,
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
    #[arg(long, value_name = "ARCH", value_parser = arch(), default_value = "amd64", requires = "os")]
    pub arch: Arch,
    /// Its product type: 1 workstation (Windows PE), 2 domain controller, 3 server.
    #[arg(long, value_name = "1|2|3", value_parser = product_type, default_value = "1", requires = "os")]
    pub product_type: ProductType,
    /// Its suites as VER_SUITE_* bits, decimal or 0x...
    #[arg(long, value_name = "BITS", value_parser = bits, default_value = "0", requires = "os")]
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
    /// A rule, a NIC family, a WinPE release or an OS version, a log signature (L02) or its article, a code in any spelling.
    pub id: Option<String>,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// A boot image, a share, or a run of --history: its number, latest, previous, or a date in UTC.
    #[arg(value_name = "A")]
    pub before: PathBuf,
    /// The same kind again: what is different in it.
    #[arg(value_name = "B")]
    pub after: PathBuf,
    /// A and B are runs of this history.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Exit with 1 when something is different.
    #[arg(long)]
    pub fail_on_change: bool,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: HistoryCommand,
}

/// What to do with a history.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// The runs in numbers, and how they went.
    List(HistoryFile),
    /// What a run saw: inputs, images, packages (-v lists them), findings.
    Show(HistoryShow),
    /// Take away old runs; what one of the two limits keeps stays, and the newest run always.
    Prune(HistoryPrune),
}

/// Which history.
#[derive(Debug, Args)]
pub struct HistoryFile {
    /// The history.
    #[arg(long, value_name = "FILE")]
    pub history: PathBuf,
}

/// Arguments of `history show`.
#[derive(Debug, Args)]
pub struct HistoryShow {
    /// Its number, latest, previous, latest-3, or a date in UTC: 2026-11-28, 2026-11-28T03:00Z.
    #[arg(value_name = "RUN", default_value = "latest")]
    pub run: RunName,
    /// Which history.
    #[command(flatten)]
    pub file: HistoryFile,
}

/// Arguments of `history prune`.
#[derive(Debug, Args)]
pub struct HistoryPrune {
    /// Which history.
    #[command(flatten)]
    pub file: HistoryFile,
    /// Keep the last N runs.
    #[arg(long, value_name = "N", required_unless_present = "keep_days")]
    pub keep_runs: Option<u32>,
    /// Keep the runs of the last N days.
    #[arg(long, value_name = "N")]
    pub keep_days: Option<u32>,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh.
    #[arg(value_name = "SHELL", value_enum, hide_possible_values = true)]
    pub shell: clap_complete::Shell,
}

/// What all subcommands share.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Reports and other common options")]
pub struct Common {
    /// Format of the report, and a file for it (repeatable): text, json, ndjson, sarif, csv, html, junit, markdown.
    #[arg(long, global = true, value_name = "FORMAT[=FILE]", value_parser = OutputSpecs, hide_possible_values = true, default_value = "text")]
    pub format: Vec<OutputSpec>,
    /// Write the report whose format names no file to this one.
    #[arg(long, short, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with 1 for findings of this severity and above: error, warning, info, never.
    #[arg(long, global = true, value_enum, hide_possible_values = true, default_value_t = FailOn::Error)]
    pub fail_on: FailOn,
    /// Severities and ignores of this site; without it `wimspect-policy.ini` beside the input or above it.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_policy")]
    pub policy: Option<PathBuf>,
    /// Use no policy file.
    #[arg(long, global = true)]
    pub no_policy: bool,
    /// Count only findings that are not in this file.
    #[arg(long, global = true, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write the findings of this run to this file, to be used as a baseline.
    #[arg(long, global = true, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
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
    /// Progress on standard error: auto (a bar on a terminal), plain (a line every ten seconds), none.
    #[arg(long, global = true, value_enum, hide_possible_values = true, default_value_t = ProgressKind::Auto)]
    pub progress: ProgressKind,
    /// The same as --progress none.
    #[arg(long, global = true, conflicts_with = "progress")]
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
    /// `wimspect/1`, one record a line.
    Ndjson,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// For a spreadsheet.
    Csv,
    /// One page for a browser.
    Html,
    /// JUnit XML, for pipelines.
    Junit,
    /// For a ticket or a pull request.
    Markdown,
}

impl Format {
    /// The word on the command line.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
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
    /// How progress is shown.
    pub fn progress(&self) -> ProgressKind {
        if self.no_progress || self.quiet { ProgressKind::None } else { self.progress }
    }
}

/// Reads `FORMAT[=FILE]`; completions offer the formats.
#[derive(Clone)]
struct OutputSpecs;

impl TypedValueParser for OutputSpecs {
    type Value = OutputSpec;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&Arg>, text: &OsStr) -> Result<OutputSpec, Error> {
        output_spec.parse_ref(command, argument, text)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

fn output_spec(text: &str) -> Result<OutputSpec, String> {
    let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
    let format = Format::from_str(name, true).map_err(|_| {
        let names: Vec<String> = Format::value_variants().iter().map(|f| f.name()).collect();
        let near = did_you_mean(name, names.iter().map(String::as_str));
        let hint = near.first().map_or_else(String::new, |near| format!("did you mean {near}? "));
        format!("no output format `{name}`; {hint}one of {}", names.join(", "))
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

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressKind {
    /// A bar, on a terminal.
    Auto,
    /// A line every ten seconds, for logs.
    Plain,
    /// Not at all.
    None,
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

pub(super) fn arch() -> Named<Arch> {
    // `x64` and `i386` are meant, too.
    Named { all: &Arch::ALL, name: Arch::name, also: Arch::from_name }
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

/// A parser for the values of a named enumeration; completions offer them.
const fn named<T: Copy + Send + Sync + 'static>(all: &'static [T], name: fn(T) -> &'static str) -> Named<T> {
    Named { all, name, also: |_| None }
}

/// Reads the names of an enumeration.
#[derive(Clone)]
pub struct Named<T: 'static> {
    all: &'static [T],
    name: fn(T) -> &'static str,
    also: fn(&str) -> Option<T>,
}

impl<T: Copy + Send + Sync + 'static> TypedValueParser for Named<T> {
    type Value = T;

    fn parse_ref(&self, command: &clap::Command, argument: Option<&Arg>, text: &OsStr) -> Result<T, Error> {
        let (all, name, also) = (self.all, self.name, self.also);
        let parse = move |text: &str| {
            let found = all.iter().copied().find(|value| name(*value).eq_ignore_ascii_case(text));
            found.or_else(|| also(text)).ok_or_else(|| {
                let names: Vec<&str> = all.iter().map(|value| name(*value)).collect();
                format!("one of {}", names.join(", "))
            })
        };
        parse.parse_ref(command, argument, text)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.all.iter().map(|value| PossibleValue::new((self.name)(*value)))))
    }
}
