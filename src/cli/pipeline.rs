//! From paths to an analysis: the same way for `audit`, `verify` and `inspect`.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::args::{Common, Format, ScenarioArgs};
use super::progress::Bar;
use crate::analysis::prediction::scenario::Cells;
use crate::analysis::snapshot::{InputState, ReadState};
use crate::analysis::world::{BootFile, Folder, UnreadableFile, World};
use crate::analysis::{Analysis, Answers, Request, analyse, ask};
use crate::facts::boot_image::{BootImage, FileFault};
use crate::facts::inventory::Machine;
use crate::facts::share::Share;
use crate::inf_db::InfDb;
use crate::report::{Input, Problem};
use crate::scan::fleet::{FleetError, FleetWalk, walk_fleet};
use crate::scan::image::{self, ImageError, ImageOptions, ReadImage, Wanted};
use crate::scan::incremental::Incremental;
use crate::scan::progress::{Phase, Progress};
use crate::scan::share::{ShareError, ShareFiles, ShareOptions, ShareWalk, walk_share};
use crate::scan::stamp::InputStamps;
use crate::scan::{catalogs, driver_files, overlay};

/// What is read.
#[derive(Debug, Default)]
pub struct Inputs<'a> {
    /// Driver shares.
    pub shares: &'a [PathBuf],
    /// Boot images.
    pub images: &'a [PathBuf],
    /// Inventories of machines.
    pub fleet: &'a [PathBuf],
    /// Read templates, too.
    pub include_templates: bool,
    /// Check all data of the boot images.
    pub integrity: bool,
}

/// Everything that a report needs.
pub struct Outcome {
    /// The analysis.
    pub analysis: Analysis,
    /// The inputs as given.
    pub inputs: Vec<Input>,
    /// What could not be read within an input.
    pub problems: Vec<Problem>,
    /// An input as a whole could not be read: exit code 2.
    pub failed: Vec<String>,
    /// What became of each input: for a snapshot, in which one that is missing must be told from one that is empty.
    pub states: Vec<InputState>,
}

/// Loads the knowledge, with a site's own files over it.
///
/// # Errors
/// The folder can not be read, or a file in it is wrong.
pub fn load_db(common: &Common) -> Result<InfDb> {
    let Some(folder) = &common.inf_db else { return Ok(InfDb::embedded().clone()) };
    let files = overlay::read(folder).with_context(|| format!("--inf-db {}", folder.display()))?;
    let (db, problems) = InfDb::with_overlay(files);
    if problems.is_empty() {
        return Ok(db);
    }
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    bail!("--inf-db {}: {}", folder.display(), problems.join("; "))
}

/// As many threads as `--jobs` says.
pub fn threads(common: &Common) {
    if let Some(jobs) = common.jobs {
        // Fails when the pool was built before, with the same number.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs)).build_global();
    }
}

/// Reads everything, asks, searches, and judges.
///
/// # Errors
/// Only faults of the call; unreadable inputs are in [`Outcome::failed`].
pub fn run(inputs: &Inputs<'_>, request: &Request, common: &Common, db: &InfDb) -> Result<Outcome> {
    let everything = Incremental::none();
    walk(inputs, common, &everything).read(request, common, db, &everything)
}

/// Walks every input; opens no file.
pub fn walk<'i>(inputs: &'i Inputs<'i>, common: &Common, incremental: &Incremental<'_>) -> Walked<'i> {
    threads(common);
    let bar = Bar::new(common.progress());
    let options = ShareOptions { include_templates: inputs.include_templates };
    let shares = inputs.shares.iter().enumerate().filter(|(place, path)| !inputs.shares[..*place].contains(path));
    let shares = shares.map(|(place, path)| (place, path.clone(), walk_share(path, options, incremental, &bar)));
    let shares = shares.collect();
    let images = once(inputs.images).into_iter().map(|path| {
        let stamps = incremental.wants_stamps().then(|| image::stamps(&path, incremental));
        (path, stamps)
    });
    let images = images.collect();
    let fleets = once(inputs.fleet);
    let names = short_names(&fleets);
    let fleets = fleets.into_iter().zip(names).map(|(path, name)| {
        let walked = walk_fleet(&path, &name, incremental);
        (path, name, walked)
    });
    Walked { inputs, shares, images, fleets: fleets.collect(), bar }
}

