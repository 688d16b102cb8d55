//! A diagnosis held against boot image and driver share: what ran the adapter, what was offered for it, what `audit` predicts
//! for such a deployment, and whether that explains what the logs show.

use std::collections::BTreeSet;

use super::session::{Ended, Session};
use super::story::{Diagnosis, Line, State, release_fact};
use super::{LogRead, Part};
use crate::analysis::Analysis;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::prediction::Prediction;
use crate::analysis::prediction::scenario::{Cell, Cells, Outcome, deploy_class};
use crate::analysis::world::DriverIndex;
use crate::facts::os_version::OsVersion;
use crate::inf_db::{
    After, Before, ContentAccess, DeploySource, DeployedOsDriver, Effect, InfDb, RunFact, ScenarioFacts, TaskPhase,
    TaskResult,
};

/// Names that a sentence lists.
const MOST_NAMES: usize = 4;

/// Whether what is known of image and share explains what the logs show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Explains {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It can not be said.
    Unknown,
}

impl Explains {
    /// Every answer.
    pub const ALL: &'static [Explains] = &[Explains::Yes, Explains::No, Explains::Unknown];

    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Explains::Yes => "yes",
            Explains::No => "no",
            Explains::Unknown => "unknown",
        }
    }
}

/// What image and share say about a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tie {
    /// Whether they explain what the logs show.
    pub explains: Explains,
    /// The verdict in a sentence.
    pub verdict: String,
    /// Names of the targets that were looked at.
    pub targets: Vec<String>,
    /// The boot image is not the one that the logs show.
    pub version_differs: bool,
    /// What was found, sentence by sentence.
    pub text: Vec<String>,
    /// Drivers that take the adapter over, or would.
    pub drivers: Vec<DriverIndex>,
    /// Why.
    pub because: Vec<Evidence>,
}

/// What the logs show about the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Observed {
    FailedAt(TaskPhase),
    Failed,
    WentWell,
    Nothing,
}

/// A prediction in a cell that fits the logs.
#[derive(Clone, Copy)]
struct Case<'a> {
    prediction: &'a Prediction,
    cell: &'a Cell,
    outcome: &'a Outcome,
}

/// What the caller says about a deployment; what the logs show counts more.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// How the task sequence is set up.
    pub cells: &'a Cells,
    /// The predictions are about drivers that certainly were offered.
    pub packages_named: bool,
}

/// Holds a diagnosis against an analysis of the boot images and shares of that deployment.
pub fn tie(diagnosis: &mut Diagnosis<'_>, logs: &[LogRead<'_>], analysis: &Analysis, given: Given<'_>, db: &InfDb) {
    let sessions = sessions(&diagnosis.parts, logs);
    let infs: Vec<String> = sessions.iter().flat_map(|s| &s.infs).map(|n| file_name(&n.name)).collect();
    let observed = observed(diagnosis, &sessions);
    let targets = Targets::choose(diagnosis, analysis);
    assume_release(diagnosis, &targets, analysis);
    let join = Join { diagnosis, analysis, given, observed, infs, targets, db };
    let found = join.tie();
    diagnosis.tie = Some(found);
    diagnosis.weigh();
    let explained = diagnosis.tie.as_ref().is_some_and(|t| t.explains == Explains::Yes);
    if explained && diagnosis.topic.is_some() && !diagnosis.contradicted {
        diagnosis.confidence = crate::analysis::evidence::Confidence::Likely;
        diagnosis.reasons.push("boot image and drivers lead to exactly this failure".to_owned());
    }
}

fn sessions<'a, 'd>(parts: &[Part], logs: &'a [LogRead<'d>]) -> Vec<&'a Session<'d>> {
    parts.iter().filter_map(|part| logs.get(part.log)?.sessions.get(part.session)).collect()
}

fn file_name(path: &str) -> String {
    path.rsplit(['\\', '/']).next().unwrap_or(path).to_ascii_lowercase()
}

