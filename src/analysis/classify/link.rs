//! Which bus driver makes the devices that a child driver claims: candidates by evidence, then the choice.
//!
//! Evidence, strongest first (DESIGN.md 5.3): the enumerator inside a driver file that is no NDIS driver · the child's id as
//! text in the parent's AddReg · the bus's class GUID equal to a GUID enumerator · CopyINF · the family table · as a guess, a
//! service of the same provider that has the enumerator's name (what is left where a share holds INFs without their driver
//! files). Nearness of folders chooses among candidates that have evidence; provider and service name also break ties.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::profile::{NetKind, Profile};
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::world::{DriverIndex, Location, World};
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_file::EnumeratorForm;
use crate::facts::ids::HardwareId;
use crate::facts::share::folder_of;
use crate::inf_db::InfDb;

/// A bus driver found for a child's enumerator.
#[derive(Clone, Debug)]
pub struct Link {
    /// The bus (or middle) driver.
    pub parent: DriverIndex,
    /// The driver of the child device.
    pub child: DriverIndex,
    /// The private enumerator.
    pub enumerator: String,
    /// How sure.
    pub confidence: Confidence,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// Other drivers were as good: the first by order was taken.
    pub rivals: Vec<DriverIndex>,
}

/// Strength of one kind of evidence; the first variant is the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Binary,
    RegistryText,
    ClassGuid,
    CopyInf,
    Family,
    ServiceName,
}

impl Strength {
    const fn confidence(self) -> Confidence {
        match self {
            Strength::Binary => Confidence::Proven,
            Strength::RegistryText | Strength::ClassGuid | Strength::CopyInf | Strength::Family => Confidence::Likely,
            Strength::ServiceName => Confidence::Guess,
        }
    }
}

/// Which enumerators a driver uses as a child: every private one.
fn child_enumerators(profile: &Profile) -> impl Iterator<Item = &String> {
    profile.private.keys()
}

/// The private enumerators to look for in driver files: those of the network children, and of whatever may stand between.
pub fn wanted(profiles: &[Profile]) -> Vec<String> {
    wanted_enumerators(profiles).into_iter().cloned().collect()
}

/// Enumerators for which a parent is wanted: those of network adapters, and of System-class drivers that could be middle
/// drivers. The latter are decided by need: a driver is a middle driver only when somebody's link leads to it.
fn wanted_enumerators(profiles: &[Profile]) -> BTreeSet<&String> {
    let adapters = profiles.iter().filter(|p| p.net == NetKind::Adapter);
    let mut wanted: BTreeSet<&String> = adapters.flat_map(child_enumerators).collect();
    if !wanted.is_empty() {
        wanted.extend(
            profiles.iter().filter(|p| p.net == NetKind::None && p.bus_models == 0).flat_map(child_enumerators),
        );
    }
    wanted
}

/// One candidate with its evidence.
struct Candidate {
    driver: DriverIndex,
    strength: Strength,
    evidence: Vec<Evidence>,
}

/// Everything that the search needs.
pub struct Linker<'a> {
    world: &'a World,
    profiles: &'a [Profile],
    db: &'a InfDb,
    /// enumerator → (driver, evidence) from driver files.
    binaries: BTreeMap<String, Vec<(DriverIndex, Evidence)>>,
    /// Class GUID → drivers of that class, other than adapters.
    by_class: BTreeMap<String, Vec<DriverIndex>>,
    /// Enumerator of an id in AddReg text → (driver, id, line).
    by_registry_id: BTreeMap<String, Vec<(DriverIndex, HardwareId, u32)>>,
    /// Service name → drivers, other than adapters.
    by_service: BTreeMap<String, Vec<DriverIndex>>,
    /// INF file name → drivers that CopyINF it, with the line.
    by_copy_inf: BTreeMap<String, Vec<(DriverIndex, u32)>>,
    /// Drivers of which a file was read: what it does not hold it does not make.
    read: BTreeSet<DriverIndex>,
}

