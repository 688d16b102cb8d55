//! One self-contained page for a browser: no network access, no server, two small scripts and a style sheet of our own.
//!
//! What decides (verdicts, matrix, drawings) is plain HTML and readable without a script; findings, drivers, the fleet's
//! table and problems are JSON blocks that `app.js` shows page by page, so that a large share does not freeze the browser.
//! Everything is streamed to the writer. There is no template engine: `page.html` names its slots, and
//! `markup::Html` lets only literals through without escaping.

mod context;
mod data;
mod drawing;
mod drivers;
mod fleet;
mod images;
mod inspected;
pub(in crate::report) mod markup;
mod matrix;
mod overview;
mod rules;
mod topologies;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use self::context::Context;
pub(in crate::report) use self::context::severity as severity_look;
use self::markup::{Html, base64};
use super::{Report, since};

/// The page, with `{{slots}}`.
const PAGE: &str = include_str!("page.html");
/// The toolbar and the empty list of findings.
const FINDINGS: &str = include_str!("findings.html");
/// The toolbar and the empty table of drivers.
const DRIVERS: &str = include_str!("drivers.html");
const STYLE: &str = include_str!("style.css");
/// Runs before the first paint: nobody should see the wrong theme for a moment.
const THEME: &str = include_str!("theme.js");
const APP: &str = include_str!("app.js");

/// Writes the page.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let context = Context::new(report);
    for (index, part) in PAGE.split("{{").enumerate() {
        let (name, rest) = if index == 0 { ("", part) } else { part.split_once("}}").unwrap_or((part, "")) };
        slot(&context, name, &mut out)?;
        out.write_all(rest.as_bytes())?;
    }
    out.flush()
}

fn slot(context: &Context<'_>, name: &str, out: &mut dyn Write) -> io::Result<()> {
    let html = &mut Html::new(out);
    match name {
        "" => Ok(()),
        "csp" => policy(html),
        "title" => html.text(&overview::title(context)),
        "style" => html.raw(STYLE),
        "theme" => html.raw(THEME),
        "app" => html.raw(APP),
        "subject" => overview::subject(context, html),
        "nav" => navigation(context, html),
        "since" if context.report.scheduled => html.raw(since::MARK),
        "overview" => overview::write(context, html),
        "images" => images::write(context, html),
        "matrix" => matrix::write(context, html),
        "topologies" => topologies::write(context, html),
        "fleet" => fleet::write(context, html),
        "findings" if context.has_findings() => html.raw(FINDINGS),
        "drivers" if context.has_drivers() => html.raw(DRIVERS),
        "problems" => inspected::problems(context, html),
        "rules" => rules::write(context, html),
        "inspected" => inspected::write(context, html),
        "data" => data::write(context, out),
        // A test holds the slots of page.html and these names together.
        _ => Ok(()),
    }
}

/// Nothing is loaded from anywhere, and only the scripts and the style sheet that were written here run.
fn policy(html: &mut Html<'_>) -> io::Result<()> {
    let hash = |text: &str| format!("'sha256-{}'", base64(&Sha256::digest(text.as_bytes())));
    let text = format!(
        "default-src 'none'; style-src {}; script-src {} {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(THEME),
        hash(APP)
    );
    html.text(&text)
}

/// Links to the sections that there are.
fn navigation(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let analysis = context.report.analysis;
    let sections: [(&'static str, &'static str, bool, Option<usize>); 11] = [
        ("since", "What changed", context.report.scheduled, None),
        ("overview", "Overview", true, None),
        ("images", "Boot images", !analysis.world.images.is_empty(), Some(analysis.world.images.len())),
        ("matrix", "Matrix", context.has_matrix(), None),
        ("topologies", "Drawings", context.has_drawings(), Some(context.drawn.len())),
        ("fleet", "Fleet", analysis.coverage.is_some(), None),
        ("findings", "Findings", context.has_findings(), Some(analysis.findings.len())),
        ("drivers", "Drivers", context.has_drivers(), Some(analysis.world.drivers.len())),
        ("problems", "Problems", context.has_problems(), Some(context.report.problems.len())),
        ("rules", "Rules", context.has_findings() && !analysis.findings.is_empty(), None),
        ("inspected", "Inspected", true, None),
    ];
    for (id, title, _, count) in sections.into_iter().filter(|s| s.2) {
        html.raw("<li><a href=\"#")?;
        html.raw(id)?;
        html.raw("\">")?;
        html.raw(title)?;
        if let Some(count) = count {
            html.raw(" <span class=\"count\">")?;
            html.count(count)?;
            html.raw("</span>")?;
        }
        html.raw("</a></li>")?;
    }
    Ok(())
}