fn observed(diagnosis: &Diagnosis<'_>, sessions: &[&Session<'_>]) -> Observed {
    let went_well = sessions.iter().any(|s| {
        s.steps.iter().any(|step| step.ended == Ended::Well)
            || s.matches.iter().any(|m| m.signature.role == crate::inf_db::SignatureRole::Success)
    });
    match diagnosis.state {
        State::CauseKnown | State::Failed => diagnosis.phase().map_or(Observed::Failed, Observed::FailedAt),
        State::Possible | State::NothingKnown if went_well => Observed::WentWell,
        State::Possible | State::NothingKnown => Observed::Nothing,
    }
}

/// The logs do not show a version, and one image was given: that is the one.
fn assume_release(diagnosis: &mut Diagnosis<'_>, targets: &Targets, analysis: &Analysis) {
    let versions: BTreeSet<OsVersion> = targets.fitting.iter().map(|t| analysis.targets[*t].os.version).collect();
    let (None, Some(version), 1) = (&diagnosis.winpe, versions.first(), versions.len()) else { return };
    let line = diagnosis.cause.iter().chain(&diagnosis.consequences).find_map(|s| s.evidence.first()).cloned();
    if let (Some(fact), Some(line)) = (release_fact(*version), line) {
        diagnosis.facts.entry(fact).or_insert(line);
    }
}

/// The targets that can be the Windows PE of the logs.
struct Targets {
    fitting: Vec<usize>,
    /// What is to be said about versions.
    text: Vec<String>,
    differs: bool,
}

impl Targets {
    fn choose(diagnosis: &Diagnosis<'_>, analysis: &Analysis) -> Self {
        let all = 0..analysis.targets.len();
        let Some((version, certain, line)) = &diagnosis.winpe else {
            let text = match analysis.targets.as_slice() {
                [] => Vec::new(),
                _ => vec![
                    "the logs do not show the version of Windows PE: taken to be that of the boot image".to_owned(),
                ],
            };
            return Self { fitting: all.collect(), text, differs: false };
        };
        let fitting: Vec<usize> = all.filter(|t| same(*version, analysis.targets[*t].os.version)).collect();
        let mut text = Vec::new();
        let whose = if *certain { "Windows PE" } else { "the Windows that wrote it" };
        for target in &analysis.targets {
            if target.image().is_none() {
                continue;
            }
            let agrees = same(*version, target.os.version);
            let verdict = match (agrees, certain) {
                (true, _) => "it is the same",
                (false, true) => "this is not the boot image that the machine ran",
                (false, false) => {
                    "this is not the boot image that the machine ran, unless the log was written by the deployed Windows"
                }
            };
            text.push(format!(
                "the log says {version} for {whose} (line {}), {} is {}: {verdict}",
                line.evidence.line, target.name, target.os.version
            ));
        }
        let differs = fitting.is_empty() && !text.is_empty();
        Self { fitting, text, differs }
    }
}

/// Builds differ with updates only in the fourth part.
fn same(log: OsVersion, image: OsVersion) -> bool {
    log.major_minor() == image.major_minor() && log.build.zip(image.build).is_none_or(|(a, b)| a == b)
}

struct Join<'a, 'd> {
    diagnosis: &'a Diagnosis<'d>,
    analysis: &'a Analysis,
    given: Given<'a>,
    observed: Observed,
    /// File names of the INFs that the logs name.
    infs: Vec<String>,
    targets: Targets,
    db: &'a InfDb,
}

