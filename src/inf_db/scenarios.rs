//! What happens to the network and to the task sequence (`scenarios.toml`): an ordered decision table, first match wins.
//!
//! It is the matrix of FACTS.md 6.1, cell by cell with its reason. The table knows no driver and no vendor: whoever asks says
//! what runs the adapter before and after, and gets the outcome.

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::releases::MultiTier;
use super::source::{Confidence, SourceConfidence};
use super::text::{is_kebab_case, prose, prose_list};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every value, in the order in which it is declared.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name used in `inf-db/`, on the command line and in JSON.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }
    };
}

names! {
    /// How a task sequence gets at the content of a package.
    ContentAccess {
        /// "Access content directly from a distribution point".
        RunFromDp = "run-from-dp",
        /// "Download content locally when needed".
        Download = "download",
    }
}

names! {
    /// What is deployed.
    DeploySource {
        /// An operating system install package: Setup runs.
        InstallPackage = "install-package",
        /// An operating system image.
        OsImage = "os-image",
    }
}

names! {
    /// Which Windows is deployed, by its OS version.
    DeployOs {
        /// Before 6.0.
        BeforeVista = "before-vista",
        /// 6.0: Vista, Server 2008.
        Version60 = "6.0",
        /// 6.1 or later: Windows 7, Server 2008 R2.
        Version61OrLater = "6.1-or-later",
        /// Not said.
        Unknown = "unknown",
    }
}

names! {
    /// Does the deployed Windows have a driver for the adapter of its own?
    DeployedOsDriver {
        /// In the box.
        Inbox = "inbox",
        /// It has none.
        None = "none",
        /// Not said.
        Unknown = "unknown",
    }
}

names! {
    /// What runs the adapter in the boot image before anything is offered.
    Before {
        /// Nothing.
        None = "none",
        /// A driver that claims the adapter itself.
        Monolithic = "monolithic",
        /// Bus driver and miniport, both there.
        MultiTier = "multi-tier",
        /// No image was given; taken to be a driver that works.
        Assumed = "assumed",
    }
}

names! {
    /// What the offered drivers do to the adapter in the windowsPE pass.
    Effect {
        /// Nothing is offered for it.
        None = "none",
        /// What is offered has no Models section for this Windows and architecture.
        NotApplicable = "not-applicable",
        /// The driver that runs it has the better rank.
        LosesRank = "loses-rank",
        /// The offered driver has the name of the loaded one: marked bad and ignored (KB 2686316).
        IgnoredSameName = "ignored-same-name",
        /// Another service takes the device over.
        Replaces = "replaces",
        /// Equal rank, date and version.
        Ambiguous = "ambiguous",
    }
}

names! {
    /// What would run the adapter afterwards.
    After {
        /// A driver that claims the adapter itself.
        Monolithic = "monolithic",
        /// Bus driver and miniport, both for this Windows and architecture.
        MultiTierComplete = "multi-tier-complete",
        /// The bus driver, but no miniport for its child.
        MultiTierIncomplete = "multi-tier-incomplete",
        /// A section that gives the device no driver (a null driver).
        NullDriver = "null-driver",
    }
}

names! {
    /// The network while Windows PE runs.
    NetworkDuring {
        /// It stays.
        Kept = "kept",
        /// It goes away and comes back.
        Interrupted = "interrupted",
        /// It goes away for good.
        Lost = "lost",
        /// It never was there.
        NeverUp = "never-up",
        /// Not known.
        Unknown = "unknown",
    }
}

names! {
    /// Whether it comes back.
    NetworkRecovers {
        /// No.
        Never = "never",
        /// After a few seconds.
        Seconds = "seconds",
        /// It was never away.
        NotNeeded = "not-needed",
        /// Not known.
        Unknown = "unknown",
    }
}

names! {
    /// The task sequence.
    TaskResult {
        /// It gets to its end.
        Succeeds = "succeeds",
        /// It does not.
        Fails = "fails",
        /// This driver makes no difference.
        NotAffected = "not-affected",
        /// Not known.
        Unknown = "unknown",
    }
}

