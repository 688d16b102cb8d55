//! What the rules about signatures share: the files that a driver loads, with what signs them and what a target makes of it.

use super::Context;
use super::folding::each_loaded;
use crate::analysis::evidence::Place;
use crate::analysis::package_files::LoadedFile;
use crate::analysis::package_signing::{FileSignatures, PackageSigning};
use crate::analysis::signing::{Answer, System, judge};
use crate::analysis::world::{DriverIndex, Location};
use crate::inf_db::Release;

/// One driver file on one target.
pub(super) struct SignedFile<'c, 'w> {
    /// Driver, location, target.
    pub(super) at: (DriverIndex, &'w Location, usize),
    /// The file.
    pub(super) file: &'c LoadedFile<'w>,
    /// Where it lies.
    pub(super) place: Place,
    /// The catalogs of its driver.
    pub(super) package: PackageSigning<'w>,
    /// What signs it.
    pub(super) found: FileSignatures<'w>,
    /// What the target makes of that; `None` when its release is not in the table.
    pub(super) answer: Option<Answer>,
}

/// Calls `each` for every file of an added driver that would be loaded on a target of its architecture. What came with
/// Windows is signed by Windows' own catalogs and is accepted by that Windows.
pub(super) fn each_signed<'w>(context: &Context<'w>, mut each: impl FnMut(&SignedFile<'_, 'w>)) {
    each_loaded(context, |at, section, file| {
        let (index, location, target) = at;
        let Some(binary) = file.binary.filter(|b| b.arch == Some(section.arch)) else { return };
        let Some(signing) = &binary.signing else { return };
        let driver = &context.world.drivers[index];
        let package = PackageSigning::of(context.world, context.files, driver, location, section.arch);
        if package.in_box {
            return;
        }
        let place = match location {
            Location::Share { share, .. } => Place::file(context.world.share_path(*share, &file.path)),
            Location::Image { image, .. } => Place::file(format!("{}/{}", context.world.image_name(*image), file.path)),
        };
        let found = package.file(&place, signing);
        let answer = release(context, target).map(|release| judge(system(context, target, release), &found.signatures));
        each(&SignedFile { at, file, place, package, found, answer });
    });
}

/// The row of a target's release; for an image that is newer than the table the last row, which it can not fall behind.
fn release<'c>(context: &Context<'c>, target: usize) -> Option<&'c Release> {
    let facts = &context.targets[target];
    let by_id = facts.release.as_deref().and_then(|id| context.db.releases().by_id(id));
    by_id.or_else(|| context.db.releases().classify(&facts.os.version).generation())
}

fn system<'c>(context: &Context<'c>, target: usize, release: &'c Release) -> System<'c> {
    let facts = &context.targets[target];
    let packages = facts.image().map(|i| context.world.images[i].facts.details.servicing_packages.as_slice());
    System { release, arch: facts.os.arch, packages, signers: context.db.signers() }
}
