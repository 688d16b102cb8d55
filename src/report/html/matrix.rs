//! Target × scenario as a coloured table; colour, icon and words say the same.

use std::collections::BTreeSet;
use std::io;

use super::context::{Context, fate};
use super::markup::{Html, capitalised, clip, plural};
use crate::analysis::prediction::scenario::Outcome;
use crate::analysis::target::folded_names;
use crate::report::matrix::{self, Fate, Sum, task_text};

/// Rows; a run over all releases has fewer than fifty targets, but boot images may be many.
const MOST_ROWS: usize = 200;

/// The section.
pub(super) fn write(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    if !context.has_matrix() {
        return Ok(());
    }
    let analysis = context.analysis();
    let rows = matrix::of_everything(analysis);
    let columns = matrix::columns(&analysis.predictions.cells);
    let last = rows.iter().any(|row| !row.without_driver.is_empty());
    html.raw(
        "<section id=\"matrix\" aria-labelledby=\"matrix-h\"><h2 id=\"matrix-h\">What the offered drivers do</h2>",
    )?;
    html.raw(
        "<p class=\"lead\">The worst that one of the offered packages does, for each target and each way to deploy.",
    )?;
    if analysis.targets.iter().all(|t| t.image().is_none()) {
        html.raw(" No boot image is given: a driver that works is taken to be in Windows PE.")?;
    }
    html.raw("</p>")?;
    legend(html)?;
    html.raw("<div class=\"scroll\" role=\"group\" aria-labelledby=\"matrix-h\" tabindex=\"0\"><table class=\"matrix\"><thead><tr><th scope=\"col\">Target</th>")?;
    for (name, _) in &columns {
        html.raw("<th scope=\"col\">")?;
        html.text(&capitalised(name))?;
        html.raw("</th>")?;
    }
    if last {
        html.raw("<th scope=\"col\">No driver in the image</th>")?;
    }
    html.raw("</tr></thead><tbody>")?;
    for row in rows.iter().take(MOST_ROWS) {
        html.raw("<tr><th scope=\"row\">")?;
        html.text(&clip(&folded_names(&analysis.targets, &row.targets), 200))?;
        html.raw("</th>")?;
        for (sum, (name, _)) in row.columns.iter().zip(&columns) {
            cell(context, sum, name, html)?;
        }
        if last {
            without_driver(&row.without_driver, html)?;
        }
        html.raw("</tr>")?;
    }
    html.raw("</tbody></table></div>")?;
    if rows.len() > MOST_ROWS {
        html.raw("<p class=\"note\">")?;
        html.text(&format!("{} more in the JSON report.", plural(rows.len() - MOST_ROWS, "row")))?;
        html.raw("</p>")?;
    }
    html.raw("</section>")
}

fn legend(html: &mut Html<'_>) -> io::Result<()> {
    html.raw("<ul class=\"legend\" aria-label=\"Legend\">")?;
    for (kind, word) in [
        (Fate::Fails, "task sequence fails"),
        (Fate::Interrupted, "network interrupted, gets through"),
        (Fate::Unknown, "not known"),
        (Fate::Fine, "no harm"),
    ] {
        let (class, icon) = fate(kind);
        html.raw("<li><span")?;
        html.attr("class", &format!("key {class}"))?;
        html.raw(">")?;
        html.icon(icon)?;
        html.raw("</span>")?;
        html.text(word)?;
        html.raw("</li>")?;
    }
    html.raw("</ul>")
}

fn cell(context: &Context<'_>, sum: &Sum<'_>, column: &str, html: &mut Html<'_>) -> io::Result<()> {
    let Some(worst) = sum.worst else {
        html.raw("<td class=\"fate-none\"")?;
        html.attr("data-column", &capitalised(column))?;
        return html.raw("><span class=\"muted\">nothing offered applies</span></td>");
    };
    let kind = Fate::of(worst);
    open_outcome(worst, column, html)?;
    if let Some(sets) = sum.sets.get(&kind).filter(|_| kind != Fate::Fine) {
        who(context, sets, html)?;
    }
    html.raw("</td>")
}