names! {
    /// Where the task sequence fails.
    TaskPhase {
        /// It does not start: no network after booting Windows PE.
        Boot = "boot",
        /// Apply Driver Package, Auto Apply Drivers.
        DriverStep = "driver-step",
        /// Setup windows and ConfigMgr, while Setup runs.
        Setup = "setup",
        /// Minutes after Setup, still in Windows PE.
        AfterSetup = "after-setup",
        /// In the deployed Windows.
        FullOs = "full-os",
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScenarioFacts {
    /// How the release treats multi-tier NICs; `None` when the release is not known.
    pub multi_tier: Option<MultiTier>,
    /// The release has a `known_bad` note.
    pub release_known_bad: bool,
    /// Content access.
    pub content: ContentAccess,
    /// What is deployed.
    pub source: DeploySource,
    /// Which Windows is deployed.
    pub deploy_os: DeployOs,
    /// A driver step offers the drivers in Windows PE.
    pub driver_step: bool,
    /// The deployed Windows' own driver.
    pub deployed_os_driver: DeployedOsDriver,
    /// Before.
    pub before: Before,
    /// What the offered set does.
    pub effect: Effect,
    /// After; looked at only where something replaces the driver.
    pub after: After,
}

/// One row: conditions (an empty list accepts every value), then the outcome with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRow {
    /// Its name, kebab-case.
    pub id: String,
    /// Rows of the matrix in FACTS.md 6.1 that it stands for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts_rows: Vec<u8>,
    /// Condition; a release that is not known meets no list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub multi_tier: Vec<MultiTier>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub release_known_bad: Vec<bool>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<ContentAccess>,
    /// Condition on what is deployed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deploy_source: Vec<DeploySource>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deploy_os: Vec<DeployOs>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub driver_step: Vec<bool>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployed_os_driver: Vec<DeployedOsDriver>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Before>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effect: Vec<Effect>,
    /// Condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<After>,
    /// Outcome: the network while Windows PE runs.
    pub network_during: NetworkDuring,
    /// Outcome: whether it comes back.
    pub network_recovers: NetworkRecovers,
    /// Outcome: the task sequence.
    pub result: TaskResult,
    /// Outcome: where it fails, or where it would show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<TaskPhase>,
    /// How sure.
    pub confidence: Confidence,
    /// What is taken for granted.
    #[serde(default, deserialize_with = "prose_list", skip_serializing_if = "Vec::is_empty")]
    pub assumes: Vec<String>,
    /// Why.
    #[serde(deserialize_with = "prose")]
    pub reason: String,
    /// Where the row comes from.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well the source knows it.
    pub source_confidence: SourceConfidence,
}

impl ScenarioRow {
    /// Every condition holds.
    pub fn matches(&self, facts: &ScenarioFacts) -> bool {
        fn holds<T: PartialEq>(accepted: &[T], value: &T) -> bool {
            accepted.is_empty() || accepted.contains(value)
        }
        let release = self.multi_tier.is_empty() || facts.multi_tier.is_some_and(|m| self.multi_tier.contains(&m));
        release
            && holds(&self.release_known_bad, &facts.release_known_bad)
            && holds(&self.content, &facts.content)
            && holds(&self.deploy_source, &facts.source)
            && holds(&self.deploy_os, &facts.deploy_os)
            && holds(&self.driver_step, &facts.driver_step)
            && holds(&self.deployed_os_driver, &facts.deployed_os_driver)
            && holds(&self.before, &facts.before)
            && holds(&self.effect, &facts.effect)
            && holds(&self.after, &facts.after)
    }

    /// It has no condition: the row that ends the table.
    fn is_catch_all(&self) -> bool {
        self.multi_tier.is_empty()
            && self.release_known_bad.is_empty()
            && self.content.is_empty()
            && self.deploy_source.is_empty()
            && self.deploy_os.is_empty()
            && self.driver_step.is_empty()
            && self.deployed_os_driver.is_empty()
            && self.before.is_empty()
            && self.effect.is_empty()
            && self.after.is_empty()
    }
}

/// The file as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenariosFile {
    row: Vec<ScenarioRow>,
}

