//! Writes the report and decides on the exit code.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::args::{Color, Common, FailOn, Format, MinConfidence};
use super::pipeline::Outcome;
use super::{ExitStatus, complain};
use crate::analysis::baseline::{Baseline, Comparison};
use crate::analysis::finding::Severity;
use crate::analysis::policy::Policy;
use crate::inf_db::{Confidence, InfDb};
use crate::report::text::style::Style;
use crate::report::{BaselineSummary, GoneFinding, Report, csv, html, json, junit, markdown, sarif, text};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Facts, predictions and findings.
    Full,
    /// Facts only.
    Facts,
}

/// Applies policy and baseline, leaves out what `--min-confidence` leaves out, writes, and gives the exit code.
///
/// # Errors
/// The report can not be written.
pub fn finish(
    mut outcome: Outcome,
    kind: Kind,
    policy: Option<&Policy>,
    common: &Common,
    db: &InfDb,
) -> Result<ExitStatus> {
    for failure in &outcome.failed {
        complain(failure);
    }
    if let Some(policy) = policy {
        policy.apply(&mut outcome.analysis, super::policy::today());
    }
    let accepted = common.write_baseline.as_ref().map(|path| (path, Baseline::of(&outcome.analysis.findings)));
    let baseline = common.baseline.as_deref().map(super::baseline::read).transpose()?;
    let compared = baseline.map(|b| summary(b.compare(&mut outcome.analysis.findings)));
    outcome.analysis.findings.retain(|f| f.confidence >= least_confidence(common.min_confidence));
    let world = &outcome.analysis.world;
    let nothing = world.images.is_empty()
        && world.drivers.is_empty()
        && world.unreadable.is_empty()
        && world.deployment.is_empty();
    // Nothing was read at all: an empty report would look like a healthy one. A fault of a file is a finding all the same.
    if !outcome.failed.is_empty() && nothing && outcome.analysis.findings.is_empty() {
        return Ok(ExitStatus::Failure);
    }
    let run_folder = std::env::current_dir().ok().map(|folder| folder.display().to_string());
    let report = Report {
        analysis: &outcome.analysis,
        db,
        inputs: &outcome.inputs,
        problems: &outcome.problems,
        all_facts: common.all_facts || kind == Kind::Facts,
        verdicts: kind == Kind::Full,
        fail_on: least_severity(common.fail_on),
        run_folder: run_folder.as_deref(),
        failed: &outcome.failed,
        policy: policy.map(|p| p.digest.as_str()),
        diagnosis: None,
        baseline: compared.as_ref(),
        scheduled: false,
    };
    to_destinations(common, &mut |format, style, out| one(&report, kind, format, style, out))?;
    if let Some((path, accepted)) = accepted {
        write_file(path, &mut |out| super::baseline::write(&accepted, out))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    if !outcome.failed.is_empty() {
        return Ok(ExitStatus::Failure);
    }
    if nothing {
        complain("nothing to inspect: no INF file and no image was found");
        return Ok(ExitStatus::Nothing);
    }
    let fails = outcome.analysis.findings.iter().any(|f| report.fails(f));
    Ok(if kind == Kind::Full && fails { ExitStatus::Findings } else { ExitStatus::Clean })
}

/// What a comparison with a baseline says in reports.
pub fn summary(comparison: Comparison) -> BaselineSummary {
    let gone = |g: crate::analysis::baseline::Accepted| GoneFinding {
        rule: g.rule,
        path: g.path,
        message: g.message,
        fingerprint: g.fingerprint,
    };
    BaselineSummary {
        new: comparison.new,
        accepted: comparison.accepted,
        gone: comparison.gone.into_iter().map(gone).collect(),
    }
}

/// The confidence that a word of the command line means.
pub const fn least_confidence(word: MinConfidence) -> Confidence {
    match word {
        MinConfidence::Guess => Confidence::Guess,
        MinConfidence::Likely => Confidence::Likely,
        MinConfidence::Proven => Confidence::Proven,
    }
}

pub(super) const fn least_severity(fail_on: FailOn) -> Option<Severity> {
    match fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    }
}

/// Refuses formats that have no room for what a subcommand says.
///
/// # Errors
/// One of the named formats is none of these.
pub fn only(common: &Common, formats: &[Format], what: &str) -> Result<()> {
    let names = || formats.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ");
    match common.format.iter().find(|spec| !formats.contains(&spec.format)) {
        Some(spec) => bail!("--format {}: {what}; use one of {}", spec.format.name(), names()),
        None => Ok(()),
    }
}

/// Where each report goes; `None` is standard output.
///
/// # Errors
/// Two reports have the same destination, no report goes to `--output`, or one can not be written there. Said before
/// anything is read: nobody should wait for a scan whose report has no place.
pub fn destinations(common: &Common) -> Result<Vec<Option<&Path>>> {
    let mut found: Vec<Option<&Path>> = Vec::new();
    for spec in &common.format {
        let destination = spec.file.as_deref().or(common.output.as_deref());
        if found.contains(&destination) {
            let place = destination.map_or_else(|| "standard output".to_owned(), |p| p.display().to_string());
            bail!("two reports would go to {place}; name a file for each: --format json=FILE");
        }
        found.push(destination);
    }
    if let Some(output) = common.output.as_deref().filter(|output| !found.contains(&Some(output))) {
        bail!("--output {}: every --format names a file of its own; leave one of them out", output.display());
    }
    let baseline = common.write_baseline.as_deref();
    if let Some(baseline) = baseline.filter(|b| found.contains(&Some(b))) {
        bail!("a report and the baseline would go to {}; name a file for each", baseline.display());
    }
    for path in found.iter().copied().flatten().chain(baseline) {
        if path.is_dir() {
            bail!("{} is a folder; name a file in it for the report", path.display());
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            bail!("{}: there is no folder {} for the report; make it first", path.display(), folder.display());
        }
    }
    Ok(found)
}

