//! PLAN → FILES: words, JSON, scripts, answer files and lists. What they say was decided in `analysis::plan`.

mod answer_file;
mod batch;
mod configmgr;
mod json;
mod lists;
mod mdt;
mod powershell;
mod quoting;
mod steps;
mod text;

use std::collections::BTreeSet;
use std::io;

pub use self::json::write as write_json;
pub use self::text::write as write_text;

use self::quoting::windows_path;
use super::text::style::Style;
use super::{Input, Problem};
use crate::analysis::Analysis;
use crate::analysis::plan::{ImagePlan, Plan};
use crate::analysis::target::Target;
use crate::analysis::world::{DriverIndex, Location, World};
use crate::facts::boot_image::BootImage;
use crate::inf_db::{InfDb, Servicing};

/// What the files of a plan are made from.
pub struct PlanReport<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// What it was made from.
    pub analysis: &'a Analysis,
    /// Knowledge that was used.
    pub db: &'a InfDb,
    /// The inputs as given.
    pub inputs: &'a [Input],
    /// What could not be read within an input.
    pub problems: &'a [Problem],
}

/// One file of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFile {
    /// Path below the folder of the plan, with `/`; made of letters, digits, `-`, `_` and `.` only.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Every file of the plan.
///
/// # Errors
/// None in practice: all is written to memory.
pub fn files(report: &PlanReport<'_>) -> io::Result<Vec<PlanFile>> {
    let mut files = Vec::new();
    let mut add = |path: String, bytes: Vec<u8>| files.push(PlanFile { path, bytes });
    let (mut words, mut json) = (Vec::new(), Vec::new());
    write_text(report, Style::default(), &mut words)?;
    write_json(report, &mut json)?;
    add("plan.txt".to_owned(), words);
    add("plan.json".to_owned(), json);
    if report.plan.images.iter().any(|i| !i.package_a.is_empty()) {
        for (arch, text) in answer_file::all(report.db) {
            add(format!("answer-file/{arch}/unattend.xml"), text.into_bytes());
        }
    }
    let mut taken = Vec::new();
    for plan in &report.plan.images {
        let image = ImageFiles::new(report, plan, &mut taken);
        for (name, bytes) in image.all() {
            add(format!("{}/{name}", image.folder), bytes);
        }
    }
    Ok(files)
}

/// One image with what its files share.
struct ImageFiles<'a> {
    report: &'a PlanReport<'a>,
    plan: &'a ImagePlan,
    target: &'a Target,
    /// Folder of its files: `boot.wim-1-amd64`.
    folder: String,
    /// INF files to inject.
    inject: Vec<SharePath<'a>>,
    /// Those of them that dism.exe takes with /ForceUnsigned only.
    unsigned: BTreeSet<SharePath<'a>>,
    /// `oem1.inf`...
    remove: Vec<&'a str>,
}

/// A file of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SharePath<'a> {
    /// Which share, from 0.
    share: usize,
    /// Path below it with `/`.
    path: &'a str,
}

impl SharePath<'_> {
    /// Path below the share as Windows writes it.
    fn windows(&self) -> String {
        windows_path(self.path)
    }
}

impl<'a> ImageFiles<'a> {
    fn new(report: &'a PlanReport<'a>, plan: &'a ImagePlan, taken: &mut Vec<String>) -> Self {
        let target = &report.analysis.targets[plan.target];
        let drivers = plan.injections.iter().flat_map(|i| &i.drivers);
        let mut inject: Vec<SharePath<'_>> =
            drivers.filter_map(|d| first_in_share(&report.analysis.world, *d)).collect();
        inject.sort();
        inject.dedup();
        let unsigned = plan.injections.iter().flat_map(|i| &i.unsigned);
        Self {
            report,
            plan,
            target,
            folder: folder_name(report, target, taken),
            inject,
            unsigned: unsigned.filter_map(|d| first_in_share(&report.analysis.world, *d)).collect(),
            remove: plan.removals.iter().filter_map(|r| r.published_name.as_deref()).collect(),
        }
    }

