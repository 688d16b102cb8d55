//! A boot file from which nothing starts: no boot index, or one that leads to something that is no Windows PE.

use super::Context;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "no-bootable-image";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, file) in context.world.boot_files.iter().enumerate() {
        let images = context.world.images.iter().enumerate().filter(|(_, i)| i.boot_file == index);
        let Some(wim) = &file.wim else {
            // A folder has no header; but what holds no Windows PE is no boot image.
            if images.clone().all(|(i, _)| !context.releases[i].is_winpe) {
                let text = format!("{} holds no Windows PE (none of its signs is there)", file.path);
                findings.push(Finding::new(ID, Severity::Error, Place::file(&file.path), &[&file.path], text));
            }
            continue;
        };
        let fault = match wim.boot_index {
            None => Some("its header names no boot image (boot index 0): firmware and WDS can not start it".to_owned()),
            Some(boot) => match images.clone().find(|(_, i)| i.facts.index == boot) {
                None => Some(format!("its boot index is {boot}, and there is no such image in it")),
                Some((image, _)) if !context.releases[image].is_winpe => Some(format!(
                    "its boot index is {boot}, and that image is no Windows PE (none of its signs is there)"
                )),
                Some(_) => None,
            },
        };
        let Some(fault) = fault else { continue };
        let text = format!("{} can not be booted: {fault}", file.path);
        let place = Place::file(&file.path);
        let mut finding = Finding::new(ID, Severity::Error, place.clone(), &[&file.path], text);
        finding.targets = images.clone().map(|(i, _)| context.world.image_name(i)).collect();
        if wim.boot_index.is_none() && images.clone().any(|(i, _)| context.releases[i].is_winpe) {
            finding.advice.push(format!(
                "Say which image starts: wimlib-imagex info {} INDEX --boot, or export it again with dism /Export-Image ... \
                 /Bootable. Exporting all images at once and splitting lose the boot index.",
                file.path
            ));
        }
        let header = format!("WIM header: boot index {}, {} image(s)", wim.boot_index.unwrap_or(0), wim.image_count);
        finding.evidence.push(Evidence::new("wim-header", header).at(place));
        findings.push(finding);
    }
}
