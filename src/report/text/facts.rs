//! Images and drivers.

use std::io::{self, Write};

use super::plural;
use super::style::{Style, harmless};
use crate::analysis::classify::role::Role;
use crate::analysis::finding::Severity;
use crate::analysis::verdict;
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::boot_image::{Compression, DriverOrigin, Integrity, WimFile};
use crate::report::{Report, words};

/// One block for each image: what it is, from where that is known, and its network drivers.
pub(super) fn images(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let world = &report.analysis.world;
    for (index, file) in world.boot_files.iter().enumerate() {
        let what = file.wim.as_ref().map_or_else(|| "a folder".to_owned(), wim_text);
        writeln!(out, "{} {}", style.bold(&harmless(&file.path)), style.dim(&what))?;
        // The verdict comes first where one is asked for; the digest stands in the JSON.
        if let Some(sha256) = file.sha256.as_ref().filter(|_| !report.verdicts || file.integrity.is_some()) {
            writeln!(out, "  {}", style.dim(&format!("SHA-256 {sha256}")))?;
        }
        if let Some(integrity) = &file.integrity {
            style.wrapped(out, "  ", &integrity_text(integrity))?;
        }
        for (position, _) in world.images.iter().enumerate().filter(|(_, i)| i.boot_file == index) {
            image(report, position, style, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn wim_text(wim: &WimFile) -> String {
    let compression = match (wim.compression, wim.solid) {
        (_, true) => "LZMS, solid",
        (Compression::None, _) => "not compressed",
        (Compression::Xpress, _) => "XPRESS",
        (Compression::Lzx, _) => "LZX",
        (Compression::Lzms, _) => "LZMS",
        (Compression::Unknown, _) => "unknown compression",
    };
    let table = if wim.has_integrity_table { "with integrity table" } else { "no integrity table" };
    let boot = wim.boot_index.map_or_else(|| "no boot index".to_owned(), |b| format!("boot index {b}"));
    let parts = if wim.total_parts > 1 { format!(", split into {} parts", wim.total_parts) } else { String::new() };
    let pipable = if wim.pipable { ", pipable" } else { "" };
    format!(
        "{}, {compression}, {}, {boot}, {table}{parts}{pipable}",
        plural(wim.image_count as usize, "image"),
        bytes(wim.size)
    )
}

/// What `--integrity` gave.
fn integrity_text(integrity: &Integrity) -> String {
    let table = match &integrity.table {
        None => "no integrity table",
        Some(Ok(())) => "the integrity table matches",
        Some(Err(_)) => "the integrity table does NOT match",
    };
    let streams = match &integrity.streams {
        Ok(()) => "every stream has its SHA-1".to_owned(),
        Err(message) => format!("a stream is damaged ({message})"),
    };
    format!("all data checked: {table}, {streams}")
}

fn bytes(size: u64) -> String {
    match size {
        0..10_240 => format!("{size} bytes"),
        10_240..10_485_760 => format!("{} KB", size >> 10),
        _ => format!("{} MB", size >> 20),
    }
}

/// A folder has no XML data, and a WIM whose XML data can not be read says so elsewhere.
fn world_has_xml(report: &Report<'_>, index: usize) -> bool {
    let world = &report.analysis.world;
    world.boot_files[world.images[index].boot_file].wim.as_ref().is_some_and(|w| w.xml.is_ok())
}

fn image(report: &Report<'_>, index: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    let facts = &analysis.world.images[index].facts;
    let release = &analysis.releases[index];
    let name = facts.xml.name.as_deref().unwrap_or("(no name)");
    let boot = if facts.boot_index { ", boots from here" } else { "" };
    writeln!(out, "  {} {}{boot}", style.bold(&format!("{}:", facts.index)), harmless(name))?;
    if report.verdicts {
        verdict_lines(report, index, style, out)?;
    }
    let version = release.os_version.map_or_else(|| "unknown".to_owned(), |v| v.to_string());
    let source = release
        .evidence
        .first()
        .map_or_else(String::new, |e| format!(" (from {})", e.text.split(": ").next().unwrap_or_default()));
    let arch = release.arch.map_or("unknown", crate::facts::ids::Arch::name);
    let what = if release.is_winpe { release.title.as_str() } else { "no Windows PE (none of its signs is there)" };
    style.wrapped(out, "     ", &format!("OS version {version}{source}, {arch}: {what}"))?;
    if !report.verdicts && world_has_xml(report, index) && !facts.xml.has_windows {
        writeln!(out, "     the XML data have no WINDOWS element: tools that go by the label know no version of it")?;
    }
    writeln!(out, "     {} files and folders, {} unpacked", facts.file_count, bytes(facts.total_bytes))?;
    let kind = &analysis.kinds[index];
    let signs: Vec<&str> = kind.evidence.iter().map(|e| e.text.as_str()).collect();
    let signs = if signs.is_empty() { String::new() } else { format!(" ({})", signs.join(", ")) };
    style.wrapped(out, "     ", &harmless(&format!("{}{signs}", kind.title)))?;
    let details = &facts.details;
    let commands = details.startup.commands();
    if !commands.is_empty() {
        style.wrapped(out, "     starts: ", &harmless(&commands.join("; ")))?;
    }
    let components = details.optional_components();
    if !components.is_empty() {
        style.wrapped(out, "     optional components: ", &harmless(&components.join(", ")))?;
    }
    if let Some(megabytes) = details.scratch_space_mb {
        writeln!(out, "     scratch space {megabytes} MB")?;
    }
    let all: Vec<(DriverIndex, &Location)> = analysis.world.image_drivers(index).map(|(d, _, l)| (d, l)).collect();
    let injected = all.iter().filter(|(_, l)| is_injected(l)).count();
    let mut network: Vec<_> = all.iter().filter(|(d, _)| analysis.topologies.roles[*d].is_network()).collect();
    // Adapters first; protocols and filters are the frame.
    network.sort_by_key(|(d, _)| matches!(analysis.topologies.roles[*d], Role::Protocol | Role::Filter));
    writeln!(
        out,
        "     {}: {} in-box, {injected} injected, {} for networks",
        plural(all.len(), "driver"),
        all.len() - injected,
        network.len()
    )?;
    for (driver, location) in network {
        driver_line(report, *driver, if is_injected(location) { "injected" } else { "in-box" }, out)?;
    }
    Ok(())
}

/// `NOT FIT for distribution: ...`, then the reasons in order of weight.
fn verdict_lines(report: &Report<'_>, index: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    /// All of them stand below, under their rules.
    const MOST: usize = 5;
    let Some(verdict) = verdict::of_image(report.analysis, index) else {
        return writeln!(out, "     {}", style.bold(&words::verdict(None)));
    };
    let mut text = words::verdict(Some(&verdict));
    if verdict.fit && verdict.unread > 0 {
        text = text.replace(')', ", see below)");
    }
    let line = if verdict.fit { style.bold(&text) } else { style.severity(Severity::Error, &text) };
    writeln!(out, "     {line}")?;
    let weighty: Vec<_> = verdict.reasons.iter().filter(|f| f.severity > Severity::Info).collect();
    for finding in weighty.iter().take(MOST) {
        let text = format!("{}: {}", finding.rule, harmless(&finding.message));
        style.wrapped(out, "       - ", &text)?;
    }
    if weighty.len() > MOST {
        writeln!(out, "       - {} more below", weighty.len() - MOST)?;
    }
    Ok(())
}

const fn is_injected(location: &Location) -> bool {
    matches!(location, Location::Image { origin: DriverOrigin::Injected, .. })
}

fn driver_line(report: &Report<'_>, index: DriverIndex, origin: &str, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    let driver = &analysis.world.drivers[index];
    let version = driver.package.version.driver_ver.as_ref().map_or_else(String::new, |v| {
        let date = v.value.date;
        format!(
            ", {:04}-{:02}-{:02} {}",
            date.year,
            date.month,
            date.day,
            v.value.version.map(|p| p.to_string()).join(".")
        )
    });
    let services: Vec<&str> = analysis.profiles[index].services.iter().map(String::as_str).collect();
    let service = if services.is_empty() { String::new() } else { format!(", service {}", services.join("/")) };
    let family = analysis.topologies.all.iter().find(|t| t.nodes.iter().any(|(d, _)| *d == index));
    let family = family.and_then(|t| t.family.as_deref()).and_then(|f| report.db.families().get(f));
    let family = family.map_or_else(String::new, |f| format!(" [{}]", f.title));
    let role = analysis.topologies.roles[index].name();
    writeln!(out, "       {} {role}, {origin}{version}{service}{family}", harmless(&driver.inf))
}

/// Every driver with its facts: what `inspect` shows of an INF.
pub(super) fn drivers(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let analysis = report.analysis;
    for (index, driver) in analysis.world.drivers.iter().enumerate() {
        if !driver.locations.iter().any(|l| matches!(l, Location::Share { .. })) {
            continue;
        }
        let version = &driver.package.version;
        writeln!(out, "{}", style.bold(&harmless(&driver.inf)))?;
        let class = version.class.as_ref().map_or("(no class)", |c| c.value.as_str());
        let guid = version.class_guid.as_ref().map_or("", |g| g.value.as_str());
        let provider = version.provider.as_ref().map_or("(none)", |p| p.value.as_str());
        style.wrapped(out, "  ", &format!("class {class} {guid}, provider {provider}"))?;
        driver_line(report, index, "not in an image", out)?;
        for models in driver.package.manufacturers.iter().flat_map(|m| &m.models) {
            let section = models.section.and_then(|s| driver.package.models_sections.get(s as usize));
            let count = section.map_or(0, |s| s.models.len());
            let name = if models.decoration.text.is_empty() { "(undecorated)" } else { &models.decoration.text };
            let note = match (&models.decoration.parts, section) {
                (None, _) => " -- no valid decoration: selects nothing",
                (_, None) => " -- there is no such section",
                (_, Some(s)) if s.models.is_empty() => " -- empty: not supported there",
                _ => "",
            };
            writeln!(out, "  {} {}{note}", harmless(name), plural(count, "model"))?;
            for model in section.into_iter().flat_map(|s| &s.models) {
                let ids: Vec<&str> = model.ids.iter().map(|i| i.as_str()).collect();
                let text =
                    format!("{:>5}: {} = {}, {}", model.line, model.description, model.install_section, ids.join(", "));
                style.wrapped(out, "    ", &text)?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}
