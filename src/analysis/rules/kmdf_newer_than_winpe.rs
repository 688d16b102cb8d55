//! A driver needs a newer KMDF than the image or the release has. A co-installer does not help in the windowsPE pass.

use std::collections::BTreeMap;

use super::Context;
use super::folding::Faults;
use crate::analysis::choices::reaches;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::Finding;
use crate::analysis::loadability::{Has, kmdf};
use crate::analysis::package_files::function_drivers;
use crate::analysis::world::Location;
use crate::facts::driver_package::InstallSection;
use crate::inf_db::ComponentVersion;

pub(super) const ID: &str = "kmdf-newer-than-winpe";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let has: Vec<Has> = context.targets.iter().map(|t| kmdf(t, context.world, context.modules, context.db)).collect();
    let mut faults = Faults::default();
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        for location in &driver.locations {
            let mut known: BTreeMap<*const InstallSection, Option<Need>> = BTreeMap::new();
            for (target, facts) in context.targets.iter().enumerate() {
                if !reaches(location, facts) {
                    continue;
                }
                for section in context.choices.sections(driver, index, target) {
                    let need =
                        known.entry(std::ptr::from_ref(section)).or_insert_with(|| need(context, location, section));
                    let Some(need) = need else { continue };
                    let (sure, what) = match &has[target] {
                        Has::Version(version, what, sure) if need.version > *version => (*sure, what.clone()),
                        Has::Nothing(what, sure) => (*sure, what.clone()),
                        _ => continue,
                    };
                    let name = facts.image().map_or_else(String::new, |i| format!("{}: ", context.world.image_name(i)));
                    let reasons = [need.evidence.clone(), Evidence::new("framework-version", format!("{name}{what}"))];
                    let fault = format!("{} needs KMDF {}", need.who, need.version);
                    faults.add(context, (index, location, target), fault, sure.min(need.confidence), reasons);
                }
            }
        }
    }
    faults.findings(context, ID, findings);
}

/// What a section's drivers need.
struct Need {
    version: ComponentVersion,
    who: String,
    confidence: Confidence,
    evidence: Evidence,
}

/// The .sys says what it was linked against; the INF only what its author wrote.
fn need(context: &Context<'_>, location: &Location, section: &InstallSection) -> Option<Need> {
    let files = function_drivers(context.files, context.world, location, section, section.arch);
    let linked = files.iter().filter_map(|f| {
        let (major, minor) = f.binary?.kmdf?;
        let version = ComponentVersion { major: u16::try_from(major).ok()?, minor: u16::try_from(minor).ok()? };
        Some((version, f))
    });
    if let Some((version, file)) = linked.max_by_key(|(v, _)| *v) {
        let text = format!("{} was linked against KMDF {version}", file.path);
        let evidence = Evidence::new("binary-kmdf", text);
        return Some(Need { version, who: file.name.clone(), confidence: Confidence::Proven, evidence });
    }
    // Files that were read and have no trace of KMDF: the INF does not know better.
    if files.iter().any(|f| f.binary.is_some()) {
        return None;
    }
    let said = section.kmdf_library.as_ref()?;
    let version: ComponentVersion = said.value.trim().parse().ok()?;
    let text = format!("KmdfLibraryVersion = {}", said.value.trim());
    let evidence = Evidence::new("inf-kmdf", text).at(context.world.place(location, said.line));
    let who = section.services.iter().find(|s| s.associated).and_then(|s| s.binary_file()).unwrap_or("the driver");
    Some(Need { version, who: who.to_owned(), confidence: Confidence::Likely, evidence })
}
