//! `wimspect.ini` as it is used: every value checked, every mistake with its line and a remedy.

mod address;
mod check;
mod file_pattern;
mod reader;
mod sections;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

pub use self::check::check_places;
pub use self::file_pattern::FilePattern;
use crate::cli::args::{Format, MinConfidence};
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::facts::report_config;
use crate::inf_db::{ContentAccess, DeploySource, DeployedOsDriver, InfDb, Severity};
use crate::report::text::style::harmless;

/// The file that is looked for in the current folder.
pub const FILE_NAME: &str = "wimspect.ini";
/// The commented example, which `--print-config` prints.
pub const EXAMPLE: &str = include_str!("../../../../docs/wimspect.ini");
/// A configuration is written by hand.
const MOST_BYTES: u64 = 4 << 20;

/// Everything that a configuration says. Relative paths are relative to its folder.
#[derive(Debug)]
pub struct Settings {
    /// Title of the reports, of the mail and of the webhook.
    pub title: String,
    /// The history.
    pub history: PathBuf,
    /// How many runs the trends show.
    pub trend: usize,
    /// How long to wait for another run to end.
    pub wait: Duration,
    /// Shares.
    pub shares: Vec<Share>,
    /// Boot images.
    pub images: Vec<Place>,
    /// Inventories.
    pub fleets: Vec<Place>,
    /// What is judged, and how.
    pub judging: Judging,
    /// Threads; all cores unless said.
    pub jobs: Option<u16>,
    /// Reports.
    pub outputs: Vec<Output>,
    /// What the history keeps.
    pub retention: Retention,
    /// Where the metrics go, with the line that says so.
    pub metrics: Option<(u32, PathBuf)>,
    /// Whom to tell by HTTP.
    pub webhook: Option<Webhook>,
    /// Whom to tell by mail.
    pub mail: Option<Mail>,
    /// Lines of keys whose paths are checked later: policy, baseline, history.
    lines: Lines,
}

#[derive(Debug, Default)]
struct Lines {
    history: u32,
    policy: u32,
    baseline: u32,
}

/// A path and the section that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of its section.
    pub name: String,
    /// Line of the path.
    pub line: u32,
    /// The path.
    pub path: PathBuf,
}

/// A share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its place.
    pub place: Place,
    /// Folders whose drivers are offered together, with their line.
    pub packages: (u32, Vec<String>),
}

/// What is judged, and how.
#[derive(Debug)]
pub struct Judging {
    /// Releases.
    pub releases: Vec<(String, OsVersion)>,
    /// Architectures.
    pub archs: Vec<Arch>,
    /// How content gets to the machine.
    pub content: Vec<ContentAccess>,
    /// What is deployed.
    pub source: Vec<DeploySource>,
    /// Versions of the deployed Windows.
    pub deploy_os: Vec<OsVersion>,
    /// Whether the task sequence has a driver step.
    pub driver_step: bool,
    /// Whether the deployed Windows has a driver of its own.
    pub deployed_os_driver: DeployedOsDriver,
    /// What is less sure is left out.
    pub min_confidence: MinConfidence,
    /// Read `.inx` templates, too.
    pub include_templates: bool,
    /// Check all data of boot images.
    pub integrity: bool,
    /// Show every driver.
    pub all_facts: bool,
    /// Compare the bytes of files, not their stamps.
    pub verify_content: bool,
    /// A site's own knowledge.
    pub inf_db: Option<PathBuf>,
    /// The policy.
    pub policy: PolicyChoice,
    /// Accepted findings.
    pub baseline: Option<PathBuf>,
    /// What fails a run.
    pub fail_on: Option<Severity>,
    /// Only what is new since the last run fails it.
    pub fail_on_new: bool,
}

/// Where the policy comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyChoice {
    /// Looked for beside the inputs, as `audit` does.
    Search,
    /// This file.
    File(PathBuf),
    /// None.
    None,
}

/// One report.
#[derive(Debug)]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Line of the file.
    pub line: u32,
    /// Its format.
    pub format: Format,
    /// Its file.
    pub file: FilePattern,
    /// How many of its files are kept; `None` = all.
    pub keep: Option<usize>,
}

/// What the history keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// So many runs.
    pub runs: Option<u32>,
    /// Runs of so many days.
    pub days: Option<u32>,
}

/// When somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After every run.
    Always,
    /// When there is something new: findings, a verdict that changed, an input that is missing.
    New,
    /// When the exit code is not 0.
    Failure,
}

impl When {
    /// All, with the words of the configuration.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Always, "always"), (Self::New, "new"), (Self::Failure, "failure")];
}

/// Whom to tell by HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Where to; it may hold a secret, so it is never shown: [`Webhook::shown`].
    pub url: String,
    /// When.
    pub when: When,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Further attempts after the first.
    pub retries: u32,
}

