//! The plan applied on paper: the injected drivers become drivers of the image, package B becomes the share, everything is read
//! and predicted anew, and every cell comes out as the plan promised. Over random shares of fixture packages.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use wimspect::analysis::plan::{ImagePlan, plan};
use wimspect::analysis::prediction::scenario::Cells;
use wimspect::analysis::world::{BootFile, DriverIndex, Folder, Location, World};
use wimspect::analysis::{Analysis, Answers, Request, analyse, ask};
use wimspect::facts::boot_image::{BootImage, DriverOrigin, ImageCatalog, ImageDriver};
use wimspect::inf_db::{DeployedOsDriver, InfDb};
use wimspect::scan::image::{ImageOptions, read_wim};
use wimspect::scan::incremental::Incremental;
use wimspect::scan::progress::NoProgress;
use wimspect::scan::share::{ShareOptions, walk_share};
use wimspect::scan::{catalogs, driver_files};

use crate::support::{copy_tree, fixture};

/// Packages that a share is made of.
const PACKAGES: [&str; 15] = [
    "share/netxtreme2-multitier",
    "share/netxtreme2-multitier-older",
    "share/netxtreme2-monolithic",
    "share/netxtreme2-monolithic-newer",
    "share/three-tier",
    "share/guid-enumerator",
    "share/intel-like-monolithic",
    "share/storage-sibling",
    "share/wlan",
    "share/mf-child",
    "share/not-network",
    "share/broken",
    "renamed/netxtreme2-monolithic",
    "renamed/netxtreme2-multitier",
    "renamed/three-tier",
];

/// Boot images of every generation, with and without drivers for the NIC.
const IMAGES: [&str; 9] = [
    "6.0.6001-amd64-monolithic.wim",
    "6.0.6001-amd64-inbox-monolithic.wim",
    "6.0.6001-x86-no-nic.wim",
    "6.1.7600-amd64-inbox-monolithic.wim",
    "6.1.7600-x86-inbox-monolithic.wim",
    "10.0.19041-amd64-inbox-two-tier.wim",
    "multi-tier-injected.wim",
    "bus-driver-only.wim",
    "device-ids-missing.wim",
];

fn images(name: &str) -> Vec<BootImage> {
    static READ: OnceLock<Vec<(String, Vec<BootImage>)>> = OnceLock::new();
    let all = READ.get_or_init(|| {
        let options =
            ImageOptions { want_exports: true, ..ImageOptions::new(PathBuf::from(env!("CARGO_BIN_EXE_wimspect"))) };
        let read = |n: &&str| ((*n).to_owned(), read_wim(&[fixture("images").join(n)], &options).unwrap().1);
        IMAGES.iter().map(read).collect()
    });
    all.iter().find(|(n, _)| n == name).map(|(_, images)| images.clone()).unwrap()
}

fn request(packages: Vec<Folder>) -> Request {
    Request {
        releases: Vec::new(),
        archs: Vec::new(),
        all_releases: false,
        packages,
        cells: Cells {
            content: Vec::new(),
            source: Vec::new(),
            deploy_os: vec!["6.0.6001".parse().unwrap(), "6.1.7600".parse().unwrap(), "10.0.19041".parse().unwrap()],
            driver_step: true,
            deployed_os_driver: DeployedOsDriver::Unknown,
        },
    }
}

/// The whole way from files to an analysis.
fn analysis(share: &Path, images: Vec<BootImage>, packages: Vec<Folder>) -> Analysis {
    let db = InfDb::embedded();
    let everything = Incremental::none();
    let walked = walk_share(share, ShareOptions { include_templates: false }, &everything, &NoProgress).unwrap();
    let (read, files) = walked.read(&everything, &NoProgress);
    let files = [files];
    let file = BootFile { path: "boot.wim".to_owned(), sha256: None, wim: None, integrity: None };
    let world = World::new(vec![read], vec![(file, images)]);
    let asked = ask(&world, db);
    let answers = Answers {
        files: driver_files::read(&files, &asked.files, &asked.enumerators, &everything, &NoProgress),
        catalogs: catalogs::read(&files, &asked.catalogs, &everything, &NoProgress),
    };
    analyse(world, asked, answers, &request(packages), db)
}

/// The image with what the plan takes out and injects.
fn serviced(mut image: BootImage, analysis: &Analysis, plan: &ImagePlan) -> BootImage {
    let taken: BTreeSet<&str> = plan.removals.iter().filter_map(|r| r.published_name.as_deref()).collect();
    image.drivers.retain(|d| d.published_name.as_deref().is_none_or(|name| !taken.contains(name)));
    for (number, driver) in plan.injections.iter().flat_map(|i| &i.drivers).enumerate() {
        image.drivers.push(injected(analysis, *driver, number));
    }
    image
}

