//! Two driver paths of one component with the same key, or one without: the later one counts, or none.

use super::Context;
use super::deployment_files::finding;
use crate::analysis::finding::{Finding, Severity};
use std::collections::BTreeMap;

pub(super) const ID: &str = "answer-file-driver-path-key-not-unique";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for file in &context.world.deployment.answer_files {
        for component in &file.components {
            let mut first: BTreeMap<&str, u32> = BTreeMap::new();
            for entry in &component.driver_paths {
                let key = entry.key.as_deref().unwrap_or_default().trim();
                let text = if key.is_empty() {
                    "<PathAndCredentials> has no wcm:keyValue, by which Setup tells the entries of a list apart"
                        .to_owned()
                } else if let Some(line) = first.get(key) {
                    format!("wcm:keyValue=\"{key}\" stands in line {line} already: only one of the two folders counts")
                } else {
                    first.insert(key, entry.line);
                    continue;
                };
                let path = entry.path.as_deref().unwrap_or_default().to_ascii_lowercase();
                let identity = [component.pass.as_str(), &component.name, key, &path];
                findings.push(finding(ID, Severity::Error, (&file.path, entry.line), &identity, text));
            }
        }
    }
}
