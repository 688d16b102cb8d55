//! A driver file, a catalog or a registry hive by itself.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::plural;
use super::style::{Style, harmless};
use crate::facts::boot_image::registry::{DriverDatabase, Software, System};
use crate::facts::driver_binary::DriverBinary;
use crate::facts::signature::{CatalogFacts, DigestAlgorithm, Digests, FileDigest, Signature};
use crate::facts::single_file::{HiveFacts, SingleFacts, SingleFile};
use crate::inf_db::InfDb;

/// Lines of a list that are shown without `--all-facts`.
const MOST: usize = 40;

/// Writes it.
///
/// # Errors
/// Those of the writer.
pub fn write(
    path: &str,
    file: &SingleFile,
    db: &InfDb,
    everything: bool,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let view = View { db, style, most: if everything { usize::MAX } else { MOST } };
    writeln!(out, "{} {}", style.bold(&harmless(path)), style.dim(&format!("{} bytes", file.size)))?;
    digests("file", &file.digests, &mut out)?;
    match &file.facts {
        SingleFacts::DriverFile(binary) => view.driver_file(binary, &mut out)?,
        SingleFacts::Catalog(catalog) => view.catalog(catalog, &mut out)?,
        SingleFacts::Hive(hive) => view.hive(hive, &mut out)?,
    }
    out.flush()
}