impl Join<'_, '_> {
    fn tie(&self) -> Tie {
        let mut tie = Tie {
            explains: Explains::Unknown,
            verdict: String::new(),
            targets: self.targets.fitting.iter().map(|t| self.analysis.targets[*t].name.clone()).collect(),
            version_differs: self.targets.differs,
            text: self.targets.text.clone(),
            drivers: Vec::new(),
            because: Vec::new(),
        };
        if self.targets.differs {
            tie.verdict =
                "it can not be said whether that explains it: no boot image given is the one of the logs".to_owned();
            return tie;
        }
        if self.targets.fitting.is_empty() {
            tie.verdict =
                "it can not be said whether that explains it: no boot image is given, and the logs show no version"
                    .to_owned();
            return tie;
        }
        if self.without_drivers(&mut tie) {
            return tie;
        }
        let cases = self.cases(&mut tie);
        self.judge(&cases, &mut tie);
        tie
    }

    /// What follows from image and deployment alone, whatever drivers are offered.
    fn without_drivers(&self, tie: &mut Tie) -> bool {
        let Observed::FailedAt(phase) = self.observed else { return false };
        for target in self.targets.fitting.iter().map(|t| &self.analysis.targets[*t]) {
            let os = self.diagnosis.deployed.as_ref().map(|(version, _)| *version);
            let facts = ScenarioFacts {
                multi_tier: target.multi_tier,
                release_known_bad: target.known_bad.is_some(),
                content: self.content().unwrap_or(ContentAccess::Download),
                source: self.source().unwrap_or(DeploySource::OsImage),
                deploy_os: deploy_class(os),
                driver_step: true,
                deployed_os_driver: DeployedOsDriver::Unknown,
                before: Before::Monolithic,
                effect: Effect::None,
                after: After::Monolithic,
            };
            let row = self.db.scenarios().decide(&facts);
            if row.result == TaskResult::Fails && row.at == Some(phase) {
                tie.explains = Explains::Yes;
                tie.verdict = format!("that explains it, whatever drivers are offered: {}", target.title);
                tie.because.push(Evidence::new("scenario", row.reason.clone()).from_source(row.source.clone()));
                return true;
            }
        }
        false
    }

    fn content(&self) -> Option<ContentAccess> {
        let known = |fact| self.diagnosis.facts.contains_key(&fact);
        match () {
            () if known(RunFact::RunFromDp) => Some(ContentAccess::RunFromDp),
            () if known(RunFact::Download) => Some(ContentAccess::Download),
            () => only(&self.given.cells.content),
        }
    }

    /// Setup as a program is an install package; drivers that are added offline by the step go into an image.
    fn source(&self) -> Option<DeploySource> {
        let at_driver_step = self.observed == Observed::FailedAt(TaskPhase::DriverStep);
        match () {
            () if self.diagnosis.facts.contains_key(&RunFact::InstallPackage) => Some(DeploySource::InstallPackage),
            () if at_driver_step => Some(DeploySource::OsImage),
            () => only(&self.given.cells.source),
        }
    }

