//! Parts of the network stack that wpeinit would install are not in the image.
//!
//! Never an error: an image may be made for work without a network, and one that was built otherwise may bring TCP/IP up in a
//! way that is not seen here. How bad it is depends on what else is missing (document of the rule).

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::world::ImageIndex;
use crate::inf_db::NetworkComponent;

pub(super) const ID: &str = "network-stack-incomplete";

/// The driver of TCP/IP, whatever its INF.
const TCPIP_DRIVER: &str = "/system32/drivers/tcpip.sys";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, release) in context.releases.iter().enumerate() {
        if release.is_winpe {
            findings.extend(image(context, index));
        }
    }
}

fn image(context: &Context<'_>, index: ImageIndex) -> Option<Finding> {
    let facts = &context.world.images[index].facts;
    let is_there = |c: &&NetworkComponent| facts.drivers.iter().any(|d| d.inf_name.eq_ignore_ascii_case(&c.inf));
    let (present, missing): (Vec<&NetworkComponent>, Vec<&NetworkComponent>) =
        context.db.boot_images().network_components().iter().partition(|c| is_there(c));
    if missing.is_empty() {
        return None;
    }
    let driver = facts.details.system_binaries.iter().any(|(path, _)| path.to_lowercase().ends_with(TCPIP_DRIVER));
    let essential = missing.iter().any(|c| c.essential);
    let (severity, confidence, what_follows) = match (essential, driver, present.is_empty()) {
        (false, ..) => (
            Severity::Info,
            Confidence::Likely,
            "TCP/IP is there; what needs the missing parts (shares, names) does not work",
        ),
        (true, false, _) => (
            Severity::Warning,
            Confidence::Proven,
            "tcpip.sys is missing, too: no network adapter gets an address, whatever its driver",
        ),
        (true, true, false) => (
            Severity::Warning,
            Confidence::Likely,
            "wpeinit can not install TCP/IP: no network adapter gets an address, whatever its driver",
        ),
        // All of them gone and the driver there: made by other means than a kit, how the network starts is not known.
        (true, true, true) => (
            Severity::Info,
            Confidence::Guess,
            "tcpip.sys is there: whether and how the network comes up in this image can not be told from here",
        ),
    };
    let name = context.world.image_name(index);
    let listed = |all: &[&NetworkComponent]| {
        all.iter().map(|c| format!("{} ({})", c.inf, c.title)).collect::<Vec<_>>().join(", ")
    };
    let text = format!("{name} has no {}: {what_follows}", listed(&missing));
    let infs: Vec<&str> = missing.iter().map(|c| c.inf.as_str()).collect();
    let identity = [name.as_str(), &infs.join("|")];
    let place = Place::file(&name);
    let mut finding = Finding::new(ID, severity, place.clone(), &identity, text).about_image(index, name.clone());
    finding.confidence = confidence;
    finding.evidence.push(
        Evidence::new(
            "image-files",
            format!(
                "searched Windows/INF and the driver store; found {}; tcpip.sys {}",
                if present.is_empty() { "none of these INFs".to_owned() } else { listed(&present) },
                if driver { "is there" } else { "is missing" }
            ),
        )
        .at(place),
    );
    finding.evidence.extend(missing.iter().map(|c| {
        Evidence::new("document", format!("wpeinit installs {} from {}", c.component, c.inf)).from_source(&c.source)
    }));
    Some(finding)
}
