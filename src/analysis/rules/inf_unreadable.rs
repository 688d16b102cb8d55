//! A file named .inf that Windows would not take as an INF.

use super::Context;
use crate::analysis::finding::{Finding, Severity};
use crate::facts::share::file_name_of;

pub(super) const ID: &str = "inf-unreadable";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (place, message) in &context.world.unreadable {
        let name = file_name_of(&place.path).to_ascii_lowercase();
        let text = format!("{} is no INF that Windows reads: {message}", file_name_of(&place.path));
        findings.push(Finding::new(ID, Severity::Warning, place.clone(), &[&name, message], text));
    }
}
