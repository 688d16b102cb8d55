//! Findings, by folder (what ConfigMgr calls a driver package), worst first. What many folders have in common is said once,
//! by rule; `--verbose` shows all of it in its place.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::finding::{Writer, some};
use super::plural;
use super::style::{Style, harmless};
use crate::analysis::finding::{Finding, Severity};
use crate::facts::share::{file_name_of, folder_of};
use crate::report::Report;

/// A rule that speaks of more folders than these is shown by rule.
const FEW_FOLDERS: usize = 3;
/// Notes are shown in their places where there are no more than these.
const FEW_NOTES: usize = 12;
/// Findings of one rule in one folder that are shown one by one.
const FEW_IN_FOLDER: usize = 3;
/// Files of a folder that are named.
const MOST_FILES: usize = 5;

type Folders<'a> = BTreeMap<&'a str, Vec<&'a Finding>>;
type Rules<'a> = BTreeMap<(Reverse<Severity>, &'a str), Vec<&'a Finding>>;

pub(super) fn write(report: &Report<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let (folders, rules) = arrange(report, style.verbose);
    let mut folders: Vec<(&str, Vec<&Finding>)> = folders.into_iter().collect();
    folders.sort_by_key(|(folder, findings)| (Reverse(findings.iter().map(|f| f.severity).max()), *folder));
    overview(&folders, style, out)?;
    let mut writer = Writer::new(report, style);
    for (folder, findings) in folders {
        writeln!(out, "{}", style.bold(&package_name(folder)))?;
        in_folder(&mut writer, &findings, out)?;
        writeln!(out)?;
    }
    for ((Reverse(severity), rule), findings) in rules {
        by_rule(&mut writer, severity, rule, &findings, out)?;
    }
    Ok(())
}

/// What is shown by folder, and what by rule.
fn arrange<'a>(report: &'a Report<'a>, everything: bool) -> (Folders<'a>, Rules<'a>) {
    let findings = || report.analysis.findings.iter().filter(|f| f.counts());
    let folder = |f: &'a Finding| container(report, f);
    let broken: BTreeSet<&str> = findings().filter(|f| f.severity == Severity::Error).map(folder).collect();
    let notes = findings().filter(|f| f.severity == Severity::Info).count();
    let mut spread: BTreeMap<(&str, Severity), BTreeSet<&str>> = BTreeMap::new();
    for finding in findings() {
        spread.entry((finding.rule, finding.severity)).or_default().insert(folder(finding));
    }
    let in_its_place = |f: &'a Finding| match f.severity {
        // What breaks, and what has a table of its own.
        Severity::Error => true,
        _ if f.subject.topology.is_some() => true,
        Severity::Warning => {
            broken.contains(folder(f))
                || spread.get(&(f.rule, f.severity)).is_none_or(|folders| folders.len() <= FEW_FOLDERS)
        }
        Severity::Info => notes <= FEW_NOTES,
    };
    let (mut folders, mut rules) = (Folders::new(), Rules::new());
    for finding in findings() {
        if everything || in_its_place(finding) {
            folders.entry(folder(finding)).or_default().push(finding);
        } else {
            rules.entry((Reverse(finding.severity), finding.rule)).or_default().push(finding);
        }
    }
    (folders, rules)
}

/// Where a finding belongs: the folder of a driver, or the boot image that it speaks of.
fn container<'a>(report: &Report<'_>, finding: &'a Finding) -> &'a str {
    let path = &finding.location.path;
    let world = &report.analysis.world;
    let mut files = world.boot_files.iter().map(|f| &f.path).chain(world.unreadable_files.iter().map(|f| &f.path));
    let of_image = |file: &String| path.strip_prefix(file.as_str()).is_some_and(|rest| !rest.contains('/'));
    match files.find(|file| of_image(file)) {
        Some(file) => &path[..file.len()],
        None => folder_of(path),
    }
}

fn package_name(folder: &str) -> String {
    if folder.is_empty() { "(top folder)".to_owned() } else { harmless(folder) }
}

/// Which packages have errors, where there are more than a screen shows.
fn overview(folders: &[(&str, Vec<&Finding>)], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let broken = folders.iter().filter(|(_, f)| f.iter().any(|f| f.severity == Severity::Error));
    let broken: Vec<&str> = broken.map(|(folder, _)| *folder).collect();
    if broken.len() < 3 {
        return Ok(());
    }
    writeln!(out, "{}", style.severity(Severity::Error, &format!("{} with errors", plural(broken.len(), "place"))))?;
    for folder in broken {
        writeln!(out, "  {}", package_name(folder))?;
    }
    writeln!(out)
}

/// The findings of a folder; many of one rule are folded.
fn in_folder(writer: &mut Writer<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let same = |f: &Finding| findings.iter().filter(|o| (o.rule, o.severity) == (f.rule, f.severity)).count();
    let mut folded = BTreeSet::new();
    for finding in findings {
        if finding.severity == Severity::Error || writer.style.verbose || same(finding) <= FEW_IN_FOLDER {
            writer.one(finding, out)?;
        } else if folded.insert((finding.rule, finding.severity)) {
            let all: Vec<&Finding> =
                findings.iter().copied().filter(|o| (o.rule, o.severity) == (finding.rule, finding.severity)).collect();
            head(writer, finding.severity, finding.rule, &plural(all.len(), "finding"), "  ", out)?;
            writer.style.wrapped(out, "    ", &files(&all))?;
            writer.general_fix(finding.rule, out)?;
        }
    }
    Ok(())
}

/// One rule, folder by folder.
fn by_rule(
    writer: &mut Writer<'_>,
    severity: Severity,
    rule: &str,
    findings: &[&Finding],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut folders = Folders::new();
    for finding in findings {
        folders.entry(container(writer.report, finding)).or_default().push(finding);
    }
    let count = format!("{} in {}", plural(findings.len(), "finding"), plural(folders.len(), "folder"));
    head(writer, severity, rule, &count, "", out)?;
    let most = if severity == Severity::Info { FEW_FOLDERS } else { 4 * FEW_FOLDERS };
    for (folder, findings) in folders.iter().take(most) {
        writer.style.wrapped(out, "    - ", &format!("{}: {}", package_name(folder), files(findings)))?;
    }
    if folders.len() > most {
        let more = format!("... and {}; --verbose shows all", plural(folders.len() - most, "more folder"));
        writeln!(out, "    {}", writer.style.dim(&more))?;
    }
    if severity > Severity::Info {
        writer.general_fix(rule, out)?;
    }
    writeln!(out)
}

fn head(
    writer: &Writer<'_>,
    severity: Severity,
    rule: &str,
    count: &str,
    indent: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let label = writer.style.severity(severity, &format!("{}[{rule}]", severity.name()));
    writeln!(out, "{indent}{label} {count}")?;
    let title = writer.report.db.rules().get(rule).map_or("", |r| r.title.as_str());
    writer.style.wrapped(out, &format!("{indent}  "), title)
}

fn files(findings: &[&Finding]) -> String {
    let mut names: Vec<&str> = findings.iter().map(|f| file_name_of(&f.location.path)).collect();
    names.dedup();
    some(&names, MOST_FILES)
}
