//! The top of the page: the answer in one line, and what to fix first.

use std::collections::BTreeMap;
use std::io;

use super::context::{Context, fate, severity};
use super::markup::{Html, capitalised, clip, grouped, plural};
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::target::folded_names;
use crate::report::matrix::{Fate, task_text};

/// Entries of "what to fix first"; all findings stand in their list.
const MOST_FIRST: usize = 8;
/// Characters of a sentence that are shown here; the finding has all of it.
const MOST_TEXT: usize = 320;

/// The title of the window.
pub(super) fn title(context: &Context<'_>) -> String {
    let inputs: Vec<&str> = context.report.inputs.iter().map(|i| last_part(&i.path)).collect();
    let inputs = match inputs.as_slice() {
        [] => String::new(),
        [one] => format!(" – {}", clip(one, 60)),
        [first, rest @ ..] => format!(" – {} and {} more", clip(first, 60), rest.len()),
    };
    let headline = if context.report.verdicts { headline(context).1 } else { "Facts".to_owned() };
    format!("{headline}{inputs} – wimspect")
}

fn last_part(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// The inputs, beside the name of the program.
pub(super) fn subject(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    for (index, input) in context.report.inputs.iter().take(3).enumerate() {
        if index > 0 {
            html.raw("<span class=\"sep\" aria-hidden=\"true\">·</span>")?;
        }
        html.path("path", last_part(&input.path), 48)?;
    }
    if context.report.inputs.len() > 3 {
        html.text(&format!(" and {} more", context.report.inputs.len() - 3))?;
    }
    Ok(())
}

fn count(context: &Context<'_>, severity: Severity) -> usize {
    context.analysis().findings.iter().filter(|f| f.counts() && f.severity == severity).count()
}

/// Class and sentence.
fn headline(context: &Context<'_>) -> (&'static str, String) {
    let (errors, warnings) = (count(context, Severity::Error), count(context, Severity::Warning));
    let unread = context.report.problems.len();
    let is_accepted = |f: &&Finding| !f.counts() && f.severity == Severity::Error;
    let accepted = context.analysis().findings.iter().filter(is_accepted).count();
    match (errors, warnings) {
        (1.., _) => ("bad", format!("{} to fix before anything is distributed", plural(errors, "error"))),
        // What somebody has accepted does not count, and is not gone.
        _ if accepted > 0 => ("warn", format!("No errors that count, {} suppressed", grouped(accepted as u64))),
        (0, 1..) => ("warn", format!("No errors, {} to look at", plural(warnings, "warning"))),
        (0, 0) if unread > 0 => {
            ("warn", format!("No errors as far as it could be read, {}", plural(unread, "problem")))
        }
        (0, 0) => ("good", "Nothing found that breaks a deployment".to_owned()),
    }
}

/// The section.
pub(super) fn write(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    html.raw("<section id=\"overview\" aria-labelledby=\"headline\">")?;
    let (class, icon, line) = if context.report.verdicts {
        let (class, line) = headline(context);
        let icon = match class {
            "bad" => "error",
            "warn" => "warning",
            _ => "ok",
        };
        (class, icon, line)
    } else {
        ("facts", "info", "Facts, not judged".to_owned())
    };
    html.raw("<div")?;
    html.attr("class", &format!("headline {class}"))?;
    html.raw(">")?;
    html.icon(icon)?;
    html.raw("<div>")?;
    html.raw("<h1 id=\"headline\">")?;
    html.text(&line)?;
    html.raw("</h1><p>")?;
    html.text(&looked_at(context))?;
    html.raw("</p></div>")?;
    if context.has_findings() {
        tiles(context, html)?;
    }
    html.raw("</div>")?;
    if context.has_findings() {
        baseline(context, html)?;
        first(context, html)?;
    }
    html.raw("</section>")
}

fn looked_at(context: &Context<'_>) -> String {
    let analysis = context.analysis();
    let infs: usize = analysis.world.shares.iter().map(|s| s.infs.len()).sum();
    let network = analysis.topologies.roles.iter().filter(|r| r.is_network()).count();
    let mut parts = Vec::new();
    if !analysis.world.images.is_empty() {
        parts.push(plural(analysis.world.images.len(), "image"));
    }
    if !analysis.world.shares.is_empty() {
        parts.push(plural(infs, "INF file"));
    }
    parts.push(format!(
        "{}, {} of them for networks",
        plural(analysis.world.drivers.len(), "driver"),
        grouped(network as u64)
    ));
    if let Some(coverage) = &analysis.coverage {
        parts.push(plural(coverage.machines, "machine"));
    }
    format!("Looked at {}.", parts.join(" · "))
}

/// Counts that are filters of the list of findings.
fn tiles(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    html.raw("<ul class=\"tiles\" aria-label=\"Findings by severity\">")?;
    for level in [Severity::Error, Severity::Warning, Severity::Info] {
        let (class, icon, word) = severity(level);
        let number = count(context, level);
        html.raw("<li><a href=\"#findings\"")?;
        html.attr("class", &format!("tile {class}{}", if number == 0 { " zero" } else { "" }))?;
        html.attr("data-severity", level.name())?;
        html.raw(">")?;
        html.icon(icon)?;
        html.raw("<b>")?;
        html.count(number)?;
        html.raw("</b> <span>")?;
        html.text(word)?;
        html.raw(if number == 1 { "</span></a></li>" } else { "s</span></a></li>" })?;
    }
    let suppressed = context.analysis().findings.iter().filter(|f| !f.counts()).count();
    if suppressed > 0 {
        html.raw("<li><a href=\"#findings\" class=\"tile quiet\" data-show=\"suppressed\">")?;
        html.icon("muted")?;
        html.raw("<b>")?;
        html.count(suppressed)?;
        html.raw("</b> <span>suppressed</span></a></li>")?;
    }
    html.raw("</ul>")
}

/// What changed against the baseline.
fn baseline(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let Some(baseline) = context.report.baseline else { return Ok(()) };
    html.raw("<div class=\"baseline\"><p><strong>Against the baseline:</strong> ")?;
    html.text(&format!("{} new, {} accepted, {} gone.", baseline.new, baseline.accepted, baseline.gone.len()))?;
    html.raw("</p>")?;
    if !baseline.gone.is_empty() {
        html.raw("<details><summary>What is gone</summary><ul class=\"plain\">")?;
        for gone in baseline.gone.iter().take(200) {
            html.raw("<li>")?;
            html.element("code", "", &gone.rule)?;
            html.raw(" ")?;
            html.path("path", &gone.path, 200)?;
            html.raw(": ")?;
            html.text(&clip(&gone.message, MOST_TEXT))?;
            html.raw("</li>")?;
        }
        html.raw("</ul></details>")?;
    }
    html.raw("</div>")
}

/// What speaks loudest, package by package.
fn first(context: &Context<'_>, html: &mut Html<'_>) -> io::Result<()> {
    let findings = || context.analysis().findings.iter().filter(|f| f.counts());
    let Some(worst) = findings().map(|f| f.severity).max().filter(|s| *s > Severity::Info) else { return Ok(()) };
    let mut owners: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for finding in findings().filter(|f| f.severity == worst) {
        let owner = context.owner(finding);
        let list = owners.entry(owner).or_default();
        if list.is_empty() {
            order.push(owner);
        }
        list.push(finding);
    }
    // What takes the network away comes before what is only wrong; then the order of the findings.
    let weight = |owner: &str| {
        let stories = owners.get(owner).into_iter().flatten().flat_map(|f| context.stories(f));
        stories.map(|s| Fate::of(s.outcome)).max()
    };
    order.sort_by_key(|owner| std::cmp::Reverse(weight(owner)));
    html.raw("<h2>")?;
    html.raw(if worst == Severity::Error { "What to fix first" } else { "What to look at first" })?;
    html.raw("</h2><ol class=\"first\">")?;
    for owner in order.iter().take(MOST_FIRST) {
        if let Some(findings) = owners.get(owner) {
            entry(context, owner, findings, html)?;
        }
    }
    html.raw("</ol>")?;
    if order.len() > MOST_FIRST {
        html.raw("<p class=\"more\"><a href=\"#findings\"")?;
        html.attr("data-severity", worst.name())?;
        html.raw(">")?;
        html.text(&format!("{} more in the list of findings", order.len() - MOST_FIRST))?;
        html.raw("</a></p>")?;
    }
    Ok(())
}

fn entry(context: &Context<'_>, owner: &str, findings: &[&Finding], html: &mut Html<'_>) -> io::Result<()> {
    let Some(finding) = findings.iter().max_by_key(|f| context.stories(f).first().map(|s| Fate::of(s.outcome))) else {
        return Ok(());
    };
    let (class, icon, word) = severity(finding.severity);
    html.raw("<li")?;
    html.attr("class", class)?;
    html.raw("><div class=\"who\">")?;
    html.icon(icon)?;
    html.element("span", "vh", word)?;
    html.raw("<div>")?;
    html.path("path name", owner, 120)?;
    html.raw("<a")?;
    html.attr("href", &format!("#finding-{}", finding.fingerprint))?;
    html.raw(">")?;
    html.text(context.rule_title(finding.rule))?;
    html.raw("</a>")?;
    if findings.len() > 1 {
        html.raw("<a class=\"also\" href=\"#findings\"")?;
        html.attr("data-owner", owner)?;
        html.raw(">")?;
        html.text(&format!("and {} more here", findings.len() - 1))?;
        html.raw("</a>")?;
    }
    html.raw("</div></div><div class=\"what\">")?;
    what(context, finding, html)?;
    html.raw("</div>")?;
    if let Some(advice) = context.advice(finding) {
        html.raw("<div class=\"do\"><b>What to do</b> ")?;
        html.breakable(&capitalised(&clip(advice, MOST_TEXT)))?;
        html.raw("</div>")?;
    }
    html.raw("</li>")
}

/// What happens where; the message where no scenario says it.
fn what(context: &Context<'_>, finding: &Finding, html: &mut Html<'_>) -> io::Result<()> {
    let stories = context.stories(finding);
    if stories.is_empty() {
        html.raw("<p>")?;
        html.breakable(&clip(&finding.message, MOST_TEXT))?;
        return html.raw("</p>");
    }
    html.raw("<ul class=\"stories\">")?;
    for story in stories.iter().take(3) {
        let (class, icon) = fate(Fate::of(story.outcome));
        html.raw("<li><span class=\"where\">")?;
        html.breakable(&clip(&folded_names(&context.analysis().targets, &story.targets), 200))?;
        html.raw("</span><span")?;
        html.attr("class", &format!("badge {class}"))?;
        html.raw(">")?;
        html.icon(icon)?;
        html.text(&task_text(story.outcome, "fails"))?;
        html.raw("</span> <span class=\"net\">")?;
        html.text(story.outcome.network_text())?;
        html.raw("</span></li>")?;
    }
    html.raw("</ul>")
}
