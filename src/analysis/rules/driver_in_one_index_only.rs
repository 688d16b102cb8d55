//! A network driver was injected into some images of a WIM and not into others of the same Windows PE.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::world::{DriverIndex, ImageIndex, Location};
use crate::facts::boot_image::DriverOrigin;
use crate::facts::ids::Arch;

pub(super) const ID: &str = "driver-in-one-index-only";

/// Images of one file with the same version and architecture.
type Siblings = BTreeMap<(usize, (u16, u16), Option<u32>, Arch), Vec<ImageIndex>>;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut siblings: Siblings = BTreeMap::new();
    for (index, release) in context.releases.iter().enumerate().filter(|(_, r)| r.is_winpe) {
        if let (Some(version), Some(arch)) = (release.os_version, release.arch) {
            let key = (context.world.images[index].boot_file, version.major_minor(), version.build, arch);
            siblings.entry(key).or_default().push(index);
        }
    }
    for ((boot_file, ..), images) in siblings.iter().filter(|(_, images)| images.len() > 1) {
        // Drivers that are in the same images make one finding.
        let mut folded: BTreeMap<Vec<ImageIndex>, Vec<DriverIndex>> = BTreeMap::new();
        for (driver, role) in context.topologies.roles.iter().enumerate() {
            let here: Vec<ImageIndex> =
                images.iter().copied().filter(|i| lies_in(context, driver, *i, false)).collect();
            if role.is_network()
                && !here.is_empty()
                && here.len() < images.len()
                && here.iter().any(|i| lies_in(context, driver, *i, true))
            {
                folded.entry(here).or_default().push(driver);
            }
        }
        for (here, drivers) in folded {
            findings.push(finding(context, *boot_file, images, &here, &drivers));
        }
    }
}

/// The driver is in the image (`injected`: and was added to it).
fn lies_in(context: &Context<'_>, driver: DriverIndex, image: ImageIndex, injected: bool) -> bool {
    context.world.drivers[driver].locations.iter().any(|l| match l {
        Location::Image { image: i, origin, .. } => *i == image && (!injected || *origin == DriverOrigin::Injected),
        Location::Share { .. } => false,
    })
}

fn finding(
    context: &Context<'_>,
    boot_file: usize,
    images: &[ImageIndex],
    here: &[ImageIndex],
    drivers: &[DriverIndex],
) -> Finding {
    let world = context.world;
    let missing: Vec<ImageIndex> = images.iter().copied().filter(|i| !here.contains(i)).collect();
    // What boots decides; without a boot index any image may be started.
    let boots = |all: &[ImageIndex]| all.iter().any(|i| world.images[*i].facts.boot_index);
    let severity = if boots(here) && !boots(&missing) { Severity::Info } else { Severity::Warning };
    let infs: BTreeSet<&str> = drivers.iter().map(|d| world.drivers[*d].inf.as_str()).collect();
    let listed = infs.into_iter().collect::<Vec<_>>().join(", ");
    let names = |all: &[ImageIndex]| {
        let name = |i: &ImageIndex| {
            let facts = &world.images[*i].facts;
            format!("{}{}", facts.index, if facts.boot_index { " (which boots)" } else { "" })
        };
        all.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let text = format!(
        "{listed}: injected into image {} of {}, not into image {}, which is the same Windows PE",
        names(here),
        world.boot_files[boot_file].path,
        names(&missing)
    );
    let mut identity: Vec<String> = drivers.iter().map(|d| driver_identity(&world.drivers[*d])).collect();
    identity.extend(images.iter().map(|i| format!("{}:{}", world.images[*i].facts.index, here.contains(i))));
    let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
    let place = Place::file(world.image_name(missing[0]));
    let mut finding = Finding::new(ID, severity, place, &identity, text).about_driver(drivers[0]);
    finding.subject.image = missing.first().copied();
    finding.targets = missing.iter().map(|i| world.image_name(*i)).collect();
    for driver in drivers {
        let locations = &world.drivers[*driver].locations;
        let in_images =
            locations.iter().filter(|l| matches!(l, Location::Image { image, .. } if images.contains(image)));
        finding.related.extend(in_images.map(|l| world.place(l, 0)));
        for image in &missing {
            if let Some(other) = same_name(context, *driver, *image) {
                let text = format!("{} has another version of {}", world.image_name(*image), world.drivers[other].inf);
                finding.evidence.push(Evidence::new("other-version", text));
            }
        }
    }
    finding
}

/// Another driver with this INF name in the image.
fn same_name(context: &Context<'_>, driver: DriverIndex, image: ImageIndex) -> Option<DriverIndex> {
    let inf = &context.world.drivers[driver].inf;
    context
        .world
        .image_drivers(image)
        .find(|(other, d, _)| *other != driver && d.inf.eq_ignore_ascii_case(inf))
        .map(|(other, ..)| other)
}
