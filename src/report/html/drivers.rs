//! The JSON block of the drivers.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::context::Context;
use super::data::{Names, member, rows};
use super::markup::{Safe, visible};
use crate::analysis::world::{Driver, Location};
use crate::facts::boot_image::DriverOrigin;

/// Ids of one driver; the JSON report has all of them.
const MOST_IDS: usize = 6000;

/// One driver.
#[derive(Serialize)]
struct DriverRow<'a> {
    /// INF.
    i: Safe<'a>,
    /// Number of the role.
    r: usize,
    /// Number of the class.
    c: usize,
    /// Number of the provider.
    v: usize,
    /// Date and version.
    d: String,
    /// Architectures.
    a: String,
    /// Models lines.
    n: usize,
    /// Places: origin (0 share, 1 in-box, 2 injected) and path.
    l: Vec<(u8, String)>,
    /// Hardware ids of network drivers, parted at the device: prefix and endings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    x: BTreeMap<String, BTreeSet<String>>,
    /// Ids that are left out.
    #[serde(skip_serializing_if = "is_zero")]
    y: usize,
    /// Id of the driver.
    f: &'a str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Writes the block.
pub(super) fn write(context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let analysis = context.analysis();
    let (mut roles, mut classes, mut providers) = (Names::default(), Names::default(), Names::default());
    for (driver, role) in analysis.world.drivers.iter().zip(&analysis.topologies.roles) {
        roles.number(role.name());
        classes.number(class(driver));
        providers.number(provider(driver));
    }
    out.write_all(b"{")?;
    member(out, "roles", roles.list())?;
    member(out, "classes", classes.list())?;
    member(out, "providers", providers.list())?;
    rows(
        out,
        analysis.world.drivers.iter().zip(&analysis.topologies.roles).map(|(driver, role)| {
            let (x, y) = if role.is_network() || context.report.all_facts { ids(driver) } else { (BTreeMap::new(), 0) };
            DriverRow {
                i: Safe(&driver.inf),
                r: roles.number(role.name()),
                c: classes.number(class(driver)),
                v: providers.number(provider(driver)),
                d: version(driver),
                a: driver.package.archs().iter().map(|a| a.name()).collect::<Vec<_>>().join(" "),
                n: driver.package.models_sections.iter().map(|s| s.models.len()).sum(),
                l: driver.locations.iter().map(|l| place(context, l)).collect(),
                x,
                y,
                f: &driver.id,
            }
        }),
    )?;
    out.write_all(b"}")
}

fn class(driver: &Driver) -> &str {
    driver.package.version.class.as_ref().map_or("", |c| c.value.as_str())
}

fn provider(driver: &Driver) -> &str {
    driver.package.version.provider.as_ref().map_or("", |p| p.value.as_str())
}

fn version(driver: &Driver) -> String {
    let ver = driver.package.version.driver_ver.as_ref();
    ver.map_or_else(String::new, |v| format!("{} {}", v.value.date, v.value.version_text()))
}

fn place(context: &Context<'_>, location: &Location) -> (u8, String) {
    let origin = match location {
        Location::Share { .. } => 0,
        Location::Image { origin: DriverOrigin::Inbox, .. } => 1,
        Location::Image { origin: DriverOrigin::Injected, .. } => 2,
    };
    (origin, Safe(&context.analysis().world.place(location, 0).path).to_string())
}

/// The first id of every Models line, parted behind vendor: `PCI\VEN_14E4&` and `DEV_1639`.
fn ids(driver: &Driver) -> (BTreeMap<String, BTreeSet<String>>, usize) {
    let models = driver.package.models_sections.iter().flat_map(|s| &s.models);
    let all: BTreeSet<&str> = models.filter_map(|m| m.ids.first()).map(|id| id.as_str()).collect();
    let mut parted: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for id in all.iter().take(MOST_IDS) {
        let at = id.match_indices('&').nth(1).or_else(|| id.match_indices('&').next()).map_or(0, |(at, _)| at + 1);
        let (prefix, rest) = id.split_at(at);
        parted.entry(visible(prefix).into_owned()).or_default().insert(visible(rest).into_owned());
    }
    (parted, all.len().saturating_sub(MOST_IDS))
}
