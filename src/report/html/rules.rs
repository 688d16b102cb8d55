//! What the rules mean whose findings are listed, from inf-db.

use std::collections::BTreeMap;
use std::io;

use super::context::{Context, severity};
use super::markup::Html;

/// The section.
pub(super) fn write(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in context.analysis().findings.iter().filter(|_| context.has_findings()) {
        *counts.entry(finding.rule).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    html.raw("<section id=\"rules\" aria-labelledby=\"rules-h\"><h2 id=\"rules-h\">What the rules mean</h2>")?;
    for (id, count) in counts {
        let Some(rule) = context.report.db.rules().get(id) else { continue };
        let (class, icon, word) = severity(rule.severity);
        html.raw("<details class=\"card rule\"")?;
        html.attr("id", &format!("rule-{id}"))?;
        html.raw("><summary><span")?;
        html.attr("class", &format!("mark {class}"))?;
        html.raw(">")?;
        html.icon(icon)?;
        html.element("span", "vh", word)?;
        html.raw("</span><span class=\"names\"><span class=\"name\">")?;
        html.text(&rule.title)?;
        html.raw("</span><code>")?;
        html.text(id)?;
        html.raw("</code></span></summary><p>")?;
        html.text(&rule.summary)?;
        html.raw("</p><h3>Why it matters</h3><p>")?;
        html.text(&rule.why)?;
        html.raw("</p>")?;
        list(html, "How it shows up", &rule.shows_up)?;
        list(html, "What to do", &rule.fix)?;
        list(html, "Where it is written", &rule.references)?;
        html.raw("<p><a href=\"#findings\"")?;
        html.attr("data-rule", id)?;
        html.raw(">")?;
        html.text(&if count == 1 { "Its finding here".to_owned() } else { format!("Its {count} findings here") })?;
        html.raw("</a></p></details>")?;
    }
    html.raw("</section>")
}

fn list(html: &mut Html<'_>, title: &'static str, texts: &[String]) -> io::Result<()> {
    html.raw("<h3>")?;
    html.raw(title)?;
    html.raw("</h3><ul>")?;
    for text in texts {
        html.element("li", "", text)?;
    }
    html.raw("</ul>")
}
