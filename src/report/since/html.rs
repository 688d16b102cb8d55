//! The section for the page: what is new at a glance, everything else folded, trends as drawings with their numbers beside
//! them.

use std::io::{self, Write};

use super::lines::{Group, Line};
use super::numbers::{Series, series};
use super::summary::{Summary, Tone};
use super::{Comparison, Since};
use crate::facts::utc;
use crate::report::html::markup::{Html, clip};
use crate::report::html::severity_look;

/// Lines of a group that are shown at once.
const MOST_SHOWN: usize = 12;
/// Lines of a group in all; a share of 50,000 packages that moves must not make a page that no browser opens.
const MOST_LINES: usize = 500;
/// Further lines about one change.
const MOST_DETAILS: usize = 300;
/// Characters of a sentence.
const MOST_TEXT: usize = 320;

/// Writes the section.
///
/// # Errors
/// Those of the writer.
pub fn write(section: &Since<'_>, out: &mut dyn Write) -> io::Result<()> {
    let html = &mut Html::new(out);
    let summary = Summary::of(section);
    let (class, icon) = match summary.tone {
        Tone::Worse => ("bad", "error"),
        Tone::Look => ("warn", "warning"),
        // Nothing new is no praise where errors stand.
        Tone::Calm if section.last().is_none() || section.standing_errors() > 0 => ("facts", "info"),
        Tone::Calm => ("good", "ok"),
    };
    html.raw("<section id=\"since\" aria-labelledby=\"since-h\"><p class=\"of-run\">")?;
    html.text(section.title)?;
    html.raw(" <span class=\"sep\" aria-hidden=\"true\">·</span> ")?;
    html.text(&section.run.to_string())?;
    html.raw("</p><div")?;
    html.attr("class", &format!("headline {class}"))?;
    html.raw(">")?;
    html.icon(icon)?;
    html.raw("<div><h2 id=\"since-h\">")?;
    html.text(&summary.headline)?;
    html.raw("</h2><p>")?;
    html.text(&summary.since)?;
    if !summary.counts.is_empty() {
        html.text(&format!(": {}", summary.counts))?;
    }
    html.raw("</p></div></div>")?;
    missing(section, html)?;
    for (index, comparison) in section.comparisons.iter().enumerate() {
        if index > 0 {
            further(comparison, html)?;
        }
        for group in section.groups(comparison) {
            write_group(&group, html)?;
        }
        if index > 0 {
            html.raw("</details>")?;
        }
    }
    trends(section, html)?;
    html.raw("</section>")
}

/// What is missing now, whenever it vanished.
fn missing(section: &Since<'_>, html: &mut Html<'_>) -> io::Result<()> {
    if section.missing.is_empty() {
        return Ok(());
    }
    html.raw("<div class=\"missing warn card\"><h3>Missing tonight</h3><ul class=\"plain\">")?;
    for (path, why) in section.missing().take(MOST_LINES) {
        html.raw("<li>")?;
        html.path("path", path, 200)?;
        html.raw(": ")?;
        html.text(&clip(why, MOST_TEXT))?;
        html.raw("</li>")?;
    }
    html.raw("</ul><p class=\"note\">The rest of the page is about what was there.</p></div>")
}

/// A comparison that was asked for, folded.
fn further(comparison: &Comparison, html: &mut Html<'_>) -> io::Result<()> {
    let summary = Summary::of_comparison(comparison);
    html.raw("<details class=\"change card\" open><summary><h3>")?;
    html.text(&summary.line())?;
    html.raw("</h3></summary>")?;
    if !summary.counts.is_empty() {
        html.element("p", "muted", &summary.counts)?;
    }
    Ok(())
}

fn write_group(group: &Group, html: &mut Html<'_>) -> io::Result<()> {
    html.raw("<details class=\"change card\"")?;
    if group.open {
        html.raw(" open")?;
    }
    html.attr("data-change", group.id)?;
    html.raw("><summary><h3>")?;
    html.raw(group.title)?;
    html.raw(" <span class=\"count\">")?;
    html.count(group.lines.len())?;
    html.raw("</span></h3></summary>")?;
    let (first, rest) = group.lines.split_at(group.lines.len().min(MOST_SHOWN));
    list(first, html)?;
    if !rest.is_empty() {
        html.raw("<details class=\"rest\"><summary>")?;
        html.text(&format!("{} more", rest.len()))?;
        html.raw("</summary>")?;
        list(&rest[..rest.len().min(MOST_LINES)], html)?;
        if rest.len() > MOST_LINES {
            html.raw("<p class=\"note\">")?;
            html.text(&format!("{} more in the formats json and csv.", rest.len() - MOST_LINES))?;
            html.raw("</p>")?;
        }
        html.raw("</details>")?;
    }
    html.raw("</details>")
}

fn list(lines: &[Line], html: &mut Html<'_>) -> io::Result<()> {
    html.raw("<ul class=\"changes\">")?;
    for line in lines {
        write_line(line, html)?;
    }
    html.raw("</ul>")
}

