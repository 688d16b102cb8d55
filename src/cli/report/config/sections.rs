//! From the sections of a configuration to settings.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum as _;

use super::FilePattern;
use super::address::is_address;
use super::reader::Reader;
use super::{Judging, Lines, Mail, Mistake, Output, Place, PolicyChoice, Retention, Settings, Share, Webhook, When};
use crate::cli::args::{Format, MinConfidence};
use crate::facts::ids::Arch;
use crate::facts::os_version::OsVersion;
use crate::facts::report_config::{ConfigFile, Section};
use crate::inf_db::{ContentAccess, DeploySource, DeployedOsDriver, InfDb, Severity};
use crate::scan::overlay;

/// The history, where none is named.
const HISTORY: &str = "wimspect.db";
/// Runs that the history keeps, where nothing is said: a year of nights.
const KEPT_RUNS: u32 = 366;

/// What the file says; mistakes are added to those that were found before.
pub(super) fn settings(file: &ConfigFile, mistakes: &mut Vec<Mistake>) -> (Settings, InfDb) {
    let only = |word: &str| file.sections.iter().find(|s| s.kind.word == word);
    let all = |word: &'static str| file.sections.iter().filter(move |s| s.kind.word == word);
    let report = only("report");
    let (judging, db) = judging(&mut Reader::new(report, mistakes));
    let mut reader = Reader::new(report, mistakes);
    let settings = Settings {
        title: reader.text("title").unwrap_or_else(|| "Driver report".to_owned()),
        history: reader.path("history").unwrap_or_else(|| PathBuf::from(HISTORY)),
        trend: usize::try_from(reader.number("trend", 2..=366, "runs that the trends show").unwrap_or(30))
            .unwrap_or(30),
        wait: minutes(reader.number("wait", 0..=1440, "minutes to wait for another run").unwrap_or(0)),
        jobs: reader.number("jobs", 1..=1024, "threads").and_then(|n| u16::try_from(n).ok()),
        lines: Lines {
            history: reader.line("history"),
            policy: reader.line("policy"),
            baseline: reader.line("baseline"),
        },
        judging,
        shares: all("share").filter_map(|s| share(s, mistakes)).collect(),
        images: all("boot-image").filter_map(|s| place(s, mistakes)).collect(),
        fleets: all("fleet").filter_map(|s| place(s, mistakes)).collect(),
        outputs: all("output").filter_map(|s| output(s, mistakes)).collect(),
        retention: retention(&mut Reader::new(only("retention"), mistakes)),
        metrics: metrics(&mut Reader::new(only("metrics"), mistakes)),
        webhook: only("webhook").and_then(|s| webhook(&mut Reader::new(Some(s), mistakes))),
        mail: only("mail").and_then(|s| mail(&mut Reader::new(Some(s), mistakes))),
    };
    one_file_for_each(&settings, mistakes);
    one_section_for_each(&settings, mistakes);
    (settings, db)
}

fn minutes(number: u32) -> Duration {
    Duration::from_secs(u64::from(number) * 60)
}

fn place(section: &Section, mistakes: &mut Vec<Mistake>) -> Option<Place> {
    let mut reader = Reader::new(Some(section), mistakes);
    let path = reader.path("path")?;
    Some(Place { name: section.name.clone(), line: reader.line("path"), path })
}

fn share(section: &Section, mistakes: &mut Vec<Mistake>) -> Option<Share> {
    let place = place(section, mistakes)?;
    let reader = Reader::new(Some(section), mistakes);
    Some(Share { place, packages: (reader.line("packages"), reader.list("packages")) })
}

