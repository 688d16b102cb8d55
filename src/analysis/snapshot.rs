//! What one run saw, small enough to be kept and to be compared with another night: packages, images with their drivers,
//! findings, coverage. Made from an analysis; no clock, no line of a report, everything sorted.
//!
//! What stands in an input is bound to it by the path that the input was given with, so that a share that was not there one
//! night is told from a share whose packages were removed ([`super::changes`]).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::coverage::State;
use super::evidence::{Confidence, Place};
use super::finding::{Finding, Severity};
use super::run::Analysis;
use super::verdict;
use super::world::{Driver, Location, World};
use crate::facts::boot_image::DriverOrigin;

/// What one run saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The drivers of the shares, one entry for each place.
    pub packages: Vec<PackageState>,
    /// The images of the boot files.
    pub images: Vec<ImageState>,
    /// The findings, those that do not count too.
    pub findings: Vec<FindingState>,
    /// The fleet in numbers; `None` without a fleet.
    pub coverage: Option<CoverageState>,
    /// How many parts of the inputs could not be read.
    pub problems: usize,
    /// The inputs, as they were given.
    pub inputs: Vec<InputState>,
}

/// An INF of a share.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PackageState {
    /// The share, as it was given ([`InputState::path`]).
    pub share: String,
    /// Path of the INF below it, with `/`.
    pub path: String,
    /// `drv-` and 16 hex digits: what the INF holds.
    pub driver: String,
    /// File name of the INF.
    pub inf: String,
    /// `Class`.
    pub class: Option<String>,
    /// `Provider`.
    pub provider: Option<String>,
    /// Date of `DriverVer`, `2012-02-01`.
    pub date: Option<String>,
    /// Version of `DriverVer`, `7.4.14.0`.
    pub version: Option<String>,
}

/// An image of a boot file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImageState {
    /// The boot file, as it was given ([`InputState::path`]).
    pub file: String,
    /// 1-based index; 1 for a folder.
    pub index: u32,
    /// Its name in the XML data.
    pub name: Option<String>,
    /// `10.0.19041.1`.
    pub os_version: Option<String>,
    /// `amd64`.
    pub arch: Option<String>,
    /// Id of its WinPE release.
    pub release: Option<String>,
    /// Id of its kind: `adk`, `configmgr`, `mdt`...
    pub kind: String,
    /// Fit for distribution; `None` when it could not be judged.
    pub fit: Option<bool>,
    /// GUID of the WIM: another one after every build.
    pub guid: Option<String>,
    /// SHA-256 of the boot file, where it was computed.
    pub sha256: Option<String>,
    /// Optional components, sorted.
    pub components: Vec<String>,
    /// Places in it that could not be read, sorted.
    pub unread: Vec<String>,
    /// Its drivers.
    pub drivers: Vec<ImageDriverState>,
}

/// A driver of an image.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ImageDriverState {
    /// File name of the INF as the vendor calls it.
    pub inf: String,
    /// `inbox` or `injected`.
    pub origin: String,
    /// `drv-` and 16 hex digits: what the INF holds.
    pub driver: String,
    /// `oem3.inf`.
    pub published_name: Option<String>,
    /// `Class`.
    pub class: Option<String>,
    /// `Provider`.
    pub provider: Option<String>,
    /// Date of `DriverVer`.
    pub date: Option<String>,
    /// Version of `DriverVer`.
    pub version: Option<String>,
    /// Path of the INF in the image.
    pub path: String,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingState {
    /// What it is about; the same in every run.
    pub fingerprint: String,
    /// Rule id.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What is wrong.
    pub message: String,
    /// Its first place.
    pub path: String,
    /// 1-based line.
    pub line: Option<u32>,
    /// Names of the targets that it holds for.
    pub targets: Vec<String>,
    /// Why it does not count, where somebody said so.
    pub suppressed: Option<SuppressedState>,
    /// Whether a baseline knew it; `None` without a baseline.
    pub known: Option<bool>,
    /// The inputs that it speaks of, as they were given, sorted. Empty: none of them could be told.
    pub inputs: Vec<String>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SuppressedState {
    /// `policy` or `baseline`.
    pub by: String,
    /// The reason that was written down.
    pub reason: String,
    /// Last day on which it holds, `2026-12-31`.
    pub until: Option<String>,
}

impl FindingState {
    /// Whether it counts for the exit code and in the totals.
    pub const fn counts(&self) -> bool {
        self.suppressed.is_none()
    }

    /// Its first place.
    pub fn place(&self) -> Place {
        Place::line(self.path.clone(), self.line.unwrap_or(0))
    }
}

/// The fleet in numbers.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CoverageState {
    /// Machines of the fleet.
    pub machines: usize,
    /// Kinds of network adapters.
    pub adapters: usize,
    /// Those that every target runs; 0 without a target.
    pub covered: usize,
    /// By target, in the order of the targets.
    pub targets: Vec<TargetCoverage>,
}