impl<'a> Linker<'a> {
    /// Sorts all drivers by what may make them a parent.
    pub fn new(world: &'a World, profiles: &'a [Profile], db: &'a InfDb) -> Self {
        let mut linker = Self {
            world,
            profiles,
            db,
            binaries: binary_evidence(world),
            by_class: BTreeMap::new(),
            by_registry_id: BTreeMap::new(),
            by_service: BTreeMap::new(),
            by_copy_inf: BTreeMap::new(),
            read: read_drivers(world),
        };
        for (index, profile) in profiles.iter().enumerate() {
            if profile.net != NetKind::None {
                continue;
            }
            let package = &world.drivers[index].package;
            if let Some(guid) = &package.version.class_guid
                && !profile.services.is_empty()
            {
                linker.by_class.entry(guid.value.to_ascii_uppercase()).or_default().push(index);
            }
            for (id, line) in &profile.registry_ids {
                if let Some(enumerator) = id.enumerator() {
                    linker.by_registry_id.entry(enumerator.to_owned()).or_default().push((index, id.clone(), *line));
                }
            }
            for service in &profile.services {
                linker.by_service.entry(service.clone()).or_default().push(index);
            }
            for (name, line) in &profile.copy_inf {
                linker.by_copy_inf.entry(name.clone()).or_default().push((index, *line));
            }
        }
        linker
    }

    /// Finds the parents of one child on all its private enumerators, location by location: the same child INF may lie
    /// beside different versions of its bus driver.
    pub fn parents(&self, child: DriverIndex) -> Vec<Link> {
        let by_enumerator: Vec<(&String, Vec<Candidate>)> =
            child_enumerators(&self.profiles[child]).map(|e| (e, self.candidates(child, e))).collect();
        let mut links: BTreeMap<(String, DriverIndex), Link> = BTreeMap::new();
        for location in &self.world.drivers[child].locations {
            for link in self.parents_at(child, location, &by_enumerator) {
                links.entry((link.enumerator.clone(), link.parent)).or_insert(link);
            }
        }
        links.into_values().collect()
    }

    /// A driver's buses come from one package: where the bus of one enumerator lies in some folder, the buses of the others
    /// are not taken from farther away (a share holds many versions of one family).
    fn parents_at(&self, child: DriverIndex, at: &Location, by_enumerator: &[(&String, Vec<Candidate>)]) -> Vec<Link> {
        let measure = |candidates: &[Candidate]| -> Vec<(usize, usize)> {
            let distances = candidates.iter().enumerate().map(|(i, c)| (self.distance(at, c.driver), i));
            distances.filter_map(|(d, i)| d.map(|d| (d, i))).collect()
        };
        let measured: Vec<_> =
            by_enumerator.iter().map(|(e, candidates)| (*e, candidates, measure(candidates))).collect();
        let best = |m: &[(usize, usize)]| m.iter().map(|(d, _)| *d).min();
        let Some(nearest) = measured.iter().filter_map(|(_, _, m)| best(m)).min() else { return Vec::new() };
        measured
            .into_iter()
            .filter(|(_, _, distances)| best(distances) == Some(nearest))
            .flat_map(|(enumerator, candidates, distances)| self.choose(child, at, enumerator, candidates, distances))
            .collect()
    }

    /// One parent for each kind of hardware: candidates that claim the same ids are versions of one bus driver, of which the
    /// nearest is taken. A bus driver for other hardware may feed the same child (WinOF: `IBA\` under two generations of
    /// adapters); it needs evidence from its own text or bytes, and no nearer child of its own on the enumerator.
    fn choose(
        &self,
        child: DriverIndex,
        at: &Location,
        enumerator: &str,
        all: &[Candidate],
        mut near: Vec<(usize, usize)>,
    ) -> Vec<Link> {
        let rank = |(distance, index): &(usize, usize)| {
            let candidate = &all[*index];
            let provider = Reverse(self.same_provider(child, candidate.driver));
            (*distance, candidate.strength, provider, Reverse(self.service_is(candidate.driver, enumerator)))
        };
        near.sort_by_key(|c| (rank(c), all[c.1].driver));
        let mut links: Vec<Link> = Vec::new();
        while !near.is_empty() {
            let best = near.remove(0);
            let winner = &all[best.1];
            let (same, other): (Vec<_>, Vec<_>) =
                near.into_iter().partition(|c| self.same_hardware(all[c.1].driver, winner.driver));
            near = other;
            let feeds = links.is_empty()
                || (winner.strength <= Strength::RegistryText
                    && !self.has_nearer_child(winner.driver, at, enumerator, best.0));
            if feeds {
                let rivals = same.iter().filter(|c| rank(c) == rank(&best)).map(|c| all[c.1].driver).collect();
                links.push(self.link(child, enumerator, winner, rivals));
            }
        }
        links
    }

    fn link(&self, child: DriverIndex, enumerator: &str, winner: &Candidate, rivals: Vec<DriverIndex>) -> Link {
        let mut confidence = winner.strength.confidence();
        let mut evidence = winner.evidence.clone();
        if !rivals.is_empty() {
            confidence = Confidence::Guess;
            let names = rivals.iter().map(|r| self.world.drivers[*r].inf.as_str()).collect::<Vec<_>>().join(", ");
            evidence.push(Evidence::new("ambiguous", format!("{names} would do as well; the first by path was taken")));
        }
        Link { parent: winner.driver, child, enumerator: enumerator.to_owned(), confidence, evidence, rivals }
    }