fn judging(reader: &mut Reader<'_>) -> (Judging, InfDb) {
    let inf_db = reader.path("inf-db");
    let db = knowledge(reader, inf_db.as_ref());
    let named = |all: &'static [ContentAccess]| all.iter().map(|v| (*v, v.name())).collect::<Vec<_>>();
    let content = named(ContentAccess::ALL);
    let source: Vec<_> = DeploySource::ALL.iter().map(|v| (*v, v.name())).collect();
    let own_driver: Vec<_> = DeployedOsDriver::ALL.iter().map(|v| (*v, v.name())).collect();
    let severities = [
        (Some(Severity::Error), "error"),
        (Some(Severity::Warning), "warning"),
        (Some(Severity::Info), "info"),
        (None, "never"),
    ];
    let confidences =
        [(MinConfidence::Guess, "guess"), (MinConfidence::Likely, "likely"), (MinConfidence::Proven, "proven")];
    let judging = Judging {
        releases: releases(reader, &db),
        archs: archs(reader),
        content: reader.words("content", &content),
        source: reader.words("source", &source),
        deploy_os: versions(reader),
        driver_step: reader.yes_no("driver-step", true),
        deployed_os_driver: reader.word("deployed-os-driver", &own_driver).unwrap_or(DeployedOsDriver::Unknown),
        min_confidence: reader.word("min-confidence", &confidences).unwrap_or(MinConfidence::Guess),
        include_templates: reader.yes_no("include-templates", false),
        integrity: reader.yes_no("integrity", false),
        all_facts: reader.yes_no("all-facts", false),
        verify_content: reader.yes_no("verify-content", false),
        policy: match reader.text("policy") {
            None => PolicyChoice::Search,
            Some(text) if text.eq_ignore_ascii_case("none") => PolicyChoice::None,
            Some(_) => reader.path("policy").map_or(PolicyChoice::Search, PolicyChoice::File),
        },
        baseline: reader.path("baseline"),
        fail_on: reader.word("fail-on", &severities).unwrap_or(Some(Severity::Error)),
        fail_on_new: reader.yes_no("fail-on-new", false),
        inf_db,
    };
    (judging, db)
}

/// The knowledge, with a site's own files over it: without it no release can be read.
fn knowledge(reader: &mut Reader<'_>, folder: Option<&PathBuf>) -> InfDb {
    let Some(folder) = folder else { return InfDb::embedded().clone() };
    let files = match overlay::read(folder) {
        Ok(files) => files,
        Err(error) => {
            reader.wrong("inf-db", format!("{}: {error}; name a folder like the project's inf-db/", folder.display()));
            return InfDb::embedded().clone();
        }
    };
    let (db, problems) = InfDb::with_overlay(files);
    for problem in problems {
        reader.wrong("inf-db", format!("{}: {problem}", folder.display()));
    }
    db
}

