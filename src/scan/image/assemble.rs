//! The entries and contents of one image → [`BootImage`].

use std::collections::BTreeSet;
use std::sync::Arc;

use super::cache::{Cache, Inf};
use super::catalogs;
use super::contents::Contents;
use super::drivers;
use super::pick::{self, CONFIG, VERSION_MODULES};
use super::tree::{Tree, file_name};
use crate::facts::boot_image::registry::{self, DriverDatabase, Software, System};
use crate::facts::boot_image::startup::{self, Startup};
use crate::facts::boot_image::{
    ArchSources, BootImage, HiveState, ImageDetails, ImageDriver, ImageProblem, Reading, VersionSources, XmlImage,
};
use crate::facts::driver_binary::DriverBinary;
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::facts::signature::CatalogFacts;
use crate::formats::hive::{self, Key};
use crate::scan::wim::protocol::Entry;

/// Said of every entry whose name is not plain ([`Entry::plain`]).
pub(super) const ODD_NAME: &str =
    "not read: it (or a folder above it) has a name that could lead elsewhere, or that is no text";
/// Most problems that are kept for one image.
const MAX_PROBLEMS: usize = 500;

/// What is known of an image before its files are read.
pub(super) struct Frame {
    pub(super) index: u32,
    pub(super) boot_index: bool,
    pub(super) xml: XmlImage,
}

/// Reads files of one image and keeps what could not be read.
pub(super) struct Reader<'a> {
    pub(super) tree: &'a Tree,
    pub(super) windows: String,
    pub(super) contents: &'a mut dyn Contents,
    pub(super) cache: &'a mut Cache,
    pub(super) want_exports: bool,
    problems: Vec<ImageProblem>,
}

impl Reader<'_> {
    pub(super) fn problem(&mut self, path: &str, message: &str) {
        let problem = ImageProblem { path: path.to_owned(), message: message.to_owned() };
        if self.problems.len() < MAX_PROBLEMS && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// `None` = it could not be read, which is noted.
    pub(super) fn inf(&mut self, entry: &Entry) -> Option<Arc<Inf>> {
        let inf = self.cache.inf(entry, self.contents);
        inf.map_err(|message| self.problem(&entry.path, &message)).ok()
    }

    /// `None` = it could not be read, which is noted.
    pub(super) fn binary(&mut self, entry: &Entry) -> Option<Arc<DriverBinary>> {
        let binary = self.cache.binary(entry, self.want_exports, self.contents);
        binary.map_err(|message| self.problem(&entry.path, &message)).ok()
    }

    /// An error is noted, and stays an answer: what signs a driver is not known then.
    pub(super) fn catalog(&mut self, entry: &Entry) -> Result<Arc<CatalogFacts>, String> {
        let catalog = self.cache.catalog(entry, self.contents);
        if let Err(message) = &catalog {
            self.problem(&entry.path, message);
        }
        catalog
    }

    /// What a file below the Windows folder says; `None` = there is none, or it could not be read, which is noted.
    fn file<T>(&mut self, path: &str, take: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let entry = self.tree.file(&format!("{}/{path}", self.windows))?;
        let taken = self.contents.read(entry).map(take);
        taken.map_err(|message| self.problem(&entry.path, &message)).ok()
    }

    fn prepare(&mut self, wanted: &[&Entry]) {
        let unknown: Vec<&Entry> =
            wanted.iter().copied().filter(|e| !self.cache.knows(&self.contents.key(e))).collect();
        let mut problems = Vec::new();
        self.contents.prepare(&unknown, &mut problems);
        for problem in problems {
            self.problem(&problem.path, &problem.message);
        }
    }

    fn hive<T>(&mut self, name: &str, states: &mut Vec<HiveState>, take: impl FnOnce(&Key<'_, '_>) -> T) -> Option<T> {
        let entry = self.tree.file(&format!("{}/{CONFIG}/{name}", self.windows))?;
        let path = entry.path.clone();
        let bytes = match self.contents.read(entry) {
            Ok(bytes) => bytes,
            Err(message) => {
                self.problem(&path, &message);
                states.push(HiveState { path, readable: false, dirty: false });
                return None;
            }
        };
        let read = hive::read(bytes, take);
        for problem in &read.problems {
            self.problem(&path, problem);
        }
        states.push(HiveState { path, readable: read.value.is_some(), dirty: read.dirty });
        read.value
    }
}

