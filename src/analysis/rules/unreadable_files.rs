//! What the rules about boot files that could not be read share.

use super::Context;
use crate::analysis::evidence::Place;
use crate::analysis::finding::{Finding, Severity};
use crate::facts::boot_image::FileFault;

/// A finding for every boot file with this fault. Messages name the file as it was given; reports have its short name.
pub(super) fn of_fault(context: &Context<'_>, fault: FileFault, rule: &'static str) -> Vec<Finding> {
    let files = context.world.unreadable_files.iter().filter(|f| f.fault == fault);
    let findings = files.map(|file| {
        let what = file.message.split_once(": ").map_or(file.message.as_str(), |(_, what)| what);
        let text = format!("{}: {what}", file.path);
        Finding::new(rule, Severity::Error, Place::file(&file.path), &[&file.path], text)
    });
    findings.collect()
}
