//! Which Models section of each `[Manufacturer]` line counts for a target (FACTS.md 2.3).
//!
//! Windows judges every line apart. Of its decorations those remain that apply to the target; the one with the highest
//! version wins. The section that wins may be empty: then the line supports nothing on this target, and no other
//! section of the line is asked.

use std::cmp::Reverse;

use crate::facts::driver_package::{DecorationParts, DriverPackage, Manufacturer, Model, ModelsRef, ModelsSection};
use crate::facts::ids::Arch;
use crate::facts::os_version::TargetOs;

/// First build of Windows 10 that knows a BuildNumber in decorations; older ones take such a decoration for invalid.
pub const FIRST_BUILD_WITH_BUILD_NUMBERS: u32 = 14310;

/// A model that a target can install, with the sections that it was found through.
#[derive(Clone, Copy, Debug)]
pub struct SelectedModel<'p> {
    /// The `[Manufacturer]` line.
    pub manufacturer: &'p Manufacturer,
    /// The decoration of that line that was chosen.
    pub models_ref: &'p ModelsRef,
    /// The Models section.
    pub section: &'p ModelsSection,
    /// The model.
    pub model: &'p Model,
}

/// Whether a decoration applies to a target at all.
///
/// A decoration without architecture means x86 (since Windows Server 2003 SP1). The build number counts only when major
/// and minor version are those of the target; a target of unknown build is taken for a current one.
pub fn applies(parts: &DecorationParts, target: &TargetOs) -> bool {
    if parts.arch.unwrap_or(Arch::X86) != target.arch {
        return false;
    }
    let version = (parts.major.unwrap_or(0), parts.minor.unwrap_or(0));
    let target_version = target.version.major_minor();
    if version > target_version {
        return false;
    }
    if parts.product_type.is_some_and(|p| p != target.product_type) {
        return false;
    }
    if parts.suite_mask.is_some_and(|mask| mask & target.suite_mask != mask) {
        return false;
    }
    match parts.build {
        None => true,
        Some(_) if !knows_build_numbers(target) => false,
        Some(build) => version < target_version || target.version.build.is_none_or(|b| b >= build),
    }
}

/// The target understands a BuildNumber in a decoration.
pub fn knows_build_numbers(target: &TargetOs) -> bool {
    target.version.major > 10
        || (target.version.major == 10
            && (target.version.minor > 0 || target.version.build.is_none_or(|b| b >= FIRST_BUILD_WITH_BUILD_NUMBERS)))
}

/// How close an applicable decoration is, best first: version, build, product type, suite, architecture, `NT`.
type Closeness = (u16, u16, u32, bool, u32, bool, bool);

fn closeness(parts: &DecorationParts) -> Closeness {
    (
        parts.major.unwrap_or(0),
        parts.minor.unwrap_or(0),
        parts.build.unwrap_or(0),
        parts.product_type.is_some(),
        parts.suite_mask.map_or(0, u32::count_ones),
        parts.arch.is_some(),
        parts.nt,
    )
}

/// The Models section of a `[Manufacturer]` line for a target; `None` when no decoration of the line applies.
///
/// The reference may name a section that the file does not have (then there is nothing to select). The undecorated
/// section counts only when the file has it.
pub fn choose_models_section<'m>(manufacturer: &'m Manufacturer, target: &TargetOs) -> Option<&'m ModelsRef> {
    manufacturer
        .models
        .iter()
        .filter(|r| r.decoration.parts.as_ref().is_some_and(|p| applies(p, target) && (p.nt || r.section.is_some())))
        // The first of equal ones, in the order of the line.
        .min_by_key(|r| Reverse(r.decoration.parts.as_ref().map(closeness)))
}

/// Two decorations of one line that are equally good for a target: no document says which one Windows takes.
pub fn ambiguous_choice<'m>(
    manufacturer: &'m Manufacturer,
    target: &TargetOs,
) -> Option<(&'m ModelsRef, &'m ModelsRef)> {
    let chosen = choose_models_section(manufacturer, target)?;
    let best = chosen.decoration.parts.as_ref()?;
    let rival = manufacturer.models.iter().find(|r| {
        !std::ptr::eq(*r, chosen)
            && r.section != chosen.section
            && r.decoration.parts.as_ref().is_some_and(|p| {
                applies(p, target)
                    && (p.major, p.minor, p.build) == (best.major, best.minor, best.build)
                    && p.product_type.is_some() != best.product_type.is_some()
                    && p.suite_mask.is_some() != best.suite_mask.is_some()
            })
    })?;
    Some((chosen, rival))
}

/// Every model that the package offers for a target, in the order of the file.
pub fn selected_models<'p>(package: &'p DriverPackage, target: &TargetOs) -> Vec<SelectedModel<'p>> {
    let mut selected = Vec::new();
    for manufacturer in &package.manufacturers {
        let Some(models_ref) = choose_models_section(manufacturer, target) else { continue };
        let section = models_ref.section.and_then(|n| package.models_sections.get(n as usize));
        let Some(section) = section else { continue };
        selected.extend(section.models.iter().map(|model| SelectedModel { manufacturer, models_ref, section, model }));
    }
    selected
}
