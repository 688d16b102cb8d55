//! A driver whose signatures all need SHA-2, on a Windows that can not check SHA-2 signatures of drivers.

use super::Context;
use super::folding::Faults;
use super::signatures::each_signed;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::signing::Acceptance;

pub(super) const ID: &str = "sha2-only-signature";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut refused = Faults::default();
    let mut with_update = Faults::which("it loads only with an update in", Severity::Info, Severity::Warning);
    each_signed(context, |signed| {
        let Some(answer) = &signed.answer else { return };
        let faults = match answer.acceptance {
            Acceptance::RefusedSha2 => &mut refused,
            Acceptance::NeedsUpdate => &mut with_update,
            _ => return,
        };
        let fault = format!("{} is signed with SHA-256 only", signed.file.name);
        faults.add(context, signed.at, fault, answer.confidence, answer.evidence.iter().cloned());
    });
    refused.findings(context, ID, findings);
    with_update.findings(context, ID, findings);
}