fn digests(what: &str, digests: &Digests, out: &mut dyn Write) -> io::Result<()> {
    for algorithm in [DigestAlgorithm::Sha1, DigestAlgorithm::Sha256] {
        let value = digests.get(algorithm).unwrap_or_default();
        writeln!(out, "  {:<8} {what}: {}", algorithm.name(), hex(value))?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn dotted(version: [u16; 4]) -> String {
    version.map(|n| n.to_string()).join(".")
}

struct View<'a> {
    db: &'a InfDb,
    style: Style,
    most: usize,
}

impl View<'_> {
    /// A list, cut where it gets long.
    fn list(&self, out: &mut dyn Write, head: &str, items: &[String]) -> io::Result<()> {
        writeln!(out, "  {}", self.style.bold(&format!("{head}: {}", items.len())))?;
        for item in items.iter().take(self.most) {
            self.style.wrapped(out, "    ", item)?;
        }
        match items.len().saturating_sub(self.most) {
            0 => Ok(()),
            more => writeln!(out, "    ... and {more} more (--all-facts)"),
        }
    }

    fn driver_file(&self, binary: &DriverBinary, out: &mut dyn Write) -> io::Result<()> {
        if let Some(signing) = &binary.signing {
            digests("Authenticode", &signing.digests, out)?;
        }
        let arch = binary.arch.map_or("no machine that Windows drivers are made for", crate::facts::ids::Arch::name);
        writeln!(out, "  machine  0x{:04x} ({arch})", binary.machine)?;
        let version = |v: Option<[u16; 4]>| v.map_or_else(|| "none".to_owned(), dotted);
        writeln!(out, "  version  file {}, product {}", version(binary.file_version), version(binary.product_version))?;
        for (name, linked) in [("KMDF", binary.kmdf), ("NetAdapterCx", binary.net_adapter_cx)] {
            if let Some((major, minor)) = linked {
                writeln!(out, "  {name} {major}.{minor}")?;
            }
        }
        let functions = binary.imports.iter().filter(|i| i.module.eq_ignore_ascii_case("ndis.sys"));
        let known =
            functions.flat_map(|i| &i.functions).filter_map(|f| Some((self.db.ndis_functions().first_version(f)?, f)));
        if let Some((version, function)) = known.max() {
            writeln!(out, "  NDIS {version} or later, for {}", harmless(function))?;
        }
        let imports: Vec<String> =
            binary.imports.iter().map(|i| format!("{}: {}", i.module, i.functions.join(", "))).collect();
        self.list(out, "imported modules", &imports)?;
        if !binary.exports.is_empty() {
            self.list(out, "exports", &binary.exports)?;
        }
        let Some(signing) = &binary.signing else { return Ok(()) };
        let embedded = &signing.embedded;
        writeln!(out, "  {}", self.style.bold(&format!("signatures in the file: {}", embedded.signatures.len())))?;
        for signed in &embedded.signatures {
            let digest = signed.file_digest.as_ref().map_or_else(|| "no digest of the file".to_owned(), digest_text);
            let holds = match signed.file_matches {
                Some(true) => "the file has it",
                Some(false) => "the file has ANOTHER one",
                None => "not computed",
            };
            self.style.wrapped(out, "    ", &format!("signs {digest} ({holds})"))?;
            self.signature(&signed.signature, out)?;
        }
        problems(self.style, &embedded.problems, out)
    }

    fn signature(&self, signature: &Signature, out: &mut dyn Write) -> io::Result<()> {
        let signer = signature.signer.as_deref().unwrap_or("(certificate not enclosed)");
        let kind = self.db.signers().by_usages(&signature.usages).map_or("a vendor's own", |row| row.title.as_str());
        let nested = if signature.is_nested { ", within another one" } else { "" };
        let holds = match signature.content_matches {
            Some(true) => "",
            Some(false) => "; made for OTHER bytes",
            None => "; whether it was made for these bytes is not known",
        };
        let text =
            format!("{} by {signer}, issued by {} ({kind}{nested}{holds})", signature.digest.name(), signature.issuer);
        self.style.wrapped(out, "    ", &text)?;
        if let (Some(from), Some(to)) = (&signature.not_before, &signature.not_after) {
            writeln!(out, "      certificate {} from {from} to {to}", harmless(&signature.serial))?;
        }
        for stamp in &signature.timestamps {
            let time = stamp.time.as_deref().unwrap_or("(no time)");
            let by = stamp.signer.as_deref().unwrap_or("(certificate not enclosed)");
            let kind = if stamp.is_rfc3161 { "RFC 3161" } else { "PKCS #9" };
            let text = format!("timestamp {time} by {by} ({kind}, {})", stamp.digest.name());
            self.style.wrapped(out, "      ", &text)?;
        }
        Ok(())
    }

    fn catalog(&self, catalog: &CatalogFacts, out: &mut dyn Write) -> io::Result<()> {
        let shape = match catalog.shape {
            Some(1) => "members by hash as text (SHA-1 era)",
            Some(2) => "members by raw hash (SHA-256 era)",
            _ => "unknown shape",
        };
        let made = catalog.made.as_deref().unwrap_or("an unknown time");
        writeln!(out, "  catalog  {shape}, made {}", harmless(made))?;
        if !catalog.os.is_empty() {
            self.style.wrapped(out, "  OS       ", &catalog.os.join(", "))?;
        }
        let attributes = catalog.os_attributes();
        if !attributes.is_empty() {
            self.style.wrapped(out, "  OSAttr   ", &attributes.join(", "))?;
        }
        for (name, value) in &catalog.attributes {
            self.style.wrapped(out, "  ", &format!("{name} = {value}"))?;
        }
        writeln!(out, "  {}", self.style.bold(&format!("signatures: {}", catalog.signatures.len())))?;
        for signature in &catalog.signatures {
            self.signature(signature, out)?;
        }
        let members: Vec<String> = catalog
            .members
            .iter()
            .map(|m| {
                let digests: Vec<String> = m.digests.iter().map(digest_text).collect();
                format!("{}  {}", m.file.as_deref().unwrap_or("(no name)"), digests.join(", "))
            })
            .collect();
        self.list(out, "members", &members)?;
        if !catalog.hardware_ids.is_empty() {
            self.list(out, "hardware ids", &catalog.hardware_ids)?;
        }
        problems(self.style, &catalog.problems, out)
    }

    fn hive(&self, hive: &HiveFacts, out: &mut dyn Write) -> io::Result<()> {
        let kind = match (&hive.system, &hive.software, &hive.driver_database) {
            (Some(_), ..) => "SYSTEM",
            (_, Some(_), _) => "SOFTWARE",
            (.., Some(_)) => "DRIVERS",
            _ => "neither SYSTEM, SOFTWARE nor DRIVERS",
        };
        let dirty = if hive.dirty { ", dirty: its log files were not replayed" } else { "" };
        writeln!(out, "  registry hive, {kind}{dirty}")?;
        self.style.wrapped(out, "  keys     ", &hive.keys.join(", "))?;
        if let Some(software) = &hive.software {
            self.software(software, out)?;
        }
        if let Some(system) = &hive.system {
            self.system(system, out)?;
        }
        let databases = hive.system.iter().filter_map(|s| s.driver_database.as_ref()).chain(&hive.driver_database);
        for database in databases {
            self.driver_database(database, out)?;
        }
        problems(self.style, &hive.problems, out)
    }

    fn software(&self, software: &Software, out: &mut dyn Write) -> io::Result<()> {
        let version = software.version.map_or_else(|| "unknown".to_owned(), |v| v.to_string());
        let product = software.product_name.as_deref().unwrap_or("(no ProductName)");
        let edition = software.edition_id.as_deref().unwrap_or("(no EditionID)");
        self.style.wrapped(out, "  ", &format!("{product}, {edition}, OS version {version}"))?;
        match &software.winpe {
            None => writeln!(out, "  no WinPE key"),
            Some(key) => {
                let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "(none)".to_owned());
                let text = format!("WinPE key: Version {}, InstRoot {}", part(&key.version), part(&key.inst_root));
                self.style.wrapped(out, "  ", &text)
            }
        }
    }

    fn system(&self, system: &System, out: &mut dyn Write) -> io::Result<()> {
        let number = |n: Option<u32>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
        let text = format!(
            "control set {}, MiniNT {}, product type {}, CSDBuildNumber {}, CSDVersion {}",
            system.control_set,
            if system.mini_nt { "yes" } else { "no" },
            system.product_type.map_or_else(|| "-".to_owned(), |t| t.number().to_string()),
            number(system.csd_build_number),
            number(system.csd_version)
        );
        self.style.wrapped(out, "  ", &text)?;
        let services: Vec<String> = system
            .services
            .iter()
            .map(|s| {
                let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "-".to_owned());
                let flags = s.boot_flags.map_or_else(String::new, |f| format!(", BootFlags {f}"));
                let owners = if s.owners.is_empty() { String::new() } else { format!(", of {}", s.owners.join(", ")) };
                format!(
                    "{}: type {}, start {}, group {}, {}{owners}{flags}",
                    s.name,
                    number(s.service_type),
                    number(s.start),
                    text(&s.group),
                    text(&s.image_path)
                )
            })
            .collect();
        self.list(out, "kernel-driver services", &services)?;
        let mut critical: BTreeMap<&str, usize> = BTreeMap::new();
        for device in &system.critical_devices {
            *critical.entry(device.service.as_deref().unwrap_or("(no service)")).or_default() += 1;
        }
        let text = |(service, count): (&str, usize)| format!("{service}: {}", plural(count, "id"));
        let critical: Vec<String> = critical.into_iter().map(text).collect();
        if !critical.is_empty() {
            let head = format!("CriticalDeviceDatabase, {}; services", plural(system.critical_devices.len(), "id"));
            self.list(out, &head, &critical)?;
        }
        Ok(())
    }

    fn driver_database(&self, database: &DriverDatabase, out: &mut dyn Write) -> io::Result<()> {
        let described = database.packages.iter().filter(|p| p.described).count();
        let text = format!(
            "DriverDatabase: {} ({described} with descriptors and configurations), {}, {}",
            plural(database.packages.len(), "driver package"),
            plural(database.inf_files.len(), "published INF"),
            plural(database.device_ids.len(), "device id entry").replace("entrys", "entries")
        );
        self.style.wrapped(out, "  ", &text)?;
        let packages: Vec<String> = database
            .packages
            .iter()
            .map(|p| {
                let date = p.date.map_or_else(|| "no date".to_owned(), |d| d.to_string());
                let version = p.version.map_or_else(|| "no version".to_owned(), dotted);
                let provider = p.provider.as_deref().unwrap_or("no provider");
                let signer = p.signer_score.map_or_else(String::new, |s| format!(", SignerScore 0x{s:08X}"));
                format!("{}: {provider}, {date} {version}{signer}, {}", p.key, plural(p.descriptors.len(), "device id"))
            })
            .collect();
        self.list(out, "driver packages", &packages)
    }
}

fn digest_text(digest: &FileDigest) -> String {
    format!("{} {}", digest.algorithm.name(), hex(&digest.value))
}

fn problems(style: Style, problems: &[String], out: &mut dyn Write) -> io::Result<()> {
    for problem in problems {
        style.wrapped(out, "  problem: ", problem)?;
    }
    Ok(())
}