    /// Two drivers claim a common id.
    fn same_hardware(&self, a: DriverIndex, b: DriverIndex) -> bool {
        let ids = |d: DriverIndex| -> BTreeSet<&HardwareId> {
            let models = self.world.drivers[d].package.models_sections.iter().flat_map(|s| &s.models);
            models.filter_map(|m| m.ids.first()).collect()
        };
        !ids(a).is_disjoint(&ids(b))
    }

    /// Another network child of this enumerator lies nearer to the bus than this far.
    fn has_nearer_child(&self, bus: DriverIndex, at: &Location, enumerator: &str, than: usize) -> bool {
        let homes = self.world.drivers[bus].locations.iter().filter(|l| location_distance(l, at) == Some(than));
        let mut others = (0..self.profiles.len()).filter(|d| {
            self.profiles[*d].net == NetKind::Adapter && self.profiles[*d].private.contains_key(enumerator)
        });
        let homes: Vec<&Location> = homes.collect();
        others.any(|other| homes.iter().any(|home| self.distance(home, other).is_some_and(|d| d < than)))
    }

    /// Every driver with some evidence, each with its strongest and all its evidence.
    fn candidates(&self, child: DriverIndex, enumerator: &str) -> Vec<Candidate> {
        let mut all: BTreeMap<DriverIndex, Candidate> = BTreeMap::new();
        let mut add = |driver: DriverIndex, strength: Strength, evidence: Evidence| {
            if driver == child {
                return;
            }
            let entry = all.entry(driver).or_insert_with(|| Candidate { driver, strength, evidence: Vec::new() });
            entry.strength = entry.strength.min(strength);
            entry.evidence.push(evidence);
        };
        for (driver, evidence) in self.binaries.get(enumerator).into_iter().flatten() {
            add(*driver, Strength::Binary, evidence.clone());
        }
        for (driver, id, line) in self.by_registry_id.get(enumerator).into_iter().flatten() {
            let place = self.world.place(&self.world.drivers[*driver].locations[0], *line);
            let text = format!("{} writes the child's id {id} to the registry", self.world.drivers[*driver].inf);
            add(*driver, Strength::RegistryText, Evidence::new("registry-text", text).at(place));
        }
        for driver in self.by_class.get(enumerator).into_iter().flatten().filter(|d| self.profiles[**d].bus_models > 0)
        {
            let text = format!(
                "the setup class of {} is the child's enumerator {enumerator}",
                self.world.drivers[*driver].inf
            );
            add(*driver, Strength::ClassGuid, Evidence::new("class-guid", text));
        }
        let child_inf = self.world.drivers[child].inf.to_ascii_lowercase();
        for (driver, line) in self.by_copy_inf.get(&child_inf).into_iter().flatten() {
            let place = self.world.place(&self.world.drivers[*driver].locations[0], *line);
            let text = format!("{} copies {child_inf} with CopyINF", self.world.drivers[*driver].inf);
            add(*driver, Strength::CopyInf, Evidence::new("copy-inf", text).at(place));
        }
        for (family, link) in self.db.families().by_enumerator(enumerator) {
            for service in &link.bus_services {
                for driver in self.by_service.get(&service.to_ascii_lowercase()).into_iter().flatten() {
                    let text = format!("service {service} is known to make the devices on {enumerator}\\");
                    let evidence =
                        Evidence::new("family-table", text).from_source(format!("inf-db nic-families/{}", family.id));
                    add(*driver, Strength::Family, evidence);
                }
            }
        }
        if all.is_empty() {
            return self.named_alike(child, enumerator);
        }
        all.into_values().collect()
    }

    /// Bus drivers often name their enumerator after their own service (`b06bdrv`, `xenvif`, `nwadi`).
    fn named_alike(&self, child: DriverIndex, enumerator: &str) -> Vec<Candidate> {
        let drivers = self.by_service.get(&enumerator.to_ascii_lowercase()).into_iter().flatten();
        let drivers = drivers.filter(|d| **d != child && self.same_provider(child, **d) && !self.read.contains(d));
        drivers
            .map(|driver| {
                let text = format!(
                    "a service of {} has the name of the enumerator {enumerator}\\, and both INFs have the same \
                     provider; its driver file was not there to be read",
                    self.world.drivers[*driver].inf
                );
                let evidence = vec![Evidence::new("service-name", text)];
                Candidate { driver: *driver, strength: Strength::ServiceName, evidence }
            })
            .collect()
    }