    /// The predictions that speak about this deployment.
    fn cases(&self, tie: &mut Tie) -> Vec<Case<'_>> {
        let predictions = &self.analysis.predictions;
        let fits_log = |cell: &Cell| {
            self.content().is_none_or(|c| c == cell.content) && self.source().is_none_or(|s| s == cell.source)
        };
        let mut cases: Vec<Case<'_>> = Vec::new();
        for prediction in predictions.all.iter().filter(|p| self.targets.fitting.contains(&p.target)) {
            let cells = predictions.cells.iter().zip(&prediction.outcomes);
            cases.extend(cells.filter(|(cell, _)| fits_log(cell)).map(|(cell, outcome)| Case {
                prediction,
                cell,
                outcome,
            }));
        }
        if !self.analysis.world.fleet.is_empty() {
            let before = cases.len();
            cases.retain(|case| self.fleet_has(case.prediction));
            if cases.is_empty() && before > 0 {
                tie.text.push("no machine of the fleet has an adapter that these drivers are for".to_owned());
            }
        }
        if self.infs.is_empty() {
            return cases;
        }
        let names = |case: &Case<'_>| {
            let set = &predictions.offered[case.prediction.offered];
            set.drivers.iter().any(|d| self.infs.contains(&self.analysis.world.drivers[*d].inf.to_ascii_lowercase()))
        };
        let named = list(&self.infs.iter().map(String::as_str).collect::<Vec<_>>());
        if cases.iter().any(names) {
            tie.text.push(format!("the logs name {named}"));
            cases.retain(names);
        } else if !cases.is_empty() {
            tie.text.push(format!("the logs name {named}, none of which is a network driver of the share"));
            cases.clear();
        }
        cases
    }

    fn fleet_has(&self, prediction: &Prediction) -> bool {
        let devices = self.analysis.world.fleet.iter().flat_map(|machine| &machine.devices);
        devices.into_iter().any(|device| device.ids.all().any(|id| prediction.adapters.contains(id)))
    }

    fn judge(&self, cases: &[Case<'_>], tie: &mut Tie) {
        // An adapter that the image has no driver for has no network from the start: this machine got further than that.
        let at_boot = self.observed == Observed::FailedAt(TaskPhase::Boot);
        let cases: Vec<Case<'_>> =
            cases.iter().copied().filter(|case| at_boot || case.prediction.effect.before != Before::None).collect();
        let fails_so = |case: &&Case<'_>| {
            case.outcome.result == TaskResult::Fails
                && match self.observed {
                    Observed::FailedAt(phase) => case.outcome.at == Some(phase),
                    Observed::Failed | Observed::WentWell | Observed::Nothing => true,
                }
        };
        let failing = cases.iter().find(fails_so);
        let offering =
            |case: &&Case<'_>| !matches!(case.prediction.effect.effect, Effect::None | Effect::NotApplicable);
        let Some(shown) = failing.or_else(|| cases.iter().find(offering)).or(cases.first()) else {
            tie.verdict = match self.analysis.world.shares.is_empty() {
                true => "it can not be said whether drivers explain it: no share is given (--drivers)".to_owned(),
                false => {
                    "nothing is predicted for these drivers: it can not be said whether they explain it".to_owned()
                }
            };
            return;
        };
        self.describe(shown, tie);
        let named = !self.infs.is_empty() || self.given.packages_named;
        let if_offered = match () {
            () if at_boot && self.analysis.world.fleet.is_empty() => {
                ", if the machine has such an adapter: no inventory is given (--fleet)"
            }
            () if named || at_boot => "",
            () => ", if the task sequence offered these drivers: the logs do not name them",
        };
        let unknown = cases.iter().any(|case| case.outcome.result == TaskResult::Unknown);
        (tie.explains, tie.verdict) = match (self.observed, failing) {
            (Observed::FailedAt(_), Some(_)) => (Explains::Yes, format!("that explains it{if_offered}")),
            (Observed::Failed, Some(_)) => (
                Explains::Unknown,
                "that may explain it: the logs do not show in which phase the task sequence failed".to_owned(),
            ),
            (Observed::WentWell, None) if !unknown => (Explains::Yes, "the logs say the same".to_owned()),
            (Observed::WentWell, Some(_)) if named => (
                Explains::No,
                "the logs show no failure: what is predicted did not happen, or is not in these logs".to_owned(),
            ),
            (Observed::WentWell, _) => (
                Explains::Unknown,
                "the logs show no failure, and do not name the drivers that were offered: nothing to compare"
                    .to_owned(),
            ),
            (Observed::Nothing, _) => {
                (Explains::Unknown, "the logs do not show how it ended: nothing to compare with".to_owned())
            }
            (_, None) if unknown => (
                Explains::Unknown,
                "it can not be said whether that explains it: what these drivers do there is not known".to_owned(),
            ),
            (_, None) => (Explains::No, "that does not explain it: look for another cause".to_owned()),
        };
    }

    /// Which driver, what happens to it, what is predicted.
    fn describe(&self, case: &Case<'_>, tie: &mut Tie) {
        let world = &self.analysis.world;
        let effect = &case.prediction.effect;
        let target = &self.analysis.targets[case.prediction.target];
        let set = &self.analysis.predictions.offered[case.prediction.offered];
        let before = match effect.driver_before {
            Some(driver) => format!("{} ran the adapter in {}", self.driver(driver), target.title),
            None if target.image().is_some() => format!("no driver of {} runs the adapter", target.title),
            None => format!("no boot image is given: a working driver is assumed in {}", target.title),
        };
        tie.text.push(before);
        let nodes: Vec<DriverIndex> = self.analysis.topologies.all[case.prediction.topology]
            .nodes
            .iter()
            .map(|(driver, _)| *driver)
            .filter(|driver| set.drivers.contains(driver))
            .collect();
        let drivers: Vec<String> = nodes.iter().map(|driver| self.driver(*driver)).collect();
        let folder = world.share_path(set.folder.share, &set.folder.path);
        // The root of the only share has no name.
        let folder = if folder.is_empty() { folder } else { format!(" ({folder})") };
        let ids: Vec<&str> = case.prediction.adapters.iter().map(|id| id.as_str()).collect();
        tie.text.push(format!("{}{folder} {} {}", drivers.join(" with "), does(effect.effect), list(&ids)));
        tie.text.push(predicted(case));
        tie.drivers = nodes;
        tie.because.extend(effect.because.iter().cloned());
        tie.because.push(case.outcome.because.clone());
    }

    fn driver(&self, driver: DriverIndex) -> String {
        let driver = &self.analysis.world.drivers[driver];
        let version = driver.package.version.driver_ver.as_ref();
        let version = version.map(|v| format!(" {}", v.value.version.map(|part| part.to_string()).join(".")));
        format!("{}{}", driver.inf, version.unwrap_or_default())
    }
}

