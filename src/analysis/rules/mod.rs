//! Coded rules, one file each. The document of a rule (title, what it means, how to fix) lies in inf-db/rules.
//!
//! A rule looks at the finished conclusions and adds findings; it knows nothing of policy, baseline or output.

use super::choices::Choices;
use super::classify::kind::ImageKind;
use super::classify::profile::Profile;
use super::classify::release::ImageRelease;
use super::classify::topology::Topologies;
use super::coverage::Coverage;
use super::finding::Finding;
use super::loadability::Modules;
use super::package_files::PackageFiles;
use super::prediction::Predictions;
use super::target::Target;
use super::world::World;
use crate::facts::os_version::OsVersion;
use crate::inf_db::InfDb;

mod against_image;
mod answer_file_architecture_mismatch;
mod answer_file_component_identity_mismatch;
mod answer_file_driver_path_key_not_unique;
mod answer_file_driver_path_mismatch;
mod answer_file_malformed;
mod answer_file_without_driver_paths;
mod answer_file_wrong_pass;
mod boot_architecture_disagrees;
mod boot_image_older_than_deployed_os;
mod boot_version_disagrees;
mod build_decoration_invisible_to_winpe;
mod bus_driver_without_miniport;
mod catalog_missing;
mod catalog_os_attribute_mismatch;
mod co_installer_required;
mod compressed_source_under_plain_name;
mod deployment_files;
mod driver_architecture_mismatch;
mod driver_database_without_device_ids;
mod driver_imports_missing_in_winpe;
mod driver_in_one_index_only;
mod driver_paths_in_windowspe_pass;
mod driver_staged_but_unbound;
mod duplicate_package;
mod equal_rank_conflict;
mod extension_or_component_inf_in_windowspe;
mod file_not_in_catalog;
mod file_renamed_on_share;
mod filter_or_intermediate_driver;
mod folding;
mod inf_changed_after_signing;
mod inf_unreadable;
mod integrity_broken;
mod integrity_table_missing;
mod kmdf_newer_than_winpe;
mod miniport_without_bus_driver;
mod monolithic_nic_replaced_by_multi_tier;
mod multi_tier_nic_in_windowspe;
mod ndis6_keywords_missing;
mod netadaptercx_not_in_winpe;
mod netadaptercx_too_old_for_winpe;
mod network_stack_incomplete;
mod no_bootable_image;
mod no_driver_for_fleet_nic;
mod no_models_for_winpe_release;
mod older_than_inbox;
mod same_driver_name_ignored_in_windowspe;
mod sha2_only_signature;
mod signatures;
mod source_file_missing;
mod split_wim_incomplete;
mod superseded_package;
mod task_sequence_auto_apply_without_category;
mod task_sequence_driver_steps_out_of_order;
mod task_sequence_drivers_folder_not_recreated;
mod task_sequence_drivers_not_renamed;
mod task_sequence_nic_in_second_driver_step;
mod task_sequence_not_judged;
mod task_sequence_without_answer_file;
mod unreadable_files;
mod unsigned_driver;
mod usb_tethering_driver;
mod version_label_missing;
mod wim_truncated;
mod winpe_release_known_bad;
mod winpe_release_unknown;
mod wlan_driver;
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
    /// Coverage of the fleet, if one is given.
    pub coverage: Option<&'a Coverage>,
    /// Which install sections every network driver uses on every target.
    pub choices: &'a Choices,
    /// The files of the drivers where they lie.
    pub files: &'a PackageFiles<'a>,
    /// Modules of the images, by image.
    pub modules: &'a [Modules<'a>],
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
    Rule { id: answer_file_architecture_mismatch::ID, check: answer_file_architecture_mismatch::check },
    Rule { id: answer_file_component_identity_mismatch::ID, check: answer_file_component_identity_mismatch::check },
    Rule { id: answer_file_driver_path_key_not_unique::ID, check: answer_file_driver_path_key_not_unique::check },
    Rule { id: answer_file_driver_path_mismatch::ID, check: answer_file_driver_path_mismatch::check },
    Rule { id: answer_file_malformed::ID, check: answer_file_malformed::check },
    Rule { id: answer_file_without_driver_paths::ID, check: answer_file_without_driver_paths::check },
    Rule { id: answer_file_wrong_pass::ID, check: answer_file_wrong_pass::check },
    Rule { id: boot_architecture_disagrees::ID, check: boot_architecture_disagrees::check },
    Rule { id: boot_image_older_than_deployed_os::ID, check: boot_image_older_than_deployed_os::check },
    Rule { id: boot_version_disagrees::ID, check: boot_version_disagrees::check },
    Rule { id: build_decoration_invisible_to_winpe::ID, check: build_decoration_invisible_to_winpe::check },
    Rule { id: bus_driver_without_miniport::ID, check: bus_driver_without_miniport::check },
    Rule { id: catalog_missing::ID, check: catalog_missing::check },
    Rule { id: catalog_os_attribute_mismatch::ID, check: catalog_os_attribute_mismatch::check },
    Rule { id: co_installer_required::ID, check: co_installer_required::check },
    Rule { id: compressed_source_under_plain_name::ID, check: compressed_source_under_plain_name::check },
    Rule { id: driver_architecture_mismatch::ID, check: driver_architecture_mismatch::check },
    Rule { id: driver_database_without_device_ids::ID, check: driver_database_without_device_ids::check },
    Rule { id: driver_imports_missing_in_winpe::ID, check: driver_imports_missing_in_winpe::check },
    Rule { id: driver_in_one_index_only::ID, check: driver_in_one_index_only::check },
    Rule { id: driver_paths_in_windowspe_pass::ID, check: driver_paths_in_windowspe_pass::check },
    Rule { id: driver_staged_but_unbound::ID, check: driver_staged_but_unbound::check },
    Rule { id: duplicate_package::ID, check: duplicate_package::check },
    Rule { id: equal_rank_conflict::ID, check: equal_rank_conflict::check },
    Rule { id: extension_or_component_inf_in_windowspe::ID, check: extension_or_component_inf_in_windowspe::check },
    Rule { id: file_not_in_catalog::ID, check: file_not_in_catalog::check },
    Rule { id: file_renamed_on_share::ID, check: file_renamed_on_share::check },
    Rule { id: filter_or_intermediate_driver::ID, check: filter_or_intermediate_driver::check },
    Rule { id: inf_changed_after_signing::ID, check: inf_changed_after_signing::check },
    Rule { id: inf_unreadable::ID, check: inf_unreadable::check },
    Rule { id: integrity_broken::ID, check: integrity_broken::check },
    Rule { id: integrity_table_missing::ID, check: integrity_table_missing::check },
    Rule { id: kmdf_newer_than_winpe::ID, check: kmdf_newer_than_winpe::check },
    Rule { id: miniport_without_bus_driver::ID, check: miniport_without_bus_driver::check },
    Rule { id: monolithic_nic_replaced_by_multi_tier::ID, check: monolithic_nic_replaced_by_multi_tier::check },
    Rule { id: multi_tier_nic_in_windowspe::ID, check: multi_tier_nic_in_windowspe::check },
    Rule { id: ndis6_keywords_missing::ID, check: ndis6_keywords_missing::check },
    Rule { id: netadaptercx_not_in_winpe::ID, check: netadaptercx_not_in_winpe::check },
    Rule { id: netadaptercx_too_old_for_winpe::ID, check: netadaptercx_too_old_for_winpe::check },
    Rule { id: network_stack_incomplete::ID, check: network_stack_incomplete::check },
    Rule { id: no_bootable_image::ID, check: no_bootable_image::check },
    Rule { id: no_driver_for_fleet_nic::ID, check: no_driver_for_fleet_nic::check },
    Rule { id: no_models_for_winpe_release::ID, check: no_models_for_winpe_release::check },
    Rule { id: older_than_inbox::ID, check: older_than_inbox::check },
    Rule { id: same_driver_name_ignored_in_windowspe::ID, check: same_driver_name_ignored_in_windowspe::check },
    Rule { id: sha2_only_signature::ID, check: sha2_only_signature::check },
    Rule { id: source_file_missing::ID, check: source_file_missing::check },
    Rule { id: split_wim_incomplete::ID, check: split_wim_incomplete::check },
    Rule { id: superseded_package::ID, check: superseded_package::check },
    Rule { id: task_sequence_auto_apply_without_category::ID, check: task_sequence_auto_apply_without_category::check },
    Rule { id: task_sequence_driver_steps_out_of_order::ID, check: task_sequence_driver_steps_out_of_order::check },
    Rule {
        id: task_sequence_drivers_folder_not_recreated::ID,
        check: task_sequence_drivers_folder_not_recreated::check,
    },
    Rule { id: task_sequence_drivers_not_renamed::ID, check: task_sequence_drivers_not_renamed::check },
    Rule { id: task_sequence_nic_in_second_driver_step::ID, check: task_sequence_nic_in_second_driver_step::check },
    Rule { id: task_sequence_not_judged::ID, check: task_sequence_not_judged::check },
    Rule { id: task_sequence_without_answer_file::ID, check: task_sequence_without_answer_file::check },
    Rule { id: unsigned_driver::ID, check: unsigned_driver::check },
    Rule { id: usb_tethering_driver::ID, check: usb_tethering_driver::check },
    Rule { id: version_label_missing::ID, check: version_label_missing::check },
    Rule { id: wim_truncated::ID, check: wim_truncated::check },
    Rule { id: winpe_release_known_bad::ID, check: winpe_release_known_bad::check },
    Rule { id: winpe_release_unknown::ID, check: winpe_release_unknown::check },
    Rule { id: wlan_driver::ID, check: wlan_driver::check },
    Rule { id: wpeinit_never_started::ID, check: wpeinit_never_started::check },
];

/// Runs every rule; findings are ordered worst first, then by rule and place.
pub fn check_all(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        (rule.check)(context, &mut findings);
    }
    sort(&mut findings);
    findings
}

/// Worst first, then by rule and place.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (std::cmp::Reverse(f.severity), f.rule, f.location.clone());
        (key(a), &a.message, &a.fingerprint).cmp(&(key(b), &b.message, &b.fingerprint))
    });
}

/// Every rule that can make a finding: the coded ones, and those about the policy itself.
pub fn ids() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|r| r.id).chain([super::policy::EXPIRED, super::policy::UNUSED])
}
