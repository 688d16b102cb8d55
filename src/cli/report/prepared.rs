//! The configuration in the form in which the other subcommands take their options.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::config::{PolicyChoice, Settings};
use crate::analysis::Request;
use crate::analysis::baseline::Baseline;
use crate::analysis::policy::Policy;
use crate::analysis::prediction::scenario::Cells;
use crate::analysis::world::Folder;
use crate::cli::args::{Common, FailOn, Format, OutputSpec};
use crate::cli::pipeline::Inputs;
use crate::cli::{baseline, pipeline, policy};
use crate::inf_db::{InfDb, Severity};

/// What a run reads and how it judges.
pub(super) struct Prepared<'a> {
    settings: &'a Settings,
    db: &'a InfDb,
    shares: Vec<PathBuf>,
    images: Vec<PathBuf>,
    fleets: Vec<PathBuf>,
    /// As if it had been typed.
    pub(super) common: Common,
    /// What is judged.
    pub(super) request: Request,
}

impl<'a> Prepared<'a> {
    /// Of a configuration. A share that is missing tonight has no folders that could be offered.
    pub(super) fn new(settings: &'a Settings, db: &'a InfDb, typed: &Common) -> Result<Self> {
        let judging = &settings.judging;
        let shares: Vec<PathBuf> = settings.shares.iter().map(|s| s.place.path.clone()).collect();
        let paths = |places: &[super::config::Place]| places.iter().map(|p| p.path.clone()).collect::<Vec<_>>();
        let request = Request {
            releases: judging.releases.clone(),
            archs: judging.archs.clone(),
            // As `audit` does it: without any target, all releases.
            all_releases: true,
            packages: packages(settings)?,
            cells: Cells {
                content: judging.content.clone(),
                source: judging.source.clone(),
                deploy_os: judging.deploy_os.clone(),
                driver_step: judging.driver_step,
                deployed_os_driver: judging.deployed_os_driver,
            },
        };
        Ok(Self {
            settings,
            db,
            shares,
            images: paths(&settings.images),
            fleets: paths(&settings.fleets),
            common: common(settings, typed),
            request,
        })
    }

    pub(super) fn inputs(&self) -> Inputs<'_> {
        Inputs {
            shares: &self.shares,
            images: &self.images,
            fleet: &self.fleets,
            include_templates: self.settings.judging.include_templates,
            integrity: self.settings.judging.integrity,
        }
    }

    /// The policy that holds.
    pub(super) fn policy(&self) -> Result<Option<Policy>> {
        policy::find(&self.common, &[self.shares.as_slice(), &self.images].concat(), self.db)
    }

    /// The accepted findings.
    pub(super) fn baseline(&self) -> Result<Option<Baseline>> {
        self.common.baseline.as_deref().map(baseline::read).transpose()
    }
}

/// The folders that are offered together, each in its share.
fn packages(settings: &Settings) -> Result<Vec<Folder>> {
    let mut found = Vec::new();
    for (index, share) in settings.shares.iter().enumerate() {
        let root = std::slice::from_ref(&share.place.path);
        if !share.place.path.is_dir() {
            continue;
        }
        let folders =
            pipeline::packages(&share.packages.1, root).with_context(|| format!("[share {}]", share.place.name))?;
        found.extend(folders.into_iter().map(|folder| Folder { share: index, ..folder }));
    }
    Ok(found)
}

fn common(settings: &Settings, typed: &Common) -> Common {
    let judging = &settings.judging;
    let policy = match &judging.policy {
        PolicyChoice::File(path) => Some(path.clone()),
        PolicyChoice::Search | PolicyChoice::None => None,
    };
    Common {
        // Every report is kept, so each names the digests of the boot images.
        format: vec![OutputSpec { format: Format::Json, file: None }],
        output: None,
        fail_on: match judging.fail_on {
            Some(Severity::Error) => FailOn::Error,
            Some(Severity::Warning) => FailOn::Warning,
            Some(Severity::Info) => FailOn::Info,
            None => FailOn::Never,
        },
        no_policy: judging.policy == PolicyChoice::None,
        policy,
        baseline: judging.baseline.clone(),
        write_baseline: None,
        min_confidence: judging.min_confidence,
        jobs: settings.jobs,
        inf_db: judging.inf_db.clone(),
        all_facts: judging.all_facts,
        ..typed.clone()
    }
}
