//! The catalog names the INF with another digest: it was changed after it was signed.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::{Side, failure, named_targets, single};
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::package_signing::{InfSignature, PackageSigning};
use crate::analysis::target::folded_names;
use crate::analysis::world::{DriverIndex, ImageIndex};
use crate::facts::ids::Arch;
use crate::facts::share::file_name_of;

pub(super) const ID: &str = "inf-changed-after-signing";

/// Where one driver lies beside a catalog of another version of it.
#[derive(Default)]
struct Changed {
    places: BTreeSet<Place>,
    images: BTreeSet<ImageIndex>,
    catalogs: BTreeSet<Place>,
    targets: BTreeSet<usize>,
    severity: Option<Severity>,
    line_ends: bool,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut found: BTreeMap<(DriverIndex, Side), Changed> = BTreeMap::new();
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        let archs: BTreeSet<_> = driver.package.install_sections.iter().map(|s| s.arch).collect();
        for location in &driver.locations {
            for arch in &archs {
                let package = PackageSigning::of(context.world, context.files, driver, location, *arch);
                let InfSignature::Changed { catalog, line_ends } = package.inf() else { continue };
                let row = found.entry((index, Side::of(location))).or_default();
                row.images.extend(location.image());
                row.places.insert(context.world.place(location, 0));
                row.catalogs.insert(catalog);
                row.line_ends |= line_ends;
                let hit = named_targets(context, index, location).into_iter();
                for target in hit.filter(|t| context.targets[*t].os.arch == *arch) {
                    row.targets.insert(target);
                    // 32-bit Windows takes unsigned packages, behind every signed one.
                    let most = if *arch == Arch::X86 { Severity::Warning } else { Severity::Error };
                    row.severity = row.severity.max(Some(failure(context, index, target).min(most)));
                }
            }
        }
    }
    findings.extend(found.into_iter().map(|((index, side), row)| finding(context, index, side, row)));
}

fn finding(context: &Context<'_>, index: DriverIndex, side: Side, row: Changed) -> Finding {
    let driver = &context.world.drivers[index];
    let catalogs: BTreeSet<&str> = row.catalogs.iter().map(|c| file_name_of(&c.path)).collect();
    let catalogs = catalogs.into_iter().collect::<Vec<_>>().join(", ");
    let mut text = format!("{} was changed after it was signed: {catalogs} has another hash of it", driver.inf);
    if row.line_ends {
        text = format!("{text} (the one that it has with CR LF at its line ends)");
    }
    if !row.targets.is_empty() {
        text = format!("{text}; it counts as unsigned in {}", folded_names(context.targets, &row.targets));
    }
    let mut places: Vec<Place> = row.places.into_iter().collect();
    // A changed INF is a fault of the package, whatever is judged.
    let severity = row.severity.map_or(Severity::Warning, |s| s.max(Severity::Warning));
    let identity = driver_identity(driver);
    let identity = [&[identity.as_str()], side.identity()].concat();
    let mut finding = Finding::new(ID, severity, places.remove(0), &identity, text).about_driver(index);
    finding.related = places;
    finding.targets = row.targets.iter().map(|t| context.targets[*t].name.clone()).collect();
    finding.subject.image = single(&row.images);
    let evidence = |catalog: Place| {
        let text = format!("{} names {} with a hash of other bytes", file_name_of(&catalog.path), driver.inf);
        Evidence::new("catalog", text).at(catalog)
    };
    finding.evidence = row.catalogs.into_iter().map(evidence).collect();
    if row.line_ends {
        finding.advice.push("only its line ends were converted: fetch it again as a binary file".to_owned());
    }
    finding
}
