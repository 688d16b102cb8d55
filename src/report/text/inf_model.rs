//! One INF as one Windows sees it, and the remarks of the lint.

use std::io::{self, Write};

use super::plural;
use super::style::{Style, harmless};
use crate::analysis::inf_model::{InfModel, ModelChoice};
use crate::facts::driver_package::{InfProblem, InstallDetails, RegistryOwner};

/// Writes the model.
///
/// # Errors
/// Those of the writer.
pub fn write(model: &InfModel, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let target = &model.target;
    let head = format!(
        "On Windows {} {} (product type {}): {}, {}",
        target.version,
        target.arch,
        target.product_type.number(),
        plural(model.devices.len(), "device"),
        plural(model.install_sections.len(), "install section")
    );
    writeln!(out, "{}", style.bold(&head))?;
    for choice in &model.manufacturers {
        style.wrapped(out, &format!("{:>7}  ", choice.line), &choice_in_words(choice))?;
    }
    if !model.manufacturers.is_empty() && !model.devices.is_empty() {
        writeln!(out)?;
    }
    for device in &model.devices {
        let ids: Vec<&str> = device.ids.iter().map(|i| i.as_str()).collect();
        let text = format!("{} = {}, {}", device.description, device.install_section, ids.join(", "));
        style.wrapped(out, &format!("{:>7}  ", device.line), &text)?;
    }
    model.install_sections.iter().try_for_each(|section| install(section, style, out))
}

/// Which Models section counts for a manufacturer, or why none does.
fn choice_in_words(choice: &ModelChoice) -> String {
    let all = if choice.decorations.is_empty() { "none".to_owned() } else { choice.decorations.join(", ") };
    match (&choice.models_section, &choice.decoration) {
        (Some(section), _) if choice.models == 0 => {
            format!("{}: [{section}] is empty: not supported on this Windows", choice.manufacturer)
        }
        (Some(section), _) => format!("{}: [{section}], {}", choice.manufacturer, plural(choice.models, "model")),
        (None, Some(decoration)) => {
            format!("{}: {decoration} applies, but the file has no such Models section", choice.manufacturer)
        }
        (None, None) => format!("{}: nothing for this Windows (decorations: {all})", choice.manufacturer),
    }
}

fn install(details: &InstallDetails, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let section = &details.install;
    let (name, place) = match &section.actual {
        Some(actual) => (actual, format!("line {}", section.line)),
        None => (&section.name, "there is no such section".to_owned()),
    };
    writeln!(out, "\n{} {}", style.bold(&format!("[{}]", harmless(name))), style.dim(&place))?;
    for service in &section.services {
        let number = |n: Option<u32>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let binary = service.binary.as_ref().map_or("no binary", |b| b.value.as_ref());
        let function = if service.associated { "function driver" } else { "filter or other" };
        let text = format!(
            "service {} ({function}): {binary}, type {}, start {}",
            if service.name.is_empty() { "(null)" } else { &service.name },
            number(service.service_type),
            number(service.start_type)
        );
        style.wrapped(out, &format!("{:>7}  ", service.line), &text)?;
    }
    for file in &details.files {
        let from = if file.source.eq_ignore_ascii_case(&file.destination) {
            String::new()
        } else {
            format!(" from {}", file.source)
        };
        let cabinet = file.cabinet.as_ref().map_or_else(String::new, |c| format!(" in {c}"));
        let folder = file.folder.clone().unwrap_or_else(|| format!("%{}%\\{}", file.dirid, file.subfolder));
        style.wrapped(
            out,
            &format!("{:>7}  ", file.line),
            &format!("file {}{from}{cabinet} to {folder}", file.destination),
        )?;
    }
    for value in &details.registry {
        let owner = match &value.owner {
            RegistryOwner::Driver => "driver".to_owned(),
            RegistryOwner::Hardware => "hardware".to_owned(),
            RegistryOwner::Service(name) => format!("service {name}"),
            RegistryOwner::EventLog(name) => format!("event log {name}"),
            RegistryOwner::CoInstaller => "co-installer".to_owned(),
        };
        let text = format!(
            "registry ({owner}) {},{},{} = {} {}",
            value.root,
            value.subkey,
            value.name,
            value.kind,
            value.data.join(",")
        );
        style.wrapped(out, &format!("{:>7}  ", value.line), &text)?;
    }
    for other in &details.other_directives {
        style.wrapped(out, &format!("{:>7}  ", other.line), &other.value)?;
    }
    Ok(())
}

/// `file:line:column: warning[kind]: text`, one remark a line, as compilers write them.
///
/// # Errors
/// Those of the writer.
pub fn lint(path: &str, remarks: &[InfProblem], out: &mut dyn Write) -> io::Result<()> {
    remarks.iter().try_for_each(|remark| writeln!(out, "{}", harmless(&remark.render(path))))
}
