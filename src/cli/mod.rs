//! Arguments → configuration → run → exit code. One file per subcommand; advice for people is given here.

mod args;
mod audit;
mod baseline;
mod clock;
mod diagnose;
mod diff;
mod explain;
mod history;
mod inspect;
mod output;
mod pipeline;
mod plan;
mod policy;
mod progress;
mod report;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches as _};

use self::args::{Cli, Command, CompletionsArgs};

/// How a run ended (DESIGN.md 3). The same for every subcommand and format; 2 beats 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// Nothing at or above `--fail-on`.
    Clean = 0,
    /// Findings at or above it.
    Findings = 1,
    /// Wrong usage, or an input as a whole could not be read.
    Failure = 2,
    /// Nothing to inspect.
    Nothing = 3,
}

impl ExitStatus {
    /// The same, or a failure where something failed.
    const fn max_failure(self, failed: bool) -> Self {
        if failed { Self::Failure } else { self }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        ExitCode::from(status as u8)
    }
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    // clap ends the process with 2 on wrong usage and with 0 after --help, as documented.
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if matches!(cli.command, Command::WimWorker) {
        return worker();
    }
    match run(&cli, &typed_options(&matches)) {
        Ok(status) => status.into(),
        Err(error) if is_broken_pipe(&error) => ExitStatus::Clean.into(),
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitStatus::Failure.into()
        }
    }
}

fn run(cli: &Cli, typed: &[String]) -> anyhow::Result<ExitStatus> {
    // A plan's --output is a folder.
    if !matches!(cli.command, Command::Plan(_)) {
        output::destinations(&cli.common)?;
    }
    match &cli.command {
        Command::Audit(args) => audit::run(args, &cli.common),
        Command::Verify(args) => verify::run(args, &cli.common),
        Command::Diagnose(args) => diagnose::run(args, &cli.common),
        Command::Plan(args) => plan::run(args, &cli.common),
        Command::Report(args) => report::run(args, &cli.common, typed),
        Command::Inspect(args) => inspect::run(args, &cli.common),
        Command::Explain(args) => explain::run(args, &cli.common),
        Command::Diff(args) => diff::run(args, &cli.common),
        Command::History(args) => history::run(args, &cli.common),
        Command::Completions(args) => completions(args),
        Command::WimWorker => Ok(ExitStatus::Clean),
    }
}

/// Options of the subcommand that were typed; the others have their defaults.
fn typed_options(matches: &ArgMatches) -> Vec<String> {
    let Some((_, matches)) = matches.subcommand() else { return Vec::new() };
    let typed = |id: &&clap::Id| matches.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    matches.ids().filter(typed).map(|id| id.as_str().to_owned()).collect()
}

/// The command line as data: docs/cli.md and the manual pages are made from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Made in memory first: clap would panic over a pipe that was closed.
fn completions(args: &CompletionsArgs) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wimspect", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitStatus::Clean)
}

/// One line on stderr for people.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "wimspect: {}", crate::report::text::style::harmless(message));
}

/// `wimspect ... | head` is no failure.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe))
}

/// The child process in which libwim runs.
fn worker() -> ExitCode {
    let status = crate::scan::wim::child::run(std::io::stdin(), std::io::stdout());
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}