const fn does(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "is not for",
        Effect::NotApplicable => "has nothing for this Windows PE and",
        Effect::LosesRank => "loses against the driver of the image for",
        Effect::IgnoredSameName => "has the name of the loaded driver and is ignored for",
        Effect::Replaces => "takes over",
        Effect::Ambiguous => "ties with the driver of the image for",
    }
}

fn predicted(case: &Case<'_>) -> String {
    let source = match case.cell.source {
        DeploySource::InstallPackage => "an install package",
        DeploySource::OsImage => "an operating system image",
    };
    let content = match case.cell.content {
        ContentAccess::RunFromDp => "run from the distribution point",
        ContentAccess::Download => "downloaded first",
    };
    let result = match case.outcome.result {
        TaskResult::Fails => format!("the task sequence fails{}", case.outcome.place_text()),
        TaskResult::Succeeds => "the task sequence succeeds".to_owned(),
        TaskResult::NotAffected => "the task sequence is not affected".to_owned(),
        TaskResult::Unknown => "what becomes of the task sequence is not known".to_owned(),
    };
    format!("predicted for {source}, {content}: {result}, {}", case.outcome.network_text())
}

fn only<T: Copy>(list: &[T]) -> Option<T> {
    if let [one] = list { Some(*one) } else { None }
}

/// The first names, and how many more there are.
fn list(names: &[&str]) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    let shown = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// Where a line of a diagnosis stands.
pub fn place(line: &Line, logs: &[LogRead<'_>]) -> Place {
    let path = logs.get(line.log).map_or("", |log| log.path.as_str());
    Place::line(path, u32::try_from(line.evidence.line).unwrap_or(u32::MAX))
}

/// The release of Windows PE that the logs show, for `--drivers` without a boot image.
pub fn release_of(diagnoses: &[Diagnosis<'_>], db: &InfDb) -> Vec<(String, OsVersion)> {
    let mut found: Vec<(String, OsVersion)> = Vec::new();
    for (version, ..) in diagnoses.iter().filter_map(|d| d.winpe.as_ref()) {
        if let Some(release) = db.releases().classify(version).release() {
            found.push((release.id.clone(), *version));
        }
    }
    found.sort();
    found.dedup();
    found
}