    fn same_provider(&self, a: DriverIndex, b: DriverIndex) -> bool {
        let provider =
            |d: DriverIndex| self.world.drivers[d].package.version.provider.as_ref().map(|p| p.value.to_lowercase());
        provider(a).is_some_and(|p| Some(p) == provider(b))
    }

    fn service_is(&self, driver: DriverIndex, enumerator: &str) -> bool {
        self.profiles[driver].services.contains(&enumerator.to_ascii_lowercase())
    }

    /// Folder steps from a location to the nearest location of a driver; `None` when it is in no common container.
    fn distance(&self, from: &Location, to: DriverIndex) -> Option<usize> {
        self.world.drivers[to].locations.iter().filter_map(|l| location_distance(from, l)).min()
    }
}

/// Folder steps between two locations. Inside an image everything is equally near: the driver store is one place.
pub fn location_distance(a: &Location, b: &Location) -> Option<usize> {
    match (a, b) {
        (Location::Share { share: x, path: p }, Location::Share { share: y, path: q }) if x == y => {
            let (p, q) = (folder_of(p), folder_of(q));
            let parts = |f: &str| f.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
            let (p, q) = (parts(p), parts(q));
            let shared = p.iter().zip(&q).take_while(|(x, y)| x.eq_ignore_ascii_case(y)).count();
            Some(p.len() + q.len() - 2 * shared)
        }
        (Location::Image { image: x, .. }, Location::Image { image: y, .. }) if x == y => Some(0),
        _ => None,
    }
}

/// Drivers with a driver file that could be read, on a share or in an image.
fn read_drivers(world: &World) -> BTreeSet<DriverIndex> {
    let files = world.driver_files.values().filter(|f| f.facts.is_ok());
    let mut read: BTreeSet<DriverIndex> = files.flat_map(|f| f.owners.iter().copied()).collect();
    for (index, driver) in world.drivers.iter().enumerate() {
        let has_binary = |l: &Location| {
            matches!(l, Location::Image { image, entry, .. }
                if !world.images[*image].facts.drivers[*entry].binaries.is_empty())
        };
        if driver.locations.iter().any(has_binary) {
            read.insert(index);
        }
    }
    read
}

/// Enumerator → drivers whose files hold it.
fn binary_evidence(world: &World) -> BTreeMap<String, Vec<(DriverIndex, Evidence)>> {
    let mut found: BTreeMap<String, Vec<(DriverIndex, Evidence)>> = BTreeMap::new();
    for (path, file) in &world.driver_files {
        // A driver that imports NDIS.SYS is a network driver and may hold its own enumerator (CORPUS.md 2).
        let Ok(facts) = &file.facts else { continue };
        if facts.imports_ndis() {
            continue;
        }
        for (enumerator, form) in &facts.holds {
            let form = match form {
                EnumeratorForm::Utf16Text => "that text",
                EnumeratorForm::GuidBytes => "the bytes of that GUID",
            };
            let path = world.share_path(path.share, &path.path);
            let text = format!("{path} makes devices on {enumerator}\\: it holds {form} and does not import NDIS.SYS");
            let evidence = Evidence::new("binary-text", text).at(Place::file(path));
            for owner in &file.owners {
                found.entry(enumerator.clone()).or_default().push((*owner, evidence.clone()));
            }
        }
    }
    for (driver, location) in
        world.drivers.iter().enumerate().flat_map(|(d, x)| x.locations.iter().map(move |l| (d, l)))
    {
        let Location::Image { image, entry, .. } = location else { continue };
        for (name, binary) in &world.images[*image].facts.drivers[*entry].binaries {
            if !binary.imports_module("ndis.sys") {
                image_evidence(world, driver, location, (name, binary), &mut found);
            }
        }
    }
    found
}

/// The words of a driver file inside an image. Which of them are enumerators shows when a child asks.
fn image_evidence(
    world: &World,
    driver: DriverIndex,
    location: &Location,
    (name, binary): (&str, &DriverBinary),
    found: &mut BTreeMap<String, Vec<(DriverIndex, Evidence)>>,
) {
    for word in &binary.enumerator_words {
        let place = world.place(location, 0);
        let text = format!(
            "{name} beside {} makes devices on {word}\\: it holds that text and does not import NDIS.SYS",
            place.path
        );
        let all = found.entry(word.clone()).or_default();
        if !all.iter().any(|(d, _)| *d == driver) {
            all.push((driver, Evidence::new("binary-text", text).at(place)));
        }
    }
}