/// The folder that a file lies in; never empty.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Writes one report after the other: to its own file, to `--output`, or to standard output (nothing there with `--quiet`).
///
/// # Errors
/// Those of [`destinations`], or a report can not be written; the others are written all the same.
pub fn to_destinations(
    common: &Common,
    write: &mut dyn FnMut(Format, Style, &mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let destinations = destinations(common)?;
    let mut result = Ok(());
    for (spec, destination) in common.format.iter().zip(destinations) {
        let written = match destination {
            None if common.quiet => Ok(()),
            None => to_stdout(common, &mut |style, out| write(spec.format, style, out)),
            Some(path) => write_file(path, &mut |out| {
                write(spec.format, Style { verbose: common.verbose, ..Style::default() }, out)
            })
            .with_context(|| format!("writing {}", path.display())),
        };
        result = result.and(written);
    }
    result
}

fn to_stdout(common: &Common, write: &mut dyn FnMut(Style, &mut dyn Write) -> io::Result<()>) -> Result<()> {
    let stdout = io::stdout();
    let style = Style { verbose: common.verbose, ..style(common.color, stdout.is_terminal()) };
    write(style, &mut io::BufWriter::new(stdout.lock())).context("writing to standard output")
}

/// Written beside its place and put there when it is whole: nobody ever sees half a report.
fn write_file(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let folder = folder_of(path);
    let mut builder = tempfile::Builder::new();
    // A report is for others to read: the permissions that any new file of this user gets, not those of a secret.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".wimspect-").tempfile_in(folder)?;
    write(file.as_file_mut())?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Writes one report.
///
/// # Errors
/// Those of the writer.
pub fn one(report: &Report<'_>, kind: Kind, format: Format, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match (format, kind) {
        (Format::Json, _) => json::write(report, out),
        (Format::Html, _) => html::write(report, out),
        (Format::Ndjson, _) => json::write_lines(report, out),
        (Format::Sarif, _) => sarif::write(report, out),
        (Format::Csv, _) => csv::write(report, out),
        (Format::Junit, _) => junit::write(report, out),
        (Format::Markdown, _) => markdown::write(report, out),
        (Format::Text, Kind::Full) => text::write(report, style, out),
        (Format::Text, Kind::Facts) => text::write_facts(report, style, out),
    }
}

/// Colours and width for this terminal.
pub fn style(color: Color, terminal: bool) -> Style {
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse::<usize>().ok());
    let width = columns.or_else(|| terminal.then(console_width).flatten()).unwrap_or(110);
    let links = color && links(terminal, |name| std::env::var(name).ok());
    Style { color, width: width.clamp(40, 160), verbose: false, links }
}

/// Whether the terminal shows hyperlinks. No terminal can be asked, and one that does not know them may show rubbish: so
/// only those that say who they are. `FORCE_HYPERLINK` decides, as it does for other programs.
fn links(terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|v| !v.is_empty());
    let at_least =
        |name: &str, least: u32| variable(name).and_then(|v| v.parse().ok()).is_some_and(|v: u32| v >= least);
    if let Some(forced) = variable("FORCE_HYPERLINK").filter(|v| !v.is_empty()) {
        return forced != "0";
    }
    // A multiplexer in between may not pass them on.
    if !terminal || ["TMUX", "STY", "CI"].into_iter().any(is_set) || variable("TERM").as_deref() == Some("dumb") {
        return false;
    }
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby"].contains(&program.as_str())
        || matches!(variable("TERM").as_deref(), Some("xterm-kitty" | "alacritty" | "foot" | "xterm-ghostty"))
        || is_set("WT_SESSION")
        || at_least("VTE_VERSION", 5000)
        || at_least("KONSOLE_VERSION", 201_200)
}

fn console_width() -> Option<usize> {
    let size = indicatif::TermLike::width(&console_term());
    (size > 0).then_some(usize::from(size))
}

fn console_term() -> impl indicatif::TermLike {
    console::Term::stdout()
}

#[cfg(test)]
mod tests {
    use super::links;

    #[test]
    fn hyperlinks_only_where_the_terminal_is_known_for_them() {
        for (terminal, variables, expected) in [
            (true, &[][..], false),
            (true, &[("TERM", "xterm-256color")][..], false),
            (true, &[("VTE_VERSION", "7200")], true),
            (true, &[("VTE_VERSION", "4200")], false),
            (true, &[("TERM", "xterm-kitty")], true),
            (true, &[("WT_SESSION", "1")], true),
            (true, &[("TERM_PROGRAM", "WezTerm")], true),
            (true, &[("TERM_PROGRAM", "WezTerm"), ("TMUX", "/tmp/x")], false),
            (true, &[("VTE_VERSION", "7200"), ("TERM", "dumb")], false),
            (false, &[("VTE_VERSION", "7200")], false),
            (false, &[("FORCE_HYPERLINK", "1")], true),
            (true, &[("FORCE_HYPERLINK", "0"), ("WT_SESSION", "1")], false),
        ] {
            let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            assert_eq!(links(terminal, variable), expected, "{terminal} {variables:?}");
        }
    }
}
