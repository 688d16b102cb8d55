//! The main job on real drivers: what `audit` says about the corpus of 6,408 INF files. Runs where `WIMSPECT_CORPUS` names it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::support::{Run, corpus, run, text};

/// The parts of a report that are compared here; the predictions of a whole share would fill the memory as a value tree.
#[derive(Deserialize)]
struct Report {
    drivers: Vec<Driver>,
    topologies: Vec<Topology>,
    predictions: Vec<Prediction>,
    findings: Vec<Value>,
    problems: Vec<Value>,
    summary: Value,
}

#[derive(Deserialize)]
struct Driver {
    id: String,
    inf: String,
    class: Option<String>,
    role: String,
    locations: Vec<Location>,
    devices: Vec<Device>,
}

#[derive(Deserialize)]
struct Location {
    path: String,
}

#[derive(Deserialize)]
struct Device {
    id: String,
    tier: String,
}

#[derive(Deserialize)]
struct Topology {
    id: String,
    kind: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Deserialize)]
struct Node {
    driver: String,
    tier: String,
}

#[derive(Deserialize)]
struct Edge {
    parent: String,
    child: String,
    enumerator: String,
    evidence: Vec<Value>,
}

#[derive(Deserialize)]
struct Prediction {
    adapter: Adapter,
    effect: String,
}

#[derive(Deserialize)]
struct Adapter {
    topology: String,
}

impl Report {
    fn read(run: &Run) -> Report {
        serde_json::from_slice(&run.stdout).unwrap_or_else(|e| panic!("no report ({e}): {}", run.stderr))
    }

    /// Every place of a driver, with the driver.
    fn places(&self) -> impl Iterator<Item = (&Driver, &str)> {
        self.drivers.iter().flat_map(|d| d.locations.iter().map(move |l| (d, l.path.as_str())))
    }

    /// Every place whose file name is this one, whatever the case.
    fn named(&self, name: &str) -> Vec<(&Driver, &str)> {
        self.places().filter(|(_, path)| file_name(path).eq_ignore_ascii_case(name)).collect()
    }

