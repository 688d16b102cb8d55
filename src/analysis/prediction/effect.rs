//! Which driver runs an adapter before and after a set is offered, and why.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Inputs;
use super::offered::OfferedSet;
use crate::analysis::classify::role::Role;
use crate::analysis::classify::topology::{Tier, Topology};
use crate::analysis::coverage::names_wireless;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::package_files::PackageFiles;
use crate::analysis::package_signing::{PackageSigning, Trust};
use crate::analysis::selection::rank::{Candidate, Decider, DeviceIds, Rank, SignatureScore, compare};
use crate::analysis::selection::{self, SelectedModel};
use crate::analysis::target::Target;
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::driver_package::{InstallSection, Model};
use crate::facts::ids::HardwareId;
use crate::inf_db::{After, Before, Effect};

/// What an offered set does to one adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterEffect {
    /// What runs the adapter now, as the scenario matrix asks it.
    pub before: Before,
    /// The driver that does, when an image is given and has one.
    pub driver_before: Option<DriverIndex>,
    /// The best driver of the set for it, whether it gets the adapter or not.
    pub offered: Option<DriverIndex>,
    /// What decided between the image's driver and the offered one, where both want the adapter.
    pub decided_by: Option<Decider>,
    /// The driver that runs it afterwards.
    pub driver_after: Option<DriverIndex>,
    /// What the set does.
    pub effect: Effect,
    /// What runs it afterwards, as the scenario matrix asks it.
    pub after: After,
    /// How sure this part is.
    pub confidence: Confidence,
    /// What had to be assumed.
    pub assumes: Vec<String>,
    /// Why.
    pub because: Vec<Evidence>,
}

/// What makes two adapters the same prediction.
pub type FoldKey = (Option<DriverIndex>, Option<DriverIndex>, Option<DriverIndex>, [u8; 4], Vec<String>);

impl AdapterEffect {
    /// Adapters with the same key are folded. Reasons that name the id differ and are not part of it.
    pub fn key(&self) -> FoldKey {
        let kinds: Vec<String> = self.because.iter().map(|e| e.kind.to_owned()).collect();
        let decided = self.decided_by.map_or(u8::MAX, |d| d as u8);
        let words = [self.before as u8, self.effect as u8, self.after as u8, decided];
        (self.driver_before, self.driver_after, self.offered, words, kinds)
    }
}

/// One driver that can run a device, with what decides.
pub(super) struct Contender<'a> {
    pub(super) driver: DriverIndex,
    model: &'a Model,
    install: Option<&'a InstallSection>,
    pub(super) candidate: Candidate,
}

/// Ids → models that a driver selects on the target.
pub(super) type ById<'a> = HashMap<&'a HardwareId, Vec<&'a Model>>;

/// The models of an offered set that apply to the target.
pub struct OfferedModels<'a> {
    pub(super) drivers: Vec<(DriverIndex, ById<'a>)>,
    /// Which of them know an id; only for sets so large that asking each driver takes long.
    by_id: Option<HashMap<&'a HardwareId, Vec<usize>>>,
    /// Enumerators on which a network driver of the set selects devices here.
    enumerators: BTreeSet<&'a str>,
}

/// What a plan does to an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageChange {
    /// Drivers that are injected.
    pub added: BTreeSet<DriverIndex>,
    /// Drivers that are taken out.
    pub removed: BTreeSet<DriverIndex>,
}

/// A driver that can run a device, as Windows compares it with others.
#[derive(Clone, Debug)]
pub struct NetworkCandidate {
    /// The driver.
    pub driver: DriverIndex,
    /// Its rank, date and version.
    pub candidate: Candidate,
    /// What would run the device with it.
    pub after: After,
    /// By which line, section and service it takes it.
    pub because: Evidence,
    /// It says that the device is wireless: Windows PE has no wireless network without further components.
    pub wireless: bool,
}

/// A target with what its image holds, indexed.
pub struct TargetView<'a> {
    /// The target.
    pub target: &'a Target,
    inputs: &'a Inputs<'a>,
    /// Models of the image's drivers that apply, by id.
    image: Vec<(DriverIndex, ById<'a>)>,
    /// Which image drivers know an id.
    image_by_id: HashMap<&'a HardwareId, Vec<usize>>,
    image_enumerators: BTreeSet<&'a str>,
    all_signing_equal: bool,
    files: PackageFiles<'a>,
    /// How much a driver's signature counts: asked for every id, the same each time.
    trust: RefCell<HashMap<DriverIndex, Trust>>,
}

