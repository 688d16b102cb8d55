//! `wimspect explain`: what inf-db knows about a rule, a NIC family, a release, a log signature or a code.

mod logs;

use std::io::{self, Write};

use anyhow::{Result, bail};

use super::ExitStatus;
use super::args::{Common, ExplainArgs, Format};
use super::{output, pipeline};
use crate::facts::error_code::ErrorCode;
use crate::inf_db::{Family, InfDb, LogSignature, Release, RuleDocument, SignatureTopic};
use crate::report::inert::InertJson;
use crate::report::text::style::Style;

/// Runs it.
///
/// # Errors
/// Nothing has this id.
pub fn run(args: &ExplainArgs, common: &Common) -> Result<ExitStatus> {
    output::only(common, &[Format::Text, Format::Json], "explain lists no findings")?;
    let db = pipeline::load_db(common)?;
    let Some(id) = &args.id else {
        output::to_destinations(common, &mut |_, style, out| list(&db, style, out))?;
        return Ok(ExitStatus::Clean);
    };
    let found = if let Some(rule) = db.rules().get(id) {
        Found::Rule(rule)
    } else if let Some(family) = db.families().get(id) {
        Found::Family(family)
    } else if let Some(signature) = db.log_signatures().get(id) {
        Found::Signature(signature)
    } else if let Some(topic) = db.log_signatures().topic(id) {
        Found::Topic(topic)
    } else {
        // `explain 3` asks for a release, `explain 53` for a code.
        let is_release =
            db.releases().iter().any(|r| r.id.starts_with(&format!("{id}.")) || r.major.to_string() == *id);
        match (db.releases().parse(id), ErrorCode::parse(id).filter(|_| !is_release)) {
            (Ok(named), _) => Found::Release(named.release),
            (Err(_), Some(code)) => Found::Code(code),
            (Err(unknown), None) => bail!("{}", not_found(id, &db, &unknown.to_string())),
        }
    };
    output::to_destinations(common, &mut |format, style, out| found.write(format == Format::Json, &db, style, out))?;
    Ok(ExitStatus::Clean)
}

enum Found<'a> {
    Rule(&'a RuleDocument),
    Family(&'a Family),
    Release(&'a Release),
    Signature((&'a SignatureTopic, &'a LogSignature)),
    Topic(&'a SignatureTopic),
    Code(ErrorCode),
}

impl Found<'_> {
    fn write(&self, json: bool, db: &InfDb, style: Style, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Found::Rule(rule) if json => json_line(rule, out),
            Found::Rule(rule) => show_rule(rule, style, out),
            Found::Family(family) if json => json_line(family, out),
            Found::Family(family) => show_family(family, style, out),
            Found::Release(release) if json => json_line(release, out),
            Found::Release(release) => show_release(release, style, out),
            Found::Signature(signature) if json => logs::signature_json(*signature, out),
            Found::Signature(signature) => logs::show_signature(*signature, db, style, out),
            Found::Topic(topic) if json => json_line(topic, out),
            Found::Topic(topic) => logs::show_topic(topic, style, out),
            Found::Code(code) if json => json_line(&logs::ShownCode::of(*code, db), out),
            Found::Code(code) => logs::ShownCode::of(*code, db).show(style, out),
        }
    }
}

fn not_found(id: &str, db: &InfDb, about_release: &str) -> String {
    let mut near = db.rules().near(id);
    near.extend(db.families().near(id));
    near.extend(db.log_signatures().near(id));
    if id.starts_with(|c: char| c.is_ascii_digit()) {
        return about_release.to_owned();
    }
    near.truncate(3);
    let hint = if near.is_empty() {
        "`wimspect explain` without an id lists everything".to_owned()
    } else {
        format!("did you mean {}?", near.join(" or "))
    };
    format!("no rule, NIC family, WinPE release or log signature is called `{id}`; {hint}")
}

fn json_line<T: serde::Serialize>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(InertJson(&mut *out), value).map_err(io::Error::from)?;
    writeln!(out)
}

