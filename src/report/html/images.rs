//! One card for each boot image: fit or not, why, and what of the offered drivers takes its network away.

use std::collections::BTreeMap;
use std::io;

use super::context::{Context, fate, severity};
use super::markup::{Html, clip, plural};
use crate::analysis::classify::role::Role;
use crate::analysis::finding::Severity;
use crate::analysis::verdict::{self, Verdict};
use crate::analysis::world::{DriverIndex, Location};
use crate::facts::boot_image::DriverOrigin;
use crate::report::matrix::{Fate, changes, task_text, weight, worst_of};

/// Cards; further images are lines of a list.
const MOST_CARDS: usize = 24;
/// Lines of that list.
const MOST_LINES: usize = 1000;
/// Reasons and packages on a card.
const MOST_REASONS: usize = 6;
/// Network drivers on a card.
const MOST_DRIVERS: usize = 60;

/// The section.
pub(super) fn write(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let analysis = context.analysis();
    if analysis.world.images.is_empty() {
        return Ok(());
    }
    html.raw("<section id=\"images\" aria-labelledby=\"images-h\"><h2 id=\"images-h\">Boot images</h2>")?;
    // The ones that are not fit come first; else the order of the command line.
    let mut order: Vec<(usize, Option<Verdict<'_>>)> = (0..analysis.world.images.len())
        .map(|i| (i, context.report.verdicts.then(|| verdict::of_image(analysis, i)).flatten()))
        .collect();
    order.sort_by_key(|(index, verdict)| (verdict.as_ref().is_none_or(|v| v.fit), *index));
    if context.report.verdicts {
        summary(&order, html)?;
    }
    html.raw("<div class=\"cards\">")?;
    for (index, verdict) in order.iter().take(MOST_CARDS) {
        card(context, *index, verdict.as_ref(), html)?;
    }
    html.raw("</div>")?;
    if order.len() > MOST_CARDS {
        html.raw("<h3>Further images</h3><ul class=\"plain lines\">")?;
        for (index, verdict) in order.iter().skip(MOST_CARDS).take(MOST_LINES) {
            line(context, *index, verdict.as_ref(), html)?;
        }
        html.raw("</ul>")?;
    }
    if order.len() > MOST_CARDS + MOST_LINES {
        html.raw("<p class=\"note\">")?;
        html.text(&format!("{} more in the JSON report.", order.len() - MOST_CARDS - MOST_LINES))?;
        html.raw("</p>")?;
    }
    html.raw("</section>")
}

fn summary(order: &[(usize, Option<Verdict<'_>>)], html: &mut Html<'_>) -> io::Result<()> {
    let fit = order.iter().filter(|(_, v)| v.as_ref().is_some_and(|v| v.fit)).count();
    let not_fit = order.iter().filter(|(_, v)| v.as_ref().is_some_and(|v| !v.fit)).count();
    let mut parts = Vec::new();
    if not_fit > 0 {
        parts.push(format!("{not_fit} not fit for distribution"));
    }
    if fit > 0 {
        parts.push(format!("{fit} fit"));
    }
    if order.len() > fit + not_fit {
        parts.push(format!("{} not judged", order.len() - fit - not_fit));
    }
    html.raw("<p class=\"lead\">")?;
    html.text(&format!(
        "{}. The verdict is on the image itself; what offered packages do to it stands beside.",
        parts.join(", ")
    ))?;
    html.raw("</p>")
}

/// Class, icon, word.
fn stamp(context: &Context<'_>, verdict: Option<&Verdict<'_>>) -> (&'static str, &'static str, &'static str) {
    match verdict {
        _ if !context.report.verdicts => ("facts", "info", "Facts"),
        None => ("unknown", "unknown", "Not judged"),
        Some(v) if !v.fit => ("bad", "error", "Not fit"),
        Some(v) if v.unread > 0 || v.reasons.iter().any(|f| f.severity == Severity::Warning) => {
            ("warn", "warning", "Fit, with reservations")
        }
        Some(_) => ("good", "ok", "Fit"),
    }
}

fn line(context: &Context<'_>, index: usize, verdict: Option<&Verdict<'_>>, html: &mut Html<'_>) -> io::Result<()> {
    let (class, icon, word) = stamp(context, verdict);
    html.raw("<li><span")?;
    html.attr("class", &format!("stamp small {class}"))?;
    html.raw(">")?;
    html.icon(icon)?;
    html.text(word)?;
    html.raw("</span> ")?;
    html.path("path", &context.analysis().world.image_name(index), 160)?;
    html.raw(" <span class=\"muted\">")?;
    html.text(&context.analysis().releases[index].title)?;
    html.raw("</span>")?;
    if let Some(reason) = verdict.and_then(|v| v.reasons.first()).filter(|f| f.severity > Severity::Info) {
        html.raw(" <a")?;
        html.attr("href", &format!("#finding-{}", reason.fingerprint))?;
        html.raw(">")?;
        html.text(context.rule_title(reason.rule))?;
        html.raw("</a>")?;
    }
    html.raw("</li>")
}

fn card(context: &Context<'_>, index: usize, verdict: Option<&Verdict<'_>>, html: &mut Html<'_>) -> io::Result<()> {
    let analysis = context.analysis();
    let facts = &analysis.world.images[index].facts;
    let release = &analysis.releases[index];
    let (class, icon, word) = stamp(context, verdict);
    html.raw("<article")?;
    html.attr("class", &format!("card image {class}"))?;
    html.raw("><header><span")?;
    html.attr("class", &format!("stamp {class}"))?;
    html.raw(">")?;
    html.icon(icon)?;
    html.text(word)?;
    html.raw("</span><h3>")?;
    html.path("path", &analysis.world.image_name(index), 120)?;
    html.raw("</h3><p class=\"muted\">")?;
    let version = release.os_version.map_or_else(|| "version not known".to_owned(), |v| v.to_string());
    let arch = release.arch.map_or("architecture not known", crate::facts::ids::Arch::name);
    let title = if release.is_winpe { release.title.as_str() } else { "no sign of Windows PE" };
    html.text(&format!("{title}, {arch}, {version}"))?;
    if facts.boot_index {
        html.raw(", boots from here")?;
    }
    html.raw("</p></header>")?;
    match verdict {
        Some(verdict) => reasons(context, verdict, html)?,
        None if context.report.verdicts => {
            html.raw("<p>Nothing says that this is Windows PE, so it is not judged.</p>")?;
        }
        None => {}
    }
    threats(context, index, html)?;
    contents(context, index, html)?;
    if let Some(verdict) = verdict {
        html.raw("<footer><b>Judged:</b> ")?;
        html.text(&verdict.scope.join("; "))?;
        html.raw(". Storage drivers and the deployed system are not.</footer>")?;
    }
    html.raw("</article>")
}

fn reasons(context: &Context<'_>, verdict: &Verdict<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let weighty: Vec<_> = verdict.reasons.iter().filter(|f| f.severity > Severity::Info).collect();
    let notes = verdict.reasons.len() - weighty.len();
    if weighty.is_empty() {
        html.raw("<p>")?;
        html.raw(if verdict.unread > 0 {
            "Nothing speaks against it as far as it could be read."
        } else {
            "Nothing is known that speaks against it."
        })?;
        if notes > 0 {
            html.text(&format!(" {} in the list of findings.", plural(notes, "note")))?;
        }
        return html.raw("</p>");
    }
    html.raw("<ul class=\"reasons\">")?;
    for finding in weighty.iter().take(MOST_REASONS) {
        let (class, icon, word) = severity(finding.severity);
        html.raw("<li")?;
        html.attr("class", class)?;
        html.raw(">")?;
        html.icon(icon)?;
        html.element("span", "vh", word)?;
        html.raw("<div><a")?;
        html.attr("href", &format!("#finding-{}", finding.fingerprint))?;
        html.raw(">")?;
        html.text(context.rule_title(finding.rule))?;
        html.raw("</a> <span class=\"message\">")?;
        html.text(&clip(&finding.message, 240))?;
        html.raw("</span></div></li>")?;
    }
    html.raw("</ul>")?;
    if weighty.len() > MOST_REASONS {
        html.raw("<p class=\"muted\">")?;
        html.text(&format!("{} more in the list of findings.", weighty.len() - MOST_REASONS))?;
        html.raw("</p>")?;
    }
    Ok(())
}

/// Offered sets that do harm here, the worst first.
fn threats(context: &Context<'_>, index: usize, html: &mut Html<'_>) -> io::Result<()> {
    let analysis = context.analysis();
    let Some(target) = analysis.targets.iter().position(|t| t.image() == Some(index)) else { return Ok(()) };
    let mut found: BTreeMap<usize, (&_, usize)> = BTreeMap::new();
    for prediction in analysis.predictions.all.iter().filter(|p| p.target == target) {
        let harmful = prediction.outcomes.iter().filter(|o| changes(prediction) && Fate::of(o) != Fate::Fine);
        if let Some(worst) = worst_of(harmful) {
            let known = found.entry(prediction.offered).or_insert((worst, 0));
            known.1 += prediction.adapters.len();
            if weight(known.0) < weight(worst) {
                known.0 = worst;
            }
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let mut found: Vec<_> = found.into_iter().collect();
    found.sort_by_key(|(offered, (worst, _))| (std::cmp::Reverse(weight(worst)), *offered));
    html.raw("<h4>If a driver step offers</h4><ul class=\"threats\">")?;
    for (offered, (worst, adapters)) in found.iter().take(MOST_REASONS) {
        let (class, icon) = fate(Fate::of(worst));
        html.raw("<li>")?;
        html.path("path", &context.folder(&analysis.predictions.offered[*offered].folder), 120)?;
        html.raw(" <span")?;
        html.attr("class", &format!("badge {class}"))?;
        html.raw(">")?;
        html.icon(icon)?;
        html.text(&task_text(worst, "fails"))?;
        html.raw("</span> <span class=\"muted\">")?;
        html.text(&format!("{}, {}", worst.network_text(), plural(*adapters, "adapter id")))?;
        html.raw("</span></li>")?;
    }
    html.raw("</ul>")?;
    if found.len() > MOST_REASONS {
        html.raw("<p class=\"muted\">")?;
        html.text(&format!("and {} more.", plural(found.len() - MOST_REASONS, "set")))?;
        html.raw("</p>")?;
    }
    Ok(())
}

/// What is in the image, behind a disclosure.
fn contents(context: &Context<'_>, index: usize, html: &mut Html<'_>) -> io::Result<()> {
    let analysis = context.analysis();
    let facts = &analysis.world.images[index].facts;
    let kind = &analysis.kinds[index];
    let all: Vec<(DriverIndex, &Location)> = analysis.world.image_drivers(index).map(|(d, _, l)| (d, l)).collect();
    let mut network: Vec<_> = all.iter().filter(|(d, _)| analysis.topologies.roles[*d].is_network()).collect();
    network.sort_by_key(|(d, _)| matches!(analysis.topologies.roles[*d], Role::Protocol | Role::Filter));
    html.raw("<details><summary>What is in it: ")?;
    html.text(&format!("{}, {} for networks", plural(all.len(), "driver"), network.len()))?;
    html.raw("</summary><dl class=\"facts\">")?;
    let mut fact = |name: &'static str, value: &str| -> io::Result<()> {
        if value.is_empty() {
            return Ok(());
        }
        html.raw("<dt>")?;
        html.raw(name)?;
        html.raw("</dt><dd>")?;
        html.long(value, 400)?;
        html.raw("</dd>")
    };
    fact("Name", facts.xml.name.as_deref().unwrap_or_default())?;
    fact("Kind", &kind.title)?;
    fact("Starts", &facts.details.startup.commands().join("; "))?;
    fact("Components", &facts.details.optional_components().join(", "))?;
    fact(
        "Size",
        &format!(
            "{}, {} MB",
            plural(usize::try_from(facts.file_count).unwrap_or(usize::MAX), "file"),
            facts.total_bytes >> 20
        ),
    )?;
    html.raw("</dl>")?;
    if !network.is_empty() {
        html.raw("<ul class=\"plain drivers\">")?;
        for (driver, location) in network.iter().take(MOST_DRIVERS) {
            let injected = matches!(location, Location::Image { origin: DriverOrigin::Injected, .. });
            html.raw("<li>")?;
            html.path("path", context.inf(*driver), 80)?;
            html.raw(" <span class=\"muted\">")?;
            html.text(analysis.topologies.roles[*driver].name())?;
            html.raw(if injected { ", injected</span></li>" } else { ", in-box</span></li>" })?;
        }
        html.raw("</ul>")?;
        if network.len() > MOST_DRIVERS {
            html.raw("<p class=\"muted\">")?;
            html.text(&format!("{} more in the table of drivers.", network.len() - MOST_DRIVERS))?;
            html.raw("</p>")?;
        }
    }
    html.raw("</details>")
}