/// Inputs of which is known what is in them, and with which stamps, and of which no file was opened.
pub struct Walked<'i> {
    inputs: &'i Inputs<'i>,
    /// With their places on the command line.
    shares: Vec<(usize, PathBuf, Result<ShareWalk, ShareError>)>,
    images: Vec<(PathBuf, Option<InputStamps>)>,
    fleets: Vec<(PathBuf, String, Result<FleetWalk, FleetError>)>,
    bar: Bar,
}

impl Walked<'_> {
    /// The stamps of each input, in the order shares, boot images, fleets; `None` for one that can not be walked: nothing
    /// proves that it is what it was.
    pub fn stamps(&self) -> Vec<Option<InputStamps>> {
        let shares = self.shares.iter().map(|(_, _, walked)| walked.as_ref().ok().map(ShareWalk::stamps));
        let images = self.images.iter().map(|(_, stamps)| *stamps);
        let fleets = self.fleets.iter().map(|(_, _, walked)| walked.as_ref().ok().map(FleetWalk::stamps));
        shares.chain(images).chain(fleets).collect()
    }

    /// Goes on from there: reads what the cache does not know, asks, searches, and judges.
    ///
    /// # Errors
    /// Only faults of the call; unreadable inputs are in [`Outcome::failed`].
    pub fn read(
        self,
        request: &Request,
        common: &Common,
        db: &InfDb,
        incremental: &Incremental<'_>,
    ) -> Result<Outcome> {
        let Self { inputs, shares, images, fleets, bar } = self;
        // What is shown on a terminal has no room for the digest of a boot image; everything that is kept names it.
        let want_digests = inputs.integrity || common.format.iter().any(|f| f.format != Format::Text);
        let mut outcome = Reading { want_digests, ..Reading::default() };
        outcome.shares(shares, incremental, &bar);
        outcome.images(inputs, images, incremental, &bar)?;
        outcome.fleet(fleets, incremental, &bar);
        let request = &outcome.with_places_of_shares(request);
        let mut world = World::new(outcome.shares, outcome.boot_files);
        world.fleet = outcome.fleet;
        world.unreadable_files = outcome.unreadable_files;
        let asked = ask(&world, db);
        let answers = Answers {
            files: driver_files::read(&outcome.files, &asked.files, &asked.enumerators, incremental, &bar),
            catalogs: catalogs::read(&outcome.files, &asked.catalogs, incremental, &bar),
        };
        bar.finish();
        let analysis = analyse(world, asked, answers, request, db);
        let Reading { inputs, problems, failed, states, .. } = outcome;
        Ok(Outcome { analysis, inputs, problems, failed, states })
    }
}

#[derive(Default)]
struct Reading {
    shares: Vec<Share>,
    /// Where their files lie.
    files: Vec<ShareFiles>,
    /// Places on the command line of the shares that were read.
    places: Vec<usize>,
    boot_files: Vec<(BootFile, Vec<BootImage>)>,
    fleet: Vec<Machine>,
    inputs: Vec<Input>,
    problems: Vec<Problem>,
    failed: Vec<String>,
    states: Vec<InputState>,
    unreadable_files: Vec<UnreadableFile>,
    /// Compute the SHA-256 of boot images.
    want_digests: bool,
}

impl Reading {
    fn shares(
        &mut self,
        walked: Vec<(usize, PathBuf, Result<ShareWalk, ShareError>)>,
        incremental: &Incremental<'_>,
        bar: &Bar,
    ) {
        for (place, path, walked) in walked {
            self.inputs.push(input("share", &path));
            let mut state = InputState::read("share", slashes(&path), "");
            match walked.map(|walked| walked.read(incremental, bar)) {
                Ok((share, files)) => {
                    state.unread = unread_places(&share);
                    if let Some((place, message)) = share.only_unread() {
                        self.failed
                            .push(format!("{}: no driver in it could be read; {place}: {message}", path.display()));
                    }
                    self.problems.extend(share.problems.iter().map(|p| Problem {
                        path: p.path.clone(),
                        line: None,
                        message: p.message.clone(),
                    }));
                    self.files.push(files);
                    self.places.push(place);
                    self.shares.push(share);
                }
                Err(error) => {
                    state.state = ReadState::Missing(error.to_string());
                    self.failed.push(error.to_string());
                }
            }
            self.states.push(state);
        }
    }

