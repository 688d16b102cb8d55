//! The Models sections that would apply carry a build number, which this release does not understand.

use std::collections::BTreeSet;

use super::Context;
use super::folding::{Item, by_driver};
use super::no_models_for_winpe_release::is_adapter;
use crate::analysis::choices::reaches;
use crate::analysis::evidence::Evidence;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::selection::models::{FIRST_BUILD_WITH_BUILD_NUMBERS, applies, knows_build_numbers};
use crate::analysis::target::folded_names;
use crate::facts::driver_package::{DecorationParts, DriverPackage};
use crate::facts::os_version::TargetOs;

pub(super) const ID: &str = "build-decoration-invisible-to-winpe";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut items = Vec::new();
    for index in context.choices.drivers() {
        if !is_adapter(context.topologies.roles[index]) {
            continue;
        }
        let driver = &context.world.drivers[index];
        for (number, location) in driver.locations.iter().enumerate() {
            let targets = context.targets.iter().enumerate();
            let targets: BTreeSet<usize> = targets
                .filter(|(n, t)| t.named && reaches(location, t) && !context.choices.selects(index, *n))
                .filter(|(_, t)| hidden_by_build(&driver.package, &t.os))
                .map(|(n, _)| n)
                .collect();
            if !targets.is_empty() {
                items.push(Item { targets, ..Item::new(context, index, number, Severity::Warning) });
            }
        }
    }
    for group in by_driver(context, items) {
        let text = format!(
            "{} has models for {} only in sections with a build number, which it does not understand: the driver is not applicable",
            group.names(),
            folded_names(context.targets, &group.targets),
        );
        let mut finding = group.finding(context, ID, text);
        let rule = format!("build numbers in decorations are known from build {FIRST_BUILD_WITH_BUILD_NUMBERS} on");
        finding
            .evidence
            .push(Evidence::new("document", rule).from_source("windows-driver-docs: inf-manufacturer-section"));
        findings.push(finding);
    }
}

/// A section with models would apply, if the target understood its build number.
pub(super) fn hidden_by_build(package: &DriverPackage, os: &TargetOs) -> bool {
    if knows_build_numbers(os) {
        return false;
    }
    let refs = package.manufacturers.iter().flat_map(|m| &m.models);
    refs.filter(|r| {
        r.section.is_some_and(|n| package.models_sections.get(n as usize).is_some_and(|s| !s.models.is_empty()))
    })
    .filter_map(|r| r.decoration.parts)
    .any(|parts| parts.build.is_some() && applies(&DecorationParts { build: None, ..parts }, os))
}
