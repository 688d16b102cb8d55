//! The drawings: each multi-tier set with its monolithic twin beside it, what it does below.

use std::collections::BTreeSet;
use std::io;

use super::context::{Context, severity};
use super::drawing::Drawing;
use super::markup::{Html, clip, plural};
use super::matrix;
use crate::analysis::classify::topology::{Topology, TopologyKind};
use crate::analysis::finding::Severity;
use crate::analysis::world::{DriverIndex, Location};

/// Cards that are open when the page opens.
const OPEN: usize = 2;

/// The section.
pub(super) fn write(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    if !context.has_drawings() {
        return Ok(());
    }
    html.raw(
        "<section id=\"topologies\" aria-labelledby=\"topologies-h\"><h2 id=\"topologies-h\">Multi-tier drivers</h2>",
    )?;
    html.raw("<p class=\"lead\">Which bus driver feeds which miniport, and the monolithic driver for the same adapters beside it. ")?;
    html.raw("A solid line was read from the files; a dashed one is documented or inferred.</p>")?;
    let all = &context.analysis().topologies.all;
    for (position, index) in context.drawn.iter().enumerate() {
        card(context, *index, &all[*index], position < OPEN, html)?;
    }
    if context.multi_tier > context.drawn.len() {
        html.raw("<p class=\"note\">")?;
        html.text(&format!("{} more in the JSON report.", context.multi_tier - context.drawn.len()))?;
        html.raw("</p>")?;
    }
    html.raw("</section>")
}

fn card(context: &Context<'_>, index: usize, topology: &Topology, open: bool, html: &mut Html<'_>) -> io::Result<()> {
    html.raw("<details class=\"card topology\"")?;
    html.attr("id", &format!("drawing-{}", topology.id))?;
    html.raw(if open { " open><summary>" } else { "><summary>" })?;
    let findings = context.by_topology.get(&index).map_or(&[][..], Vec::as_slice);
    let worst = findings.iter().filter(|f| f.counts()).map(|f| f.severity).max();
    if let Some(level) = worst {
        let (class, icon, word) = severity(level);
        html.raw("<span")?;
        html.attr("class", &format!("mark {class}"))?;
        html.raw(">")?;
        html.icon(icon)?;
        html.element("span", "vh", word)?;
        html.raw("</span>")?;
    }
    let infs: Vec<&str> = topology.nodes.iter().map(|(d, _)| context.inf(*d)).collect();
    html.raw("<span class=\"names\">")?;
    html.path("path name", &infs.join(" + "), 120)?;
    if let Some(family) = context.family(topology.family.as_deref()) {
        html.element("span", "family", family)?;
    }
    let folders = places(context, topology);
    html.raw("<span class=\"muted\">")?;
    html.text(&clip(&folders.join(", "), 160))?;
    html.raw("</span></span></summary>")?;
    for finding in findings.iter().take(4) {
        let (class, _, _) = severity(finding.severity);
        html.raw("<p class=\"says\"><a")?;
        html.attr("class", class)?;
        html.attr("href", &format!("#finding-{}", finding.fingerprint))?;
        html.raw(">")?;
        html.text(context.rule_title(finding.rule))?;
        html.raw("</a></p>")?;
    }
    html.raw("<div class=\"drawings\"><figure><figcaption>Multi-tier")?;
    html.text(if topology.root().is_none() { ", incomplete" } else { "" })?;
    html.raw("</figcaption>")?;
    Drawing::of_topology(context, topology).write(html)?;
    html.raw("</figure>")?;
    twin(context, topology, html)?;
    html.raw("</div>")?;
    if worst.is_some_and(|w| w > Severity::Info) || open {
        matrix::of_topology(context, index, html)?;
    }
    html.raw("</details>")
}

/// Where it lies: folders of the share, then images.
fn places(context: &Context<'_>, topology: &Topology) -> Vec<String> {
    /// More are versions of the same thing.
    const MOST: usize = 4;
    let world = &context.analysis().world;
    let Some((first, _)) = topology.nodes.first() else { return Vec::new() };
    let names: BTreeSet<(bool, String)> = world.drivers[*first]
        .locations
        .iter()
        .map(|location| match location {
            Location::Share { share, .. } => (false, folder_or_dot(world.share_path(*share, location.folder()))),
            Location::Image { image, .. } => (true, world.image_name(*image)),
        })
        .collect();
    let left_out = names.len().saturating_sub(MOST);
    let mut names: Vec<String> = names.into_iter().map(|(_, name)| name).take(MOST).collect();
    if left_out > 0 {
        names.push(format!("{left_out} more"));
    }
    names
}

fn folder_or_dot(path: String) -> String {
    if path.is_empty() { ".".to_owned() } else { path }
}

/// The monolithic driver for the same adapters, or that there is none.
fn twin(context: &Context<'_>, topology: &Topology, html: &mut Html<'_>) -> io::Result<()> {
    if topology.root_ids.is_empty() {
        return Ok(());
    }
    let mut twins: Vec<DriverIndex> = Vec::new();
    let mut shared: BTreeSet<&str> = BTreeSet::new();
    for other in context.analysis().topologies.all.iter().filter(|t| t.kind == TopologyKind::Monolithic) {
        let Some(root) = other.root() else { continue };
        let before = shared.len();
        shared.extend(other.root_ids.intersection(&topology.root_ids).map(|id| id.as_str()));
        if shared.len() > before || !other.root_ids.is_disjoint(&topology.root_ids) {
            twins.push(root);
        }
    }
    html.raw("<figure class=\"twin\"><figcaption>Monolithic twin")?;
    if twins.is_empty() {
        return html.raw("</figcaption><p class=\"none\">No monolithic driver for these adapters is here. Ask the vendor for the WinPE driver.</p></figure>");
    }
    html.text(&format!(": {} of {}", shared.len(), plural(topology.root_ids.len(), "adapter id")))?;
    html.raw("</figcaption>")?;
    Drawing::of_twins(context, &shared, &twins).write(html)?;
    html.raw("<ul class=\"plain twins\">")?;
    for twin in twins.iter().take(3) {
        let world = &context.analysis().world;
        if let Some(location) = world.drivers[*twin].locations.first() {
            html.raw("<li>")?;
            html.path("path", &world.place(location, 0).path, 160)?;
            html.raw("</li>")?;
        }
    }
    html.raw("</ul></figure>")
}
