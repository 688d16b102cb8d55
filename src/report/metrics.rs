//! Numbers of a scheduled report in Prometheus' text exposition format, for the textfile collector of node_exporter.
//!
//! Each metric has its HELP and TYPE; every one is a gauge: the file says how things are after the last run. Names and units
//! are those that `promtool check metrics` accepts. Times and durations are handed in.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::analysis::changes::Changes;
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::Snapshot;

/// What the metrics say.
#[derive(Debug)]
pub struct Metrics<'a> {
    /// What this run saw.
    pub snapshot: &'a Snapshot,
    /// What is different from the last run; `None` in the first one.
    pub changes: Option<&'a Changes>,
    /// Title of the report.
    pub title: &'a str,
    /// Version of the program.
    pub version: &'a str,
    /// When this run ended, in seconds since 1970-01-01 00:00 UTC.
    pub finished: u64,
    /// When the last run ended that read everything (exit code 0 or 1); `None` = never.
    pub last_success: Option<u64>,
    /// How this run ended.
    pub exit_code: u8,
    /// Whether nothing had changed, so that the run before was repeated.
    pub reused: bool,
    /// Phases and how long they took, in seconds.
    pub phases: &'a [(&'static str, f64)],
    /// Reports that could not be written.
    pub failed_outputs: usize,
    /// Who was to be told (`webhook`, `mail`), and whether that failed.
    pub notices: &'a [(&'static str, bool)],
}

/// Writes them.
///
/// # Errors
/// Those of the writer.
pub fn write(metrics: &Metrics<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page(String::new());
    let snapshot = metrics.snapshot;
    runs(metrics, &mut page);
    let severities = [Severity::Error, Severity::Warning, Severity::Info];
    let by_severity = |count: &dyn Fn(Severity) -> usize| -> Vec<Sample> {
        severities.iter().map(|s| (vec![("severity", s.name().to_owned())], number(count(*s)))).collect()
    };
    page.gauge("findings", "Findings that count, by severity.", by_severity(&|s| snapshot.count(s)));
    let not_counted = snapshot.findings.iter().filter(|f| !f.counts()).count();
    page.one("findings_not_counted", "Findings that the policy ignores or the baseline accepts.", number(not_counted));
    let new = |s| metrics.changes.map_or(0, |c| c.newly_counting().filter(|f| f.severity == s).count());
    page.gauge("findings_new", "Findings that count and did not in the run before, by severity.", by_severity(&new));
    let gone = metrics.changes.map_or(0, |c| c.findings.gone.len());
    page.one("findings_gone", "Findings of the run before that are gone.", number(gone));
    let fit = |value: Option<bool>| number(snapshot.images.iter().filter(|i| i.fit == value).count());
    let verdicts = [("fit", Some(true)), ("unfit", Some(false)), ("not-judged", None)];
    let verdicts = verdicts.map(|(word, value)| (vec![("verdict", word.to_owned())], fit(value)));
    page.gauge("images", "Images of the boot files, by verdict.", verdicts.to_vec());
    page.one("packages", "Driver packages of the shares.", number(snapshot.packages.len()));
    page.one("unreadable_parts", "Parts of the inputs that could not be read.", number(snapshot.problems));
    let inputs = snapshot.inputs.iter().map(|input| {
        let labels = vec![("kind", input.kind.clone()), ("path", input.path.clone())];
        (labels, if input.is_read() { "1" } else { "0" }.to_owned())
    });
    page.gauge("input_up", "Whether an input was there and could be read.", inputs.collect());
    let missing = snapshot.inputs.iter().filter(|i| !i.is_read()).count();
    page.one("inputs_missing", "Inputs that were missing or could not be read.", number(missing));
    coverage(snapshot, &mut page);
    out.write_all(page.0.as_bytes())
}