impl<'a> TargetView<'a> {
    /// Indexes the drivers of the target's image.
    pub fn new(inputs: &'a Inputs<'a>, target: &'a Target) -> Self {
        Self::planned(inputs, target, &ImageChange::default())
    }

    /// The same for the image as it will be.
    pub fn planned(inputs: &'a Inputs<'a>, target: &'a Target, change: &ImageChange) -> Self {
        let mut view = Self {
            target,
            inputs,
            image: Vec::new(),
            image_by_id: HashMap::new(),
            image_enumerators: BTreeSet::new(),
            all_signing_equal: target.all_signing_equal,
            files: PackageFiles::new(inputs.world),
            trust: RefCell::new(HashMap::new()),
        };
        if let Some(image) = target.image() {
            let mut drivers: BTreeSet<DriverIndex> =
                inputs.world.image_drivers(image).map(|(index, ..)| index).collect();
            drivers.retain(|d| !change.removed.contains(d));
            drivers.extend(&change.added);
            (view.image, view.image_enumerators) = view.select(drivers.into_iter());
        }
        view.image_by_id = index(&view.image);
        view
    }

    /// The models of a set that apply here.
    pub fn offered(&self, set: &OfferedSet) -> OfferedModels<'a> {
        /// A package has a handful of drivers; a whole share has thousands.
        const LARGE: usize = 32;
        let (drivers, enumerators) = self.select(set.drivers.iter().copied());
        let by_id = (drivers.len() > LARGE).then(|| index(&drivers));
        OfferedModels { drivers, by_id, enumerators }
    }

    /// The drivers of a set that want a device.
    fn contenders(&self, offered: &OfferedModels<'a>, device: &DeviceIds) -> Vec<Contender<'a>> {
        let contender = |(driver, models): &(DriverIndex, ById<'a>)| self.contender(*driver, models, device);
        match &offered.by_id {
            None => offered.drivers.iter().filter_map(contender).collect(),
            Some(by_id) => {
                let positions: BTreeSet<usize> =
                    device.all().filter_map(|id| by_id.get(id)).flatten().copied().collect();
                positions.into_iter().filter_map(|p| contender(&offered.drivers[p])).collect()
            }
        }
    }

    /// The network drivers of a set that want a device, and what each of them would make of it.
    pub fn candidates(&self, offered: &OfferedModels<'a>, device: &DeviceIds) -> Vec<NetworkCandidate> {
        let all = self.contenders(offered, device).into_iter();
        let network = all.filter(|c| self.inputs.topologies.roles[c.driver].is_network());
        let candidate = |c: Contender<'a>| NetworkCandidate {
            driver: c.driver,
            after: self.after(offered, &c),
            because: self.takes(&c),
            wireless: self.is_wireless(&c),
            candidate: c.candidate,
        };
        network.map(candidate).collect()
    }

    /// By its role, by what its sections say of most of its adapters, or by what this one is called.
    fn is_wireless(&self, contender: &Contender<'_>) -> bool {
        self.inputs.topologies.roles[contender.driver] == Role::Wlan
            || self.inputs.profiles[contender.driver].function.is_wireless()
            || names_wireless(&contender.model.description)
    }

    fn select(&self, drivers: impl Iterator<Item = DriverIndex>) -> (Vec<(DriverIndex, ById<'a>)>, BTreeSet<&'a str>) {
        let mut found = Vec::new();
        let mut enumerators = BTreeSet::new();
        for driver in drivers {
            let mut by_id: ById<'a> = HashMap::new();
            let package = &self.inputs.world.drivers[driver].package;
            for SelectedModel { model, .. } in selection::selected_models(package, &self.target.os) {
                for id in &model.ids {
                    by_id.entry(id).or_default().push(model);
                }
                if let Some(enumerator) = model.ids.first().and_then(HardwareId::enumerator)
                    && self.inputs.profiles[driver].private.contains_key(enumerator)
                {
                    enumerators.insert(enumerator);
                }
            }
            if !by_id.is_empty() {
                found.push((driver, by_id));
            }
        }
        (found, enumerators)
    }

    /// What the set does to one adapter; `None` when no driver of the set selects it on this target and no image is given.
    pub fn effect(&self, offered: &OfferedModels<'a>, topology: &Topology, id: &HardwareId) -> Option<AdapterEffect> {
        self.effect_on(offered, Some(topology), &DeviceIds::from_adapter_id(id), id)
    }

    /// The same for a device whose ids are known; `id` is what to call it. The topology adds its evidence.
    pub fn effect_on(
        &self,
        offered: &OfferedModels<'a>,
        topology: Option<&Topology>,
        device: &DeviceIds,
        id: &HardwareId,
    ) -> Option<AdapterEffect> {
        let best = self.best(self.contenders(offered, device));
        if self.target.image().is_none() {
            return best.map(|(winner, _)| self.against_assumption(offered, topology, &winner));
        }
        let now = self.winner_in_image(device);
        let before = self.before(now.as_ref(), id);
        Some(self.against_image(offered, topology, before, now, best))
    }

    /// The driver of the image that has this adapter now, what that means, and why.
    pub fn now(&self, id: &HardwareId) -> Option<(DriverIndex, Before, Evidence)> {
        let now = self.winner_in_image(&DeviceIds::from_adapter_id(id))?;
        let (state, because) = self.before(Some(&now), id);
        Some((now.driver, state, because))
    }

    /// The driver of the image that Windows chooses for a device.
    fn winner_in_image(&self, device: &DeviceIds) -> Option<Contender<'a>> {
        let positions: BTreeSet<usize> =
            device.all().filter_map(|i| self.image_by_id.get(i)).flatten().copied().collect();
        let here = positions.into_iter().filter_map(|p| {
            let (driver, models) = &self.image[p];
            self.contender(*driver, models, device)
        });
        self.best(here.collect()).map(|(winner, _)| winner)
    }

    /// What runs a device whose ids are known in the image now, and the driver that does; `id` is what to call it.
    pub fn now_on(&self, device: &DeviceIds, id: &HardwareId) -> (Before, Option<DriverIndex>, Evidence) {
        let now = self.winner_in_image(device);
        let (before, because) = self.before(now.as_ref(), id);
        (before, now.map(|n| n.driver), because)
    }

    /// The driver of a set that Windows would choose for a device, and what would run it then; `None` = no network driver.
    pub fn best_of_set(
        &self,
        offered: &OfferedModels<'a>,
        device: &DeviceIds,
    ) -> Option<(Candidate, DriverIndex, After)> {
        let contenders = self.contenders(offered, device);
        let network = contenders.into_iter().filter(|c| self.inputs.topologies.roles[c.driver].is_network());
        let (winner, _) = self.best(network.collect())?;
        let after = self.after(offered, &winner);
        Some((winner.candidate, winner.driver, after))
    }

    pub(super) fn contender(
        &self,
        driver: DriverIndex,
        models: &ById<'a>,
        device: &DeviceIds,
    ) -> Option<Contender<'a>> {
        let world = self.inputs.world;
        let known = device.all().filter_map(|id| models.get(id)).flatten();
        let scored = known.filter_map(|model| selection::rank::identifier_score(device, model).map(|s| (s, *model)));
        let (score, model) = scored.min_by_key(|(score, model)| (*score, model.line))?;
        let package = &world.drivers[driver].package;
        let install = package.install_section(&model.install_section, self.target.os.arch);
        let signature = match (self.trust(driver), install.is_some_and(|s| s.nt_decorated)) {
            (Trust::InBox | Trust::Microsoft, _) => SignatureScore::MicrosoftSigned,
            // Not known: that it is signed is assumed, and said where it matters (`assumed_signed`).
            (Trust::Authenticode | Trust::Unknown, _) => SignatureScore::Authenticode,
            (Trust::Unsigned, true) => SignatureScore::UnsignedNt,
            (Trust::Unsigned, false) => SignatureScore::Unsigned,
        };
        let feature = install.and_then(|s| s.feature_score).unwrap_or(0xFF);
        let of_section = install.and_then(|s| s.driver_ver.as_ref());
        let driver_ver = of_section.or(package.version.driver_ver.as_ref()).map(|v| v.value).unwrap_or_default();
        let candidate = Candidate {
            name: world.drivers[driver].inf.clone(),
            rank: Rank::new(signature.score(self.all_signing_equal), feature, score),
            driver_ver,
        };
        Some(Contender { driver, model, install, candidate })
    }

    /// How much a driver's signature counts here: where the image has the driver, in the image; else in the share, the best
    /// of its places.
    fn trust(&self, driver: DriverIndex) -> Trust {
        *self.trust.borrow_mut().entry(driver).or_insert_with(|| {
            let (world, os) = (self.inputs.world, &self.target.os);
            let facts = &world.drivers[driver];
            let in_image =
                |l: &&Location| matches!(l, Location::Image { image, .. } if Some(*image) == self.target.image());
            let here = facts.locations.iter().find(in_image);
            let places = here.into_iter().chain(facts.locations.iter().filter(|_| here.is_none()));
            let trust = places.map(|location| {
                PackageSigning::of(world, &self.files, facts, location, os.arch).trust(&os.version, self.inputs.db)
            });
            trust.min().unwrap_or(Trust::Unknown)
        })
    }

    /// What had to be assumed of these drivers because their catalogs could not be read.
    fn assumed_signed(&self, drivers: [Option<DriverIndex>; 2]) -> Vec<String> {
        let unknown = drivers.into_iter().flatten().filter(|d| self.trust(*d) == Trust::Unknown);
        let name = |d: DriverIndex| &self.inputs.world.drivers[d].inf;
        unknown.map(|d| format!("whether {} is signed is not known: assumes that it is", name(d))).collect()
    }

    /// The winner, and whom it can not be told from.
    fn best(&self, mut contenders: Vec<Contender<'a>>) -> Option<(Contender<'a>, Option<DriverIndex>)> {
        let mut winner = contenders.pop()?;
        let mut equal = None;
        while let Some(next) = contenders.pop() {
            match compare(&next.candidate, &winner.candidate).ordering {
                std::cmp::Ordering::Less => (winner, equal) = (next, None),
                // The first by path stays, so that the answer does not depend on the order of the work.
                std::cmp::Ordering::Equal => (winner, equal) = (next, Some(winner.driver)),
                std::cmp::Ordering::Greater => {}
            }
        }
        Some((winner, equal))
    }

    fn before(&self, now: Option<&Contender<'a>>, id: &HardwareId) -> (Before, Evidence) {
        let Some(now) = now else {
            let text = format!("no driver in {} selects {id}", self.target.name);
            return (Before::None, Evidence::new("no-driver-in-image", text));
        };
        let place = self.place(now);
        let inf = &self.inputs.world.drivers[now.driver].inf;
        if self.inputs.topologies.roles[now.driver].is_network() && self.is_null_driver(now) {
            let section = &now.model.install_section;
            let text = format!("{inf} has the adapter by section {section}, which gives it no driver: no network");
            return (Before::None, Evidence::new("driver-before", text).at(place));
        }
        match self.inputs.topologies.roles[now.driver] {
            Role::BusDriver if self.children_here(now.driver, &self.image_enumerators, &BTreeSet::new()) => {
                let text = format!("{inf}, a bus driver whose miniport is in the image, too, has the adapter now");
                (Before::MultiTier, Evidence::new("driver-before", text).at(place))
            }
            Role::BusDriver => {
                let text =
                    format!("{inf}, a bus driver without its miniport in the image, has the adapter: no network");
                (Before::None, Evidence::new("driver-before", text).at(place))
            }
            Role::NotNetwork => {
                let text = format!("{inf} has the adapter and is no network driver");
                (Before::None, Evidence::new("driver-before", text).at(place))
            }
            _ => {
                let text = format!("{inf} runs {id} in {} now (rank {})", self.target.name, now.candidate.rank);
                (Before::Monolithic, Evidence::new("driver-before", text).at(place))
            }
        }
    }

    fn place(&self, contender: &Contender<'_>) -> Place {
        let world = self.inputs.world;
        let locations = &world.drivers[contender.driver].locations;
        let in_image = locations
            .iter()
            .find(|l| matches!(l, Location::Image { image, .. } if Some(*image) == self.target.image()));
        in_image.or_else(|| locations.first()).map_or_else(Place::default, |l| world.place(l, contender.model.line))
    }

    /// Bus drivers of the image that select adapters in it while no miniport in it selects their children.
    pub fn buses_without_miniport(&self) -> Vec<(DriverIndex, Vec<&'a HardwareId>)> {
        let none = BTreeSet::new();
        let buses = self.image.iter().filter(|(driver, _)| {
            self.inputs.topologies.roles[*driver] == Role::BusDriver
                && !self.children_here(*driver, &self.image_enumerators, &none)
        });
        let adapters = buses.map(|(driver, models)| {
            let root_ids = self.inputs.topologies.all.iter().filter(|t| t.nodes.first() == Some(&(*driver, Tier::Bus)));
            let known: BTreeSet<&HardwareId> = root_ids.flat_map(|t| &t.root_ids).collect();
            let mut ids: Vec<&'a HardwareId> = models.keys().copied().filter(|id| known.contains(id)).collect();
            ids.sort();
            (*driver, ids)
        });
        adapters.filter(|(_, ids)| !ids.is_empty()).collect()
    }

    /// Every tier below a bus driver selects devices here: with these enumerators, from the set or from the image.
    fn children_here(&self, bus: DriverIndex, a: &BTreeSet<&str>, b: &BTreeSet<&str>) -> bool {
        let edges = self.inputs.topologies.all.iter().filter(|t| t.nodes.first() == Some(&(bus, Tier::Bus)));
        edges.clone().any(|t| chain_is_complete(t, bus, a, b, 0))
    }

    /// The install section is there and gives the device no driver, neither by itself nor by what it needs. What another
    /// section of Windows brings is not known, and taken for a driver.
    fn is_null_driver(&self, contender: &Contender<'_>) -> bool {
        let Some(section) = contender.install.filter(|s| s.actual.is_some()) else { return false };
        if function_service(section).is_some() {
            return false;
        }
        let says_so = section.services.iter().any(|s| s.associated && s.name.is_empty());
        let needs = || section.needs.iter().any(|n| self.inputs.db.null_drivers().has(n));
        let alone = section.includes.is_empty() && section.needs.is_empty();
        says_so || alone || needs()
    }

    fn after(&self, offered: &OfferedModels<'_>, winner: &Contender<'_>) -> After {
        if self.is_null_driver(winner) {
            return After::NullDriver;
        }
        match self.inputs.topologies.roles[winner.driver] {
            Role::BusDriver | Role::MiddleDriver => {
                if self.children_here(winner.driver, &offered.enumerators, &self.image_enumerators) {
                    After::MultiTierComplete
                } else {
                    After::MultiTierIncomplete
                }
            }
            _ => After::Monolithic,
        }
    }

    /// Without an image: something monolithic is assumed to run the adapter, and to lose.
    fn against_assumption(
        &self,
        offered: &OfferedModels<'_>,
        topology: Option<&Topology>,
        winner: &Contender<'a>,
    ) -> AdapterEffect {
        let after = self.after(offered, winner);
        let inf = &self.inputs.world.drivers[winner.driver].inf;
        let because = vec![
            Evidence::new("selects", format!("{inf} selects the adapter here by {}", self.service_text(winner)))
                .at(self.place(winner)),
        ];
        let mut because = because;
        because.extend(topology.iter().flat_map(|t| &t.edges).flat_map(|e| e.evidence.iter().cloned()));
        AdapterEffect {
            before: Before::Assumed,
            driver_before: None,
            offered: Some(winner.driver),
            decided_by: None,
            driver_after: Some(winner.driver),
            effect: Effect::Replaces,
            after,
            confidence: Confidence::Likely,
            assumes: vec![
                "no boot image given: assumes that a monolithic driver runs the adapter and that the offered driver outranks it"
                    .to_owned(),
            ],
            because,
        }
    }

    fn service_text(&self, contender: &Contender<'_>) -> String {
        let service = contender.install.and_then(function_service);
        let service = service.map_or_else(|| "no service".to_owned(), |s| format!("service {}", s.name));
        format!("section {}, {service}", contender.model.install_section)
    }

    fn against_image(
        &self,
        offered: &OfferedModels<'_>,
        topology: Option<&Topology>,
        (before, reason): (Before, Evidence),
        now: Option<Contender<'a>>,
        best: Option<(Contender<'a>, Option<DriverIndex>)>,
    ) -> AdapterEffect {
        let mut because = vec![reason];
        let driver_before = now.as_ref().map(|n| n.driver);
        let offered_driver = best.as_ref().map(|(winner, _)| winner.driver);
        let mut decided_by = None;
        let (effect, driver_after, after) = match (&now, best) {
            (_, None) => {
                let text = "no driver of the set selects the adapter on this Windows version and architecture";
                because.push(Evidence::new("not-selected", text));
                (Effect::NotApplicable, driver_before, After::Monolithic)
            }
            (None, Some((winner, _))) => {
                because.push(self.takes(&winner));
                let after = self.after(offered, &winner);
                (Effect::None, Some(winner.driver), after)
            }
            (Some(now), Some((winner, rival))) => {
                let (effect, reason) = self.duel(now, &winner, rival);
                because.push(reason);
                decided_by = Some(compare(&winner.candidate, &now.candidate).decider);
                let stays = !matches!(effect, Effect::Replaces);
                let has_it = if stays { now } else { &winner };
                (effect, Some(has_it.driver), self.after(offered, has_it))
            }
        };
        let assumes = self.assumed_signed([driver_before, offered_driver]);
        if effect == Effect::Replaces {
            because.extend(topology.iter().flat_map(|t| &t.edges).flat_map(|e| e.evidence.iter().cloned()));
        }
        AdapterEffect {
            before,
            driver_before,
            offered: offered_driver,
            decided_by,
            driver_after,
            effect,
            after,
            confidence: if assumes.is_empty() { Confidence::Proven } else { Confidence::Likely },
            assumes,
            because,
        }
    }

    fn takes(&self, winner: &Contender<'a>) -> Evidence {
        let inf = &self.inputs.world.drivers[winner.driver].inf;
        let text = format!("{inf} would take the adapter by {}", self.service_text(winner));
        Evidence::new("driver-after", text).at(self.place(winner))
    }

    /// The image's driver against the best one of the set.
    fn duel(&self, now: &Contender<'a>, next: &Contender<'a>, rival: Option<DriverIndex>) -> (Effect, Evidence) {
        let world = self.inputs.world;
        if now.driver == next.driver {
            let text = format!("the same {} is in the image already", world.drivers[now.driver].inf);
            return (Effect::None, Evidence::new("same-driver", text));
        }
        let comparison = compare(&next.candidate, &now.candidate);
        match comparison.ordering {
            std::cmp::Ordering::Greater => (Effect::LosesRank, Evidence::new("rank", comparison.to_string())),
            std::cmp::Ordering::Equal => (Effect::Ambiguous, Evidence::new("rank", comparison.to_string())),
            std::cmp::Ordering::Less => {
                let names = |c: &Contender<'a>| {
                    c.install.and_then(function_service).and_then(|s| s.binary_file().map(str::to_ascii_lowercase))
                };
                match (names(now), names(next)) {
                    (Some(a), Some(b)) if a == b => {
                        let text = format!(
                            "both name {a}: a driver that is loaded is not replaced by a later one of the same name ({comparison})"
                        );
                        (Effect::IgnoredSameName, Evidence::new("same-driver-name", text).from_source("KB 2686316"))
                    }
                    _ => {
                        let mut text = format!("another service claims the adapter: {comparison}");
                        if let Some(rival) = rival {
                            text.push_str(&format!("; {} in the set ranks the same", world.drivers[rival].inf));
                        }
                        (Effect::Replaces, Evidence::new("rank", text).at(self.place(next)))
                    }
                }
            }
        }
    }
}