/// The packages that do it: by name where they are few.
fn who(context: &Context<'_>, sets: &BTreeSet<usize>, html: &mut Html<'_>) -> io::Result<()> {
    let folders: BTreeSet<String> =
        sets.iter().map(|s| context.folder(&context.analysis().predictions.offered[*s].folder)).collect();
    if folders.len() <= 2 {
        html.raw("<small class=\"who\">")?;
        for (index, folder) in folders.iter().enumerate() {
            if index > 0 {
                html.raw(", ")?;
            }
            html.path("path", folder, 60)?;
        }
        return html.raw("</small>");
    }
    html.raw("<details class=\"who\"><summary>")?;
    html.text(&plural(folders.len(), "package"))?;
    html.raw("</summary><ul class=\"plain\">")?;
    for folder in folders.iter().take(100) {
        html.raw("<li>")?;
        html.path("path", folder, 120)?;
        html.raw("</li>")?;
    }
    if folders.len() > 100 {
        html.raw("<li>")?;
        html.text(&format!("and {} more", folders.len() - 100))?;
        html.raw("</li>")?;
    }
    html.raw("</ul></details>")
}

/// `<td>` with icon and words, left open.
fn open_outcome(outcome: &Outcome, column: &str, html: &mut Html<'_>) -> io::Result<()> {
    let (class, icon) = fate(Fate::of(outcome));
    html.raw("<td")?;
    html.attr("class", class)?;
    html.attr("data-column", &capitalised(column))?;
    html.raw("><div class=\"fate\">")?;
    html.icon(icon)?;
    html.raw("<div><b>")?;
    html.text(&capitalised(&task_text(outcome, "fails")))?;
    html.raw("</b><span>")?;
    html.text(outcome.network_text())?;
    html.raw("</span></div></div>")
}

fn without_driver(ids: &BTreeSet<&str>, html: &mut Html<'_>) -> io::Result<()> {
    if ids.is_empty() {
        return html
            .raw("<td class=\"fate-none\" data-column=\"No driver in the image\"><span class=\"muted\">–</span></td>");
    }
    html.raw("<td class=\"fate-none\" data-column=\"No driver in the image\"><div class=\"fate\">")?;
    html.icon("muted")?;
    html.raw("<div><b>")?;
    html.text(&plural(ids.len(), "adapter id"))?;
    html.raw("</b><span>that the share has a driver for: network never up</span></div></div><details class=\"who\"><summary>which</summary><ul class=\"plain\">")?;
    for id in ids.iter().take(50) {
        html.raw("<li>")?;
        html.element("code", "", &clip(id, 120))?;
        html.raw("</li>")?;
    }
    if ids.len() > 50 {
        html.raw("<li>")?;
        html.text(&format!("and {} more", ids.len() - 50))?;
        html.raw("</li>")?;
    }
    html.raw("</ul></details></td>")
}

/// The table of one topology, under its drawing.
pub(super) fn of_topology(context: &Context<'_>, topology: usize, html: &mut Html<'_>) -> io::Result<()> {
    let analysis = context.analysis();
    let rows = matrix::of_topology(analysis, topology);
    if rows.is_empty() {
        return Ok(());
    }
    let columns = matrix::columns(&analysis.predictions.cells);
    html.raw("<div class=\"scroll\" role=\"group\" aria-label=\"What it does, by target and scenario\" tabindex=\"0\"><table class=\"matrix small\"><thead><tr><th scope=\"col\">Target</th>")?;
    for (name, _) in &columns {
        html.raw("<th scope=\"col\">")?;
        html.text(&capitalised(name))?;
        html.raw("</th>")?;
    }
    html.raw("</tr></thead><tbody>")?;
    for row in &rows {
        html.raw("<tr><th scope=\"row\">")?;
        html.text(&clip(&folded_names(&analysis.targets, &row.targets), 200))?;
        html.raw("<small>")?;
        html.text(&plural(row.adapters.len(), "adapter id"))?;
        html.raw(if matrix::changes(row.prediction) {
            "</small></th>"
        } else {
            ", the set changes nothing</small></th>"
        })?;
        for (name, cells) in &columns {
            match matrix::worst(row.prediction, cells) {
                Some(outcome) => open_outcome(outcome, name, html)?,
                None => html.raw("<td>")?,
            }
            html.raw("</td>")?;
        }
        html.raw("</tr>")?;
    }
    html.raw("</tbody></table></div>")
}