    /// The places of the buses of a driver at this place, and the enumerator of each link.
    fn buses_of(&self, child: &Driver) -> BTreeSet<(String, &str)> {
        let place = |id: &str| self.drivers.iter().find(|d| d.id == id).unwrap().locations[0].path.to_lowercase();
        let edges = self.topologies.iter().flat_map(|t| &t.edges).filter(|e| e.child == child.id);
        edges.map(|e| (place(&e.parent), e.enumerator.as_str())).collect()
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn audit(inf: &Path, arguments: &str) -> Run {
    let share = [std::ffi::OsStr::new("audit"), inf.as_os_str()];
    run(share.into_iter().chain(arguments.split_whitespace().map(std::ffi::OsStr::new)))
}

#[test]
fn named_releases_fail_the_run_and_others_only_warn() {
    let Some(corpus) = corpus("named_releases_fail_the_run_and_others_only_warn") else { return };
    let inf = corpus.join("inf");
    let first = audit(&inf, "--winpe 2.1 --winpe 3.0 --format json");
    assert_eq!(first.code, Some(1), "{}", first.stderr);
    let second = audit(&inf, "--winpe 2.1 --winpe 3.0 --format json");
    assert!(first.stdout == second.stdout, "two runs differ");
    drop(second);

    let report = Report::read(&first);
    assert_eq!(report.summary["inf_files"], 6308, "6,408 files, 100 of them templates");
    assert!(report.problems.is_empty(), "{:?}", report.problems.first());
    let unreadable: Vec<&Value> = report.findings.iter().filter(|f| text(f, "/rule") == "inf-unreadable").collect();
    assert_eq!(unreadable.len(), 11);
    let empty: Vec<&&Value> = unreadable.iter().filter(|f| text(f, "/message").contains("empty")).collect();
    assert_eq!(empty.len(), 1);

    let without = audit(&inf, "--color never");
    assert_eq!(without.code, Some(0), "{}", without.stderr);
    let shown = without.text();
    assert!(shown.contains("warning[multi-tier-nic-in-windowspe]") && !shown.contains("error["));
}

/// (file name, how many lie in the corpus, role)
const ROLES: &[(&str, usize, &str)] = &[
    ("bxvbd.inf", 5, "bus-driver"),
    ("evbd.inf", 2, "bus-driver"),
    ("bxnd.inf", 5, "miniport"),
    ("nvenetfd.inf", 9, "miniport"),
    ("nvefd64a.inf", 6, "miniport"),
    ("nvfd6064.inf", 1, "monolithic"),
    ("xenowin7.inf", 1, "bus-driver"),
    ("xenovist.inf", 1, "bus-driver"),
    ("xenoxp.inf", 1, "bus-driver"),
    ("b57nd60a.inf", 1, "monolithic"),
    ("k57nd60a.inf", 1, "monolithic"),
    ("ioatdma.inf", 3, "not-network"),
    ("xenbus.inf", 2, "bus-driver"),
    ("xenvif.inf", 2, "middle-driver"),
    ("xennet.inf", 2, "miniport"),
];

#[test]
fn roles_links_and_orphans_of_real_families() {
    let Some(corpus) = corpus("roles_links_and_orphans_of_real_families") else { return };
    let run = audit(&corpus.join("inf"), "--winpe 3.0 --format json --all-facts --fail-on never");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = Report::read(&run);
    drop(run);

    for (name, count, role) in ROLES {
        let found = report.named(name);
        assert_eq!(found.len(), *count, "{name}");
        for (driver, path) in found {
            assert_eq!(driver.role, *role, "{path}");
        }
    }
    let starts = |prefix: &str, class: Option<&str>| {
        let fits = |path: &str| file_name(path).to_lowercase().starts_with(prefix);
        let in_class = |d: &Driver| class.is_none_or(|c| d.class.as_deref().is_some_and(|k| k.eq_ignore_ascii_case(c)));
        report.places().filter(|(d, path)| fits(path) && in_class(d)).collect::<Vec<_>>()
    };
    let dma = starts("qd", None);
    assert_eq!(dma.len(), 14);
    assert!(
        dma.iter().all(|(d, _)| d.role == "not-network"),
        "{:?}",
        dma.iter().map(|(d, _)| &d.role).collect::<Vec<_>>()
    );
    let intel = starts("e1", Some("net"));
    assert_eq!(intel.len(), 67);
    for (driver, path) in intel {
        assert_eq!(driver.role, "monolithic", "{path}");
    }
    links_to_the_nearest_folder(&report);
    orphans_are_said(&report);
    xen_has_three_tiers(&report);
    children_of_an_inbox_bus(&report);
}

fn links_to_the_nearest_folder(report: &Report) {
    let buses: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("bxnd.inf", &["bxvbd.inf", "evbd.inf"][..]),
        ("nvenetfd.inf", &["nvnetbus.inf"]),
        ("nvefd64a.inf", &["nvnbd64a.inf"]),
    ]);
    for (child, expected) in buses {
        for (driver, path) in report.named(child) {
            let here = folder(path).to_lowercase();
            let lies_here = |bus: &&&str| report.named(bus).iter().any(|(_, p)| folder(p).to_lowercase() == here);
            let wanted: BTreeSet<String> =
                expected.iter().filter(lies_here).map(|bus| format!("{here}/{bus}")).collect();
            let found: BTreeSet<String> = report.buses_of(driver).into_iter().map(|(bus, _)| bus).collect();
            assert_eq!(found, wanted, "{path}");
            assert!(!wanted.is_empty(), "{path}");
        }
    }
}

