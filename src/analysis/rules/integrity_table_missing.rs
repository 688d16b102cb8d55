//! A WIM without a table of checksums over its bytes.

use super::Context;
use crate::analysis::evidence::Place;
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "integrity-table-missing";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, file) in context.world.boot_files.iter().enumerate() {
        if file.wim.as_ref().is_none_or(|wim| wim.has_integrity_table) {
            continue;
        }
        let text = format!(
            "{} has no integrity table: a copy that was damaged on the way is noticed only when the damaged part is read",
            file.path
        );
        let mut finding = Finding::new(ID, Severity::Info, Place::file(&file.path), &[&file.path], text);
        let images = context.world.images.iter().enumerate().filter(|(_, i)| i.boot_file == index);
        finding.targets = images.map(|(i, _)| context.world.image_name(i)).collect();
        findings.push(finding);
    }
}
