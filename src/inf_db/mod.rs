//! Knowledge as data: the text of `inf-db/` as typed tables.
//!
//! The files are embedded when the program is built; a site lays its own over them. Nothing here reads a file: whoever has the
//! texts hands them in. A mistake in a file is a value with file and line, and the rest still counts. This module may name
//! [`crate::facts`] and nothing else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::Serialize;
use sha2::{Digest, Sha256};

mod boot_images;
mod classify;
mod embedded;
mod enumerators;
mod error_codes;
mod families;
mod functions;
mod log_anchors;
mod log_signatures;
mod null_drivers;
mod problem;
mod releases;
mod remedies;
mod rules;
mod scenarios;
mod signers;
mod source;
mod text;

#[cfg(test)]
mod tests;

pub use boot_images::{BootImages, ImageKindRow, NetworkComponent};
pub use classify::{Classification, NamedRelease, UnknownRelease};
pub use enumerators::{Enumerator, EnumeratorKind, EnumeratorMatch, Enumerators};
pub use error_codes::{CodeKind, ErrorCodeRow, ErrorCodes};
pub use families::{ChildKind, Families, Family, FamilyChild, FamilyKind, FamilyLink, PciIds};
pub use functions::NdisFunctions;
pub use log_anchors::{AnchorKind, DriverStep, LogAnchor, LogAnchors};
pub use log_signatures::{
    LogSignature, LogSignatures, PatternPart, Resolution, RunFact, SignatureRole, SignatureStep, SignatureTopic,
    TopicCondition, pattern_parts,
};
pub use null_drivers::{NullDriverSection, NullDrivers};
pub use problem::InfDbProblem;
pub use releases::{ComponentVersion, MultiTier, NetAdapterCxScope, Release, Releases, Servicing, Sha2, X86Signing};
pub use remedies::{
    AnswerFileFacts, ConfigMgrFacts, PlanFinding, Remedies, Remedy, RemedyProblem, RemedyStep, StepAction, StepVariant,
    TaskSequenceStepRow,
};
pub use rules::{RuleDocument, Rules, Severity};
pub use scenarios::{
    After, Before, ContentAccess, DeployOs, DeploySource, DeployedOsDriver, Effect, NetworkDuring, NetworkRecovers,
    ScenarioFacts, ScenarioRow, Scenarios, TaskPhase, TaskResult,
};
pub use signers::{SignerRow, Signers};
pub use source::{Confidence, SourceConfidence};
pub use text::did_you_mean;

use problem::DataFile;

/// A site's file may be this long; the longest one here has a tenth of it.
const LONGEST_FILE: usize = 1 << 20;
/// An overlay may hold this many files.
const MOST_FILES: usize = 10_000;

/// Every table. One that no site has laid anything over is read when it is first asked for: few uses need them all.
#[derive(Clone, Debug, Default)]
pub struct InfDb {
    releases: OnceLock<Releases>,
    enumerators: OnceLock<Enumerators>,
    families: OnceLock<Families>,
    scenarios: OnceLock<Scenarios>,
    ndis_functions: OnceLock<NdisFunctions>,
    null_drivers: OnceLock<NullDrivers>,
    boot_images: OnceLock<BootImages>,
    signers: OnceLock<Signers>,
    remedies: OnceLock<Remedies>,
    rules: OnceLock<Rules>,
    error_codes: OnceLock<ErrorCodes>,
    log_anchors: OnceLock<LogAnchors>,
    log_signatures: OnceLock<LogSignatures>,
}

static EMBEDDED: LazyLock<InfDb> = LazyLock::new(InfDb::default);

