//! Lists of INF files, one a line: number of the share, tab, path below it. Scripts read two of them.

use std::fmt::Write as _;

use super::{ImageFiles, SharePath, not_writable, windows_text};
use crate::report::inert::harmless;

/// The lists that hold something.
pub(super) fn all(image: &ImageFiles<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let (a, b) = (image.package_a(), image.package_b());
    let mut files = Vec::new();
    if !image.inject.is_empty() {
        files.push(("inject.txt", list(image, "Into the boot image", &image.inject)));
    }
    if !a.is_empty() {
        files.push(("package-a.txt", list(image, "Package A: only the NIC, kept out of Windows PE", &a)));
        files.push(("package-b.txt", list(image, "Package B: the rest", &b)));
    }
    let all = image.inject.iter().chain(&a).chain(&b);
    let mut refused: Vec<SharePath<'_>> = all.filter(|p| not_writable(p)).copied().collect();
    refused.sort();
    refused.dedup();
    if !refused.is_empty() {
        files.push(("not-in-scripts.txt", refusals(&refused)));
    }
    files
}

fn list(image: &ImageFiles<'_>, title: &str, paths: &[SharePath<'_>]) -> Vec<u8> {
    let mut text = format!("# {title}. Number of the share, tab, INF below it. Each driver once, wherever it lies.\n");
    for (number, root) in image.roots().enumerate() {
        let _ = writeln!(text, "# Share {}: {}", number + 1, harmless(&root));
    }
    for path in paths.iter().filter(|p| !not_writable(p)) {
        let _ = writeln!(text, "{}\t{}", path.share + 1, path.windows());
    }
    windows_text(&text, true)
}

fn refusals(paths: &[SharePath<'_>]) -> Vec<u8> {
    let mut text = String::from(
        "# These names hold what no script can hold safely: control characters, what can not be seen, or what Windows does\n\
         # not allow in names. They are in no script and in no list; rename them, and plan again. Shown as Rust literals.\n",
    );
    for path in paths {
        let _ = writeln!(text, "{}\t{:?}", path.share + 1, path.path);
    }
    windows_text(&text, true)
}
