//! Microsoft signed a driver for other Windows versions than the one that is judged, on a release where that costs it its rank.
//!
//! Nothing else follows from it (FACTS.md 4, OSATTR): the signature counts as plain Authenticode, which from 6.1 on ranks like
//! Microsoft's own, and which a vendor's signature is anyway. So only Windows PE 2.x is told of, as information: where another
//! driver gets the adapter because of it, the prediction says so.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::folding::{Side, named_targets, single};
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity, driver_identity};
use crate::analysis::package_signing::{InfSignature, PackageSigning, microsoft};
use crate::analysis::signing::os_attributes_cover;
use crate::analysis::target::folded_names;
use crate::analysis::world::{DriverIndex, ImageIndex};

pub(super) const ID: &str = "catalog-os-attribute-mismatch";

/// What is said of one driver.
#[derive(Default)]
struct Mismatch {
    places: BTreeSet<Place>,
    images: BTreeSet<ImageIndex>,
    targets: BTreeSet<usize>,
    evidence: BTreeSet<Evidence>,
}

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        let mut rows: BTreeMap<Side, Mismatch> = BTreeMap::new();
        for location in &driver.locations {
            // Only what was named: a catalog is made for the versions of its time.
            for target in named_targets(context, index, location) {
                let facts = &context.targets[target];
                let package = PackageSigning::of(context.world, context.files, driver, location, facts.os.arch);
                let InfSignature::Signed { signatures, os_attributes } = package.inf() else { continue };
                let covered = os_attributes_cover(os_attributes.iter().map(String::as_str), &facts.os.version);
                let by_microsoft = signatures.iter().any(|s| microsoft(s, context.db).is_some());
                let ranks_lower = by_microsoft && !facts.all_signing_equal;
                if package.in_box || covered != Some(false) || !ranks_lower {
                    continue;
                }
                let row = rows.entry(Side::of(location)).or_default();
                row.targets.insert(target);
                row.places.insert(context.world.place(location, 0));
                row.images.extend(location.image());
                let attributes: BTreeSet<&str> = os_attributes.iter().map(String::as_str).collect();
                let text = format!("OSAttr {}", attributes.into_iter().collect::<Vec<_>>().join(","));
                let place = signatures.first().map(|s| s.place.clone()).unwrap_or_default();
                row.evidence.insert(Evidence::new("catalog", text).at(place));
            }
        }
        findings.extend(rows.into_iter().filter_map(|(side, row)| finding(context, index, side, row)));
    }
}

fn finding(context: &Context<'_>, index: DriverIndex, side: Side, row: Mismatch) -> Option<Finding> {
    let mut places = row.places.into_iter();
    let first = places.next()?;
    let driver = &context.world.drivers[index];
    let names = folded_names(context.targets, &row.targets);
    let text = format!(
        "Microsoft signed {} for other Windows versions than {names}: there the signature counts as plain Authenticode, and a \
         driver that Microsoft signed for it wins, even an older one",
        driver.inf
    );
    let identity = driver_identity(driver);
    let identity = [&[identity.as_str()], side.identity()].concat();
    let mut finding = Finding::new(ID, Severity::Info, first, &identity, text).about_driver(index);
    finding.confidence = Confidence::Likely;
    finding.related = places.collect();
    finding.targets = row.targets.iter().map(|t| context.targets[*t].name.clone()).collect();
    finding.subject.image = single(&row.images);
    finding.evidence = row.evidence.into_iter().collect();
    Some(finding)
}
