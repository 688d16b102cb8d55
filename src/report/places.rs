//! Where a place of a finding lies outside: which input it belongs to, and how a URI names it.

use super::{Input, Report};
use crate::analysis::evidence::Place;

/// A place for formats that name files of the outside world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outside {
    /// Index of the input that it lies in.
    pub(super) input: Option<usize>,
    /// Path below the input, empty for the input itself.
    pub(super) below: String,
    /// `boot.wim:2/Windows/INF/x.inf`, where it lies in a container: the path leads to the container then.
    pub(super) member: Option<String>,
}

/// Finds the input of a place.
pub(super) fn outside(report: &Report<'_>, place: &Place) -> Outside {
    let world = &report.analysis.world;
    let path = place.path.as_str();
    for file in &world.boot_files {
        let Some(rest) = path.strip_prefix(file.path.as_str()).filter(|r| r.is_empty() || r.starts_with(':')) else {
            continue;
        };
        let input = named(report.inputs, "boot-image", &file.path);
        // An extracted image lies in a folder: its files can be named.
        let in_folder = rest.split_once('/').filter(|_| file.wim.is_none());
        let below = in_folder.map_or_else(String::new, |(_, inside)| inside.to_owned());
        let member = (!rest.is_empty() && in_folder.is_none()).then(|| path.to_owned());
        return Outside { input, below, member };
    }
    let shares: Vec<usize> = positions(report.inputs, "share").collect();
    if world.shares.len() > 1 {
        let inside = |share: usize| {
            let name = world.share_path(share, "");
            path.strip_prefix(name.as_str()).filter(|r| r.is_empty() || r.starts_with('/')).map(|r| (name.len(), r))
        };
        let best = (0..world.shares.len()).filter_map(|s| inside(s).map(|(length, rest)| (length, s, rest))).max();
        if let Some((_, share, rest)) = best {
            let root = super::slashes(&world.shares[share].root);
            let input = shares.into_iter().find(|i| report.inputs[*i].path == root);
            return Outside { input, below: rest.trim_start_matches('/').to_owned(), member: None };
        }
    }
    let fleet = positions(report.inputs, "fleet").find_map(|i| {
        let name = last_name(&report.inputs[i].path);
        let rest = path.strip_prefix(name).filter(|r| r.is_empty() || r.starts_with('/'))?;
        Some(Outside { input: Some(i), below: rest.trim_start_matches('/').to_owned(), member: None })
    });
    if let Some(fleet) = fleet {
        return fleet;
    }
    for kind in ["answer-file", "task-sequence"] {
        if let Some(input) = named(report.inputs, kind, path) {
            return Outside { input: Some(input), below: String::new(), member: None };
        }
    }
    let share = world.shares.first().and_then(|share| {
        let root = super::slashes(&share.root);
        shares.iter().copied().find(|i| report.inputs[*i].path == root).or(shares.first().copied())
    });
    Outside { input: share, below: path.to_owned(), member: None }
}

fn positions<'a>(inputs: &'a [Input], kind: &'a str) -> impl Iterator<Item = usize> + 'a {
    inputs.iter().enumerate().filter(move |(_, i)| i.kind == kind).map(|(at, _)| at)
}

fn named(inputs: &[Input], kind: &str, name: &str) -> Option<usize> {
    positions(inputs, kind).find(|i| inputs[*i].path == name || last_name(&inputs[*i].path) == name)
}

fn last_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// How the path of an input becomes the beginning of URIs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Relative to the folder that the program ran in, encoded, without a final `/`.
    Relative(String),
    /// `file:///srv/drivers/`, with a final `/`.
    Absolute(String),
    /// It leads out of the folder that the program ran in.
    Elsewhere,
}

/// Reads the path of an input, as typed.
pub(super) fn root(path: &str) -> Root {
    let path = path.replace('\\', "/");
    let drive = path.as_bytes().get(1) == Some(&b':') && path.starts_with(|c: char| c.is_ascii_alphabetic());
    let end = |text: String| if text.ends_with('/') { text } else { text + "/" };
    if drive {
        return Root::Absolute(end(format!("file:///{}:{}", &path[..1], encoded(&path[2..]))));
    }
    if let Some(host) = path.strip_prefix("//") {
        return Root::Absolute(end(format!("file://{}", encoded(host))));
    }
    if path.starts_with('/') {
        return Root::Absolute(end(format!("file://{}", encoded(&path))));
    }
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    if parts.contains(&"..") { Root::Elsewhere } else { Root::Relative(encoded(&parts.join("/"))) }
}

/// The address of the file of a place on this machine, for hyperlinks on a terminal.
pub(super) fn address(report: &Report<'_>, place: &Place) -> Option<String> {
    let Root::Absolute(folder) = root(report.run_folder?) else { return None };
    let Outside { input, below, .. } = outside(report, place);
    let path = &report.inputs[input?].path;
    let start = match root(path) {
        Root::Absolute(uri) => uri,
        Root::Relative(path) => format!("{folder}{path}/"),
        Root::Elsewhere => format!("{folder}{}/", encoded(path)),
    };
    Some(if below.is_empty() { start.trim_end_matches('/').to_owned() } else { start + &encoded(&below) })
}

/// Percent-encoded: only unreserved characters and `/` stay.
pub(super) fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_as_typed_becomes_the_root_of_uris() {
        let relative = |text: &str| Root::Relative(text.to_owned());
        let absolute = |text: &str| Root::Absolute(text.to_owned());
        for (path, expected) in [
            ("drivers", relative("drivers")),
            ("./drivers/nic/", relative("drivers/nic")),
            (".", relative("")),
            ("my drivers/50%", relative("my%20drivers/50%25")),
            // A letter and a colon are a drive wherever the report is read.
            ("C:drivers", absolute("file:///C:drivers/")),
            ("ab:c", relative("ab%3Ac")),
            ("../drivers", Root::Elsewhere),
            ("/srv/drivers", absolute("file:///srv/drivers/")),
            ("//server/drivers/", absolute("file://server/drivers/")),
            ("\\\\server\\my drivers", absolute("file://server/my%20drivers/")),
            ("C:\\drivers", absolute("file:///C:/drivers/")),
            ("ä", relative("%C3%A4")),
        ] {
            assert_eq!(root(path), expected, "{path}");
        }
    }
}
