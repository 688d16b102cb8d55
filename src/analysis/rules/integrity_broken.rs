//! Files of an image whose bytes are not those that were put into the WIM.
//!
//! Without `--integrity` only files that were read are known here: system modules, hives, drivers; with it the whole WIM.

use super::Context;
use super::unreadable_files::of_fault;
use crate::analysis::evidence::{Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::boot_image::{DAMAGED_STREAM, FileFault};

pub(super) const ID: &str = "integrity-broken";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    findings.extend(of_fault(context, FileFault::Damaged, ID));
    files_that_were_read(context, findings);
    for (index, file) in context.world.boot_files.iter().enumerate() {
        let Some(integrity) = &file.integrity else { continue };
        let table = integrity.table.as_ref().and_then(|t| t.as_ref().err());
        let table = table.map(|e| ("its bytes are not those of its integrity table", "integrity-table", e));
        let streams = integrity.streams.as_ref().err();
        let streams = streams.map(|e| ("a stream is not what was put into it", "sha1", e));
        let faults: Vec<_> = [table, streams].into_iter().flatten().collect();
        if faults.is_empty() {
            continue;
        }
        let what = faults.iter().map(|(what, ..)| *what).collect::<Vec<_>>().join(", and ");
        let text = format!("{} is damaged: {what}", file.path);
        let identity = [file.path.as_str(), "--integrity", what.as_str()];
        let mut finding = Finding::new(ID, Severity::Error, Place::file(&file.path), &identity, text);
        let images = context.world.images.iter().enumerate().filter(|(_, i)| i.boot_file == index);
        finding.targets = images.map(|(i, _)| context.world.image_name(i)).collect();
        let evidence = |(_, kind, message): &(&str, &'static str, &String)| Evidence::new(kind, (*message).clone());
        finding.evidence = faults.iter().map(evidence).collect();
        findings.push(finding);
    }
}

fn files_that_were_read(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, image) in context.world.images.iter().enumerate() {
        let damaged: Vec<&str> =
            image.facts.problems.iter().filter(|p| p.message == DAMAGED_STREAM).map(|p| p.path.as_str()).collect();
        let Some(first) = damaged.first() else { continue };
        let name = context.world.image_name(index);
        let others = if damaged.len() > 1 { format!(" and {} more files", damaged.len() - 1) } else { String::new() };
        let text =
            format!("{first}{others} in {name}: the bytes are not those that were put into the WIM (SHA-1 differs)");
        let place = Place::file(format!("{name}/{first}"));
        let mut finding = Finding::new(ID, Severity::Error, place, &[&name, &damaged.join("|")], text)
            .about_image(index, name.clone());
        finding.related = damaged.iter().skip(1).map(|p| Place::file(format!("{name}/{p}"))).collect();
        finding.evidence = damaged
            .iter()
            .map(|p| Evidence::new("sha1", format!("{p}: {DAMAGED_STREAM}")).at(Place::file(format!("{name}/{p}"))))
            .collect();
        findings.push(finding);
    }
}
