//! What is judged: an image of a `--boot-image`, or a release named by `--winpe`.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::classify::release::ImageRelease;
use crate::analysis::world::ImageIndex;
use crate::facts::ids::Arch;
use crate::facts::os_version::{OsVersion, ProductType, TargetOs};
use crate::inf_db::{InfDb, MultiTier, Release};

/// Where a target comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// An image of a boot file.
    Image(ImageIndex),
    /// A release of the table.
    Release,
}

/// One target.
#[derive(Clone, Debug)]
pub struct Target {
    /// Image or release.
    pub kind: TargetKind,
    /// `boot.wim:2` or `3.0/amd64`.
    pub name: String,
    /// `Windows PE 3.0`, or what is known instead.
    pub title: String,
    /// Release id, `None` when the image's release is unknown.
    pub release: Option<String>,
    /// What drivers are selected for.
    pub os: TargetOs,
    /// How it treats multi-tier NICs; known for a whole generation even where the release is not.
    pub multi_tier: Option<MultiTier>,
    /// Why the release should not be used at all, where that is known.
    pub known_bad: Option<String>,
    /// All trusted signatures count the same for the rank.
    pub all_signing_equal: bool,
    /// The user named it: it decides severities and the exit code.
    pub named: bool,
}

impl Target {
    /// A row of the table on one architecture, with the version that was typed (or the row's own).
    pub fn of_release(release: &Release, version: OsVersion, arch: Arch, named: bool) -> Self {
        Self {
            kind: TargetKind::Release,
            name: format!("{}/{arch}", release.id),
            title: format!("{} {arch}", release.title),
            release: Some(release.id.clone()),
            os: TargetOs::winpe(version, arch),
            multi_tier: release.multi_tier,
            known_bad: release.known_bad.clone(),
            all_signing_equal: release.all_signing_equal,
            named,
        }
    }

    /// An image. `None` when its version or architecture is unknown, or when it is no Windows PE.
    pub fn of_image(
        index: ImageIndex,
        name: String,
        release: &ImageRelease,
        product: Option<ProductType>,
        db: &InfDb,
    ) -> Option<Self> {
        if !release.is_winpe {
            return None;
        }
        let mut os = TargetOs::winpe(release.os_version?, release.arch?);
        os.product_type = product.unwrap_or(ProductType::Workstation);
        let generation = db.releases().classify(&os.version).generation();
        let known_bad =
            generation.filter(|g| Some(&g.id) == release.release.as_ref()).and_then(|g| g.known_bad.clone());
        Some(Self {
            kind: TargetKind::Image(index),
            title: format!("{name} ({} {})", release.title, os.arch),
            name,
            release: release.release.clone(),
            os,
            multi_tier: generation.and_then(|g| g.multi_tier),
            known_bad,
            // Off in Vista and Server 2008 only (FACTS.md 2.6), so on is right for what is newer than the table.
            all_signing_equal: generation.is_none_or(|g| g.all_signing_equal),
            named: true,
        })
    }

    /// The image, if it is one.
    pub fn image(&self) -> Option<ImageIndex> {
        match self.kind {
            TargetKind::Image(index) => Some(index),
            TargetKind::Release => None,
        }
    }
}

/// Names of several targets for people, folded: images by name, releases as `Windows PE 2.1 and 3.0` or, where they follow
/// each other in the table, `4.0 to 11-24H2`; architectures only where not all that are judged are meant.
pub fn folded_names(targets: &[Target], chosen: &BTreeSet<usize>) -> String {
    let mut names: Vec<String> =
        chosen.iter().filter(|i| targets[**i].image().is_some()).map(|i| targets[*i].title.clone()).collect();
    let mut releases: Vec<&str> = Vec::new();
    for target in targets.iter().filter(|t| t.kind == TargetKind::Release) {
        let id = target.release.as_deref().unwrap_or_default();
        if !releases.contains(&id) {
            releases.push(id);
        }
    }
    let archs = |id: &str, only: &dyn Fn(usize) -> bool| -> BTreeSet<Arch> {
        let of = targets
            .iter()
            .enumerate()
            .filter(|(i, t)| t.release.as_deref() == Some(id) && t.image().is_none() && only(*i));
        of.map(|(_, t)| t.os.arch).collect()
    };
    // Releases with the same architectures, in runs of neighbours.
    let mut by_archs: BTreeMap<Option<BTreeSet<Arch>>, Vec<usize>> = BTreeMap::new();
    for (position, id) in releases.iter().enumerate() {
        let meant = archs(id, &|i| chosen.contains(&i));
        if !meant.is_empty() {
            let key = if meant == archs(id, &|_| true) { None } else { Some(meant) };
            by_archs.entry(key).or_default().push(position);
        }
    }
    for (archs, positions) in by_archs {
        let suffix = archs
            .map_or_else(String::new, |a| format!(" ({})", a.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ")));
        names.push(format!("Windows PE {}{suffix}", runs(&releases, &positions)));
    }
    names.join(", ")
}

/// `2.1, 4.0 to 11-24H2`.
fn runs(ids: &[&str], positions: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for position in positions {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *position => *last = *position,
            _ => parts.push((*position, *position)),
        }
    }
    let text = |(first, last): (usize, usize)| match last - first {
        0 => ids[first].to_owned(),
        1 => format!("{}, {}", ids[first], ids[last]),
        _ => format!("{} to {}", ids[first], ids[last]),
    };
    parts.into_iter().map(text).collect::<Vec<_>>().join(", ")
}
