//! A driver file that no signature covers, where 64-bit Windows asks for one.

use super::Context;
use super::folding::Faults;
use super::signatures::{SignedFile, each_signed};
use crate::analysis::evidence::{Confidence, Evidence};
use crate::analysis::finding::Finding;
use crate::analysis::package_signing::InfSignature;
use crate::analysis::signing::Acceptance;

pub(super) const ID: &str = "unsigned-driver";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut faults = Faults::default();
    each_signed(context, |signed| {
        let Some(answer) = &signed.answer else { return };
        let is_refused = answer.acceptance == Acceptance::RefusedUnsigned;
        // A signed catalog that does not hold the file is another fault; one that could not be read tells nothing.
        if !is_refused || signed.package.signed_catalog().is_some() || signed.package.is_unknown() {
            return;
        }
        let fault = format!("{} is not signed: {}", signed.file.name, why(signed));
        let evidence = answer.evidence.iter().filter(|e| e.kind != "signature").cloned();
        let own = Evidence::new("signature", "no signature in the file itself covers it").at(signed.place.clone());
        faults.add(context, signed.at, fault, Confidence::Proven, evidence.chain([own]));
    });
    faults.findings(context, ID, findings);
}

fn why(signed: &SignedFile<'_, '_>) -> String {
    match signed.package.inf() {
        _ if signed.found.in_catalog => "its catalog has no signature".to_owned(),
        InfSignature::NoCatalogInside { what, .. } => format!("what should be its catalog is {what}"),
        InfSignature::NoCatalog => "there is no catalog".to_owned(),
        _ => "its catalog has no signature".to_owned(),
    }
}
