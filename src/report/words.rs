//! Sentences that several formats say: they stand once, so that no two formats say different things.

use super::Report;
use super::text::plural;
use crate::analysis::finding::{Finding, Severity, SuppressedBy};
use crate::analysis::verdict::Verdict;
use crate::analysis::world::Driver;

/// What every verdict is about, and what it is not about.
pub(super) const SCOPE: &str =
    "network drivers and the labels of boot images are judged; storage drivers and the deployed system are not";

/// What a check of answer files and task sequences is about.
const SCOPE_OF_DEPLOYMENT: &str = "answer files and task sequences are held against solution 4 of the ConfigMgr NIC article; what lies in \
                                   the driver packages is not judged";

/// What this report is about.
pub(super) fn scope(report: &Report<'_>) -> &'static str {
    let world = &report.analysis.world;
    let only_files = world.drivers.is_empty() && world.images.is_empty() && !world.deployment.is_empty();
    if only_files { SCOPE_OF_DEPLOYMENT } else { SCOPE }
}

/// `NOT FIT for distribution: 2 errors`.
pub(super) fn verdict(verdict: Option<&Verdict<'_>>) -> String {
    let Some(verdict) = verdict else {
        return "not judged: no sign that this is Windows PE".to_owned();
    };
    let count = |severity| verdict.reasons.iter().filter(|f| f.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    match (verdict.fit, warnings, verdict.unread) {
        (true, _, 1..) => {
            let unread = plural(verdict.unread, "problem");
            format!("FIT for distribution as far as it could be read ({unread})")
        }
        (true, 0, 0) => "FIT for distribution: nothing is known that speaks against it".to_owned(),
        (true, _, 0) => format!("FIT for distribution, with {}", plural(warnings, "warning")),
        (false, ..) => format!("NOT FIT for distribution: {}", plural(errors, "error")),
    }
}

/// `1 error, 2 warnings, 0 notes`, of what counts; and what does not.
pub(super) fn counts(report: &Report<'_>) -> String {
    let findings = &report.analysis.findings;
    let count = |severity: Severity| findings.iter().filter(|f| f.counts() && f.severity == severity).count();
    let mut text = format!(
        "{}, {}, {}",
        plural(count(Severity::Error), "error"),
        plural(count(Severity::Warning), "warning"),
        plural(count(Severity::Info), "note")
    );
    let by = |who| findings.iter().filter(|f| f.suppressed.as_ref().is_some_and(|s| s.by == who)).count();
    for (number, what) in [
        (by(SuppressedBy::Policy), "ignored by the policy"),
        (by(SuppressedBy::Baseline), "accepted by the baseline"),
        (report.baseline.map_or(0, |b| b.gone.len()), "of the baseline gone"),
    ] {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    text
}

/// Whether a finding counts: `new`, `counts`, `ignored`, `accepted`.
pub(super) fn state(finding: &Finding) -> &'static str {
    match (finding.suppressed.as_ref().map(|s| s.by), finding.known) {
        (Some(SuppressedBy::Policy), _) => "ignored",
        (Some(SuppressedBy::Baseline), _) => "accepted",
        (None, Some(false)) => "new",
        (None, _) => "counts",
    }
}

/// `2010-06-15 5.2.17.0`, empty where the INF has none.
pub(super) fn driver_ver(driver: &Driver) -> String {
    driver.package.version.driver_ver.as_ref().map_or_else(String::new, |v| {
        let (date, version) = (v.value.date, v.value.version.map(|part| part.to_string()).join("."));
        format!("{:04}-{:02}-{:02} {version}", date.year, date.month, date.day)
    })
}