impl Webhook {
    /// Scheme and host: what may be shown.
    pub fn shown(&self) -> String {
        let uri = self.url.parse::<ureq::http::Uri>().unwrap_or_default();
        format!("{}://{}/...", uri.scheme_str().unwrap_or("http"), uri.host().unwrap_or_default())
    }
}

/// Whom to tell by mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Addresses.
    pub to: Vec<String>,
    /// Sender.
    pub from: String,
    /// When.
    pub when: When,
    /// The program that sends.
    pub sendmail: PathBuf,
    /// Its line.
    pub line: u32,
}

/// One mistake of a configuration; line 0 is the file as a whole.
pub type Mistake = (u32, String);

/// The configuration that was named, or the one in the current folder; the folder that its paths are relative to.
///
/// # Errors
/// There is none.
pub fn find(named: Option<&Path>) -> Result<PathBuf> {
    let path = named.unwrap_or_else(|| Path::new(FILE_NAME));
    if named.is_none() && !path.is_file() {
        bail!(
            "there is no {FILE_NAME} in this folder; name one with --config FILE, or make one: wimspect report --print-config > {FILE_NAME}"
        );
    }
    std::path::absolute(path).with_context(|| format!("--config {}", path.display()))
}

/// Reads a configuration; relative paths in it stay as they are.
///
/// # Errors
/// Everything that is wrong with it, one mistake on a line.
pub fn read(path: &Path, shown: &str) -> Result<(Settings, InfDb)> {
    let meta = std::fs::metadata(path).with_context(|| {
        format!("--config {shown} can not be read; `wimspect report --print-config` shows an example to begin with")
    })?;
    let size = meta.len();
    if size > MOST_BYTES {
        bail!("--config {shown}: {size} bytes are no configuration");
    }
    let bytes = std::fs::read(path).with_context(|| format!("--config {shown}"))?;
    let (settings, db, mistakes) = interpret(&bytes);
    complain(shown, mistakes)?;
    Ok((settings, db))
}

/// Says all mistakes at once.
///
/// # Errors
/// There are some.
pub fn complain(shown: &str, mut mistakes: Vec<Mistake>) -> Result<()> {
    mistakes.sort();
    mistakes.dedup();
    if mistakes.is_empty() {
        return Ok(());
    }
    // Each in a line of its own, as editors and people look for them.
    for (line, message) in &mistakes {
        let place = if *line == 0 { shown.to_owned() } else { format!("{shown}:{line}") };
        let _ = writeln!(std::io::stderr(), "{}", harmless(&format!("{place}: {message}")));
    }
    let count = mistakes.len();
    bail!("{count} {} in {shown}", if count == 1 { "mistake" } else { "mistakes" });
}

/// What a configuration says, and what is wrong with it.
fn interpret(bytes: &[u8]) -> (Settings, InfDb, Vec<Mistake>) {
    let file = report_config::read(bytes);
    let mut mistakes: Vec<Mistake> = Vec::new();
    for (line, fault) in &file.faults {
        let near = fault.typed().map(|(typed, known)| crate::inf_db::did_you_mean(typed, known.into_iter()));
        let near = near.and_then(|near| near.into_iter().next());
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        mistakes.push((*line, format!("{fault}{hint}")));
    }
    let (settings, db) = sections::settings(&file, &mut mistakes);
    (settings, db, mistakes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let (settings, _, mistakes) = interpret(EXAMPLE.as_bytes());
        assert_eq!(mistakes, []);
        assert!(!settings.shares.is_empty() && !settings.images.is_empty() && !settings.outputs.is_empty());
        // What is commented out is right, too: each `;key = value` and `;[section]`. The folder of own knowledge is read at
        // once, and there is none.
        let line = |line: &'static str| line.strip_prefix(';').filter(|l| !l.starts_with(' ')).unwrap_or(line);
        let all: Vec<&str> = EXAMPLE.lines().map(line).collect();
        let read = all.iter().filter(|l| !l.starts_with("inf-db"));
        let text = read.copied().collect::<Vec<_>>().join("\n");
        let (settings, _, mistakes) = interpret(text.as_bytes());
        assert_eq!(mistakes, []);
        assert!(settings.webhook.is_some() && settings.mail.is_some() && settings.metrics.is_some());
        for kind in &report_config::KINDS {
            for key in kind.keys {
                assert!(
                    all.iter().any(|l| l.split_once('=').is_some_and(|(k, _)| k.trim() == *key)),
                    "{} {key}",
                    kind.word
                );
            }
        }
    }

    #[test]
    fn the_address_of_a_webhook_shows_no_secret() {
        let (settings, _, mistakes) = interpret(
            b"[share a]\npath = x\n[webhook]\nurl = https://user:pw@hooks.example.com:8443/services/T0/secret?token=x\n",
        );
        assert_eq!(mistakes, []);
        assert_eq!(settings.webhook.map(|w| w.shown()).as_deref(), Some("https://hooks.example.com/..."));
    }
}