fn write_line(line: &Line, html: &mut Html<'_>) -> io::Result<()> {
    let look = line.severity.map(severity_look);
    html.raw("<li")?;
    html.attr("class", look.map_or("", |(class, _, _)| class))?;
    html.raw(">")?;
    if let Some((_, icon, word)) = look {
        html.icon(icon)?;
        html.element("span", "vh", word)?;
    }
    html.raw("<div><b>")?;
    match &line.fingerprint {
        Some(fingerprint) => {
            html.raw("<a")?;
            html.attr("href", &format!("#finding-{fingerprint}"))?;
            html.raw(">")?;
            html.text(&clip(&line.name, 120))?;
            html.raw("</a>")?;
        }
        None => html.text(&clip(&line.name, 120))?,
    }
    html.raw("</b> ")?;
    if !line.path.is_empty() {
        html.path("path", &line.path, 200)?;
    }
    html.raw("<span class=\"message\">")?;
    html.breakable(&clip(&line.text, MOST_TEXT))?;
    html.raw("</span>")?;
    if !line.details.is_empty() {
        html.raw("<details class=\"rest\"><summary>")?;
        html.text(&format!("what is different ({})", line.details.len()))?;
        html.raw("</summary><ul class=\"plain\">")?;
        for detail in line.details.iter().take(MOST_DETAILS) {
            html.raw("<li>")?;
            html.breakable(&clip(detail, MOST_TEXT))?;
            html.raw("</li>")?;
        }
        if line.details.len() > MOST_DETAILS {
            html.raw("<li>")?;
            html.text(&format!("{} more in the format json", line.details.len() - MOST_DETAILS))?;
            html.raw("</li>")?;
        }
        html.raw("</ul></details>")?;
    }
    html.raw("</div></li>")
}

/// A table whose last column is drawn: the numbers are there without the drawing.
fn trends(section: &Since<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let (Some(first), Some(last)) = (section.trends.first(), section.trends.last()) else { return Ok(()) };
    if section.trends.len() < 2 {
        return Ok(());
    }
    html.raw("<h3 id=\"trends-h\">Trends</h3><p class=\"lead\">")?;
    let day = |seconds: u64| utc::text(seconds).split('T').next().unwrap_or_default().to_owned();
    html.text(&format!("The last {} runs, {} to {}.", section.trends.len(), day(first.started), day(last.started)))?;
    html.raw("</p><div class=\"scroll\"><table class=\"trends\" aria-labelledby=\"trends-h\"><thead><tr><th scope=\"col\">Count</th><th scope=\"col\" class=\"number\">Now</th><th scope=\"col\" class=\"number\">Change</th><th scope=\"col\">Over the runs</th></tr></thead><tbody>")?;
    for row in series(section.trends) {
        html.raw("<tr><th scope=\"row\">")?;
        html.raw(row.name)?;
        html.raw("</th><td class=\"number\" data-column=\"Now\"><b>")?;
        html.text(&row.now().map_or_else(|| "–".to_owned(), |n| n.to_string()))?;
        html.raw("</b></td><td class=\"number\" data-column=\"Change\">")?;
        step(&row, html)?;
        html.raw("</td><td class=\"drawn\">")?;
        drawing(&row, html)?;
        html.raw("</td></tr>")?;
    }
    html.raw("</tbody></table></div>")
}

/// `+2`, with a word for what a colour says.
fn step(row: &Series, html: &mut Html<'_>) -> io::Result<()> {
    match row.step() {
        None => html.text("–"),
        Some(0) => html.element("span", "muted", "same"),
        Some(step) => {
            let class = match row.less_is_better {
                None => "muted",
                Some(less) if less == (step < 0) => "better",
                Some(_) => "worse",
            };
            html.element("span", class, &format!("{step:+}"))?;
            match class {
                "better" => html.element("span", "vh", " better"),
                "worse" => html.element("span", "vh", " worse"),
                _ => Ok(()),
            }
        }
    }
}

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 36.0;
/// Room for the line and the dot at its end.
const EDGE: f64 = 4.0;

/// A line over the runs, from zero up, with a dot for this run.
fn drawing(row: &Series, html: &mut Html<'_>) -> io::Result<()> {
    html.raw("<svg viewBox=\"0 0 320 36\" role=\"img\" preserveAspectRatio=\"none\"")?;
    html.attr("class", &format!("trend {}", row.class))?;
    html.attr("aria-label", &format!("{} over {} runs: {}", row.name, row.values.len(), row.words()))?;
    html.raw("><title>")?;
    html.text(&row.words())?;
    html.raw("</title>")?;
    for piece in pieces(row) {
        let points: Vec<String> = piece.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        if let ([(first, _), ..], [.., (last, _)]) = (piece.as_slice(), piece.as_slice()) {
            html.raw("<path class=\"area\"")?;
            html.attr("d", &format!("M{first:.1},{HEIGHT} L{} L{last:.1},{HEIGHT} Z", points.join(" L")))?;
            html.raw("/><polyline class=\"line\"")?;
            html.attr("points", &points.join(" "))?;
            html.raw("/>")?;
        }
    }
    html.raw("</svg>")
}

/// Points of the line; it is broken where a run has no such number.
fn pieces(row: &Series) -> Vec<Vec<(f64, f64)>> {
    let most = row.range().map_or(1, |(_, most)| most.max(1));
    let (mut pieces, mut piece) = (Vec::new(), Vec::new());
    let last = row.values.len().saturating_sub(1).max(1);
    for (index, value) in row.values.iter().enumerate() {
        match value {
            None => pieces.push(std::mem::take(&mut piece)),
            Some(value) => {
                #[expect(clippy::cast_precision_loss, reason = "places in a drawing")]
                let (at, share) = (index as f64 / last as f64, *value as f64 / most as f64);
                piece.push((EDGE + at * (WIDTH - 2.0 * EDGE), HEIGHT - EDGE - share * (HEIGHT - 2.0 * EDGE)));
            }
        }
    }
    pieces.push(piece);
    pieces.retain(|p| !p.is_empty());
    pieces
}
