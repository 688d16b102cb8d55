//! A network driver for child devices that no bus driver here makes.

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity, driver_identity, other_places};

pub(super) const ID: &str = "miniport-without-bus-driver";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut seen = std::collections::BTreeSet::new();
    for (index, topology) in context.topologies.all.iter().enumerate() {
        for missing in &topology.missing {
            if !seen.insert((missing.child, missing.enumerator.clone())) {
                continue;
            }
            let driver = &context.world.drivers[missing.child];
            let place = context.world.place(&driver.locations[0], missing.line);
            let family = context.db.families().by_enumerator(&missing.enumerator).next();
            let known = family.map_or_else(String::new, |(family, link)| {
                format!(" (inf-db: {}, made by service {})", family.title, link.bus_services.join(" or "))
            });
            // A driver that is also put onto a software enumerator (ROOT) is no adapter's: what makes its other devices is
            // software, too, as with the samples of the Windows driver kit.
            let is_software = context.profiles[missing.child].software_models > 0;
            let follows = match is_software {
                true => {
                    "it drives devices made by software, too, so that its bus may be software that is installed with it"
                }
                false => "these adapters stay without network",
            };
            let text = format!(
                "{} drives {} and other devices on {}\\, and no bus driver that makes them is here{known}: {follows}",
                driver.inf, missing.id, missing.enumerator
            );
            let identity = [driver_identity(driver), missing.enumerator.clone()];
            let identity: Vec<&str> = identity.iter().map(String::as_str).collect();
            let severity = if topology.wireless || is_software { Severity::Info } else { Severity::Warning };
            let mut finding = Finding::new(ID, severity, place, &identity, text).about_driver(missing.child);
            finding.subject.topology = Some(index);
            finding.subject.adapters = vec![missing.id.clone()];
            finding.confidence = Confidence::Likely;
            finding.related = other_places(context.world, missing.child);
            let reason = format!(
                "searched: driver files, AddReg texts, class GUIDs, CopyINF and the family table for {}",
                missing.enumerator
            );
            finding.evidence.push(Evidence::new("no-bus-driver", reason));
            findings.push(finding);
        }
    }
}
