//! What was looked at, with what, and what could not be read.

use std::io;

use super::context::Context;
use super::markup::{Html, capitalised};
use crate::report::words::scope;

/// Inputs that are listed.
const MOST_INPUTS: usize = 2000;

/// What could not be read: the table is made from data.
pub(super) fn problems(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    if !context.has_problems() {
        return Ok(());
    }
    html.raw("<section id=\"problems\" aria-labelledby=\"problems-h\"><h2 id=\"problems-h\">Could not be read</h2>")?;
    html.raw("<p class=\"lead\">What these files hold was not judged.</p>")?;
    html.raw("<div class=\"table-view\" id=\"problems-table\" data-table=\"problems\"></div></section>")
}

/// The section.
pub(super) fn write(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let report = context.report;
    html.raw("<section id=\"inspected\" aria-labelledby=\"inspected-h\"><h2 id=\"inspected-h\">What was inspected</h2><div class=\"card\"><ul class=\"inputs\">")?;
    for input in report.inputs.iter().take(MOST_INPUTS) {
        html.raw("<li>")?;
        html.element("span", "kind", input.kind)?;
        html.raw("<div>")?;
        html.path("path name", &input.path, 300)?;
        for (name, value) in [("SHA-256", &input.sha256), ("GUID", &input.guid)] {
            if let Some(value) = value {
                html.raw("<span class=\"digest\">")?;
                html.raw(name)?;
                html.raw(" ")?;
                html.element("code", "", value)?;
                html.raw("</span>")?;
            }
        }
        html.raw("</div></li>")?;
    }
    html.raw("</ul>")?;
    if report.inputs.len() > MOST_INPUTS {
        html.raw("<p class=\"note\">")?;
        html.text(&format!("{} more in the JSON report.", report.inputs.len() - MOST_INPUTS))?;
        html.raw("</p>")?;
    }
    html.raw("<dl class=\"facts\"><dt>Program</dt><dd>wimspect ")?;
    html.text(env!("CARGO_PKG_VERSION"))?;
    html.raw("</dd><dt>Knowledge (inf-db)</dt><dd><code>")?;
    html.text(&report.db.digest())?;
    html.raw("</code>")?;
    if let Some(policy) = report.policy {
        html.raw("</dd><dt>Policy</dt><dd><code>")?;
        html.text(policy)?;
        html.raw("</code>")?;
    }
    html.raw("</dd><dt>Scope</dt><dd>")?;
    html.text(&capitalised(scope(context.report)))?;
    html.raw(".</dd>")?;
    html.raw("<dt>How sure</dt><dd><b>proven</b>: read from this image or driver; <b>likely</b>: a documented rule or table; <b>guess</b>: inference, with its reason.</dd>")?;
    html.raw("</dl></div></section>")
}
