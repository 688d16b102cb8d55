//! A Windows PE 2.x boot image can not deploy Windows 7 or later (the article's pkgmgr case, 0x80070002).

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::target::Target;
use crate::facts::os_version::OsVersion;

pub(super) const ID: &str = "boot-image-older-than-deployed-os";

/// Windows 7 is 6.1; any 6.0, also 6.0.6002, is Windows PE 2.x (FACTS.md 1).
const FIRST_TOO_NEW: (u16, u16) = (6, 1);

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for target in context.targets.iter().filter(|t| t.named && t.os.version.major_minor() == (6, 0)) {
        let too_new: Vec<&OsVersion> = context.deploy_os.iter().filter(|v| v.major_minor() >= FIRST_TOO_NEW).collect();
        if context.deploy_os.is_empty() && target.image().is_some() {
            findings.push(finding(context, target, Severity::Info, "Windows 7 or later (6.1 and newer)"));
        }
        for version in too_new {
            findings.push(finding(context, target, Severity::Error, &format!("Windows {version}")));
        }
    }
}

fn finding(context: &Context<'_>, target: &Target, severity: Severity, deployed: &str) -> Finding {
    let text = format!(
        "{} is {}: a Windows PE 2.x boot image can not deploy {deployed}. Apply Driver Package fails with 0x80070002 \
         (pkgmgr cannot start dism.exe), or the deployed system stops at boot with 0xc0000001",
        target.title, target.os.version
    );
    // A release has no file; the share is what the user gave.
    let place = target.image().map_or_else(
        || Place::file(context.world.share_path(0, "")),
        |image| Place::file(context.world.image_name(image)),
    );
    let mut finding = Finding::new(ID, severity, place, &[&target.name, deployed], text);
    finding.targets.push(target.name.clone());
    finding.subject.image = target.image();
    finding.confidence = if target.image().is_some() { Confidence::Proven } else { Confidence::Likely };
    let image = target.image().and_then(|i| context.releases.get(i));
    finding.evidence.extend(image.into_iter().flat_map(|r| r.evidence.iter().cloned()));
    finding.evidence.push(
        Evidence::new(
            "document",
            "a 6.0 image services a 6.1 system with pkgmgr.exe, which that system replaced by dism.exe",
        )
        .from_source("Microsoft support article (FACTS.md 6.1 row 9, R5)"),
    );
    finding
}