    fn images(
        &mut self,
        inputs: &Inputs<'_>,
        walked: Vec<(PathBuf, Option<InputStamps>)>,
        incremental: &Incremental<'_>,
        bar: &Bar,
    ) -> Result<()> {
        if inputs.images.is_empty() {
            return Ok(());
        }
        bar.start(Phase::Image, Some(inputs.images.len() as u64));
        let mut options = ImageOptions::with_current_program().context("the program does not find itself")?;
        // Whether a driver can load is judged against what the image's own modules export.
        options.want_exports = true;
        let names = short_names(&once(inputs.images));
        let wanted = Wanted { digest: self.want_digests, integrity: inputs.integrity };
        for ((path, stamps), name) in walked.iter().zip(names) {
            let mut record = input("boot-image", path);
            let mut state = InputState::read("boot-image", slashes(path), name.clone());
            let read = || read_image(path, &options, wanted, bar);
            let read = match stamps {
                Some(stamps) => image::remembered(path, &options, wanted, stamps, incremental, read),
                None => read(),
            };
            match read {
                Ok(ReadImage { wim, images, sha256, integrity }) => {
                    record.guid = wim.as_ref().map(|w| w.guid.clone());
                    record.sha256.clone_from(&sha256);
                    if inputs.integrity && wim.is_none() {
                        let message = "--integrity: a folder has no checksums that could be checked".to_owned();
                        self.problems.push(Problem { path: name.clone(), line: None, message });
                    }
                    self.image_problems(&name, &images);
                    let file = BootFile { path: name, sha256, wim, integrity };
                    self.boot_files.push((file, images));
                }
                Err(Unreadable { fault, message }) => {
                    self.failed.push(message.clone());
                    state.state = ReadState::Missing(message.clone());
                    // Reports do not depend on the mount point.
                    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
                    let folder = folder.map(|f| f.join("").display().to_string());
                    let message = folder.map_or_else(|| message.clone(), |f| message.replace(&f, ""));
                    self.unreadable_files.push(UnreadableFile { path: name, fault, message });
                }
            }
            self.inputs.push(record);
            self.states.push(state);
            bar.step();
        }
        Ok(())
    }

    fn fleet(
        &mut self,
        walked: Vec<(PathBuf, String, Result<FleetWalk, FleetError>)>,
        incremental: &Incremental<'_>,
        bar: &Bar,
    ) {
        for (path, name, walked) in walked {
            self.inputs.push(input("fleet", &path));
            let mut state = InputState::read("fleet", slashes(&path), name.clone());
            match walked.and_then(|walked| walked.read(incremental, bar)) {
                Ok(fleet) => {
                    self.problems.extend(fleet.problems.into_iter().map(|p| Problem {
                        path: p.path,
                        line: p.line,
                        message: p.message,
                    }));
                    self.fleet.extend(fleet.machines);
                }
                Err(error) => {
                    state.state = ReadState::Missing(error.to_string());
                    self.failed.push(error.to_string());
                }
            }
            self.states.push(state);
        }
    }

    /// Packages say which share of the command line they lie in; analysis counts those that were read.
    fn with_places_of_shares(&self, request: &Request) -> Request {
        let mut request = request.clone();
        for package in &mut request.packages {
            let given = package.share;
            // One that lies in no share that was read must not lie in another one.
            package.share = self.places.iter().position(|p| *p == given).unwrap_or(usize::MAX);
        }
        request
    }

    fn image_problems(&mut self, name: &str, images: &[BootImage]) {
        for image in images {
            self.problems.extend(image.problems.iter().map(|p| {
                let inside = if p.path.is_empty() { String::new() } else { format!("/{}", p.path) };
                Problem { path: format!("{name}:{}{inside}", image.index), line: None, message: p.message.clone() }
            }));
        }
    }
}

/// Why one could not be read.
struct Unreadable {
    fault: FileFault,
    message: String,
}

impl From<ImageError> for Unreadable {
    fn from(error: ImageError) -> Self {
        Self { fault: error.fault(), message: error.to_string() }
    }
}

