//! Coded rules, one file each. The document of a rule (title, what it means, how to fix) lies in inf-db/rules.
//!
//! A rule looks at the finished conclusions and adds findings; it knows nothing of policy, baseline or output.

use super::classify::kind::ImageKind;
use super::classify::profile::Profile;
use super::classify::release::ImageRelease;
use super::classify::topology::Topologies;
use super::finding::Finding;
use super::prediction::Predictions;
use super::target::Target;
use super::world::World;
use crate::facts::os_version::OsVersion;
use crate::inf_db::InfDb;

mod against_image;
mod boot_architecture_disagrees;
mod boot_image_older_than_deployed_os;
mod boot_version_disagrees;
mod bus_driver_without_miniport;
mod driver_database_without_device_ids;
mod driver_in_one_index_only;
mod driver_staged_but_unbound;
mod equal_rank_conflict;
mod inf_unreadable;
mod integrity_table_missing;
mod miniport_without_bus_driver;
mod monolithic_nic_replaced_by_multi_tier;
mod multi_tier_nic_in_windowspe;
mod network_stack_incomplete;
mod no_bootable_image;
mod older_than_inbox;
mod same_driver_name_ignored_in_windowspe;
mod winpe_release_known_bad;
mod winpe_release_unknown;
mod wpeinit_never_started;

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
    /// Kinds by image.
    pub kinds: &'a [ImageKind],
    /// Targets.
    pub targets: &'a [Target],
    /// Predictions.
    pub predictions: &'a Predictions,
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
    Rule { id: boot_architecture_disagrees::ID, check: boot_architecture_disagrees::check },
    Rule { id: boot_image_older_than_deployed_os::ID, check: boot_image_older_than_deployed_os::check },
    Rule { id: boot_version_disagrees::ID, check: boot_version_disagrees::check },
    Rule { id: bus_driver_without_miniport::ID, check: bus_driver_without_miniport::check },
    Rule { id: driver_database_without_device_ids::ID, check: driver_database_without_device_ids::check },
    Rule { id: driver_in_one_index_only::ID, check: driver_in_one_index_only::check },
    Rule { id: driver_staged_but_unbound::ID, check: driver_staged_but_unbound::check },
    Rule { id: equal_rank_conflict::ID, check: equal_rank_conflict::check },
    Rule { id: inf_unreadable::ID, check: inf_unreadable::check },
    Rule { id: integrity_table_missing::ID, check: integrity_table_missing::check },
    Rule { id: miniport_without_bus_driver::ID, check: miniport_without_bus_driver::check },
    Rule { id: monolithic_nic_replaced_by_multi_tier::ID, check: monolithic_nic_replaced_by_multi_tier::check },
    Rule { id: multi_tier_nic_in_windowspe::ID, check: multi_tier_nic_in_windowspe::check },
    Rule { id: network_stack_incomplete::ID, check: network_stack_incomplete::check },
    Rule { id: no_bootable_image::ID, check: no_bootable_image::check },
    Rule { id: older_than_inbox::ID, check: older_than_inbox::check },
    Rule { id: same_driver_name_ignored_in_windowspe::ID, check: same_driver_name_ignored_in_windowspe::check },
    Rule { id: winpe_release_known_bad::ID, check: winpe_release_known_bad::check },
    Rule { id: winpe_release_unknown::ID, check: winpe_release_unknown::check },
    Rule { id: wpeinit_never_started::ID, check: wpeinit_never_started::check },
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