fn injected(analysis: &Analysis, driver: DriverIndex, number: usize) -> ImageDriver {
    let world = &analysis.world;
    let facts = &world.drivers[driver];
    let (share, path) = facts
        .locations
        .iter()
        .find_map(|l| match l {
            Location::Share { share, path } => Some((*share, path.as_str())),
            Location::Image { .. } => None,
        })
        .unwrap();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let here = world.catalogs.iter().filter(|(p, _)| p.share == share && p.path.starts_with(folder));
    let catalog = |(p, f): (&wimspect::facts::driver_file::DriverFilePath, &Result<_, String>)| ImageCatalog {
        path: format!("Windows/System32/catroot/{}", p.path.rsplit('/').next().unwrap_or_default()),
        named: true,
        facts: f.clone().map(Arc::new),
    };
    let inf = world.shares[share].infs.iter().find(|i| i.path == path).unwrap();
    ImageDriver {
        inf_sha256: inf.content.as_ref().unwrap().sha256.clone(),
        inf_digests: facts.digests,
        inf_name: facts.inf.to_lowercase(),
        inf_path: format!("Windows/INF/oem{}.inf", 90 + number),
        published_name: Some(format!("oem{}.inf", 90 + number)),
        origin: DriverOrigin::Injected,
        package: Arc::clone(&facts.package),
        store_files: Vec::new(),
        catalog_found: true,
        catalogs: here.map(catalog).collect(),
        binaries: Vec::new(),
    }
}

/// The share with the INF files of package B only.
fn package_b(share: &Path, analysis: &Analysis, plan: &ImagePlan) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_tree(share, folder.path());
    let offered: BTreeSet<DriverIndex> = plan.package_b.iter().copied().collect();
    for (driver, facts) in analysis.world.drivers.iter().enumerate() {
        for location in facts.locations.iter().filter(|_| !offered.contains(&driver)) {
            if let Location::Share { path, .. } = location {
                let _ = std::fs::remove_file(folder.path().join(path));
            }
        }
    }
    folder
}

/// What the plan promises and the second prediction does not say; also how many adapters and cells were compared.
fn broken_promises(share: &Path, image: &str) -> (Vec<String>, usize) {
    let first = analysis(share, images(image), Vec::new());
    let plans = plan(&first, InfDb::embedded());
    let (mut broken, mut compared) = (Vec::new(), 0);
    for plan in &plans.images {
        let number = first.targets[plan.target].image().unwrap();
        let all = images(image).into_iter().enumerate();
        let serviced: Vec<BootImage> =
            all.map(|(i, facts)| if i == number { serviced(facts, &first, plan) } else { facts }).collect();
        let rest = package_b(share, &first, plan);
        // Each set of the share by itself, as audit does, and all of it as one package.
        for packages in [Vec::new(), vec![Folder { share: 0, path: String::new() }]] {
            let second = analysis(rest.path(), serviced.clone(), packages);
            let name = &first.targets[plan.target].name;
            let Some(target) = second.targets.iter().position(|t| t.name == *name) else { continue };
            for promise in &plan.promises {
                assert_eq!(first.predictions.cells[promise.cell], second.predictions.cells[promise.cell]);
                let kept: BTreeSet<_> = promise.kept.iter().collect();
                for prediction in second.predictions.all.iter().filter(|p| p.target == target) {
                    let outcome = &prediction.outcomes[promise.cell];
                    for adapter in prediction.adapters.iter().filter(|a| kept.contains(a)) {
                        compared += 1;
                        if !outcome.is_harmless() {
                            let cell = &first.predictions.cells[promise.cell];
                            broken.push(format!("{name} {adapter} {cell:?}: {outcome:?}"));
                        }
                    }
                }
            }
        }
    }
    (broken, compared)
}

fn share_of(packages: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for package in packages {
        copy_tree(&fixture(package), &folder.path().join(package));
    }
    folder
}

#[test]
fn the_whole_share_in_every_image() {
    let share = share_of(&PACKAGES);
    let mut all = 0;
    for image in IMAGES {
        let (broken, compared) = broken_promises(share.path(), image);
        assert!(broken.is_empty(), "{image}:\n{}", broken.join("\n"));
        all += compared;
    }
    assert!(all > 1000, "{all} promises were compared");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn promises_are_kept_for_random_shares(
        packages in subsequence(PACKAGES.to_vec(), 1..PACKAGES.len()),
        image in select(IMAGES.to_vec()),
    ) {
        let share = share_of(&packages);
        let (broken, _) = broken_promises(share.path(), image);
        prop_assert!(broken.is_empty(), "{packages:?} in {image}:\n{}", broken.join("\n"));
    }
}
