//! Changes for people: a line that says it all, then list by list.

use std::io::{self, Write};

use super::{Compared, driver_version, fit_text, package_version, summary};
use crate::analysis::changes::{Changes, ImageChange, ImageEvent, NotLookedAt, Pair};
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::{CoverageState, FindingState, ImageDriverState, InputState, PackageState, ReadState};
use crate::report::text::plural;
use crate::report::text::style::{Style, harmless, place_text};

/// Entries of a list that are shown, unless all are asked for.
const MOST: usize = 20;

/// Writes what is different.
///
/// # Errors
/// Those of the writer.
pub fn write(compared: &Compared<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let changes = compared.changes;
    style.wrapped(out, "", &format!("From {} to {}:", compared.before.text(), compared.after.text()))?;
    writeln!(out, "{}", style.bold(&summary(changes)))?;
    let mut writer = Writer { style, out };
    writer.inputs(changes)?;
    writer.findings(changes)?;
    writer.packages(changes)?;
    for image in &changes.images {
        writer.image(image)?;
    }
    writer.coverage(changes)?;
    writer.not_looked_at(changes.not_looked_at)
}

struct Writer<'a> {
    style: Style,
    out: &'a mut dyn Write,
}

impl Writer<'_> {
    /// The first entries of a list, and how many more there are.
    fn list<T>(&mut self, all: &[T], mut one: impl FnMut(&mut Self, &T) -> io::Result<()>) -> io::Result<()> {
        let shown = if self.style.verbose { all.len() } else { all.len().min(MOST) };
        for item in &all[..shown] {
            one(self, item)?;
        }
        if all.len() > shown {
            writeln!(
                self.out,
                "    {}",
                self.style.dim(&format!("... and {} more: -v or JSON shows them", all.len() - shown))
            )?;
        }
        Ok(())
    }

    fn head(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.style.bold(text))
    }

    fn line(&mut self, mark: &str, text: &str) -> io::Result<()> {
        self.style.wrapped(self.out, &format!("  {mark} "), text)
    }

    fn inputs(&mut self, changes: &Changes) -> io::Result<()> {
        let inputs = &changes.inputs;
        if [&inputs.missing, &inputs.back, &inputs.added, &inputs.removed].iter().all(|list| list.is_empty()) {
            return Ok(());
        }
        self.head("Inputs")?;
        let named = |i: &InputState| format!("{} {}", i.kind, i.path);
        self.list(&inputs.missing, |w, i| {
            let why = match &i.state {
                ReadState::Read => "",
                ReadState::Missing(why) | ReadState::Earlier(why) => why,
            };
            w.line("!", &format!("{} is MISSING ({why}): what it held is not gone, it was not looked at", named(i)))
        })?;
        self.list(&inputs.back, |w, i| w.line("*", &format!("{}: is back", named(i))))?;
        self.list(&inputs.added, |w, i| w.line("+", &format!("{}: was not looked at before", named(i))))?;
        self.list(&inputs.removed, |w, i| w.line("-", &format!("{}: is not asked for any more", named(i))))
    }

    fn findings(&mut self, changes: &Changes) -> io::Result<()> {
        let findings = &changes.findings;
        for (title, list) in [("New findings", &findings.new), ("Findings that are gone", &findings.gone)] {
            if !list.is_empty() {
                self.head(title)?;
                self.list(list, |w, f| w.finding(f, ""))?;
            }
        }
        if findings.changed.is_empty() {
            return Ok(());
        }
        self.head("Findings that changed")?;
        self.list(&findings.changed, |w, pair| w.finding(&pair.after, &finding_change(pair)))
    }

    fn finding(&mut self, finding: &FindingState, note: &str) -> io::Result<()> {
        let head = format!("{}[{}]", finding.severity.name(), finding.rule);
        let place = place_text(&finding.place());
        let ignored =
            finding.suppressed.as_ref().map_or_else(String::new, |s| format!(" (does not count: {})", harmless(&s.by)));
        writeln!(
            self.out,
            "  {} {place}{}",
            self.style.severity(finding.severity, &harmless(&head)),
            self.style.dim(&ignored)
        )?;
        if !note.is_empty() {
            self.style.wrapped(self.out, "    ", note)?;
        }
        self.style.wrapped(self.out, "    ", &finding.message)
    }

    fn packages(&mut self, changes: &Changes) -> io::Result<()> {
        let packages = &changes.packages;
        let several = several_shares(changes);
        let place = |p: &PackageState| if several { format!("{}/{}", p.share, p.path) } else { p.path.clone() };
        let whose = |p: &PackageState| p.provider.as_ref().map_or_else(String::new, |p| format!(", {p}"));
        let whole = |p: &PackageState| format!("{}, {}{}", place(p), package_version(p), whose(p));
        for (title, mark, list) in
            [("Packages added", "+", &packages.added), ("Packages removed", "-", &packages.removed)]
        {
            if !list.is_empty() {
                self.head(title)?;
                self.list(list, |w, p| w.line(mark, &whole(p)))?;
            }
        }
        if !packages.updated.is_empty() {
            self.head("Packages updated")?;
            self.list(&packages.updated, |w, p| {
                let versions = from_to(&package_version(&p.before), &package_version(&p.after));
                w.line("~", &format!("{}, {versions}{}", place(&p.after), whose(&p.after)))
            })?;
        }
        if !packages.moved.is_empty() {
            self.head("Packages moved")?;
            self.list(&packages.moved, |w, p| w.line(">", &format!("{} -> {}", place(&p.before), place(&p.after))))?;
        }
        Ok(())
    }

    fn image(&mut self, image: &ImageChange) -> io::Result<()> {
        let name = image.name.as_deref().map_or_else(String::new, |n| format!(" {n}"));
        self.head(&harmless(&format!("{}:{}{name}: {}", image.file, image.index, image.event.name())))?;
        if image.fit.before != image.fit.after {
            let text = match image.event {
                ImageEvent::Added => fit_text(image.fit.after).to_owned(),
                ImageEvent::Removed => format!("was {}", fit_text(image.fit.before)),
                _ => from_to(fit_text(image.fit.before), fit_text(image.fit.after)),
            };
            let text = if image.became_unfit() { self.style.severity(Severity::Error, &text) } else { text };
            writeln!(self.out, "  ~ {text} for distribution")?;
        }
        for fact in &image.facts {
            let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".to_owned());
            let what = if fact.what == "os-version" { "OS version" } else { fact.what };
            self.line("~", &format!("{what} {}", from_to(&known(&fact.before), &known(&fact.after))))?;
        }
        for (mark, list) in [("+", &image.components.added), ("-", &image.components.removed)] {
            self.list(list, |w, c| w.line(mark, &format!("optional component {c}")))?;
        }
        let drivers = &image.drivers;
        self.list(&drivers.added, |w, d| w.line("+", &driver(d, &driver_version(d))))?;
        self.list(&drivers.removed, |w, d| w.line("-", &driver(d, &driver_version(d))))?;
        self.list(&drivers.updated, |w, pair| w.line("~", &driver_change(pair)))?;
        let nothing = image.event == ImageEvent::Rebuilt
            && image.facts.is_empty()
            && image.fit.before == image.fit.after
            && drivers.added.len() + drivers.removed.len() + drivers.updated.len() == 0
            && image.components.added.len() + image.components.removed.len() == 0;
        if nothing { self.line("=", "the same drivers, components and version as before") } else { Ok(()) }
    }

    fn coverage(&mut self, changes: &Changes) -> io::Result<()> {
        let Some(pair) = &changes.coverage else { return Ok(()) };
        self.head("Coverage of the fleet")?;
        let text = |c: &Option<CoverageState>| {
            c.as_ref().map_or_else(|| "no fleet".to_owned(), |c| format!("{} of {} adapters", c.covered, c.adapters))
        };
        self.line("~", &from_to(&text(&pair.before), &text(&pair.after)))
    }

    fn not_looked_at(&mut self, not: NotLookedAt) -> io::Result<()> {
        let counts = [
            (not.packages, "package"),
            (not.images, "image"),
            (not.image_drivers, "driver of an image"),
            (not.findings, "finding"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, noun)| plural(*n, noun).replace("driver of an images", "drivers of images"))
            .collect();
        if counts.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        let text = format!("Not looked at, because it could not be read this time: {}.", counts.join(", "));
        self.style.wrapped(self.out, "", &text)
    }
}