fn orphans_are_said(report: &Report) {
    let said: BTreeSet<&str> = report
        .findings
        .iter()
        .filter(|f| text(f, "/rule") == "miniport-without-bus-driver" && text(f, "/message").contains(r"EBDRV\"))
        .map(|f| text(f, "/location/path"))
        .collect();
    let expected = BTreeSet::from([
        "DriverPackSolution__DP_LAN/Broadcom/5x86/bxnd.inf",
        "DriverPackSolution__DP_LAN/Broadcom/5x86/old/bxnd.inf",
    ]);
    assert_eq!(said, expected);
}

fn xen_has_three_tiers(report: &Report) {
    for owner in ["xcp-ng", "xenserver"] {
        let id = |name: &str| {
            let found = report.named(name).into_iter().find(|(_, path)| path.starts_with(owner));
            found.unwrap_or_else(|| panic!("{owner} {name}")).0.id.as_str()
        };
        let (bus, middle, leaf) = (id("xenbus.inf"), id("xenvif.inf"), id("xennet.inf"));
        let with: Vec<&Topology> =
            report.topologies.iter().filter(|t| t.nodes.iter().any(|n| n.driver == bus)).collect();
        assert_eq!(with.len(), 1, "{owner}");
        let tiers: Vec<(&str, &str)> = with[0].nodes.iter().map(|n| (n.driver.as_str(), n.tier.as_str())).collect();
        assert_eq!(tiers, [(bus, "bus"), (middle, "middle"), (leaf, "leaf")], "{owner}");
        assert_eq!(with[0].kind, "multi-tier");
        let links: Vec<(&str, &str, &str)> =
            with[0].edges.iter().map(|e| (e.parent.as_str(), e.enumerator.as_str(), e.child.as_str())).collect();
        assert_eq!(links, [(bus, "XENBUS", middle), (middle, "XENVIF", leaf)], "{owner}");
        let effects = report.predictions.iter().filter(|p| p.adapter.topology == with[0].id);
        let effects: BTreeSet<&str> = effects.map(|p| p.effect.as_str()).collect();
        assert!(effects.iter().all(|e| *e == "not-applicable"), "{owner}: templates select nothing: {effects:?}");
    }
}

fn children_of_an_inbox_bus(report: &Report) {
    let on_mf = |d: &Driver| d.devices.iter().any(|device| device.id.to_uppercase().starts_with(r"MF\"));
    let drivers: Vec<(&Driver, &str)> = report.places().filter(|(d, _)| on_mf(d)).collect();
    let net: Vec<&(&Driver, &str)> =
        drivers.iter().filter(|(d, _)| d.class.as_deref().is_some_and(|c| c.eq_ignore_ascii_case("net"))).collect();
    assert_eq!(net.len(), 4);
    for (driver, path) in net {
        assert_eq!(driver.role, "miniport", "{path}");
        assert!(driver.devices.iter().filter(|d| d.id.starts_with(r"MF\")).all(|d| d.tier == "leaf"), "{path}");
        let multi_tier = report.topologies.iter().filter(|t| t.kind == "multi-tier");
        assert!(multi_tier.flat_map(|t| &t.nodes).all(|n| n.driver != driver.id), "{path} is no vendor's multi-tier");
        let orphan = report
            .findings
            .iter()
            .any(|f| text(f, "/rule") == "miniport-without-bus-driver" && text(f, "/location/path") == *path);
        assert!(!orphan, "{path}: its bus is in the box");
    }
}

#[test]
fn infiniband_children_are_linked_by_text_and_mlx4_by_the_table() {
    let Some(corpus) = corpus("infiniband_children_are_linked_by_text_and_mlx4_by_the_table") else { return };
    let share = corpus.join("inf").join("lucasz93__WinOFED");
    let run = audit(&share, "--include-templates --format json");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let report = Report::read(&run);
    let edges = || report.topologies.iter().flat_map(|t| &t.edges);
    let kinds = |e: &Edge| e.evidence.iter().map(|e| text(e, "/kind").to_owned()).collect::<BTreeSet<_>>();
    let infiniband: Vec<&Edge> = edges().filter(|e| e.enumerator == "IBA").collect();
    assert!(!infiniband.is_empty());
    assert!(infiniband.iter().all(|e| kinds(e).contains("registry-text")), "IBA: the parent's AddReg names the child");
    let mlx4: Vec<&Edge> = edges().filter(|e| e.enumerator == "MLX4").collect();
    assert!(!mlx4.is_empty());
    assert!(mlx4.iter().all(|e| kinds(e) == BTreeSet::from(["family-table".to_owned()])), "MLX4: the table alone");
    let infs: BTreeSet<&str> = report.drivers.iter().filter(|d| d.role == "miniport").map(|d| d.inf.as_str()).collect();
    for inf in ["netipoib.inx", "netvnic.inx", "netipoib-xp32.inf"] {
        assert!(infs.contains(inf), "{inf}");
    }
}