/// The table in its order. There is always a last row without conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenarios {
    rows: Vec<ScenarioRow>,
    /// Answers when no other row does; the last one of the file.
    last: ScenarioRow,
}

impl Scenarios {
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Spans {
            row: Vec<toml::Spanned<ScenarioRow>>,
        }
        let spans: Spans = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        let mut rows: Vec<ScenarioRow> = Vec::with_capacity(spans.row.len());
        for row in spans.row {
            let span = row.span();
            let row = row.into_inner();
            let mut wrong = |message| problems.push(file.problem(Some(span.clone()), message));
            if !is_kebab_case(&row.id) || rows.iter().any(|r| r.id == row.id) {
                wrong(format!("`{}` must be a kebab-case id that no other row has", row.id));
            }
            if rows.last().is_some_and(ScenarioRow::is_catch_all) {
                wrong(format!("`{}` is never reached: the row above it accepts everything", row.id));
            }
            if row.facts_rows.iter().any(|n| !(1..=13).contains(n)) {
                wrong(format!("`{}`: facts_rows holds numbers from 1 to 13", row.id));
            }
            rows.push(row);
        }
        match rows.pop() {
            Some(last) if last.is_catch_all() => Some(Self { rows, last }),
            _ => {
                problems.push(file.problem(None, "the last row must have no condition"));
                None
            }
        }
    }

    pub(super) fn to_file(&self) -> ScenariosFile {
        ScenariosFile { row: self.all().cloned().collect() }
    }

    /// Every row in order.
    pub fn all(&self) -> impl Iterator<Item = &ScenarioRow> {
        self.rows.iter().chain(std::iter::once(&self.last))
    }

    /// The first row whose conditions hold.
    pub fn decide(&self, facts: &ScenarioFacts) -> &ScenarioRow {
        self.rows.iter().find(|row| row.matches(facts)).unwrap_or(&self.last)
    }
}