/// Reads a boot image; its digest, and its data if that was asked for, are checked meanwhile: all of it is read once from
/// disk, whoever is first.
fn read_image(path: &Path, options: &ImageOptions, wanted: Wanted, bar: &Bar) -> Result<ReadImage, Unreadable> {
    if path.is_dir() {
        let found = image::read_folder(path, options)?;
        return Ok(ReadImage { wim: None, images: vec![found], sha256: None, integrity: None });
    }
    // Whatever else it is, nobody wants to wait for its digest to be told so.
    let is_wim = matches!(image::identify(path), Ok(image::Kind::Wim(_)));
    let parts = [path.to_path_buf()];
    let checked = ImageOptions { progress: Some(bar.bytes()), ..options.clone() };
    std::thread::scope(|scope| {
        let digest = (is_wim && wanted.digest).then(|| scope.spawn(|| image::file_sha256(path, None)));
        let check = (is_wim && wanted.integrity).then(|| scope.spawn(|| image::check_integrity(&parts, &checked)));
        let read = image::read_wim(&parts, options);
        let sha256 = digest.map(|d| d.join().unwrap_or_else(|_| Err(std::io::Error::other("failed"))));
        let integrity = check.map(std::thread::ScopedJoinHandle::join);
        let (wim, images) = read?;
        let failed =
            |what: &str| Unreadable { fault: FileFault::NoImage, message: format!("{}: {what}", path.display()) };
        let sha256 = sha256.transpose().map_err(|e| failed(&format!("its SHA-256 can not be computed: {e}")))?;
        let integrity = match integrity {
            None => None,
            Some(checked) => Some(checked.map_err(|_| failed("the check of its data failed"))??),
        };
        Ok(ReadImage { wim: Some(wim), images, sha256, integrity })
    })
}

/// Places of a share of which nothing is known: an INF below one of them is not removed when it is not seen.
fn unread_places(share: &Share) -> Vec<String> {
    let infs = share.infs.iter().filter(|inf| inf.content.is_err()).map(|inf| inf.path.clone());
    let mut places: Vec<String> = share.problems.iter().map(|p| p.path.clone()).chain(infs).collect();
    places.sort();
    places.dedup();
    places
}

/// A file that was named twice is one input.
pub fn once(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        if !found.contains(path) {
            found.push(path.clone());
        }
    }
    found
}

/// An input as given.
pub fn input(kind: &'static str, path: &Path) -> Input {
    Input { kind, path: slashes(path), sha256: None, guid: None }
}

fn slashes(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// File names, or whole paths where two inputs have the same file name: reports must not depend on the mount point.
pub fn short_names(paths: &[PathBuf]) -> Vec<String> {
    let name = |p: &PathBuf| p.file_name().map_or_else(|| slashes(p), |n| n.to_string_lossy().into_owned());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for path in paths {
        *counts.entry(name(path)).or_default() += 1;
    }
    paths.iter().map(|p| if counts.get(&name(p)) == Some(&1) { name(p) } else { slashes(p) }).collect()
}

/// The scenario cells of the command line.
pub fn cells(args: &ScenarioArgs) -> Cells {
    Cells {
        content: args.content.clone(),
        source: args.source.clone(),
        deploy_os: args.deploy_os.clone(),
        driver_step: !args.no_driver_step,
        deployed_os_driver: args.deployed_os_driver,
    }
}

/// Folders named by `--package`: relative to a share, or a path that leads into one.
///
/// # Errors
/// A folder that lies in no share.
pub fn packages(named: &[String], shares: &[PathBuf]) -> Result<Vec<Folder>> {
    named
        .iter()
        .map(|text| {
            let path = text.replace('\\', "/");
            let path = Path::new(&path);
            let found = shares.iter().enumerate().find_map(|(share, root)| {
                let inside = path.strip_prefix(root).ok().and_then(inside_a_share);
                let inside = inside.or_else(|| inside_a_share(path)).filter(|i| root.join(i).is_dir())?;
                Some(Folder { share, path: inside })
            });
            found.with_context(|| format!("--package {text}: no such folder in the share"))
        })
        .collect()
}

/// A relative path with `/` and without `.`; nothing that leads out of the folder it is relative to.
fn inside_a_share(path: &Path) -> Option<String> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => names.push(name.to_str()?),
            _ => return None,
        }
    }
    Some(names.join("/"))
}
