//! Whether what a configuration names is there, and whether files can be written where they shall go.

use std::path::Path;

use super::{Mistake, PolicyChoice, Settings};

/// Everything that would go wrong tonight and can be seen now.
pub fn check_places(settings: &Settings) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    inputs(settings, &mut mistakes);
    for output in &settings.outputs {
        writable(output.file.folder(), output.line, "the report", &mut mistakes);
    }
    if let Some((line, file)) = &settings.metrics {
        writable(folder_of(file), *line, "the metrics", &mut mistakes);
    }
    writable(folder_of(&settings.history), settings.lines.history, "the history", &mut mistakes);
    if let PolicyChoice::File(path) = &settings.judging.policy {
        is_file(path, settings.lines.policy, "policy", &mut mistakes);
    }
    if let Some(path) = &settings.judging.baseline {
        is_file(path, settings.lines.baseline, "baseline", &mut mistakes);
    }
    if let Some(mail) = settings.mail.as_ref().filter(|m| !m.sendmail.is_file()) {
        let message = format!(
            "there is no program {}; install a mail system that brings sendmail, or name its program with `sendmail = ...`",
            mail.sendmail.display()
        );
        mistakes.push((mail.line, message));
    }
    mistakes
}

fn inputs(settings: &Settings, mistakes: &mut Vec<Mistake>) {
    for share in &settings.shares {
        let (path, line) = (&share.place.path, share.place.line);
        if path.is_dir() {
            let (line, packages) = &share.packages;
            for package in packages.iter().filter(|package| !path.join(package).is_dir()) {
                mistakes.push((*line, format!("packages: there is no folder {package} in {}", path.display())));
            }
        } else if path.exists() {
            mistakes.push((line, format!("{} is no folder; a share is a folder of drivers", path.display())));
        } else {
            mistakes.push((line, missing("folder", path)));
        }
    }
    for place in settings.images.iter().chain(&settings.fleets).filter(|place| !place.path.exists()) {
        mistakes.push((place.line, missing("file", &place.path)));
    }
}

fn missing(what: &str, path: &Path) -> String {
    let whence = if path.is_relative() { " (relative paths start at the folder of the configuration)" } else { "" };
    format!("there is no {what} {}{whence}; mend the path, or mount what is missing", path.display())
}

fn is_file(path: &Path, line: u32, what: &str, mistakes: &mut Vec<Mistake>) {
    if !path.is_file() {
        mistakes.push((line, format!("{what}: {}", missing("file", path))));
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Tries it: nothing else tells for sure.
fn writable(folder: &Path, line: u32, what: &str, mistakes: &mut Vec<Mistake>) {
    if !folder.is_dir() {
        mistakes.push((line, format!("there is no folder {} for {what}; make it first", folder.display())));
    } else if let Err(error) = tempfile::Builder::new().prefix(".wimspect-").tempfile_in(folder) {
        let message = format!(
            "{what} can not be written into {}: {error}; give the user of the report the right to",
            folder.display()
        );
        mistakes.push((line, message));
    }
}