fn runs(metrics: &Metrics<'_>, page: &mut Page) {
    let info = vec![("version", metrics.version.to_owned()), ("title", metrics.title.to_owned())];
    page.gauge("build_info", "The program and the title of its report; always 1.", vec![(info, "1".to_owned())]);
    page.one("last_run_timestamp_seconds", "When the last run ended, in Unix time.", metrics.finished.to_string());
    if let Some(success) = metrics.last_success {
        let help = "When the last run ended that read and wrote everything, in Unix time.";
        page.one("last_success_timestamp_seconds", help, success.to_string());
    }
    let help = "Exit code of the last run: 0 clean, 1 findings, 2 something could not be read or written, 3 nothing to look at.";
    page.one("last_run_exit_code", help, metrics.exit_code.to_string());
    let help = "Whether nothing had changed, so that the run before was repeated.";
    page.one("last_run_reused", help, u8::from(metrics.reused).to_string());
    let phases =
        metrics.phases.iter().map(|(name, seconds)| (vec![("phase", (*name).to_owned())], format!("{seconds:.3}")));
    page.gauge("phase_duration_seconds", "How long each phase of the last run took.", phases.collect());
    page.one("outputs_failed", "Reports that could not be written.", number(metrics.failed_outputs));
    let notices = metrics
        .notices
        .iter()
        .map(|(kind, failed)| (vec![("kind", (*kind).to_owned())], u8::from(*failed).to_string()));
    page.gauge("notice_failed", "Whether somebody was to be told and could not be reached.", notices.collect());
}

fn coverage(snapshot: &Snapshot, page: &mut Page) {
    let Some(coverage) = &snapshot.coverage else { return };
    page.one("fleet_machines", "Machines of the fleet.", number(coverage.machines));
    page.one("fleet_adapters", "Kinds of network adapters in the fleet.", number(coverage.adapters));
    page.one("fleet_adapters_covered", "Kinds of network adapters that every target runs.", number(coverage.covered));
    let mut samples: Vec<Sample> = Vec::new();
    for target in &coverage.targets {
        let Some(machines) = target.machines else { continue };
        for (state, count) in [
            ("fine", machines.fine),
            ("at-risk", machines.at_risk),
            ("without-network", machines.without_network),
            ("not-judged", machines.not_judged),
        ] {
            samples.push((vec![("target", target.target.clone()), ("state", state.to_owned())], number(count)));
        }
    }
    page.gauge("fleet_target_machines", "Machines of the fleet by image and by what its network does.", samples);
}

fn number(count: usize) -> String {
    count.to_string()
}

/// Labels and value.
type Sample = (Vec<(&'static str, String)>, String);

struct Page(String);

impl Page {
    fn one(&mut self, name: &str, help: &str, value: String) {
        self.gauge(name, help, vec![(Vec::new(), value)]);
    }

    /// A metric without samples is left out.
    fn gauge(&mut self, name: &str, help: &str, samples: Vec<Sample>) {
        if samples.is_empty() {
            return;
        }
        let page = &mut self.0;
        let _ = writeln!(page, "# HELP wimspect_{name} {help}\n# TYPE wimspect_{name} gauge");
        for (labels, value) in samples {
            let labels: Vec<String> =
                labels.iter().map(|(name, value)| format!("{name}=\"{}\"", label(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(page, "wimspect_{name}{labels} {value}");
        }
    }
}

/// The format escapes backslash, quotation mark and line end in the value of a label; other invisible characters mean nothing
/// there and only hide something.
fn label(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            c if super::inert::is_invisible(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::snapshot::{CoverageState, InputState, TargetCoverage};

    #[test]
    fn hostile_names_stay_within_their_label() {
        let path = "a\"} 1\nwimspect_evil 1\\\u{1b}[31m";
        assert_eq!(label(path), "a\\\"} 1\\nwimspect_evil 1\\\\\u{fffd}[31m");
    }

    #[test]
    fn every_metric_has_help_and_type_before_its_samples() {
        let snapshot = Snapshot {
            inputs: vec![InputState::read("share", "d\"\n", "")],
            coverage: Some(CoverageState {
                targets: vec![TargetCoverage { machines: Some(Default::default()), ..Default::default() }],
                ..Default::default()
            }),
            ..Snapshot::default()
        };
        let metrics = Metrics {
            snapshot: &snapshot,
            changes: None,
            title: "t",
            version: "0.1.0",
            finished: 5,
            last_success: None,
            exit_code: 2,
            reused: false,
            phases: &[("read", 0.5)],
            failed_outputs: 0,
            notices: &[("mail", true)],
        };
        let mut page = Vec::new();
        write(&metrics, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        let mut current = "";
        for line in page.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                current = rest.split(' ').next().unwrap();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                assert_eq!(rest, format!("{current} gauge"));
            } else {
                let name = line.split(['{', ' ']).next().unwrap();
                assert_eq!(name, current, "{line}");
                assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
            }
        }
        assert!(page.contains("wimspect_notice_failed{kind=\"mail\"} 1\n") && !page.contains("last_success"), "{page}");
    }
}
