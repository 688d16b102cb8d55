//! Findings: what is wrong, how bad, how sure, where, and for which target.

use sha2::{Digest, Sha256};

use super::evidence::{Confidence, Evidence, Place};
use super::world::{Driver, DriverIndex, ImageIndex, World};
use crate::facts::ids::HardwareId;

pub use crate::inf_db::Severity;

/// What a finding speaks about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// A driver.
    pub driver: Option<DriverIndex>,
    /// A topology.
    pub topology: Option<usize>,
    /// An image.
    pub image: Option<ImageIndex>,
    /// Adapters, ordered.
    pub adapters: Vec<HardwareId>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Rule id.
    pub rule: &'static str,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What follows, target by target; a format that shows a table instead may leave it out.
    pub detail: String,
    /// What it speaks about.
    pub subject: Subject,
    /// Names of the targets that it holds for.
    pub targets: Vec<String>,
    /// The primary place.
    pub location: Place,
    /// Further places.
    pub related: Vec<Place>,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// What to do about it here, beside the rule's document.
    pub advice: Vec<String>,
    /// Hash of what the finding is about: survives moved lines, another mount point, a re-encoded INF, a renamed folder.
    pub fingerprint: String,
    /// Why it does not count, where somebody has said so.
    pub suppressed: Option<Suppression>,
    /// Whether a baseline knew it; `None` without a baseline.
    pub known: Option<bool>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// Who says so.
    pub by: SuppressedBy,
    /// The reason that was written down.
    pub reason: String,
    /// Last day on which it holds, `2026-12-31`.
    pub until: Option<String>,
}

/// What takes a finding out of the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressedBy {
    /// An ignore of the policy file.
    Policy,
    /// The baseline knew it.
    Baseline,
}

impl SuppressedBy {
    /// As written in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Baseline => "baseline",
        }
    }
}

impl Finding {
    /// A finding needs a rule, a severity, a primary place and the words that identify its subject; the rest is added.
    pub fn new(
        rule: &'static str,
        severity: Severity,
        location: Place,
        identity: &[&str],
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity,
            confidence: Confidence::Proven,
            message: message.into(),
            detail: String::new(),
            subject: Subject::default(),
            targets: Vec::new(),
            location,
            related: Vec::new(),
            evidence: Vec::new(),
            advice: Vec::new(),
            fingerprint: fingerprint(rule, identity),
            suppressed: None,
            known: None,
        }
    }

    /// The same about a driver.
    #[must_use]
    pub fn about_driver(mut self, driver: DriverIndex) -> Self {
        self.subject.driver = Some(driver);
        self
    }

    /// The same about an image.
    #[must_use]
    pub fn about_image(mut self, image: ImageIndex, target: String) -> Self {
        self.subject.image = Some(image);
        self.targets.push(target);
        self
    }
}

impl Finding {
    /// Whether it counts for the exit code and in the totals.
    pub fn counts(&self) -> bool {
        self.suppressed.is_none()
    }

    /// Message and detail, for formats that have one text.
    pub fn whole_message(&self) -> String {
        if self.detail.is_empty() { self.message.clone() } else { format!("{}. {}", self.message, self.detail) }
    }
}

/// 32 hex digits over the rule and the words that identify the subject.
pub fn fingerprint(rule: &str, identity: &[&str]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(rule.as_bytes());
    for word in identity {
        // A separator that no word can hold, so that ["ab","c"] differs from ["a","bc"].
        hasher.update([0]);
        hasher.update(word.as_bytes());
    }
    hasher.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// What identifies a driver in fingerprints: its INF name, provider and version, the ids that it claims, and for which
/// architectures. Not its path, its bytes or its lines.
pub fn driver_identity(driver: &Driver) -> String {
    let version = &driver.package.version;
    let provider = version.provider.as_ref().map_or("", |p| p.value.as_str());
    let driver_ver = version.driver_ver.as_ref().map(|v| format!("{:?}", v.value)).unwrap_or_default();
    let mut ids: Vec<&str> = driver
        .package
        .models_sections
        .iter()
        .flat_map(|s| &s.models)
        .flat_map(|m| &m.ids)
        .map(HardwareId::as_str)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut hasher = Sha256::new();
    for word in ids.into_iter().chain(driver.package.archs().iter().map(|a| a.name())) {
        hasher.update(word.as_bytes());
        hasher.update([0]);
    }
    let ids: String = hasher.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("{}|{}|{driver_ver}|{ids}", driver.inf.to_ascii_lowercase(), provider.to_lowercase())
}

/// All places of a driver, the first one left out: related places of a finding.
pub fn other_places(world: &World, driver: DriverIndex) -> Vec<Place> {
    world.drivers[driver].locations.iter().skip(1).map(|l| world.place(l, 0)).collect()
}
