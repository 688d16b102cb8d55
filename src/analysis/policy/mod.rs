//! A site's policy: severities of its own, and findings that it ignores until a day.
//!
//! An ignore has to cover everything that a finding speaks of: every place of its driver, every adapter, every target. What
//! it covers in part stays, or a driver that is accepted in the laboratory would be silent in production, too. An ignore
//! that matches nothing or is past its day is a finding itself.

mod pattern;

use std::collections::BTreeMap;

use self::pattern::Pattern;
use super::evidence::Place;
use super::finding::{Finding, Severity, SuppressedBy, Suppression};
use super::run::Analysis;
use super::world::World;
use crate::facts::policy::{Day, Ignore, PolicyFile, PolicyProblem};
use crate::facts::share::folder_of;
use crate::inf_db::InfDb;

/// The rule about ignores that are over.
pub const EXPIRED: &str = "policy-ignore-expired";
/// The rule about ignores that match nothing.
pub const UNUSED: &str = "policy-ignore-unused";

/// A policy that was checked.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Path of its file, for reports.
    pub path: String,
    /// Digest of its file.
    pub digest: String,
    severities: BTreeMap<String, Severity>,
    ignores: Vec<Compiled>,
}

#[derive(Clone, Debug)]
struct Compiled {
    ignore: Ignore,
    selectors: Vec<(&'static str, Vec<Pattern>)>,
}

impl Policy {
    /// Checks what a file says against the rules that there are.
    ///
    /// # Errors
    /// Everything that is wrong with it, ordered by line.
    pub fn new(path: String, file: &PolicyFile, db: &InfDb) -> Result<Self, Vec<PolicyProblem>> {
        let mut problems = file.problems.clone();
        let mut severities = BTreeMap::new();
        for entry in &file.severities {
            check_rule(&entry.rule, entry.line, db, &mut problems);
            match Severity::from_name(&entry.severity) {
                Some(severity) => {
                    severities.insert(entry.rule.clone(), severity);
                }
                None => problems.push(PolicyProblem {
                    line: entry.line,
                    message: format!("`{}` is no severity; write error, warning or info", entry.severity),
                }),
            }
        }
        let mut ignores = Vec::new();
        for ignore in &file.ignores {
            for rule in ignore.selectors.iter().filter(|(key, _)| *key == "rule").flat_map(|(_, rules)| rules) {
                if !pattern::is_pattern(rule) {
                    check_rule(rule, ignore.line, db, &mut problems);
                }
            }
            let compile =
                |(key, texts): &(&'static str, Vec<String>)| (*key, texts.iter().map(|t| Pattern::new(t)).collect());
            let selectors = ignore.selectors.iter().map(compile).collect();
            ignores.push(Compiled { ignore: ignore.clone(), selectors });
        }
        problems.sort_by(|a, b| (a.line, &a.message).cmp(&(b.line, &b.message)));
        if problems.is_empty() {
            Ok(Self { path, digest: file.digest.clone(), severities, ignores })
        } else {
            Err(problems)
        }
    }

    /// Whether each ignore, in the order of the file, still holds on this day.
    pub fn in_force(&self, today: Day) -> Vec<bool> {
        self.ignores.iter().map(|c| c.ignore.until.is_none_or(|until| until >= today)).collect()
    }

    /// Changes the findings of an analysis as the site wants it; `today` decides which ignores are over.
    pub fn apply(&self, analysis: &mut Analysis, today: Day) {
        for finding in &mut analysis.findings {
            if let Some(severity) = self.severities.get(finding.rule) {
                finding.severity = *severity;
            }
        }
        let mut own = Vec::new();
        for compiled in &self.ignores {
            let ignore = &compiled.ignore;
            let mut used = false;
            let over = ignore.until.is_some_and(|until| until < today);
            for finding in &mut analysis.findings {
                if !compiled.covers(finding, &analysis.world) {
                    continue;
                }
                used = true;
                if !over && finding.suppressed.is_none() {
                    finding.suppressed = Some(Suppression {
                        by: SuppressedBy::Policy,
                        reason: ignore.reason.clone(),
                        until: ignore.until.map(|day| day.to_string()),
                    });
                }
            }
            own.extend(self.about(ignore, over, used));
        }
        analysis.findings.append(&mut own);
        super::rules::sort(&mut analysis.findings);
    }

    /// What is wrong with an ignore.
    fn about(&self, ignore: &Ignore, over: bool, used: bool) -> Option<Finding> {
        let until = ignore.until.map(|day| day.to_string()).unwrap_or_default();
        let (rule, text) = match (over, used) {
            (true, true) => (EXPIRED, format!("[ignore {}] held until {until}: its findings count again", ignore.name)),
            (true, false) => (EXPIRED, format!("[ignore {}] held until {until}, and matches nothing", ignore.name)),
            (false, false) => (UNUSED, format!("[ignore {}] matches no finding of this run", ignore.name)),
            (false, true) => return None,
        };
        let severity = self.severities.get(rule).copied().unwrap_or(Severity::Warning);
        Some(Finding::new(rule, severity, Place::line(self.path.clone(), ignore.line), &[&ignore.name], text))
    }
}

fn check_rule(rule: &str, line: u32, db: &InfDb, problems: &mut Vec<PolicyProblem>) {
    if db.rules().get(rule).is_some() {
        return;
    }
    let near = db.rules().near(rule);
    let hint = match near.first() {
        Some(near) => format!("did you mean {near}?"),
        None => "`wimspect explain` lists the rules".to_owned(),
    };
    problems.push(PolicyProblem { line, message: format!("no rule is called `{rule}`; {hint}") });
}

impl Compiled {
    /// Every selector holds for all that the finding speaks of.
    fn covers(&self, finding: &Finding, world: &World) -> bool {
        self.selectors.iter().all(|(key, patterns)| {
            let any = |text: &str| patterns.iter().any(|p| p.matches(text));
            let driver = finding.subject.driver.map(|d| &world.drivers[d]);
            match *key {
                "rule" => any(finding.rule),
                "fingerprint" => any(&finding.fingerprint),
                "inf" => driver.is_some_and(|d| any(&d.inf)),
                "provider" => {
                    driver.is_some_and(|d| d.package.version.provider.as_ref().is_some_and(|p| any(&p.value)))
                }
                "driver-version" => driver.is_some_and(|d| {
                    d.package.version.driver_ver.as_ref().is_some_and(|v| any(&v.value.version_text()))
                }),
                "hardware-id" => {
                    let adapters = &finding.subject.adapters;
                    !adapters.is_empty() && adapters.iter().all(|id| any(id.as_str()))
                }
                "boot-image" => {
                    let of_images =
                        |name: &String| any(name) || name.rsplit_once(':').is_some_and(|(file, _)| any(file));
                    !finding.targets.is_empty() && finding.targets.iter().all(of_images)
                }
                "path" => places(finding, world).iter().all(|p| any(p)),
                "package" => {
                    places(finding, world).iter().all(|p| patterns.iter().any(|f| f.matches_or_above(folder_of(p))))
                }
                // `facts::policy` knows no other key.
                _ => false,
            }
        })
    }
}

/// Where the finding's driver lies, or the finding's own place.
fn places(finding: &Finding, world: &World) -> Vec<String> {
    match finding.subject.driver {
        Some(driver) => world.drivers[driver].locations.iter().map(|l| world.place(l, 0).path).collect(),
        None => vec![finding.location.path.clone()],
    }
}
