//! The one way from facts to findings.

use std::collections::BTreeMap;

use super::choices::Choices;
use super::classify::kind::{self, ImageKind};
use super::classify::link;
use super::classify::profile::Profile;
use super::classify::release::{self, ImageRelease};
use super::classify::topology::{self, Topologies};
use super::coverage::{self, Coverage};
use super::evidence::Place;
use super::finding::Finding;
use super::loadability::Modules;
use super::package_files::PackageFiles;
use super::package_signing::SignatureSummary;
use super::prediction::scenario::Cells;
use super::prediction::{self, Inputs, Predictions};
use super::rules::{self, Context};
use super::target::Target;
use super::wanted_files;
use super::world::{DriverIndex, Folder, World, WorldFile};
use crate::facts::driver_file::{DriverFile, DriverFilePath};
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::facts::signature::CatalogFacts;
use crate::inf_db::{DeployedOsDriver, InfDb, Release};

/// What the user wants to be judged.
#[derive(Clone, Debug)]
pub struct Request {
    /// Release ids named by `--winpe`, with the version that was typed.
    pub releases: Vec<(String, OsVersion)>,
    /// `--arch`; empty = those that the release has.
    pub archs: Vec<Arch>,
    /// Judge every release of the table where nothing is named (`audit` without targets).
    pub all_releases: bool,
    /// `--package` folders.
    pub packages: Vec<Folder>,
    /// Scenario cells.
    pub cells: Cells,
}

impl Request {
    /// Nothing but the images themselves is judged.
    pub const fn of_images() -> Self {
        Self {
            releases: Vec::new(),
            archs: Vec::new(),
            all_releases: false,
            packages: Vec::new(),
            cells: Cells {
                content: Vec::new(),
                source: Vec::new(),
                deploy_os: Vec::new(),
                driver_step: true,
                deployed_os_driver: DeployedOsDriver::Unknown,
            },
        }
    }
}

/// Everything that is known in the end; reports are made from this.
#[derive(Debug)]
pub struct Analysis {
    /// The joined inputs.
    pub world: World,
    /// Profiles by driver.
    pub profiles: Vec<Profile>,
    /// Topologies and roles.
    pub topologies: Topologies,
    /// Releases by image.
    pub releases: Vec<ImageRelease>,
    /// Kinds by image.
    pub kinds: Vec<ImageKind>,
    /// Targets.
    pub targets: Vec<Target>,
    /// Predictions.
    pub predictions: Predictions,
    /// Which adapters of the fleet the images run; `None` without a fleet.
    pub coverage: Option<Coverage>,
    /// What signs the network drivers, by driver and location.
    pub signatures: BTreeMap<DriverIndex, Vec<SignatureSummary>>,
    /// Findings, worst first.
    pub findings: Vec<Finding>,
}

/// What must be read before anything can be judged.
#[derive(Debug)]
pub struct Asked {
    /// Profiles by driver.
    profiles: Vec<Profile>,
    /// Private enumerators to look for.
    pub enumerators: Vec<String>,
    /// Driver files to read, in a fixed order.
    pub files: Vec<DriverFilePath>,
    /// Catalogs to read, in a fixed order.
    pub catalogs: Vec<DriverFilePath>,
    owners: Vec<Vec<DriverIndex>>,
}

/// What was read for [`Asked`], in its order. Shorter lists mean that the rest was not read.
#[derive(Debug, Default)]
pub struct Answers {
    /// For [`Asked::files`].
    pub files: Vec<Result<DriverFile, String>>,
    /// For [`Asked::catalogs`].
    pub catalogs: Vec<Result<CatalogFacts, String>>,
}

/// First half: looks at every driver by itself, and asks for the driver files that must be read.
pub fn ask(world: &World, db: &InfDb) -> Asked {
    let profiles: Vec<Profile> = world.drivers.iter().map(|d| Profile::of(&d.package, db)).collect();
    let enumerators = link::wanted(&profiles);
    let buses_wanted = !enumerators.is_empty();
    let (files, owners) = wanted_files::collect(world, &profiles, buses_wanted).into_iter().unzip();
    let catalogs = wanted_files::catalogs(world, &profiles, buses_wanted);
    Asked { profiles, enumerators, files, catalogs, owners }
}

/// Second half: everything else.
pub fn analyse(mut world: World, asked: Asked, answers: Answers, request: &Request, db: &InfDb) -> Analysis {
    let profiles = asked.profiles;
    world.catalogs = asked.catalogs.into_iter().zip(answers.catalogs).collect();
    let files = asked.files.into_iter().zip(asked.owners).zip(answers.files);
    world.driver_files = files.map(|((path, owners), facts)| (path, WorldFile { owners, facts })).collect();
    let topologies = topology::build(&world, &profiles, db);
    let releases: Vec<ImageRelease> = (0..world.images.len())
        .map(|i| release::classify(&world.images[i].facts, &Place::file(world.image_name(i)), db))
        .collect();
    let kinds: Vec<ImageKind> = (0..world.images.len())
        .map(|i| kind::classify(&world.images[i].facts, &Place::file(world.image_name(i)), db))
        .collect();
    let targets = targets(&world, &releases, request, db);
    let inputs = Inputs { world: &world, profiles: &profiles, topologies: &topologies, targets: &targets, db };
    let predictions = prediction::predict(&inputs, &request.cells, &request.packages);
    let mut coverage = coverage::judge(&inputs, &predictions);
    let choices = Choices::new(&world, &topologies, &targets, &predictions);
    let files = PackageFiles::new(&world);
    let signatures = SignatureSummary::of_all(&world, &files, choices.drivers(), db);
    let modules: Vec<Modules<'_>> = world.images.iter().map(|i| Modules::of(&i.facts)).collect();
    let findings = rules::check_all(&Context {
        world: &world,
        profiles: &profiles,
        topologies: &topologies,
        releases: &releases,
        kinds: &kinds,
        targets: &targets,
        predictions: &predictions,
        coverage: coverage.as_ref(),
        choices: &choices,
        files: &files,
        modules: &modules,
        deploy_os: &request.cells.deploy_os,
        db,
    });
    if let Some(coverage) = &mut coverage {
        coverage.add_findings(&findings, &targets);
    }
    Analysis { world, profiles, topologies, releases, kinds, targets, predictions, coverage, signatures, findings }
}

/// Images that can be judged, then named releases; every release where nothing is named.
fn targets(world: &World, releases: &[ImageRelease], request: &Request, db: &InfDb) -> Vec<Target> {
    let mut targets: Vec<Target> = releases
        .iter()
        .enumerate()
        .filter_map(|(i, r)| Target::of_image(i, world.image_name(i), r, world.images[i].facts.product_type, db))
        .filter(|target| request.archs.is_empty() || request.archs.contains(&target.os.arch))
        .collect();
    for (id, version) in &request.releases {
        if let Some(row) = db.releases().by_id(id) {
            targets.extend(archs(row, &request.archs).map(|arch| Target::of_release(row, *version, arch, true)));
        }
    }
    if world.images.is_empty() && request.releases.is_empty() && request.all_releases {
        for row in db.releases().iter() {
            targets.extend(archs(row, &request.archs).map(|arch| Target::of_release(row, row.version(), arch, false)));
        }
    }
    targets
}

/// Itanium and 32-bit ARM are judged only when they are named.
fn archs<'a>(row: &'a Release, named: &'a [Arch]) -> impl Iterator<Item = Arch> + 'a {
    row.archs.iter().copied().filter(move |arch| {
        if named.is_empty() { !matches!(arch, Arch::Ia64 | Arch::Arm) } else { named.contains(arch) }
    })
}
