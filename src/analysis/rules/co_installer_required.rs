//! A network driver registers a co-installer, which Windows PE does not run as a full system does.

use std::collections::BTreeSet;

use super::Context;
use super::folding::{Item, by_driver, listed};
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "co-installer-required";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for index in context.choices.drivers() {
        let driver = &context.world.drivers[index];
        let entry = driver.package.install_sections.iter().flat_map(|s| &s.co_installers).next();
        let Some(entry) = entry else { continue };
        for number in 0..driver.locations.len() {
            items.push(Item { line: entry.line, ..Item::new(context, index, number, Severity::Info) });
        }
    }
    for group in by_driver(context, items) {
        let sections = &context.world.drivers[group.driver].package.install_sections;
        let files: BTreeSet<String> = sections
            .iter()
            .flat_map(|s| &s.co_installers)
            .map(|c| c.value.split(',').next().unwrap_or_default().trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let text = format!(
            "{} registers a co-installer ({}), which Windows PE does not run: the adapter works there if it can do without",
            group.names(),
            listed(&files),
        );
        findings.push(group.finding(context, ID, text));
    }
}
