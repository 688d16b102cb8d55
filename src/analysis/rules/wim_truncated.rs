//! A WIM that ends before its header says.

use super::Context;
use super::unreadable_files::of_fault;
use crate::analysis::finding::Finding;
use crate::facts::boot_image::FileFault;

pub(super) const ID: &str = "wim-truncated";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    findings.extend(of_fault(context, FileFault::Truncated, ID));
}
