//! An image whose WinPE release is not known: said, never guessed.

use super::Context;
use crate::analysis::evidence::Place;
use crate::analysis::finding::{Finding, Severity};

pub(super) const ID: &str = "winpe-release-unknown";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, release) in context.releases.iter().enumerate() {
        if release.release.is_some() || !release.is_winpe {
            continue;
        }
        let name = context.world.image_name(index);
        let text = format!("the Windows PE release of {name} is not known: {}", release.title);
        let mut finding =
            Finding::new(ID, Severity::Warning, Place::file(&name), &[&name], text).about_image(index, name.clone());
        finding.evidence.clone_from(&release.evidence);
        findings.push(finding);
    }
}