/// The fleet on one target.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetCoverage {
    /// Name of the target.
    pub target: String,
    /// Adapters that a driver of the image runs.
    pub runs: usize,
    /// Adapters whose driver gives no network.
    pub no_network: usize,
    /// Adapters without a driver.
    pub no_driver: usize,
    /// Adapters of which nothing is known: the target is no image.
    pub not_known: usize,
    /// Machines with a network; `None` where the target is no image.
    pub machines: Option<MachineState>,
}

/// Machines on one target.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MachineState {
    /// They get a network.
    pub fine: usize,
    /// They lose it when some set is offered.
    pub at_risk: usize,
    /// They get none.
    pub without_network: usize,
    /// The inventory names no wired adapter that could be judged.
    pub not_judged: usize,
}

/// An input as it was given.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InputState {
    /// `share`, `boot-image`, `fleet`.
    pub kind: String,
    /// Path as given, with `/`: what the other states name it by.
    pub path: String,
    /// What places in reports call it (`boot.wim`); empty where they do not name it.
    pub name: String,
    /// Whether it was there.
    pub state: ReadState,
    /// Folders and files in it that could not be read, below its root, sorted: nothing is known about what they hold.
    pub unread: Vec<String>,
}

impl InputState {
    /// One that was read.
    pub fn read(kind: &str, path: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), path: path.into(), name: name.into(), state: ReadState::Read, unread: Vec::new() }
    }

    /// Whether it was read.
    pub const fn is_read(&self) -> bool {
        matches!(self.state, ReadState::Read)
    }

    /// Whether something is known of what it holds: it was read, or an older run read it.
    pub const fn is_known(&self) -> bool {
        !matches!(self.state, ReadState::Missing(_))
    }

    /// Whether what lies at `path` was not looked at: the place itself or a folder above it could not be read.
    pub fn is_unread(&self, path: &str) -> bool {
        lies_in(&self.unread, path)
    }
}

/// Whether a path is one of these places or lies below one.
pub(super) fn lies_in(places: &[String], path: &str) -> bool {
    let inside = |place: &str| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    places.iter().any(|place| place.is_empty() || inside(place))
}

/// Whether an input was there.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadState {
    /// It was read.
    Read,
    /// It could not be read as a whole; why.
    Missing(String),
    /// The same, but what stands here of it is what an older run saw ([`Snapshot::fill_from`]). Never kept.
    Earlier(String),
}

impl Snapshot {
    /// Makes it. `inputs` says of every input as given whether it was read; `problems` is how many parts of them were not.
    pub fn of(analysis: &Analysis, inputs: Vec<InputState>, problems: usize) -> Self {
        let world = &analysis.world;
        let mut snapshot = Self {
            packages: packages(world),
            images: (0..world.images.len()).map(|i| image(analysis, &inputs, i)).collect(),
            findings: analysis.findings.iter().map(|f| finding(world, &inputs, f)).collect(),
            coverage: coverage(analysis),
            problems,
            inputs,
        };
        snapshot.sort();
        snapshot
    }

    /// Puts everything into its order.
    pub fn sort(&mut self) {
        self.packages.sort();
        for image in &mut self.images {
            image.drivers.sort();
        }
        self.images.sort();
        self.findings.sort();
        self.inputs.sort();
    }

    /// The input with this path.
    pub fn input(&self, path: &str) -> Option<&InputState> {
        self.inputs.iter().find(|i| i.path == path)
    }

