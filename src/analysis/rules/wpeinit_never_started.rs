//! Nothing that starts in the image runs wpeinit, so nothing brings the network up.

use super::Context;
use crate::analysis::evidence::{Confidence, Evidence, Place};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::world::ImageIndex;
use crate::facts::boot_image::startup::Startup;

pub(super) const ID: &str = "wpeinit-never-started";

/// Commands of cmd.exe, and cmd.exe by itself: none of them starts anything.
const STARTS_NOTHING: &str = "assoc cd chdir cls cmd color copy date del dir echo erase exit md mkdir mode move path pause popd prompt pushd rd \
     ren rename rmdir set setlocal endlocal time title type ver verify vol";

pub(super) fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for (index, release) in context.releases.iter().enumerate() {
        if release.is_winpe {
            findings.extend(image(context, index));
        }
    }
}

fn image(context: &Context<'_>, index: ImageIndex) -> Option<Finding> {
    let facts = &context.world.images[index].facts;
    let startup = &facts.details.startup;
    if !startup.initialises_network.is_empty() {
        return None;
    }
    let commands = startup.commands();
    let kind = context.db.boot_images().kind(&context.kinds[index].id);
    let own_shells = kind.map(|k| k.starts_network.as_slice()).unwrap_or_default();
    let runs = |shell: &String| commands.iter().any(|c| c.to_lowercase().contains(&shell.to_lowercase()));
    if own_shells.iter().any(runs) {
        return None;
    }
    let unknown: Vec<&str> = commands.iter().copied().filter(|c| !starts_nothing(c)).collect();
    let name = context.world.image_name(index);
    let place = Place::file(&name);
    let files = files(startup);
    let (severity, confidence, what) = if !unknown.is_empty() {
        let what = format!("starts {}; unless that runs wpeinit, the network never comes up", unknown.join(" and "));
        (Severity::Warning, Confidence::Guess, what)
    } else if files.is_empty() {
        let what = "has neither startnet.cmd nor winpeshl.ini: nothing starts wpeinit, the network never comes up";
        (Severity::Warning, Confidence::Likely, what.to_owned())
    } else {
        let what = format!("starts nothing by {}: wpeinit never runs, the network never comes up", files.join(" or "));
        (Severity::Error, Confidence::Proven, what)
    };
    let identity = [name.as_str(), &commands.join("|")];
    let mut finding =
        Finding::new(ID, severity, place.clone(), &identity, format!("{name} {what}")).about_image(index, name.clone());
    finding.confidence = confidence;
    let shown = if commands.is_empty() { "nothing".to_owned() } else { commands.join("; ") };
    finding.evidence.push(Evidence::new("startup", format!("what starts: {shown}")).at(place.clone()));
    if !startup.answer_files.is_empty() {
        let text = format!(
            "{} is read by wpeinit only",
            startup.answer_files.iter().map(|a| a.path.as_str()).collect::<Vec<_>>().join(", ")
        );
        finding.evidence.push(Evidence::new("startup", text).at(place));
    }
    Some(finding)
}

/// The files that say what starts.
fn files(startup: &Startup) -> Vec<&'static str> {
    let shell = startup.winpeshl.as_ref().map(|_| "winpeshl.ini");
    shell.into_iter().chain(startup.startnet.as_ref().map(|_| "startnet.cmd")).collect()
}

/// The command is known to start no other program.
fn starts_nothing(command: &str) -> bool {
    let mut words = command.split([' ', '\t', ',', '=', '.', '(']).filter(|w| !w.is_empty());
    let first = words.next().unwrap_or_default();
    let first = first.rsplit(['\\', '/']).next().unwrap_or_default().to_ascii_lowercase();
    let is_shell = first == "cmd";
    // `cmd /c x` starts x, `set x` nothing; a command behind `&` or `|` may be anything.
    let more = command.contains(['&', '|']) || (is_shell && command.contains('/'));
    !more && STARTS_NOTHING.split_whitespace().any(|known| known == first)
}

#[cfg(test)]
mod tests {
    use super::starts_nothing;

    #[test]
    fn what_starts_nothing() {
        for (command, wanted) in [
            ("echo hello", true),
            ("echo.", true),
            ("SET A=B", true),
            ("cmd.exe", true),
            ("%SYSTEMROOT%\\System32\\cmd.exe", true),
            ("cmd /c start.cmd", false),
            ("echo a & b", false),
            ("net use", false),
            ("X:\\tool.exe", false),
            ("call x", false),
            ("set", true),
        ] {
            assert_eq!(starts_nothing(command), wanted, "{command}");
        }
    }
}