/// Whether a place needs the name of its share.
fn several_shares(changes: &Changes) -> bool {
    let packages = &changes.packages;
    let pairs = packages.updated.iter().chain(&packages.moved).flat_map(|p| [&p.before, &p.after]);
    let mut shares = packages.added.iter().chain(&packages.removed).chain(pairs).map(|p| &p.share);
    shares.next().is_some_and(|first| shares.any(|other| other != first))
}

/// `a -> b`; where both say the same only the content is another one.
fn from_to(before: &str, after: &str) -> String {
    if before == after { format!("{after}, with another content") } else { format!("{before} -> {after}") }
}

/// What is different about a finding.
fn finding_change(pair: &Pair<FindingState>) -> String {
    let (before, after) = (&pair.before, &pair.after);
    let mut parts = Vec::new();
    if before.severity != after.severity {
        parts.push(format!("was {}", before.severity.name()));
    }
    if before.confidence != after.confidence {
        parts.push(format!("{} -> {}", before.confidence.name(), after.confidence.name()));
    }
    match (&before.suppressed, &after.suppressed) {
        (Some(old), None) => parts.push(format!("counts again (was taken out by the {})", old.by)),
        (None, Some(new)) => parts.push(format!("does not count any more: {}", new.reason)),
        (Some(old), Some(new)) if old != new => parts.push("does not count for another reason".to_owned()),
        _ => {}
    }
    if before.targets != after.targets {
        parts.push("for other targets".to_owned());
    }
    if before.message != after.message {
        parts.push(format!("it said: {}", before.message));
    }
    parts.join("; ")
}

/// `injected bxvbd.inf (oem3.inf), 7.4.14.0 of 2012-02-01, Broadcom`.
fn driver(driver: &ImageDriverState, versions: &str) -> String {
    let origin = if driver.origin == "inbox" { "in-box" } else { driver.origin.as_str() };
    let published = driver.published_name.as_ref().filter(|p| **p != driver.inf);
    let published = published.map_or_else(String::new, |p| format!(" ({p})"));
    let provider = driver.provider.as_ref().map_or_else(String::new, |p| format!(", {p}"));
    format!("{origin} {}{published}, {versions}{provider}", driver.inf)
}

fn driver_change(pair: &Pair<ImageDriverState>) -> String {
    let (before, after) = (&pair.before, &pair.after);
    let versions = if before.driver == after.driver {
        driver_version(after)
    } else {
        from_to(&driver_version(before), &driver_version(after))
    };
    let origin = if before.origin == after.origin { String::new() } else { format!("; was {}", before.origin) };
    format!("{}{origin}", driver(after, &versions))
}