    /// What is missing here as an older run saw it: a share that was not there one night is compared with what it held
    /// when it was last seen.
    pub fn fill_from(&mut self, older: &Self) {
        let mut filled = BTreeSet::new();
        for input in &mut self.inputs {
            if let (ReadState::Missing(why), Some(seen)) =
                (&input.state, older.input(&input.path).filter(|i| i.is_read()))
            {
                input.unread.clone_from(&seen.unread);
                input.state = ReadState::Earlier(why.clone());
                filled.insert(input.path.clone());
            }
        }
        if !filled.is_empty() {
            self.packages.extend(older.packages.iter().filter(|p| filled.contains(&p.share)).cloned());
            self.images.extend(older.images.iter().filter(|i| filled.contains(&i.file)).cloned());
            let here: BTreeSet<String> = self.findings.iter().map(|f| f.fingerprint.clone()).collect();
            let speaks = |f: &&FindingState| f.inputs.iter().any(|i| filled.contains(i));
            let new = older.findings.iter().filter(speaks).filter(|f| !here.contains(&f.fingerprint));
            self.findings.extend(new.cloned());
            self.sort();
        }
    }

    /// How many findings of a severity count.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|f| f.counts() && f.severity == severity).count()
    }
}

fn packages(world: &World) -> Vec<PackageState> {
    let mut found = Vec::new();
    for driver in &world.drivers {
        let version = Version::of(driver);
        for location in &driver.locations {
            let Location::Share { share, path } = location else { continue };
            found.push(PackageState {
                share: world.shares[*share].root.replace('\\', "/"),
                path: path.clone(),
                driver: driver.id.clone(),
                inf: driver.inf.clone(),
                class: version.class.clone(),
                provider: version.provider.clone(),
                date: version.date.clone(),
                version: version.version.clone(),
            });
        }
    }
    found
}

/// The version section as text.
struct Version {
    class: Option<String>,
    provider: Option<String>,
    date: Option<String>,
    version: Option<String>,
}

impl Version {
    fn of(driver: &Driver) -> Self {
        let version = &driver.package.version;
        let driver_ver = version.driver_ver.as_ref().map(|v| v.value);
        Self {
            class: version.class.as_ref().map(|c| c.value.clone()),
            provider: version.provider.as_ref().map(|p| p.value.clone()),
            date: driver_ver.map(|v| v.date.to_string()),
            version: driver_ver.map(|v| v.version_text()),
        }
    }
}

fn image(analysis: &Analysis, inputs: &[InputState], index: usize) -> ImageState {
    let world = &analysis.world;
    let (image, release) = (&world.images[index], &analysis.releases[index]);
    let file = &world.boot_files[image.boot_file];
    let given = inputs.iter().find(|i| i.kind == "boot-image" && i.name == file.path);
    let drivers = world.drivers.iter().flat_map(|driver| {
        let here = driver.locations.iter().filter(move |l| l.image() == Some(index));
        here.map(move |location| image_driver(world, driver, location))
    });
    let mut unread: Vec<String> = image.facts.problems.iter().map(|p| p.path.clone()).collect();
    unread.sort();
    unread.dedup();
    ImageState {
        file: given.map_or_else(|| file.path.clone(), |i| i.path.clone()),
        index: image.facts.index,
        name: image.facts.xml.name.clone(),
        os_version: release.os_version.map(|v| v.to_string()),
        arch: release.arch.map(|a| a.name().to_owned()),
        release: release.release.clone(),
        kind: analysis.kinds[index].id.clone(),
        fit: verdict::of_image(analysis, index).map(|v| v.fit),
        guid: file.wim.as_ref().map(|w| w.guid.clone()),
        sha256: file.sha256.clone(),
        components: image.facts.details.optional_components().into_iter().map(str::to_owned).collect(),
        unread,
        drivers: drivers.collect(),
    }
}

fn image_driver(world: &World, driver: &Driver, location: &Location) -> ImageDriverState {
    let version = Version::of(driver);
    let (origin, fact) = match location {
        Location::Image { image, origin, entry, .. } => (*origin, world.images[*image].facts.drivers.get(*entry)),
        Location::Share { .. } => (DriverOrigin::Injected, None),
    };
    ImageDriverState {
        inf: fact.map_or_else(|| driver.inf.clone(), |d| d.inf_name.clone()),
        origin: match origin {
            DriverOrigin::Inbox => "inbox".to_owned(),
            DriverOrigin::Injected => "injected".to_owned(),
        },
        driver: driver.id.clone(),
        published_name: fact.and_then(|d| d.published_name.clone()),
        class: version.class,
        provider: version.provider,
        date: version.date,
        version: version.version,
        path: location.path().to_owned(),
    }
}

