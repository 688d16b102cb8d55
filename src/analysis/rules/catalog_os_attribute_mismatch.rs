//! The catalog of a signed driver names other Windows versions than the one that is judged.

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
    /// Where the signature ranks lower.
    lower: BTreeSet<usize>,
    /// Where nothing changes.
    same: BTreeSet<usize>,
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
                if package.in_box || covered != Some(false) {
                    continue;
                }
                let row = rows.entry(Side::of(location)).or_default();
                row.places.insert(context.world.place(location, 0));
                row.images.extend(location.image());
                let attributes: BTreeSet<&str> = os_attributes.iter().map(String::as_str).collect();
                let text = format!("OSAttr {}", attributes.into_iter().collect::<Vec<_>>().join(","));
                let place = signatures.first().map(|s| s.place.clone()).unwrap_or_default();
                row.evidence.insert(Evidence::new("catalog", text).at(place));
                // Where all trusted signatures count the same, nothing changes; nor for a vendor's own signature.
                let by_microsoft = signatures.iter().any(|s| microsoft(s, context.db).is_some());
                let ranks_lower = by_microsoft && !facts.all_signing_equal;
                if ranks_lower { &mut row.lower } else { &mut row.same }.insert(target);
            }
        }
        findings.extend(rows.into_iter().filter_map(|(side, row)| finding(context, index, side, row)));
    }
}

fn finding(context: &Context<'_>, index: DriverIndex, side: Side, row: Mismatch) -> Option<Finding> {
    let mut places = row.places.into_iter();
    let first = places.next()?;
    let driver = &context.world.drivers[index];
    let all: BTreeSet<usize> = row.lower.union(&row.same).copied().collect();
    let names = |targets: &BTreeSet<usize>| folded_names(context.targets, targets);
    let follows = if row.lower.is_empty() {
        "nothing follows there, but tools of that time may refuse to import it".to_owned()
    } else {
        format!(
            "in {} the signature counts as plain Authenticode and ranks behind those of Microsoft",
            names(&row.lower)
        )
    };
    let text =
        format!("the catalog of {} is made for other Windows versions than {}: {follows}", driver.inf, names(&all));
    let severity = if row.lower.is_empty() { Severity::Info } else { Severity::Warning };
    let identity = driver_identity(driver);
    let identity = [&[identity.as_str()], side.identity()].concat();
    let mut finding = Finding::new(ID, severity, first, &identity, text).about_driver(index);
    finding.confidence = Confidence::Likely;
    finding.related = places.collect();
    finding.targets = all.iter().map(|t| context.targets[*t].name.clone()).collect();
    finding.subject.image = single(&row.images);
    finding.evidence = row.evidence.into_iter().collect();
    Some(finding)
}
