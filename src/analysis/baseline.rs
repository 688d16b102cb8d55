//! A run compared with what was accepted before.
//!
//! Findings are the same when their fingerprints are: rule and identity of the subject, never path, line or bytes
//! (docs/fingerprints.md). Where several findings have one fingerprint (variants of a driver that differ only in their
//! bytes) they are counted, so that one more of them is new.

use std::collections::BTreeMap;

use super::finding::{Finding, Severity, SuppressedBy, Suppression};

/// Accepted findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// In the order of their fingerprints.
    pub findings: Vec<Accepted>,
}

/// One accepted finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Accepted {
    /// What identifies it.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// How bad it was when it was accepted.
    pub severity: Severity,
    /// Where it was, for people.
    pub path: String,
    /// What it said, for people.
    pub message: String,
}

/// What a comparison says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Findings that were not accepted, or were less severe then.
    pub new: usize,
    /// Accepted ones that are there.
    pub accepted: usize,
    /// Accepted ones that are not there any more.
    pub gone: Vec<Accepted>,
}

impl Baseline {
    /// Everything that counts now.
    pub fn of(findings: &[Finding]) -> Self {
        let by_policy = |f: &&Finding| f.suppressed.as_ref().is_none_or(|s| s.by != SuppressedBy::Policy);
        let mut accepted: Vec<Accepted> = findings
            .iter()
            .filter(by_policy)
            .map(|f| Accepted {
                fingerprint: f.fingerprint.clone(),
                rule: f.rule.to_owned(),
                severity: f.severity,
                path: f.location.path.clone(),
                message: f.message.clone(),
            })
            .collect();
        accepted.sort();
        Self { findings: accepted }
    }

    /// Marks every finding as known or new; known ones do not count any more.
    pub fn compare(&self, findings: &mut [Finding]) -> Comparison {
        let mut left: BTreeMap<&str, Vec<&Accepted>> = BTreeMap::new();
        for accepted in &self.findings {
            left.entry(&accepted.fingerprint).or_default().push(accepted);
        }
        let mut comparison = Comparison::default();
        for finding in findings {
            let rows = left.get_mut(finding.fingerprint.as_str());
            // The most severe that was accepted answers first: what got worse is new.
            let known = rows.and_then(|rows| {
                let at = rows.iter().position(|r| r.severity >= finding.severity)?;
                Some(rows.remove(at))
            });
            finding.known = Some(known.is_some());
            if finding.suppressed.is_some() {
                continue;
            }
            if known.is_some() {
                comparison.accepted += 1;
                finding.suppressed =
                    Some(Suppression { by: SuppressedBy::Baseline, reason: "in the baseline".to_owned(), until: None });
            } else {
                comparison.new += 1;
            }
        }
        comparison.gone = left.into_values().flatten().cloned().collect();
        comparison.gone.sort_by(|a, b| (&a.path, &a.rule, &a.fingerprint).cmp(&(&b.path, &b.rule, &b.fingerprint)));
        comparison
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::evidence::Place;

    fn finding(name: &str, severity: Severity) -> Finding {
        Finding::new("a-rule", severity, Place::file(format!("{name}.inf")), &[name], "text")
    }

    #[test]
    fn known_ones_do_not_count_new_ones_do_and_gone_ones_are_told() {
        let before = [finding("a", Severity::Error), finding("b", Severity::Warning), finding("b", Severity::Warning)];
        let baseline = Baseline::of(&before);
        let mut now = [finding("b", Severity::Warning), finding("b", Severity::Error), finding("c", Severity::Info)];
        let comparison = baseline.compare(&mut now);
        let known: Vec<Option<bool>> = now.iter().map(|f| f.known).collect();
        assert_eq!(known, [Some(true), Some(false), Some(false)], "what got worse is new");
        assert_eq!((comparison.new, comparison.accepted), (2, 1));
        let gone: Vec<&str> = comparison.gone.iter().map(|g| g.path.as_str()).collect();
        assert_eq!(gone, ["a.inf", "b.inf"], "one of the two of b is not there as it was");
        assert!(!now[0].counts() && now[1].counts());
    }

    #[test]
    fn what_the_policy_ignores_is_not_accepted_and_not_gone() {
        let mut ignored = finding("a", Severity::Error);
        let baseline = Baseline::of(std::slice::from_ref(&ignored));
        ignored.suppressed = Some(Suppression { by: SuppressedBy::Policy, reason: "r".into(), until: None });
        assert_eq!(Baseline::of(std::slice::from_ref(&ignored)), Baseline::default());
        let comparison = baseline.compare(std::slice::from_mut(&mut ignored));
        assert_eq!(comparison, Comparison::default());
    }
}
