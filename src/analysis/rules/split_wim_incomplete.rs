//! A part of a split WIM is not there, or belongs to another one.

use super::Context;
use super::unreadable_files::of_fault;
use crate::analysis::finding::Finding;
use crate::facts::boot_image::FileFault;

pub(super) const ID: &str = "split-wim-incomplete";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    findings.extend(of_fault(context, FileFault::PartMissing, ID));
}
