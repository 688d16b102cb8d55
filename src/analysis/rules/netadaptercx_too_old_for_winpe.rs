//! A client of a NetAdapterCx before 2.0, where the image has 2.0 or later.

use super::Context;
use super::folding::{Faults, each_loaded};
use super::netadaptercx_not_in_winpe::need;
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::loadability::{Has, net_adapter_cx};

pub(super) const ID: &str = "netadaptercx-too-old-for-winpe";

/// The first version that was no preview (FACTS.md 1b).
const FIRST_RELEASED: u16 = 2;

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let has: Vec<Has> =
        context.targets.iter().map(|t| net_adapter_cx(t, context.world, context.modules, context.db)).collect();
    let mut faults = Faults::default();
    each_loaded(context, |at, section, file| {
        let Some(need) = need(section, file) else { return };
        let Has::Version(version, what, _) = &has[at.2] else { return };
        if need.version.is_none_or(|n| n.major >= FIRST_RELEASED) || version.major < FIRST_RELEASED {
            return;
        }
        let document =
            "client drivers of previous versions do not work in the latest Windows until they are retargeted";
        let evidence = [
            need.evidence,
            Evidence::new("framework-version", what.clone()),
            Evidence::new("document", document).from_source("windows-driver-docs: netadaptercx-version-overview"),
        ];
        faults.add(context, at, need.text, Confidence::Likely, evidence);
    });
    let from = findings.len();
    faults.findings(context, ID, findings);
    for finding in &mut findings[from..] {
        // A general remark of a document, not a fact about this driver.
        finding.severity = finding.severity.min(Severity::Warning);
    }
}
