//! The fleet: bars for what becomes of its machines, the table below is made from data.

use std::io;

use super::context::Context;
use super::markup::{Html, plural};
use crate::analysis::coverage::MachineCounts;

/// Bars; each is one boot image.
const MOST_BARS: usize = 100;

/// The section.
pub(super) fn write(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let analysis = context.analysis();
    let Some(coverage) = &analysis.coverage else { return Ok(()) };
    html.raw(
        "<section id=\"fleet\" aria-labelledby=\"fleet-h\"><h2 id=\"fleet-h\">Fleet coverage</h2><p class=\"lead\">",
    )?;
    let mut parts = vec![plural(coverage.machines, "machine")];
    if !coverage.models.is_empty() {
        parts.push(plural(coverage.models.len(), "model"));
    }
    parts.push(format!("{} by vendor and device", plural(coverage.adapters.kinds(), "network adapter")));
    html.text(&format!("{}. ", parts.join(", ")))?;
    let adapters = &coverage.adapters;
    for (count, what) in [
        (adapters.software, "made by software or reached over Bluetooth"),
        (adapters.children, "made by a bus driver (the inventory must list class System for the adapter behind)"),
        (adapters.unclear, "of unknown kind that no network driver here knows"),
    ] {
        if count > 0 {
            html.text(&format!("Left out: {} {what}. ", plural(count, "device")))?;
        }
    }
    html.raw("</p>")?;
    if !coverage.by_target.is_empty() {
        html.raw("<ul class=\"legend\" aria-label=\"Legend\">")?;
        for (class, _, word) in parts_of(&MachineCounts::default()) {
            html.raw("<li><svg class=\"swatch\" aria-hidden=\"true\" width=\"14\" height=\"14\"><rect width=\"14\" height=\"14\" rx=\"3\"")?;
            html.attr("class", class)?;
            html.raw("/></svg>")?;
            html.raw(word)?;
            html.raw("</li>")?;
        }
        html.raw("</ul><ul class=\"bars\">")?;
        for (target, counts) in coverage.by_target.iter().take(MOST_BARS) {
            bar(&analysis.targets[*target].title, counts, html)?;
        }
        html.raw("</ul>")?;
    } else if !coverage.adapters.all.is_empty() {
        html.raw("<p class=\"note\">Name a --boot-image to be told what runs these adapters there.</p>")?;
    }
    html.raw("<div class=\"table-view\" id=\"fleet-table\" data-table=\"fleet\"></div></section>")
}

/// Class, machines, word.
const fn parts_of(counts: &MachineCounts) -> [(&'static str, usize, &'static str); 4] {
    [
        ("bar-fine", counts.fine, "network stays"),
        ("bar-risk", counts.at_risk, "an offered set takes it away"),
        ("bar-none", counts.without_network, "no network"),
        ("bar-unjudged", counts.not_judged, "no wired adapter in the inventory"),
    ]
}

fn bar(title: &str, counts: &MachineCounts, html: &mut Html<'_>) -> io::Result<()> {
    /// Width in units; a part that is there is never narrower than this many.
    const WIDE: usize = 1000;
    const LEAST: usize = 8;
    let parts = parts_of(counts);
    let total: usize = parts.iter().map(|p| p.1).sum();
    let words: Vec<String> =
        parts.iter().filter(|p| p.1 > 0).map(|(_, n, word)| format!("{}: {word}", plural(*n, "machine"))).collect();
    html.raw("<li><div class=\"bar-head\">")?;
    html.element("bdi", "name", title)?;
    html.raw("</div><svg class=\"bar\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" role=\"img\"")?;
    html.attr("aria-label", &format!("{title}: {}", words.join(", ")))?;
    html.raw(">")?;
    let mut x = 0;
    for (class, number, _) in parts.into_iter().filter(|p| p.1 > 0) {
        let width = (number * WIDE / total.max(1)).max(LEAST).min(WIDE.saturating_sub(x));
        html.raw("<rect y=\"0\" height=\"20\"")?;
        html.attr("class", class)?;
        html.attr("x", &x.to_string())?;
        html.attr("width", &width.to_string())?;
        html.raw("/>")?;
        x += width;
    }
    html.raw("</svg><p class=\"muted\">")?;
    html.text(&words.join(" · "))?;
    html.raw("</p></li>")
}