impl InfDb {
    /// The tables that were built into the program.
    pub fn embedded() -> &'static InfDb {
        &EMBEDDED
    }

    /// The embedded tables with a site's files laid over them: a file of the same path replaces the embedded one, another one
    /// adds to the tables. Paths are relative to the overlay folder and `/` separated: `nic-families/acme-x1.toml`.
    ///
    /// A file that can not be used is a problem, and the embedded one of that path stays.
    pub fn with_overlay(files: impl IntoIterator<Item = (String, String)>) -> (InfDb, Vec<InfDbProblem>) {
        let mut problems = Vec::new();
        let mut merged: BTreeMap<Cow<'static, str>, Cow<'static, str>> =
            embedded::FILES.iter().map(|(path, text)| (Cow::Borrowed(*path), Cow::Borrowed(*text))).collect();
        for (count, (path, text)) in files.into_iter().enumerate() {
            let file = DataFile { path: &path, text: &text };
            if count == MOST_FILES {
                problems.push(
                    file.problem(
                        None,
                        format!("more than {MOST_FILES} files: this one and those after it are left out"),
                    ),
                );
                break;
            }
            if text.len() > LONGEST_FILE {
                problems.push(file.problem(None, format!("longer than {LONGEST_FILE} bytes")));
                continue;
            }
            if InfDb::default().add(&file, &mut problems) {
                merged.insert(Cow::Owned(path), Cow::Owned(text));
            }
        }
        // What is wrong with a file by itself was said above; loading it again may only tell what is wrong between files.
        let mut again = Vec::new();
        let db = InfDb::load(merged, &mut again);
        again.retain(|problem| !problems.contains(problem));
        problems.append(&mut again);
        problems.sort();
        (db, problems)
    }

    /// The same tables without any NIC family: what is found then was found in bytes and INF text.
    pub fn without_families(&self) -> InfDb {
        InfDb { families: Families::default().into(), ..self.clone() }
    }

    fn load<'a>(
        files: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
        problems: &mut Vec<InfDbProblem>,
    ) -> InfDb {
        let mut db = InfDb::default();
        for (path, text) in files {
            db.add(&DataFile { path: &path, text: &text }, problems);
        }
        db
    }

    /// Reads one file into its table; `false` when nothing of it can be used.
    fn add(&mut self, file: &DataFile<'_>, problems: &mut Vec<InfDbProblem>) -> bool {
        fn set<T>(table: &mut OnceLock<T>, loaded: Option<T>) -> bool {
            loaded.map(|new| *table = new.into()).is_some()
        }
        fn grow<T: Default>(table: &mut OnceLock<T>, load: impl FnOnce(&mut T) -> bool) -> bool {
            let mut all = table.take().unwrap_or_default();
            let is_read = load(&mut all);
            *table = all.into();
            is_read
        }
        match file.path.split_once('/') {
            Some(("winpe", "images.toml")) => set(&mut self.boot_images, BootImages::load(file, problems)),
            Some(("winpe", "releases.toml")) => set(&mut self.releases, Releases::load(file, problems)),
            None if file.path == "enumerators.toml" => set(&mut self.enumerators, Enumerators::load(file, problems)),
            None if file.path == "scenarios.toml" => set(&mut self.scenarios, Scenarios::load(file, problems)),
            None if file.path == "ndis-functions.toml" => {
                set(&mut self.ndis_functions, NdisFunctions::load(file, problems))
            }
            None if file.path == "null-drivers.toml" => set(&mut self.null_drivers, NullDrivers::load(file, problems)),
            None if file.path == "remedies.toml" => set(&mut self.remedies, Remedies::load(file, problems)),
            None if file.path == "signers.toml" => set(&mut self.signers, Signers::load(file, problems)),
            None if file.path == "error-codes.toml" => set(&mut self.error_codes, ErrorCodes::load(file, problems)),
            None if file.path == "log-anchors.toml" => set(&mut self.log_anchors, LogAnchors::load(file, problems)),
            Some(("log-signatures", name)) if is_data_name(name) => {
                grow(&mut self.log_signatures, |all| all.load(file, problems))
            }
            Some(("nic-families", name)) if is_data_name(name) => {
                grow(&mut self.families, |all| all.load(file, problems))
            }
            Some(("rules", name)) if is_data_name(name) => grow(&mut self.rules, |all| all.load(file, problems)),
            _ => {
                problems.push(file.problem(None, "no table has a file of this name"));
                false
            }
        }
    }

    /// Windows PE releases.
    pub fn releases(&self) -> &Releases {
        table(&self.releases, "winpe/releases.toml", |db| db.releases)
    }

    /// Well-known enumerators.
    pub fn enumerators(&self) -> &Enumerators {
        table(&self.enumerators, "enumerators.toml", |db| db.enumerators)
    }

    /// NIC families.
    pub fn families(&self) -> &Families {
        table(&self.families, "nic-families/", |db| db.families)
    }

    /// What happens to the network and the task sequence.
    pub fn scenarios(&self) -> &Scenarios {
        table(&self.scenarios, "scenarios.toml", |db| db.scenarios)
    }

    /// First NDIS versions of functions.
    pub fn ndis_functions(&self) -> &NdisFunctions {
        table(&self.ndis_functions, "ndis-functions.toml", |db| db.ndis_functions)
    }

    /// Sections that give a device no driver.
    pub fn null_drivers(&self) -> &NullDrivers {
        table(&self.null_drivers, "null-drivers.toml", |db| db.null_drivers)
    }

    /// Kinds of boot images, and what their network stack consists of.
    pub fn boot_images(&self) -> &BootImages {
        table(&self.boot_images, "winpe/images.toml", |db| db.boot_images)
    }

    /// Who counts as what by the usages of a certificate.
    pub fn signers(&self) -> &Signers {
        table(&self.signers, "signers.toml", |db| db.signers)
    }

    /// What can be done about it.
    pub fn remedies(&self) -> &Remedies {
        table(&self.remedies, "remedies.toml", |db| db.remedies)
    }

    /// Rule documents.
    pub fn rules(&self) -> &Rules {
        table(&self.rules, "rules/", |db| db.rules)
    }

    /// Names of error codes.
    pub fn error_codes(&self) -> &ErrorCodes {
        table(&self.error_codes, "error-codes.toml", |db| db.error_codes)
    }

    /// Lines of logs that say how a deployment went.
    pub fn log_anchors(&self) -> &LogAnchors {
        table(&self.log_anchors, "log-anchors.toml", |db| db.log_anchors)
    }

    /// What lines of logs mean.
    pub fn log_signatures(&self) -> &LogSignatures {
        table(&self.log_signatures, "log-signatures/", |db| db.log_signatures)
    }

    /// SHA-256 over what the tables say, lower-case hex: wrapped lines and comments do not change it.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        // Each part is followed by a byte that no TOML text holds, so that no two tables run into each other.
        let mut part = |text: String| {
            hash.update(text);
            hash.update([0]);
        };
        part(canonical(&self.releases().to_file()));
        part(canonical(&self.enumerators().to_file()));
        part(canonical(&self.scenarios().to_file()));
        part(canonical(self.ndis_functions().to_file()));
        part(canonical(self.null_drivers()));
        part(canonical(self.boot_images()));
        part(canonical(self.signers()));
        part(canonical(self.remedies()));
        self.families().iter().map(canonical).for_each(&mut part);
        part(String::new());
        self.rules().iter().map(canonical).for_each(&mut part);
        part(canonical(self.error_codes()));
        part(canonical(self.log_anchors()));
        self.log_signatures().topics().map(canonical).for_each(&mut part);
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A table; if it has not been read, out of the embedded files whose path begins so.
fn table<'d, T: Default>(read: &'d OnceLock<T>, path: &str, pick: fn(InfDb) -> OnceLock<T>) -> &'d T {
    read.get_or_init(|| {
        let files = embedded::FILES.iter().filter(|(name, _)| name.starts_with(path));
        // A test proves that the embedded files have no problem.
        let db = InfDb::load(files.map(|(path, text)| ((*path).into(), (*text).into())), &mut Vec::new());
        pick(db).into_inner().unwrap_or_default()
    })
}

/// A value of the tables as TOML, keys in the order of its type.
fn canonical<T: Serialize>(value: &T) -> String {
    // None of the types here holds what TOML can not write (a map with other keys than text, a nil in a list).
    toml::to_string(value).unwrap_or_default()
}

/// `x.toml` without a folder.
fn is_data_name(name: &str) -> bool {
    !name.contains('/') && name.ends_with(".toml")
}