/// Builds the facts of one image.
pub(super) fn boot_image(
    frame: Frame,
    entries: Vec<Entry>,
    contents: &mut dyn Contents,
    cache: &mut Cache,
    want_exports: bool,
) -> BootImage {
    let tree = Tree::new(entries);
    let windows_folder = pick::windows_folder(&tree);
    let windows = windows_folder.clone().unwrap_or_else(|| "Windows".to_owned());
    let mut reader = Reader { tree: &tree, windows, contents, cache, want_exports, problems: Vec::new() };
    odd_names(&mut reader);
    reader.prepare(&pick::wanted(&tree, &reader.windows.clone()));

    let mut details = ImageDetails::default();
    let mut states = Vec::new();
    let software = reader.hive("SOFTWARE", &mut states, registry::software).unwrap_or_default();
    let system = reader.hive("SYSTEM", &mut states, registry::system);
    let system_read = system.is_some();
    let mut system = system.unwrap_or_default();
    if system_read && !system.has_control_set {
        let path = format!("{}/{CONFIG}/SYSTEM", reader.windows);
        reader.problem(&path, &format!("it has no ControlSet{:03}", system.control_set));
    }
    let drivers_hive = reader.hive("DRIVERS", &mut states, |root| registry::driver_database(root, "DRIVERS")).flatten();
    details.hives = states;
    details.driver_databases =
        [system.driver_database.take(), drivers_hive].into_iter().flatten().collect::<Vec<DriverDatabase>>();

    let mut drivers = drivers::find(&mut reader, &details.driver_databases);
    catalogs::attach(&mut reader, &mut drivers);
    details.system_binaries = system_binaries(&mut reader, &drivers);
    details.system_modules = pick::system_modules(&tree, &reader.windows);
    details.startup = startup(&mut reader, system.setup_command.take());
    details.servicing_packages = servicing_packages(&tree, &reader.windows);
    details.critical_devices = std::mem::take(&mut system.critical_devices);
    details.scratch_space_mb = system.scratch_space_mb;

    let (versions, archs) = sources(&reader, &frame.xml, &software, &system, system_read, &details);
    let winpe_signs = winpe_signs(&reader, &frame.xml, &software, &system);
    details.winpe_key = software.winpe;
    details.edition_id = software.edition_id;
    details.product_name = software.product_name;
    let has_control_set = system.has_control_set;
    let reading_failed = reader.contents.failed();
    let mut problems = reader.problems;
    problems.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
    BootImage {
        index: frame.index,
        boot_index: frame.boot_index,
        xml: frame.xml,
        file_count: tree.entries().len() as u64,
        total_bytes: tree.entries().iter().map(Entry::size).fold(0, u64::saturating_add),
        markers: pick::markers(&tree, windows_folder.as_deref().unwrap_or("Windows")),
        windows_folder,
        winpe_signs,
        versions,
        archs,
        product_type: system.product_type,
        drivers,
        services: (system_read && has_control_set).then_some(system.services),
        details,
        problems,
        reading_failed,
    }
}

/// Names that are not taken out of an image: said once for each, up to a bound.
fn odd_names(reader: &mut Reader<'_>) {
    const MAX: usize = 20;
    let odd: Vec<&Entry> = reader.tree.entries().iter().filter(|e| !e.plain && !e.is_reparse_point()).collect();
    for entry in odd.iter().take(MAX) {
        reader.problem(&entry.path, ODD_NAME);
    }
    if odd.len() > MAX {
        reader.problem("", &format!("{} more entries have such names", odd.len() - MAX));
    }
}

