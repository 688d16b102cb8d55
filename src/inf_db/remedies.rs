//! What can be done (`remedies.toml`): the solutions with their conditions, the answer file and the task-sequence steps of
//! solution 4.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{DataFile, InfDbProblem};
use super::releases::{MultiTier, archs};
use super::scenarios::{ContentAccess, DeploySource};
use super::source::SourceConfidence;
use super::text::{is_kebab_case, prose, prose_option};
use crate::facts::ids::Arch;

/// Which trouble a remedy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemedyProblem {
    /// A set of the share takes an adapter from the driver that runs it in Windows PE.
    KeptOut,
    /// One of these sets is multi-tier.
    MultiTierKeptOut,
    /// The same, and what it takes the adapter from is monolithic.
    MonolithicReplacedByMultiTier,
    /// A 2.x boot image deploys Windows 7 or later.
    #[serde(rename = "boot-image-2x")]
    BootImage2x,
}

/// One step of a remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemedyStep {
    /// What to do.
    #[serde(deserialize_with = "prose")]
    pub text: String,
    /// Done already with a boot image of such a release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done_multi_tier: Vec<MultiTier>,
    /// Done already where only this content access is judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done_content: Vec<ContentAccess>,
    /// Done already where only this is deployed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done_source: Vec<DeploySource>,
}

/// One remedy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// Kebab-case.
    pub id: String,
    /// `R1`: its number among people.
    pub name: String,
    /// One line.
    pub title: String,
    /// What it is for.
    pub problem: RemedyProblem,
    /// When it works.
    #[serde(deserialize_with = "prose")]
    pub condition: String,
    /// Where it is written.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well the source knows it.
    pub source_confidence: SourceConfidence,
    /// Effort, 1 to 5, by how the release treats multi-tier NICs; a release that is missing is not helped.
    pub effort: BTreeMap<MultiTier, u8>,
    /// What to do, in order.
    #[serde(rename = "step")]
    pub steps: Vec<RemedyStep>,
}

/// What a finding about a driver means for the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFinding {
    /// The rule.
    pub rule: String,
    /// The driver is not injected, even where the finding is no error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_injected: bool,
    /// The driver is in neither driver package.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// `dism.exe` takes it into a 64-bit image only when told so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force_unsigned: bool,
}

/// The answer file of solution 4.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerFileFacts {
    /// Namespace of `<unattend>`.
    pub namespace: String,
    /// Pass in which the drivers are installed.
    pub pass: String,
    /// The component's other pass.
    pub audit_pass: String,
    /// The component that offers them there.
    pub component: String,
    /// The component that offers drivers to Windows PE.
    pub windowspe_component: String,
    /// Its pass.
    pub windowspe_pass: String,
    /// `publicKeyToken`.
    pub public_key_token: String,
    /// `language`.
    pub language: String,
    /// `versionScope`.
    pub version_scope: String,
    /// Namespace of the prefix `wcm`.
    pub wcm_namespace: String,
    /// Namespace of the prefix `xsi`.
    pub xsi_namespace: String,
    /// `wcm:keyValue`.
    pub key: String,
    /// The folder with package A.
    pub path: String,
    /// The same without the drive.
    pub folder: String,
    /// Architectures for which the source gives the file.
    #[serde(deserialize_with = "archs")]
    pub archs: Vec<Arch>,
    /// Where it is written.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well the source knows it.
    #[serde(default)]
    pub source_confidence: Option<SourceConfidence>,
}

/// What Configuration Manager can do with a boot image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigMgrFacts {
    /// Whose PowerShell module has what the script uses.
    pub module: String,
    /// `MAJOR` of the oldest boot image that the console customizes.
    pub boot_image_from_major: u16,
    /// Where it is written.
    #[serde(deserialize_with = "prose")]
    pub source: String,
    /// How well the source knows it.
    #[serde(default)]
    pub source_confidence: Option<SourceConfidence>,
}

/// The two ways to carry out solution 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepVariant {
    /// Two driver packages.
    TwoPackages,
    /// Two Auto Apply Drivers steps with categories.
    TwoCategories,
}

/// What to do with a step of the task sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepAction {
    /// It is there, and gets another setting.
    Change,
    /// It is there, and goes.
    Remove,
    /// It is there, and stays.
    Keep,
    /// It is new.
    Add,
}

impl StepAction {
    /// The word in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Remove => "remove",
            Self::Keep => "keep",
            Self::Add => "add",
        }
    }
}

/// One step of the task sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSequenceStepRow {
    /// In which variants it stands.
    pub variants: Vec<StepVariant>,
    /// What to do with it.
    pub action: StepAction,
    /// The kind of step, as the task sequence editor calls it.
    pub step: String,
    /// Its name.
    pub name: String,
    /// Its command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What to set, and why.
    #[serde(default, deserialize_with = "prose_option", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where it is written.
    #[serde(deserialize_with = "prose")]
    pub source: String,
}

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedies {
    remedy: Vec<Remedy>,
    finding: Vec<PlanFinding>,
    configmgr: ConfigMgrFacts,
    answer_file: AnswerFileFacts,
    task_sequence_step: Vec<TaskSequenceStepRow>,
}

impl Remedies {
    /// Reads the file.
    pub(super) fn load(file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> Option<Self> {
        let all: Self = file.parse().map_err(|problem| problems.push(problem)).ok()?;
        let mut wrong = |message: String| problems.push(file.problem(None, message));
        for (at, remedy) in all.remedy.iter().enumerate() {
            if !is_kebab_case(&remedy.id) || all.remedy[..at].iter().any(|r| r.id == remedy.id) {
                wrong(format!("`{}` must be a kebab-case id that no other remedy has", remedy.id));
            }
            if remedy.steps.is_empty() || remedy.effort.is_empty() {
                wrong(format!("`{}` has no step, or no release that it helps", remedy.id));
            }
            if remedy.effort.values().any(|effort| !(1..=5).contains(effort)) {
                wrong(format!("`{}`: effort is a number from 1 to 5", remedy.id));
            }
        }
        Some(all)
    }

    /// Every remedy, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Remedy> {
        self.remedy.iter()
    }

    /// What a finding of this rule means for the plan, where it means something.
    pub fn finding(&self, rule: &str) -> Option<&PlanFinding> {
        self.finding.iter().find(|f| f.rule == rule)
    }

    /// Every rule that means something for the plan.
    pub fn findings(&self) -> impl Iterator<Item = &PlanFinding> {
        self.finding.iter()
    }

    /// What Configuration Manager can do with a boot image.
    pub fn configmgr(&self) -> &ConfigMgrFacts {
        &self.configmgr
    }

    /// The answer file of solution 4.
    pub fn answer_file(&self) -> &AnswerFileFacts {
        &self.answer_file
    }

    /// The steps of one variant, in order.
    pub fn steps(&self, variant: StepVariant) -> impl Iterator<Item = &TaskSequenceStepRow> {
        self.task_sequence_step.iter().filter(move |s| s.variants.contains(&variant))
    }
}
