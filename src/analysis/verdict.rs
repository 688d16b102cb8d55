//! Fit for distribution, or not: the sum of the findings about one image.
//!
//! It is made from the findings that are shown, so that verdict, list and exit code can not say different things.

use super::evidence::Place;
use super::finding::{Finding, Severity};
use super::run::Analysis;
use super::world::ImageIndex;

/// The verdict on one image.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    /// No error is known.
    pub fit: bool,
    /// What was judged.
    pub scope: Vec<&'static str>,
    /// Parts of the image that could not be read, or not wholly: what they hold was not judged.
    pub unread: usize,
    /// The findings about it, in order of weight: worst first, then the surest.
    pub reasons: Vec<&'a Finding>,
}

/// What is looked at in every image.
const SCOPE: [&str; 4] = [
    "network drivers in the image",
    "labels: version, architecture, boot index, integrity table",
    "start of the network: wpeinit, network components",
    "driver database and services of network drivers",
];
/// What is said where something could not be read.
const SCOPE_WITHOUT_UNREAD: &str = "without the parts that could not be read (problems)";

/// Judges an image. `None` when it can not be judged: nothing says that it is Windows PE, and no finding speaks of it.
pub fn of_image(analysis: &Analysis, image: ImageIndex) -> Option<Verdict<'_>> {
    let world = &analysis.world;
    let name = world.image_name(image);
    let file = &world.boot_files[world.images[image].boot_file].path;
    let inside = format!("{name}/");
    let is_here = |p: &Place| p.path == *file || p.path == name || p.path.starts_with(&inside);
    let is_in_an_image = |p: &Place| {
        world
            .boot_files
            .iter()
            .any(|b| p.path.strip_prefix(&b.path).is_some_and(|r| r.is_empty() || r.starts_with(':')))
    };
    // What a share would do to the image, or what is wrong with a driver of the share, is no fault of the image.
    let speaks_of = |f: &&Finding| {
        let about = f.subject.image == Some(image);
        let lies_here = is_in_an_image(&f.location) && std::iter::once(&f.location).chain(&f.related).any(is_here);
        (about && f.subject.driver.is_none()) || ((about || f.targets.contains(&name)) && lies_here)
    };
    let mut reasons: Vec<&Finding> = analysis.findings.iter().filter(|f| f.counts()).filter(speaks_of).collect();
    let fit = reasons.iter().all(|f| f.severity < Severity::Error);
    if !analysis.releases[image].is_winpe && fit {
        return None;
    }
    // A stable sort: the order of the findings decides what is left.
    reasons.sort_by_key(|f| (std::cmp::Reverse(f.severity), std::cmp::Reverse(f.confidence)));
    let mut scope = SCOPE.to_vec();
    if world.boot_files[world.images[image].boot_file].integrity.is_some() {
        scope.push("all data of the WIM: integrity table, SHA-1 of every stream");
    }
    let unread = analysis.world.images[image].facts.problems.len();
    if unread > 0 {
        scope.push(SCOPE_WITHOUT_UNREAD);
    }
    Some(Verdict { fit, scope, unread, reasons })
}