/// Version modules and everything in System32/drivers; with exports also the other modules of System32 that are imported.
fn system_binaries(reader: &mut Reader<'_>, drivers: &[ImageDriver]) -> Vec<(String, Arc<DriverBinary>)> {
    let (tree, windows) = (reader.tree, reader.windows.clone());
    let modules = VERSION_MODULES.iter().filter_map(|m| tree.file(&format!("{windows}/{m}")));
    let entries: Vec<&Entry> = modules.chain(pick::system_drivers(tree, &windows)).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in entries {
        if seen.insert(entry.path.clone())
            && let Some(binary) = reader.binary(entry)
        {
            found.push((entry.path.clone(), binary));
        }
    }
    if reader.want_exports {
        let all = found.iter().chain(drivers.iter().flat_map(|d| &d.binaries));
        let imported: BTreeSet<String> = all.flat_map(|(_, b)| &b.imports).map(|m| m.module.to_lowercase()).collect();
        let more: Vec<&Entry> = imported
            .iter()
            .filter_map(|m| tree.file(&format!("{windows}/System32/{m}")))
            .filter(|e| seen.insert(e.path.clone()))
            .collect();
        reader.prepare(&more);
        for entry in more {
            found.extend(reader.binary(entry).map(|b| (entry.path.clone(), b)));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn startup(reader: &mut Reader<'_>, setup_command: Option<String>) -> Startup {
    let tree = reader.tree;
    let mut answer_files = Vec::new();
    for entry in pick::answer_files(tree, &reader.windows) {
        match reader.contents.read(entry) {
            Ok(bytes) => answer_files.push(startup::answer_file(&entry.path, bytes)),
            Err(message) => reader.problem(&entry.path, &message),
        }
    }
    // Installation media: where winpeshl.exe looks for it (the head of `facts::boot_image::startup` has the source).
    let setup = ["$Windows.~BT/sources/setup.exe", "setup.exe"].iter().find_map(|p| tree.file(p));
    let mut startup = Startup {
        startnet: reader.file("System32/startnet.cmd", startup::startnet),
        winpeshl: reader.file("System32/winpeshl.ini", startup::winpeshl),
        setup_command,
        setup_program: setup.map(|e| e.path.clone()),
        answer_files,
        initialises_network: Vec::new(),
    };
    startup.find_network_start();
    startup
}

fn servicing_packages(tree: &Tree, windows: &str) -> Vec<String> {
    let files = tree.children(&format!("{windows}/servicing/Packages"));
    let names = files.filter_map(|e| {
        let name = file_name(&e.path);
        let stem = name.len().checked_sub(4).filter(|n| name.is_char_boundary(*n))?;
        name[stem..].eq_ignore_ascii_case(".mum").then(|| name[..stem].to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn os_version(words: [u16; 4]) -> OsVersion {
    OsVersion::full(words[0], words[1], u32::from(words[2]), u32::from(words[3]))
}

fn sources(
    reader: &Reader<'_>,
    xml: &XmlImage,
    software: &Software,
    system: &System,
    system_read: bool,
    details: &ImageDetails,
) -> (VersionSources, ArchSources) {
    let windows = &reader.windows;
    let reading = |value, place: String| Reading { value, place };
    let mut versions = VersionSources {
        wim_xml: xml.version.map(|v| Reading { value: v, place: "WINDOWS/VERSION".to_owned() }),
        software_hive: software
            .version
            .map(|v| reading(v, format!("{windows}/{CONFIG}/SOFTWARE: Microsoft\\Windows NT\\CurrentVersion"))),
        system_hive: system.csd_build_number.filter(|_| system_read).map(|n| Reading {
            value: format!("CSDBuildNumber {n}"),
            place: format!("{windows}/{CONFIG}/SYSTEM: ControlSet{:03}\\Control\\Windows", system.control_set),
        }),
        ..VersionSources::default()
    };
    let mut archs = ArchSources {
        wim_xml: xml
            .arch_number
            .and_then(Arch::from_wim_number)
            .map(|a| Reading { value: a, place: "WINDOWS/ARCH".to_owned() }),
        ..ArchSources::default()
    };
    for module in VERSION_MODULES {
        let wanted = format!("{windows}/{module}");
        let Some((path, binary)) = details.system_binaries.iter().find(|(p, _)| p.eq_ignore_ascii_case(&wanted)) else {
            continue;
        };
        if let Some(words) = binary.file_version {
            versions.binaries.push(Reading { value: os_version(words), place: path.clone() });
        }
        if let Some(arch) = binary.arch {
            archs.binaries.push(Reading { value: arch, place: path.clone() });
        }
    }
    // Microsoft-Windows-WinPE-Package~31bf3856ad364e35~amd64~~6.1.7600.16385
    for name in &details.servicing_packages {
        let (identity, version) =
            (name.split('~').next().unwrap_or_default(), name.rsplit('~').next().unwrap_or_default());
        if let (true, Ok(value)) = (identity.eq_ignore_ascii_case("Microsoft-Windows-WinPE-Package"), version.parse()) {
            versions.servicing.push(Reading { value, place: format!("{windows}/servicing/Packages/{name}.mum") });
        }
    }
    (versions, archs)
}

fn winpe_signs(reader: &Reader<'_>, xml: &XmlImage, software: &Software, system: &System) -> Vec<String> {
    let mut signs = Vec::new();
    if software.winpe.is_some() {
        signs.push("SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\WinPE".to_owned());
    }
    if system.mini_nt {
        signs.push(format!("SYSTEM\\ControlSet{:03}\\Control\\MiniNT", system.control_set));
    }
    if let Some(entry) = reader.tree.file(&format!("{}/System32/winpeshl.exe", reader.windows)) {
        signs.push(entry.path.clone());
    }
    let is_pe = |text: &Option<String>| text.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("WindowsPE"));
    if is_pe(&software.edition_id) {
        signs.push("SOFTWARE: EditionID WindowsPE".to_owned());
    }
    if is_pe(&xml.edition_id) {
        signs.push("EDITIONID WindowsPE".to_owned());
    }
    signs
}