fn releases(reader: &mut Reader<'_>, db: &InfDb) -> Vec<(String, OsVersion)> {
    let mut found: Vec<(String, OsVersion)> = Vec::new();
    for text in reader.list("winpe") {
        if text.eq_ignore_ascii_case("all") {
            found.extend(db.releases().iter().map(|r| (r.id.clone(), r.version())));
            continue;
        }
        match db.releases().parse(&text) {
            Ok(release) => found.push((release.release.id.clone(), release.version)),
            Err(unknown) => {
                reader.wrong("winpe", format!("winpe = {text}: {unknown}; `wimspect explain` lists the releases"))
            }
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|release| seen.insert(release.clone()));
    found
}

fn archs(reader: &mut Reader<'_>) -> Vec<Arch> {
    reader.each("arch", |reader, text| {
        let found = Arch::from_name(text);
        if found.is_none() {
            reader.not_one_of("arch", text, &Arch::ALL.map(Arch::name));
        }
        found
    })
}

fn versions(reader: &mut Reader<'_>) -> Vec<OsVersion> {
    reader.each("deploy-os", |reader, text| {
        let found = text.parse::<OsVersion>();
        if let Err(error) = &found {
            reader.wrong("deploy-os", format!("deploy-os = {text}: {error}"));
        }
        found.ok()
    })
}

fn output(section: &Section, mistakes: &mut Vec<Mistake>) -> Option<Output> {
    let mut reader = Reader::new(Some(section), mistakes);
    let names: Vec<(Format, String)> = Format::value_variants().iter().map(|f| (*f, f.name())).collect();
    let words: Vec<(Format, &str)> = names.iter().map(|(format, name)| (*format, name.as_str())).collect();
    let format = reader.word("format", &words);
    let keep = reader.number("keep", 1..=100_000, "files that are kept");
    // A look at it as a path: what is wrong with any path is wrong here, too.
    let text = reader.path("file")?.to_string_lossy().into_owned();
    let file = match FilePattern::parse(&text) {
        Ok(file) => file,
        Err(message) => {
            reader.wrong("file", message);
            return None;
        }
    };
    if keep.is_some() && !file.varies() {
        let message = "keep: the file is written anew by each run, so there is only one; put {date} or {run} into its name, or take `keep` out";
        reader.wrong("keep", message.to_owned());
    }
    Some(Output {
        name: section.name.clone(),
        line: reader.line("file"),
        format: format?,
        file,
        keep: keep.and_then(|n| usize::try_from(n).ok()),
    })
}

fn retention(reader: &mut Reader<'_>) -> Retention {
    let runs = reader.number("runs", 1..=1_000_000, "runs that the history keeps");
    let days = reader.number("days", 1..=36_500, "days that the history keeps");
    let nothing_said = reader.value("runs").is_none() && reader.value("days").is_none();
    Retention { runs: runs.or(nothing_said.then_some(KEPT_RUNS)), days }
}

fn metrics(reader: &mut Reader<'_>) -> Option<(u32, PathBuf)> {
    let file = reader.path("file")?;
    if file.extension().is_none_or(|e| e != "prom") {
        let message = "node_exporter reads files only that end in .prom; write for example wimspect.prom";
        reader.wrong("file", message.to_owned());
    }
    Some((reader.line("file"), file))
}

fn webhook(reader: &mut Reader<'_>) -> Option<Webhook> {
    let when = reader.word("when", &When::ALL).unwrap_or(When::New);
    let timeout = reader.number("timeout", 1..=300, "seconds that an attempt may take").unwrap_or(10);
    let retries = reader.number("retries", 0..=10, "further attempts").unwrap_or(3);
    let url = reader.text("url")?;
    let uri = url.parse::<ureq::http::Uri>().ok();
    let fits = uri.as_ref().is_some_and(|u| {
        matches!(u.scheme_str(), Some("http" | "https")) && u.host().is_some_and(|host| !host.is_empty())
    });
    if !fits {
        // Not shown: it may hold a secret.
        reader.wrong("url", "url is no address that can be posted to; write https://HOST/PATH".to_owned());
        return None;
    }
    Some(Webhook { url, when, timeout: Duration::from_secs(u64::from(timeout)), retries })
}

fn mail(reader: &mut Reader<'_>) -> Option<Mail> {
    let when = reader.word("when", &When::ALL).unwrap_or(When::New);
    let sendmail = reader.path("sendmail");
    if sendmail.is_none() && cfg!(windows) {
        reader.wrong(
            "to",
            "Windows has no sendmail; name a program that takes its place with `sendmail = ...`".to_owned(),
        );
    }
    let to = reader.list("to");
    for address in to.iter().filter(|a| !is_address(a)) {
        reader.wrong("to", format!("`{address}` is no mail address; write NAME@HOST, several separated by commas"));
    }
    let from = reader.text("from");
    if let Some(address) = from.as_ref().filter(|a| !is_address(a)) {
        reader.wrong("from", format!("`{address}` is no mail address; write NAME@HOST"));
    }
    Some(Mail {
        to: if to.is_empty() { return None } else { to },
        from: from?,
        when,
        line: reader.line("sendmail"),
        sendmail: sendmail.unwrap_or_else(|| PathBuf::from("/usr/sbin/sendmail")),
    })
}

/// Two outputs to one file would be one report, whichever came last.
fn one_file_for_each(settings: &Settings, mistakes: &mut Vec<Mistake>) {
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    let history = settings.history.display().to_string();
    taken.insert(history, "the history".to_owned());
    let metrics =
        settings.metrics.iter().map(|(line, path)| (*line, path.display().to_string(), "the metrics".to_owned()));
    let outputs = settings.outputs.iter().map(|o| (o.line, o.file.to_string(), format!("[output {}]", o.name)));
    for (line, file, whose) in outputs.chain(metrics) {
        if let Some(first) = taken.get(&file) {
            mistakes.push((line, format!("{file} is the file of {first} already; name another one")));
        } else {
            taken.insert(file, whose);
        }
    }
}

/// What is read twice would be counted twice.
fn one_section_for_each(settings: &Settings, mistakes: &mut Vec<Mistake>) {
    let shares: Vec<&Place> = settings.shares.iter().map(|s| &s.place).collect();
    for places in [shares, settings.images.iter().collect(), settings.fleets.iter().collect()] {
        for (index, place) in places.iter().enumerate() {
            if let Some(first) = places[..index].iter().find(|p| p.path == place.path) {
                let message = format!(
                    "{} is named in line {} already; take one of the two out",
                    place.path.display(),
                    first.line
                );
                mistakes.push((place.line, message));
            }
        }
    }
}