/// Ids → positions of the drivers that know them.
fn index<'a>(drivers: &[(DriverIndex, ById<'a>)]) -> HashMap<&'a HardwareId, Vec<usize>> {
    let mut found: HashMap<&'a HardwareId, Vec<usize>> = HashMap::new();
    for (position, (_, models)) in drivers.iter().enumerate() {
        for id in models.keys() {
            found.entry(*id).or_default().push(position);
        }
    }
    found
}

/// The function driver's service of an install section.
fn function_service(section: &InstallSection) -> Option<&crate::facts::driver_package::ServiceInstall> {
    section.services.iter().find(|s| s.associated && !s.name.is_empty())
}

/// From this driver down to a leaf every link's child selects devices on the link's enumerator.
fn chain_is_complete(t: &Topology, driver: DriverIndex, a: &BTreeSet<&str>, b: &BTreeSet<&str>, depth: usize) -> bool {
    let mut children: BTreeMap<DriverIndex, bool> = BTreeMap::new();
    for edge in t.edges.iter().filter(|e| e.parent == driver) {
        let selects = a.contains(edge.enumerator.as_str()) || b.contains(edge.enumerator.as_str());
        *children.entry(edge.child).or_default() |= selects;
    }
    children.into_iter().any(|(child, selects)| {
        let leaf = t.nodes.contains(&(child, Tier::Leaf));
        // A chain is never longer than the number of nodes; the bound guards against links in a circle.
        selects && (leaf || (depth < t.nodes.len() && chain_is_complete(t, child, a, b, depth + 1)))
    })
}