fn list(db: &InfDb, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.bold("Rules"))?;
    for rule in db.rules().iter() {
        writeln!(out, "  {:<44} {}", rule.id, rule.title)?;
    }
    writeln!(out, "\n{}", style.bold("NIC families"))?;
    for family in db.families().iter() {
        writeln!(out, "  {:<44} {}", family.id, family.title)?;
    }
    writeln!(out, "\n{}", style.bold("WinPE releases"))?;
    for release in db.releases().iter() {
        let build = format!("{}.{}.{}", release.major, release.minor, release.build);
        writeln!(out, "  {:<12} {:<31} {} ({})", release.id, build, release.title, release.windows)?;
    }
    writeln!(out, "\n{}", style.bold("Log signatures"))?;
    for topic in db.log_signatures().topics() {
        let ids: Vec<&str> = topic.signature.iter().map(|s| s.id.as_str()).collect();
        writeln!(out, "  {:<44} {} ({})", topic.id, topic.title, ids.join(" "))?;
    }
    Ok(())
}

fn paragraph(style: Style, out: &mut dyn Write, head: &str, text: &str) -> io::Result<()> {
    writeln!(out, "\n{}", style.bold(head))?;
    style.wrapped(out, "  ", text)
}

fn items(style: Style, out: &mut dyn Write, head: &str, texts: &[String]) -> io::Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.bold(head))?;
    texts.iter().try_for_each(|text| style.wrapped(out, "  - ", text))
}

fn show_rule(rule: &RuleDocument, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({})", style.bold(&rule.id), rule.severity.name())?;
    style.wrapped(out, "  ", &rule.title)?;
    paragraph(style, out, "What it means", &rule.summary)?;
    paragraph(style, out, "Why it matters", &rule.why)?;
    items(style, out, "How it shows up", &rule.shows_up)?;
    items(style, out, "How to fix it", &rule.fix)?;
    items(style, out, "References", &rule.references)
}

fn show_family(family: &Family, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.bold(&family.id))?;
    style.wrapped(out, "  ", &format!("{} ({})", family.title, family.vendor))?;
    paragraph(style, out, "What it is", &family.summary)?;
    let links: Vec<String> = family
        .links
        .iter()
        .map(|link| {
            let children: Vec<String> =
                link.children.iter().map(|c| format!("{:?}: {}", c.kind, c.services.join(", "))).collect();
            format!(
                "{}\\ is made by service {} ({})",
                link.enumerator,
                link.bus_services.join(" or "),
                children.join("; ")
            )
        })
        .collect();
    items(style, out, "Tiers", &links)?;
    let ids: Vec<String> =
        family.pci.iter().map(|p| format!("PCI vendor {}: {}", p.vendor, p.devices.join(" "))).collect();
    items(style, out, "Adapters", &ids)?;
    if let Some(text) = &family.monolithic {
        paragraph(style, out, "Monolithic driver", text)?;
    }
    let everywhere = family.advice_where.keys().copied().collect();
    items(style, out, "Advice", &family.advice_for(&everywhere))?;
    paragraph(style, out, "Source", &family.source)
}

fn show_release(release: &Release, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} {}", style.bold(&release.id), release.title)?;
    let build = release.sp_build.map_or_else(String::new, |sp| format!(".{sp}"));
    let mut lines = vec![
        format!(
            "OS version {}.{}.{}{build} and later builds, up to the next row; {}",
            release.major, release.minor, release.build, release.windows
        ),
        format!("kit: {}", release.kit),
        format!("architectures: {}", release.archs.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ")),
        format!("NDIS {}", release.ndis),
    ];
    lines.extend(release.configmgr.iter().map(|c| format!("ConfigMgr: {c}")));
    lines.extend(release.mdt.iter().map(|m| format!("MDT: {m}")));
    lines.extend(release.kmdf.iter().map(|k| format!("KMDF {k}")));
    lines.extend(release.net_adapter_cx.iter().map(|n| format!("NetAdapterCx {n}")));
    items(style, out, "What it is", &lines)?;
    let behaviour = release.multi_tier.map_or("not booted from a WIM", |m| match m {
        crate::inf_db::MultiTier::SingleEnumeration => {
            "devices are enumerated once: the child of a bus driver never gets a driver, and a replaced NIC driver takes the network away for good"
        }
        crate::inf_db::MultiTier::ReplacedThenRecovers => {
            "when a NIC driver is replaced the network goes away and comes back after some seconds"
        }
        crate::inf_db::MultiTier::InBox => "multi-tier NIC drivers are in the box: both tiers must be present",
    });
    paragraph(style, out, "Multi-tier network drivers", behaviour)?;
    if let Some(text) = &release.known_bad {
        paragraph(style, out, "Known bad", text)?;
    }
    if let Some(text) = &release.note {
        paragraph(style, out, "Note", text)?;
    }
    paragraph(style, out, "Source", &release.source)
}