fn finding(world: &World, inputs: &[InputState], finding: &Finding) -> FindingState {
    FindingState {
        fingerprint: finding.fingerprint.clone(),
        rule: finding.rule.to_owned(),
        severity: finding.severity,
        confidence: finding.confidence,
        message: finding.message.clone(),
        path: finding.location.path.clone(),
        line: finding.location.line,
        targets: finding.targets.clone(),
        suppressed: finding.suppressed.as_ref().map(|s| SuppressedState {
            by: s.by.name().to_owned(),
            reason: s.reason.clone(),
            until: s.until.clone(),
        }),
        known: finding.known,
        inputs: inputs_of(world, inputs, finding),
    }
}

/// The inputs that a finding needs: those where its driver lies, its images, and the fleet where it speaks of coverage.
fn inputs_of(world: &World, inputs: &[InputState], finding: &Finding) -> Vec<String> {
    let mut found = BTreeSet::new();
    let boot_file = |place: &str| {
        inputs
            .iter()
            .filter(|i| i.kind == "boot-image" && !i.name.is_empty())
            .find(|i| place.strip_prefix(&i.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
    };
    let images = finding.targets.iter().map(String::as_str).chain([finding.location.path.as_str()]);
    found.extend(images.filter_map(boot_file).map(|i| i.path.clone()));
    let first = finding.subject.driver.and_then(|d| world.drivers[d].locations.first());
    match first {
        Some(Location::Share { share, .. }) => {
            found.insert(world.shares[*share].root.replace('\\', "/"));
        }
        Some(Location::Image { .. }) => {}
        None if boot_file(&finding.location.path).is_none() => {
            found.extend(by_place(world, inputs, &finding.location.path));
        }
        None => {}
    }
    // What is told of an image may be the doing of a share: a driver of it that takes an adapter there.
    for place in &finding.related {
        let of_image = boot_file(&place.path).map(|i| i.path.clone());
        found.extend(of_image.or_else(|| by_place(world, inputs, &place.path)));
    }
    found.into_iter().collect()
}

/// The share or inventory in which a place lies.
fn by_place(world: &World, inputs: &[InputState], path: &str) -> Option<String> {
    let inside = |name: &str| path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let fleet = || inputs.iter().find(|i| i.kind == "fleet" && !i.name.is_empty() && inside(&i.name));
    if world.shares.len() > 1 {
        let share = (0..world.shares.len()).find(|s| inside(&world.share_path(*s, "")));
        if let Some(share) = share {
            return Some(world.shares[share].root.replace('\\', "/"));
        }
    }
    match (fleet(), world.shares.as_slice()) {
        (Some(fleet), _) => Some(fleet.path.clone()),
        (None, [share]) => Some(share.root.replace('\\', "/")),
        _ => None,
    }
}

fn coverage(analysis: &Analysis) -> Option<CoverageState> {
    let coverage = analysis.coverage.as_ref()?;
    let mut targets: Vec<(usize, TargetCoverage)> = Vec::new();
    let mut runs_everywhere = vec![true; coverage.adapters.all.len()];
    for row in &coverage.rows {
        if targets.last().is_none_or(|(index, _)| *index != row.target) {
            let machines = coverage.by_target.get(&row.target).map(|m| MachineState {
                fine: m.fine,
                at_risk: m.at_risk,
                without_network: m.without_network,
                not_judged: m.not_judged,
            });
            let target = analysis.targets[row.target].name.clone();
            targets.push((row.target, TargetCoverage { target, machines, ..TargetCoverage::default() }));
        }
        if let Some((_, target)) = targets.last_mut() {
            *match row.state {
                State::Runs => &mut target.runs,
                State::NoNetwork => &mut target.no_network,
                State::NoDriver => &mut target.no_driver,
                State::NotKnown => &mut target.not_known,
            } += 1;
        }
        runs_everywhere[row.adapter] &= row.state == State::Runs;
    }
    let covered = if targets.is_empty() { 0 } else { runs_everywhere.iter().filter(|runs| **runs).count() };
    Some(CoverageState {
        machines: coverage.machines,
        adapters: coverage.adapters.all.len(),
        covered,
        targets: targets.into_iter().map(|(_, t)| t).collect(),
    })
}
