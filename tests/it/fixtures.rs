//! The fixtures are what their README says, read with the crates of the field and not with this project's own readers: so a
//! mistake of a fixture cannot hide a mistake of a reader.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use goblin::pe::PE;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    all.sort();
    all
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(bytes, needle).is_some()
}

fn text_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    let encoding = if bytes.starts_with(&[0xFF, 0xFE]) { encoding_rs::UTF_16LE } else { encoding_rs::WINDOWS_1252 };
    encoding.decode(&bytes).0.into_owned()
}

#[test]
fn driver_files_are_valid_pe_files() {
    let files = files_below(&fixtures());
    // Two cases of rules are about files that are not what their name says.
    let wrong = ["compressed-source-under-plain-name", "driver-architecture-mismatch"];
    let wrong = wrong.map(|rule| fixtures().join("rules").join(rule));
    let drivers: Vec<&PathBuf> = files
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "sys") && !wrong.iter().any(|w| p.starts_with(w)))
        .collect();
    assert!(drivers.len() > 40);
    for path in drivers {
        let bytes = std::fs::read(path).unwrap();
        let pe = PE::parse(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let optional = pe.header.optional_header.unwrap();
        assert_eq!(optional.windows_fields.subsystem, 1, "native: {}", path.display());
        assert!(!pe.imports.is_empty(), "{}", path.display());
        let version = pe.resource_data.as_ref().and_then(|r| r.version_info.as_ref()).unwrap();
        assert_ne!(version.fixed_info.unwrap().file_version_ms, 0, "{}", path.display());
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_x86 = stem.trim_end_matches("_w2k3").ends_with('x');
        let in_named_set = !path.starts_with(fixtures().join("renamed"));
        assert!(!in_named_set || pe.is_64 != is_x86, "{}", path.display());
    }
}

#[test]
fn bus_drivers_hold_their_enumerator_and_miniports_import_ndis() {
    let share = fixtures().join("share");
    let guid = [0xD5, 0x61, 0x2F, 0x6C, 0x0E, 0x2B, 0x7C, 0x4C, 0x9F, 0x4E, 0x5A, 0x1D, 0x0C, 0x3B, 0x7E, 0x11];
    let buses = [
        ("netxtreme2-multitier/bxvbda.sys", utf16("B06BDRV\\")),
        ("netxtreme2-multitier/bxvbdx.sys", utf16("B06BDRV\\")),
        ("netxtreme2-multitier-older/bxvbda.sys", utf16("B06BDRV\\")),
        ("three-tier/fxbusa.sys", utf16("FXBUS\\")),
        ("three-tier/fxmida.sys", utf16("FXMID\\")),
        ("guid-enumerator/fxgbusx.sys", guid.to_vec()),
        ("storage-sibling/evbda.sys", utf16("EBDRV\\")),
    ];
    for (path, needle) in buses {
        let bytes = std::fs::read(share.join(path)).unwrap();
        assert!(holds(&bytes, &needle), "{path}");
        let modules = PE::parse(&bytes).unwrap().libraries.join(" ").to_lowercase();
        assert!(!modules.contains("ndis.sys"), "{path}");
    }
    let miniports = ["netxtreme2-multitier/bxnd60a.sys", "netxtreme2-monolithic/fxmono6x.sys", "three-tier/fxneta.sys"];
    for path in miniports {
        let bytes = std::fs::read(share.join(path)).unwrap();
        let pe = PE::parse(&bytes).unwrap();
        let registers = pe.imports.iter().any(|i| i.dll == "NDIS.SYS" && i.name == "NdisMRegisterMiniportDriver");
        assert!(registers, "{path}");
    }
}

#[test]
fn every_file_that_an_inf_names_lies_beside_it() {
    for path in files_below(&fixtures().join("share")) {
        let folder = path.parent().unwrap();
        if path.extension().is_none_or(|e| e != "inf") || folder.ends_with("broken") {
            continue;
        }
        let text: String = text_of(&path).lines().filter(|l| !l.starts_with(';')).map(|l| format!("{l}\n")).collect();
        let names = text.split(|c: char| c.is_whitespace() || "=,\\@;\"".contains(c));
        let wanted: BTreeSet<&str> = names.filter(|n| n.ends_with(".sys") || n.ends_with(".cat")).collect();
        assert!(wanted.len() >= 2, "{}", path.display());
        for name in wanted {
            // mf.sys stands in a comment: it is the in-box bus that the fixture is a child of.
            assert!(
                folder.join(name).is_file() || name == "mf.sys" || name == "(mf.sys)",
                "{}: {name}",
                path.display()
            );
        }
        assert!(text.contains("wimspect fixtures"), "{}", path.display());
    }
}

#[test]
fn renamed_sets_share_no_name_with_the_sets_that_they_come_from() {
    let names = ["b06bdrv", "bxvbd", "bxnd", "l2nd", "fxmono", "fxbus", "fxmid", "fxnet"];
    let files = files_below(&fixtures().join("renamed"));
    assert!(files.len() > 20);
    for path in files {
        let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
        for name in names {
            let found = holds(&bytes, name.as_bytes()) || holds(&bytes, &utf16(name));
            assert!(!found, "{} holds {name}", path.display());
        }
    }
}

/// What one key of a hive holds, and every key below it: number of keys, and bytes of their values.
fn weigh(key: &nt_hive::KeyNode<'_, &[u8]>) -> (usize, usize) {
    let mut total = (1, 0);
    for value in key.values().into_iter().flat_map(Result::unwrap) {
        total.1 += value.unwrap().data().unwrap().into_vec().unwrap().len();
    }
    for child in key.subkeys().into_iter().flat_map(Result::unwrap) {
        let (keys, bytes) = weigh(&child.unwrap());
        total = (total.0 + keys, total.1 + bytes);
    }
    total
}

#[test]
fn hives_are_clean_and_whole() {
    let cases = [
        ("6.1.7600-SYSTEM", r"controlset001\services\FXMONO", "Start", &[3, 0, 0, 0][..]),
        ("10.0.19041-SYSTEM", r"DriverDatabase\DeviceIds\PCI\VEN_14E4&DEV_163C", "netbvbda.inf", &[1, 0xFF, 0, 0][..]),
        (
            "10.0.19041-SOFTWARE",
            r"Microsoft\Windows NT\CurrentVersion",
            "CurrentMajorVersionNumber",
            &[10, 0, 0, 0][..],
        ),
    ];
    for (name, path, value, expected) in cases {
        let bytes = std::fs::read(fixtures().join("hives").join(name)).unwrap();
        let hive = nt_hive::Hive::new(&bytes[..]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let root = hive.root_key_node().unwrap();
        let (keys, size) = weigh(&root);
        assert!(keys >= 5 && size > 50, "{name}: {keys} keys, {size} bytes");
        let key = root.subpath(path).unwrap().unwrap();
        let data = key.value(value).unwrap().unwrap().data().unwrap().into_vec().unwrap();
        assert_eq!(data, expected, "{name}");
    }
}