    fn all(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut files: Vec<(&'static str, Vec<u8>)> = Vec::new();
        let changes = !self.inject.is_empty() || !self.remove.is_empty();
        if changes && self.parts() == 1 {
            files.push(("inject-drivers.cmd", batch::write(self)));
            if self.is_serviced_by_dism() {
                files.push(("inject-drivers.ps1", powershell::write(self)));
            }
        }
        let customizes = !self.inject.is_empty() && configmgr::customizes(self);
        if customizes || !self.plan.package_a.is_empty() {
            files.push(("configmgr.ps1", configmgr::write(self)));
        }
        if !self.inject.is_empty() {
            files.push(("mdt-selection-profile.ps1", mdt::write(self)));
        }
        files.extend(lists::all(self));
        if !self.plan.package_a.is_empty() {
            files.push(("task-sequence-steps.txt", steps::write(self)));
        }
        files
    }

    /// The tool of the image's release; an unknown one is newer than dism.exe.
    fn is_serviced_by_dism(&self) -> bool {
        let release = self.target.release.as_deref().and_then(|id| self.report.db.releases().by_id(id));
        release.is_none_or(|r| r.servicing == Servicing::Dism)
    }

    /// Parts of the WIM: one of several is only read, never mounted to be changed.
    fn parts(&self) -> u16 {
        let world = &self.report.analysis.world;
        let file = self.target.image().and_then(|i| world.boot_files[world.images[i].boot_file].wim.as_ref());
        file.map_or(1, |wim| wim.total_parts.max(1))
    }

    /// What the scripts that put no hand on the WIM itself leave undone: empty when nothing is to be taken out.
    fn removal_note(&self) -> String {
        if self.remove.is_empty() {
            return String::new();
        }
        let names = plain(&self.remove.join(", "));
        if self.is_serviced_by_dism() {
            format!("Take {names} out of the boot image first (inject-drivers.cmd does): this script does not.")
        } else {
            format!(
                "Make the boot image anew without {names} first: neither this script nor peimg.exe takes a driver out."
            )
        }
    }

    fn image(&self) -> Option<&BootImage> {
        self.target.image().map(|i| &self.report.analysis.world.images[i].facts)
    }

    /// 1-based index in the WIM.
    fn index(&self) -> u32 {
        self.image().map_or(1, |i| i.index)
    }

    /// The roots of the shares as they were given, as Windows writes them.
    fn roots(&self) -> impl Iterator<Item = String> {
        self.report.analysis.world.shares.iter().map(|s| {
            let root = windows_path(&s.root);
            if root.len() > 1 { root.trim_end_matches('\\').to_owned() } else { root }
        })
    }

    /// The same for scripts: empty where the path means another folder, or none, on the machine that runs them. An elevated
    /// prompt starts in a folder of Windows, and a path of Linux is none there.
    fn default_roots(&self) -> impl Iterator<Item = String> {
        self.roots().map(|root| if is_full_path(&root) { root } else { String::new() })
    }

    /// A title for comments: what is foreign in it is replaced.
    fn title(&self) -> String {
        plain(&self.target.title)
    }

    /// Drivers of package A, each once, where they lie.
    fn package_a(&self) -> Vec<SharePath<'a>> {
        let drivers = self.plan.package_a.iter().flat_map(|k| &k.drivers).chain(&self.plan.companions);
        let mut all: Vec<SharePath<'_>> =
            drivers.filter_map(|d| first_in_share(&self.report.analysis.world, *d)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Drivers of package B, each once.
    fn package_b(&self) -> Vec<SharePath<'a>> {
        let drivers = self.plan.package_b.iter();
        drivers.filter_map(|d| first_in_share(&self.report.analysis.world, *d)).collect()
    }
}

/// The first copy of a driver in a share.
fn first_in_share(world: &World, driver: DriverIndex) -> Option<SharePath<'_>> {
    world.drivers[driver].locations.iter().find_map(|l| match l {
        Location::Share { share, path } => Some(SharePath { share: *share, path }),
        Location::Image { .. } => None,
    })
}

/// For comments and warnings: what is foreign is replaced.
fn plain(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || " ,.:()-_/".contains(c) { c } else { '_' };
    text.chars().map(plain).collect()
}

/// `\\server\share` or `D:\drivers`.
fn is_full_path(path: &str) -> bool {
    let drive = |p: &str| p.chars().next().is_some_and(|c| c.is_ascii_alphabetic()) && p.get(1..3) == Some(":\\");
    path.starts_with("\\\\") || drive(path)
}

/// Whether no script can hold the name of a file.
fn not_writable(path: &SharePath<'_>) -> bool {
    let path = path.windows();
    quoting::batch(&path).is_none() || quoting::powershell(&path).is_none()
}

/// A name that no other image has, whatever the file system thinks of case.
fn folder_name(report: &PlanReport<'_>, target: &Target, taken: &mut Vec<String>) -> String {
    let world = &report.analysis.world;
    let (file, index) = target.image().map_or(("image", 1), |i| {
        let image = &world.images[i];
        (world.boot_files[image.boot_file].path.as_str(), image.facts.index)
    });
    let name = quoting::slug(file.rsplit('/').next().unwrap_or(file));
    let base = format!("{name}-{index}-{}", target.os.arch);
    let mut folder = base.clone();
    let mut count = 1;
    while taken.contains(&folder.to_ascii_lowercase()) {
        count += 1;
        folder = format!("{base}-{count}");
    }
    taken.push(folder.to_ascii_lowercase());
    folder
}

/// With the line ends of Windows, and for PowerShell with the mark by which Windows PowerShell knows UTF-8.
fn windows_text(text: &str, mark: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + text.len() / 32 + 3);
    if mark {
        bytes.extend_from_slice("\u{feff}".as_bytes());
    }
    for line in text.lines() {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Puts values into the slots (`<<name>>`) of a script in one pass: what looks like a slot in a value stays as it is.
fn fill(script: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(script.len());
    let mut rest = script;
    while let Some((before, after)) = rest.split_once("<<") {
        text.push_str(before);
        let slot = after
            .split_once(">>")
            .and_then(|(name, after)| values.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value, after)));
        match slot {
            Some((value, after)) => {
                text.push_str(value);
                rest = after;
            }
            None => {
                text.push_str("<<");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text
}