impl Default for Scenarios {
    /// A table that knows nothing and says so: what is left when the file can not be read.
    fn default() -> Self {
        let last = ScenarioRow {
            id: "unknown".to_owned(),
            facts_rows: Vec::new(),
            multi_tier: Vec::new(),
            release_known_bad: Vec::new(),
            content: Vec::new(),
            deploy_source: Vec::new(),
            deploy_os: Vec::new(),
            driver_step: Vec::new(),
            deployed_os_driver: Vec::new(),
            before: Vec::new(),
            effect: Vec::new(),
            after: Vec::new(),
            network_during: NetworkDuring::Unknown,
            network_recovers: NetworkRecovers::Unknown,
            result: TaskResult::Unknown,
            at: None,
            confidence: Confidence::Guess,
            assumes: Vec::new(),
            reason: "no row of the scenario table covers this".to_owned(),
            source: "none".to_owned(),
            source_confidence: SourceConfidence::Inference,
        };
        Self { rows: Vec::new(), last }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::inf_db::InfDb;

    use super::*;

    const STEPS: [bool; 2] = [true, false];
    const TIERS: [Option<MultiTier>; 4] =
        [None, Some(MultiTier::SingleEnumeration), Some(MultiTier::ReplacedThenRecovers), Some(MultiTier::InBox)];

    /// Every combination of inputs.
    fn all_facts() -> Vec<ScenarioFacts> {
        let mut all = Vec::new();
        for multi_tier in TIERS {
            for release_known_bad in STEPS {
                for &content in ContentAccess::ALL {
                    for &source in DeploySource::ALL {
                        for &deploy_os in DeployOs::ALL {
                            for driver_step in STEPS {
                                for &deployed_os_driver in DeployedOsDriver::ALL {
                                    for &before in Before::ALL {
                                        for &effect in Effect::ALL {
                                            for &after in After::ALL {
                                                all.push(ScenarioFacts {
                                                    multi_tier,
                                                    release_known_bad,
                                                    content,
                                                    source,
                                                    deploy_os,
                                                    driver_step,
                                                    deployed_os_driver,
                                                    before,
                                                    effect,
                                                    after,
                                                });
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
        all
    }

    /// The article's case: a working driver in the image, a complete multi-tier package takes over.
    fn replaced(multi_tier: MultiTier, content: ContentAccess) -> ScenarioFacts {
        ScenarioFacts {
            multi_tier: Some(multi_tier),
            release_known_bad: false,
            content,
            source: DeploySource::InstallPackage,
            deploy_os: DeployOs::Unknown,
            driver_step: true,
            deployed_os_driver: DeployedOsDriver::Unknown,
            before: Before::Monolithic,
            effect: Effect::Replaces,
            after: After::MultiTierComplete,
        }
    }

    #[test]
    fn every_row_is_reached_and_every_case_of_a_known_release_is_covered() {
        let table = InfDb::embedded().scenarios();
        let mut reached = BTreeSet::new();
        let mut article_rows = BTreeSet::new();
        for facts in all_facts() {
            let row = table.decide(&facts);
            reached.insert(row.id.clone());
            article_rows.extend(row.facts_rows.iter().copied());
            assert_eq!(row.id == "not-covered", row.is_catch_all(), "{}", row.id);
            if row.is_catch_all() {
                assert_eq!(facts.multi_tier, None, "a known release is left to the last row: {facts:?}");
            }
        }
        assert_eq!(reached, table.all().map(|r| r.id.clone()).collect(), "every row can be reached");
        assert_eq!(article_rows, (1..=13).collect(), "every row of FACTS.md 6.1 can be reached");
    }

    #[test]
    fn outcomes_do_not_contradict_themselves() {
        for row in InfDb::embedded().scenarios().all() {
            let id = &row.id;
            assert_eq!(
                row.network_during == NetworkDuring::Kept,
                row.network_recovers == NetworkRecovers::NotNeeded,
                "{id}"
            );
            let gone = matches!(row.network_during, NetworkDuring::Lost | NetworkDuring::NeverUp);
            assert_eq!(gone, row.network_recovers == NetworkRecovers::Never, "{id}");
            assert!(!gone || row.result == TaskResult::Fails, "{id}");
            assert!(row.result != TaskResult::Fails || row.at.is_some(), "{id}: says where it fails");
            assert!(row.at.is_none() || matches!(row.result, TaskResult::Fails | TaskResult::Unknown), "{id}");
            assert!(row.confidence < Confidence::Proven, "{id}: a table proves nothing");
        }
    }

    #[test]
    fn the_thirteen_rows_of_the_article() {
        use ContentAccess::{Download, RunFromDp};
        use MultiTier::{InBox, ReplacedThenRecovers as V3, SingleEnumeration as V2};
        let table = InfDb::embedded().scenarios();
        let os_image = |f: ScenarioFacts| ScenarioFacts { source: DeploySource::OsImage, ..f };
        let no_step =
            |driver| ScenarioFacts { driver_step: false, deployed_os_driver: driver, ..replaced(V2, Download) };
        let windows7 = ScenarioFacts { deploy_os: DeployOs::Version61OrLater, ..os_image(replaced(V2, Download)) };
        for (row, facts, expected) in [
            (1, replaced(V2, RunFromDp), "lost never fails setup"),
            (2, replaced(V3, RunFromDp), "interrupted seconds fails setup"),
            (3, replaced(V2, Download), "lost never fails after-setup"),
            (4, replaced(V3, Download), "interrupted seconds succeeds -"),
            (5, os_image(replaced(V2, RunFromDp)), "kept not-needed not-affected -"),
            (6, os_image(replaced(V3, RunFromDp)), "kept not-needed not-affected -"),
            (7, os_image(replaced(V2, Download)), "kept not-needed not-affected -"),
            (8, os_image(replaced(V3, Download)), "kept not-needed not-affected -"),
            (9, windows7, "kept not-needed fails driver-step"),
            (10, no_step(DeployedOsDriver::None), "kept not-needed fails full-os"),
            (11, no_step(DeployedOsDriver::Inbox), "kept not-needed succeeds -"),
            (12, ScenarioFacts { before: Before::None, ..replaced(V2, RunFromDp) }, "never-up never fails boot"),
            (13, replaced(InBox, RunFromDp), "interrupted seconds succeeds -"),
            (13, replaced(InBox, Download), "interrupted seconds succeeds -"),
        ] {
            let decided = table.decide(&facts);
            assert!(decided.facts_rows.contains(&row), "row {row}: {}", decided.id);
            assert_eq!(outcome(decided), expected, "row {row}: {}", decided.id);
        }
    }

    #[test]
    fn cases_around_the_article() {
        use ContentAccess::{Download, RunFromDp};
        use MultiTier::{InBox, ReplacedThenRecovers as V3, SingleEnumeration as V2};
        let table = InfDb::embedded().scenarios();
        let with = |base: ScenarioFacts, effect, after| ScenarioFacts { effect, after, ..base };
        let before = |base: ScenarioFacts, before| ScenarioFacts { before, ..base };
        let (full, bus_only, single) = (After::MultiTierComplete, After::MultiTierIncomplete, After::Monolithic);
        let bad = ScenarioFacts { release_known_bad: true, ..replaced(InBox, Download) };
        let xp = ScenarioFacts { deploy_os: DeployOs::BeforeVista, ..replaced(V2, RunFromDp) };
        for (facts, expected) in [
            (xp, "kept not-needed not-affected -"),
            (before(replaced(V2, Download), Before::MultiTier), "never-up never fails boot"),
            (before(replaced(V3, Download), Before::MultiTier), "unknown unknown unknown -"),
            (before(replaced(InBox, Download), Before::MultiTier), "interrupted seconds succeeds -"),
            (before(replaced(V2, Download), Before::Assumed), "lost never fails after-setup"),
            (with(replaced(V2, RunFromDp), Effect::LosesRank, full), "kept not-needed not-affected -"),
            (with(replaced(V2, RunFromDp), Effect::IgnoredSameName, single), "kept not-needed not-affected -"),
            (with(replaced(V2, RunFromDp), Effect::NotApplicable, full), "kept not-needed not-affected -"),
            (with(replaced(V2, RunFromDp), Effect::Replaces, bus_only), "lost never fails setup"),
            (with(replaced(V3, Download), Effect::Replaces, bus_only), "lost never fails after-setup"),
            (with(replaced(InBox, RunFromDp), Effect::Replaces, bus_only), "lost never fails setup"),
            (with(replaced(V3, RunFromDp), Effect::Replaces, After::NullDriver), "lost never fails setup"),
            (with(replaced(InBox, Download), Effect::Replaces, After::NullDriver), "lost never fails after-setup"),
            (with(replaced(V3, Download), Effect::Replaces, single), "unknown unknown unknown -"),
            (with(replaced(InBox, Download), Effect::Ambiguous, full), "unknown unknown unknown -"),
            (bad, "unknown unknown unknown -"),
            (ScenarioFacts { multi_tier: None, ..replaced(V2, Download) }, "unknown unknown unknown -"),
        ] {
            let decided = table.decide(&facts);
            assert_eq!(outcome(decided), expected, "{} {facts:?}", decided.id);
        }
    }

    fn outcome(row: &ScenarioRow) -> String {
        let at = row.at.map_or("-", TaskPhase::name);
        format!("{} {} {} {at}", row.network_during.name(), row.network_recovers.name(), row.result.name())
    }
}
