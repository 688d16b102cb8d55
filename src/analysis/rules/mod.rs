//! Coded rules, one file each. The document of a rule (title, what it means, how to fix) lies in inf-db/rules.
//!
//! A rule looks at the finished conclusions and adds findings; it knows nothing of policy, baseline or output.

use super::classify::profile::Profile;
use super::classify::release::ImageRelease;
use super::classify::topology::Topologies;
use super::coverage::Coverage;
use super::finding::Finding;
use super::prediction::Predictions;
use super::target::Target;
use super::world::World;
use crate::facts::os_version::OsVersion;
use crate::inf_db::InfDb;

mod boot_image_older_than_deployed_os;
mod boot_version_disagrees;
mod inf_unreadable;
mod miniport_without_bus_driver;
mod multi_tier_nic_in_windowspe;
mod no_bootable_image;
mod no_driver_for_fleet_nic;
mod winpe_release_unknown;

/// Everything that a rule may look at.
pub struct Context<'a> {
    /// The joined inputs.
    pub world: &'a World,
    /// Profiles by driver.
    pub profiles: &'a [Profile],
    /// Topologies and roles.
    pub topologies: &'a Topologies,
    /// Releases by image.
    pub releases: &'a [ImageRelease],
    /// Targets.
    pub targets: &'a [Target],
    /// Predictions.
    pub predictions: &'a Predictions,
    /// Coverage of the fleet, if one is given.
    pub coverage: Option<&'a Coverage>,
    /// `--deploy-os`.
    pub deploy_os: &'a [OsVersion],
    /// Knowledge.
    pub db: &'a InfDb,
}

/// A rule: its id and what it does.
pub struct Rule {
    /// Id, the same as the name of its document.
    pub id: &'static str,
    check: fn(&Context<'_>, &mut Vec<Finding>),
}

/// The register. A test compares it with the documents in inf-db.
pub const RULES: &[Rule] = &[
    Rule { id: boot_image_older_than_deployed_os::ID, check: boot_image_older_than_deployed_os::check },
    Rule { id: boot_version_disagrees::ID, check: boot_version_disagrees::check },
    Rule { id: inf_unreadable::ID, check: inf_unreadable::check },
    Rule { id: miniport_without_bus_driver::ID, check: miniport_without_bus_driver::check },
    Rule { id: multi_tier_nic_in_windowspe::ID, check: multi_tier_nic_in_windowspe::check },
    Rule { id: no_bootable_image::ID, check: no_bootable_image::check },
    Rule { id: no_driver_for_fleet_nic::ID, check: no_driver_for_fleet_nic::check },
    Rule { id: winpe_release_unknown::ID, check: winpe_release_unknown::check },
];

/// Runs every rule; findings are ordered worst first, then by rule and place.
pub fn check_all(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        (rule.check)(context, &mut findings);
    }
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (std::cmp::Reverse(f.severity), f.rule, f.location.clone());
        (key(a), &a.message, &a.fingerprint).cmp(&(key(b), &b.message, &b.fingerprint))
    });
    findings
}
