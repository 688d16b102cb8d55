//! From paths to an analysis: the same way for `audit`, `verify` and `inspect`.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::args::{Common, Format, ScenarioArgs};
use super::progress::Bar;
use crate::analysis::prediction::scenario::Cells;
use crate::analysis::world::{BootFile, Folder, UnreadableFile, World};
use crate::analysis::{Analysis, Answers, Request, analyse, ask};
use crate::facts::boot_image::{BootImage, FileFault, Integrity, WimFile};
use crate::facts::inventory::Machine;
use crate::facts::share::Share;
use crate::inf_db::InfDb;
use crate::report::{Input, Problem};
use crate::scan::fleet::read_fleet;
use crate::scan::image::{self, ImageError, ImageOptions};
use crate::scan::progress::{Phase, Progress};
use crate::scan::share::{ShareOptions, read_share};
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

/// Reads everything, asks, searches, and judges.
///
/// # Errors
/// Only faults of the call; unreadable inputs are in [`Outcome::failed`].
pub fn run(inputs: &Inputs<'_>, request: &Request, common: &Common, db: &InfDb) -> Result<Outcome> {
    if let Some(jobs) = common.jobs {
        // Fails only when the pool was built before, which nothing does.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(jobs)).build_global();
    }
    let bar = Bar::new(common.progress());
    // What is shown on a terminal has no room for the digest of a boot image; everything that is kept names it.
    let want_digests = inputs.integrity || common.format.iter().any(|f| f.format != Format::Text);
    let mut outcome = Reading { want_digests, ..Reading::default() };
    outcome.shares(inputs, &bar);
    outcome.images(inputs, &bar)?;
    outcome.fleet(inputs, &bar);
    let request = &outcome.with_places_of_shares(request);
    let mut world = World::new(outcome.shares, outcome.boot_files);
    world.fleet = outcome.fleet;
    world.unreadable_files = outcome.unreadable_files;
    let asked = ask(&world, db);
    let roots: Vec<&Path> = outcome.roots.iter().map(PathBuf::as_path).collect();
    let answers = Answers {
        files: driver_files::read(&roots, &asked.files, &asked.enumerators, &bar),
        catalogs: catalogs::read(&roots, &asked.catalogs, &bar),
    };
    bar.finish();
    let analysis = analyse(world, asked, answers, request, db);
    Ok(Outcome { analysis, inputs: outcome.inputs, problems: outcome.problems, failed: outcome.failed })
}

#[derive(Default)]
struct Reading {
    shares: Vec<Share>,
    roots: Vec<PathBuf>,
    /// Places on the command line of the shares that were read.
    places: Vec<usize>,
    boot_files: Vec<(BootFile, Vec<BootImage>)>,
    fleet: Vec<Machine>,
    inputs: Vec<Input>,
    problems: Vec<Problem>,
    failed: Vec<String>,
    unreadable_files: Vec<UnreadableFile>,
    /// Compute the SHA-256 of boot images.
    want_digests: bool,
}

impl Reading {
    fn shares(&mut self, inputs: &Inputs<'_>, bar: &Bar) {
        let options = ShareOptions { include_templates: inputs.include_templates };
        for (place, path) in inputs.shares.iter().enumerate() {
            if inputs.shares[..place].contains(path) {
                continue;
            }
            self.inputs.push(input("share", path));
            match read_share(path, options, bar) {
                Ok(share) => {
                    self.problems.extend(share.problems.iter().map(|p| Problem {
                        path: p.path.clone(),
                        line: None,
                        message: p.message.clone(),
                    }));
                    self.roots.push(path.clone());
                    self.places.push(place);
                    self.shares.push(share);
                }
                Err(error) => self.failed.push(error.to_string()),
            }
        }
    }

    fn images(&mut self, inputs: &Inputs<'_>, bar: &Bar) -> Result<()> {
        if inputs.images.is_empty() {
            return Ok(());
        }
        bar.start(Phase::Image, Some(inputs.images.len() as u64));
        let mut options = ImageOptions::with_current_program().context("the program does not find itself")?;
        // Whether a driver can load is judged against what the image's own modules export.
        options.want_exports = true;
        let images = once(inputs.images);
        let names = short_names(&images);
        for (path, name) in images.iter().zip(names) {
            let mut record = input("boot-image", path);
            match read_image(path, &options, inputs.integrity, self.want_digests, bar) {
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
                    // Reports do not depend on the mount point.
                    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
                    let folder = folder.map(|f| f.join("").display().to_string());
                    let message = folder.map_or_else(|| message.clone(), |f| message.replace(&f, ""));
                    self.unreadable_files.push(UnreadableFile { path: name, fault, message });
                }
            }
            self.inputs.push(record);
            bar.step();
        }
        Ok(())
    }

    fn fleet(&mut self, inputs: &Inputs<'_>, bar: &Bar) {
        let fleets = once(inputs.fleet);
        for (path, name) in fleets.iter().zip(short_names(&fleets)) {
            self.inputs.push(input("fleet", path));
            match read_fleet(path, &name, bar) {
                Ok(fleet) => {
                    self.problems.extend(fleet.problems.into_iter().map(|p| Problem {
                        path: p.path,
                        line: p.line,
                        message: p.message,
                    }));
                    self.fleet.extend(fleet.machines);
                }
                Err(error) => self.failed.push(error.to_string()),
            }
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

/// What was read of one boot image.
struct ReadImage {
    wim: Option<WimFile>,
    images: Vec<BootImage>,
    sha256: Option<String>,
    integrity: Option<Integrity>,
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
fn read_image(
    path: &Path,
    options: &ImageOptions,
    integrity: bool,
    want_digest: bool,
    bar: &Bar,
) -> Result<ReadImage, Unreadable> {
    if path.is_dir() {
        let found = image::read_folder(path, options)?;
        return Ok(ReadImage { wim: None, images: vec![found], sha256: None, integrity: None });
    }
    // Whatever else it is, nobody wants to wait for its digest to be told so.
    let is_wim = matches!(image::identify(path), Ok(image::Kind::Wim(_)));
    let parts = [path.to_path_buf()];
    let checked = ImageOptions { progress: Some(bar.bytes()), ..options.clone() };
    std::thread::scope(|scope| {
        let digest = (is_wim && want_digest).then(|| scope.spawn(|| image::file_sha256(path, None)));
        let check = (is_wim && integrity).then(|| scope.spawn(|| image::check_integrity(&parts, &checked)));
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
