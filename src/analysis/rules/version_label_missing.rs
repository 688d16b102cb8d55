//! The XML data of a WIM have no WINDOWS element for an image: nothing says which Windows it is without looking into it.

use super::Context;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "version-label-missing";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, image) in context.world.images.iter().enumerate() {
        let wim = context.world.boot_files[image.boot_file].wim.as_ref();
        // A folder has no label, and XML data that can not be read are a problem of their own.
        if wim.is_none_or(|w| w.xml.is_err()) || image.facts.xml.has_windows || !context.releases[index].is_winpe {
            continue;
        }
        let name = context.world.image_name(index);
        let version =
            context.releases[index].os_version.map_or_else(|| "of unknown version".to_owned(), |v| v.to_string());
        let text = format!(
            "{name} is {version}, but its label (the WIM's XML data) has no WINDOWS element: tools that go by the label know \
             neither its version nor its architecture"
        );
        let mut finding =
            Finding::new(ID, Severity::Warning, Place::file(&name), &[&name], text).about_image(index, name.clone());
        let xml = format!("IMAGE INDEX=\"{}\" has no WINDOWS", image.facts.index);
        finding.evidence = vec![Evidence::new("wim-xml", xml)];
        findings.push(finding);
    }
}
