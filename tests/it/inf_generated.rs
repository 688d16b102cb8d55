//! Valid INFs made at random, read back and compared with what they were made from.

#![allow(clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use wimspect::analysis::selection::selected_models;
use wimspect::facts::driver_package;
use wimspect::facts::ids::Arch;
use wimspect::facts::os_version::{OsVersion, TargetOs};

#[derive(Clone, Debug)]
struct Device {
    description: String,
    hardware_id: String,
    compatible: Vec<String>,
    install: usize,
}

#[derive(Clone, Debug)]
struct Install {
    service: String,
    start_type: u32,
    binary: String,
    characteristics: Option<u32>,
    registry_id: Option<String>,
    /// 0 undecorated, 1 `.NT`, 2 `.NTamd64`.
    decorated: u8,
}

#[derive(Clone, Debug)]
struct Truth {
    provider: String,
    date: (u8, u8, u16),
    version: [u16; 4],
    devices: Vec<Device>,
    installs: Vec<Install>,
    style: Style,
}

/// How it is written down, which must not matter.
#[derive(Clone, Debug)]
struct Style {
    encoding: u8,
    crlf: bool,
    tokens: bool,
    continuation: bool,
    comments: bool,
    upper: bool,
    split: bool,
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z][A-Za-z0-9_]{0,10}"
}

fn text() -> impl Strategy<Value = String> {
    // Quotes, commas, semicolons, percent signs, letters of several scripts.
    "[A-Za-z0-9 ,;=%\"\\\\()äЖ網-]{1,20}".prop_map(|t| t.trim().to_owned()).prop_filter("not empty", |t| !t.is_empty())
}

fn hardware_id() -> impl Strategy<Value = String> {
    "(PCI|USB|TSTBUS)\\\\VEN_[0-9A-F]{4}&DEV_[0-9A-F]{4}"
}

fn truth() -> impl Strategy<Value = Truth> {
    let install = (word(), 0u32..5, word(), proptest::option::of(0u32..0x100), proptest::option::of(word()), 0u8..3)
        .prop_map(|(service, start_type, binary, characteristics, id, decorated)| Install {
            service,
            start_type,
            binary: format!("{binary}.sys"),
            characteristics,
            registry_id: id.map(|w| format!("TSTBUS\\{w}")),
            decorated,
        });
    let style = (0u8..5, any::<[bool; 6]>()).prop_map(|(encoding, b)| Style {
        encoding,
        crlf: b[0],
        tokens: b[1],
        continuation: b[2],
        comments: b[3],
        upper: b[4],
        split: b[5],
    });
    let version = (any::<[u16; 4]>(), 1u8..13, 1u8..29, 1990u16..2100);
    (text(), version, proptest::collection::vec(install, 1..4), style).prop_flat_map(
        |(provider, (version, month, day, year), installs, style)| {
            let device = (text(), hardware_id(), proptest::collection::vec(hardware_id(), 0..3), 0..installs.len())
                .prop_map(|(description, hardware_id, compatible, install)| Device {
                    description,
                    hardware_id,
                    compatible,
                    install,
                });
            proptest::collection::vec(device, 0..6).prop_map(move |devices| Truth {
                provider: provider.clone(),
                date: (month, day, year),
                version,
                devices,
                installs: installs.clone(),
                style: style.clone(),
            })
        },
    )
}

/// A quoted literal, percent signs doubled.
fn literal(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\"").replace('%', "%%"))
}

fn write(truth: &Truth) -> Vec<u8> {
    let style = &truth.style;
    let mut strings = String::new();
    let mut value = |name: String, text: &str| {
        if style.tokens {
            strings.push_str(&format!("{name} = \"{}\"\n", text.replace('"', "\"\"")));
            format!("%{name}%")
        } else {
            literal(text)
        }
    };
    let comment = if style.comments { " ; note = \"x\", [y]" } else { "" };
    let join = if style.continuation { ", \\\n      " } else { "," };
    let [a, b, c, d] = truth.version;
    let (month, day, year) = truth.date;
    let provider = value("Provider.Name".into(), &truth.provider);
    let mut out = format!(
        "; generated\n[Version]{comment}\nSignature = \"$Windows NT$\"{comment}\nClass=Net\nProvider = {provider}{comment}\n\
         DriverVer={month:02}/{day:02}/{year}, {a}.{b}.{c}.{d}\n\n[Manufacturer]\n{provider} = Models, NTamd64\n\n[Models.NTamd64]\n"
    );
    for (n, device) in truth.devices.iter().enumerate() {
        let description = value(format!("Device{n}"), &device.description);
        let ids: Vec<&str> =
            std::iter::once(&device.hardware_id).chain(&device.compatible).map(String::as_str).collect();
        out.push_str(&format!("{description} = Install{}, {}{comment}\n", device.install, ids.join(join)));
        if style.split && n == 0 {
            out.push_str("[Other]\nk=v\n[MODELS.ntAMD64]\n");
        }
    }
    for (n, install) in truth.installs.iter().enumerate() {
        let suffix = ["", ".NT", ".NTamd64"][usize::from(install.decorated)];
        let suffix = if style.upper { suffix.to_uppercase() } else { suffix.to_owned() };
        out.push_str(&format!("[Install{n}{suffix}]\nAddReg = Reg{n}{comment}\n"));
        if let Some(bits) = install.characteristics {
            out.push_str(&format!("Characteristics = 0x{bits:X}{comment}\n"));
        }
        out.push_str(&format!(
            "[Install{n}{suffix}.Services]\nAddService = {}, %ASSOC%, Service{n}\n[Service{n}]\nServiceType=1\nStartType = {}{comment}\n\
             ServiceBinary = %12%\\{}\n[Reg{n}]\nHKR,,A,,\"System32\\x.dll\"\n",
            install.service, install.start_type, install.binary
        ));
        if let Some(id) = &install.registry_id {
            out.push_str(&format!("HKR, , Child,{}\"{id}\"\n", join));
        }
    }
    out.push_str(&format!("[Strings]\nASSOC=0x00000002\n{strings}"));
    let out = if style.crlf { out.replace('\n', "\r\n") } else { out };
    encode(&out, style.encoding)
}

fn encode(text: &str, encoding: u8) -> Vec<u8> {
    let units = |mark: bool| mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16()).collect::<Vec<u16>>();
    match encoding {
        0 => units(true).into_iter().flat_map(u16::to_le_bytes).collect(),
        1 => units(true).into_iter().flat_map(u16::to_be_bytes).collect(),
        2 => units(false).into_iter().flat_map(u16::to_le_bytes).collect(),
        3 => units(false).into_iter().flat_map(u16::to_be_bytes).collect(),
        _ => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
    }
}

proptest! {
    #[test]
    fn generated_drivers_are_read_as_they_were_meant(truth in truth()) {
        let bytes = write(&truth);
        let package = driver_package::read(&bytes);
        let shown = || String::from_utf8_lossy(&bytes).into_owned();
        prop_assert_eq!(&package.problems, &[], "{}", shown());
        prop_assert_eq!(&package.version.provider.as_ref().expect("provider").value, &truth.provider);
        let ver = package.version.driver_ver.as_ref().expect("DriverVer").value;
        prop_assert_eq!((ver.date.month, ver.date.day, ver.date.year), truth.date);
        prop_assert_eq!(ver.version, truth.version);
        let selected = selected_models(&package, &TargetOs::winpe(OsVersion::new(6, 1), Arch::Amd64));
        prop_assert_eq!(selected.len(), truth.devices.len());
        prop_assert!(selected_models(&package, &TargetOs::winpe(OsVersion::new(6, 1), Arch::X86)).is_empty());
        for (found, device) in selected.iter().zip(&truth.devices) {
            prop_assert_eq!(&*found.model.description, &device.description);
            let ids: Vec<&str> = found.model.ids.iter().map(|i| i.as_str()).collect();
            let expected: Vec<&str> = std::iter::once(&device.hardware_id).chain(&device.compatible).map(String::as_str).collect();
            prop_assert_eq!(ids, expected);
            let install = &truth.installs[device.install];
            let section = package.install_section(&found.model.install_section, Arch::Amd64).expect("install section");
            prop_assert_eq!(section.nt_decorated, install.decorated > 0);
            prop_assert_eq!(section.services.len(), 1);
            let service = &section.services[0];
            prop_assert_eq!(&*service.name, &install.service[..]);
            prop_assert!(service.associated);
            prop_assert_eq!(service.start_type, Some(install.start_type));
            prop_assert_eq!(service.binary_file(), Some(install.binary.as_str()));
            prop_assert_eq!(section.net.characteristics.as_ref().map(|c| c.value), install.characteristics);
            let children: Vec<String> = section.registry_ids.iter().map(|i| i.value.to_string()).collect();
            let expected: Vec<String> = install.registry_id.iter().map(|i| i.to_uppercase()).collect();
            prop_assert_eq!(children, expected);
        }
    }

    #[test]
    fn any_bytes_are_read_and_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check_anything(&bytes);
    }

    #[test]
    fn any_inf_like_text_is_read_and_comes_back(text in "(\\[[A-Za-z.]{0,8}\\]|[a-z%\"\\\\,;= \t\r\u{0}\u{1A}]{0,12}|Strings|NT|\n){0,60}", encoding in 0u8..6) {
        let bytes = if encoding == 5 { text.into_bytes() } else { encode(&text, encoding) };
        check_anything(&bytes);
    }
}

/// What must hold for every input.
fn check_anything(bytes: &[u8]) {
    use wimspect::formats::inf::lossless::{Document, LineKind};
    let document = Document::read(bytes);
    let mut copy = Vec::new();
    document.write_to(&mut copy);
    assert_eq!(copy, bytes);
    let entries = document.lines().filter(|l| l.kind == LineKind::Entry).count();
    if document.inf().syntax_errors().is_empty() {
        assert_eq!(document.inf().sections().map(|s| s.lines().count()).sum::<usize>(), entries);
    }
    let package = driver_package::read(bytes);
    let refused = document.inf().check();
    assert_eq!(package.fatal_problem().is_none(), refused.is_ok(), "{refused:?} {}", String::from_utf8_lossy(bytes));
    driver_package::lint(bytes);
}

/// The seeds of the fuzz targets, changed at random but always in the same way. `WIMSPECT_FUZZ_ROUNDS` says how often;
/// the real fuzzing is in tests/fuzz.
#[test]
fn mutated_seeds_are_read_and_come_back() {
    let rounds: u32 = std::env::var("WIMSPECT_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/seeds");
    let mut paths: Vec<_> = std::fs::read_dir(folder).expect("seeds").flatten().map(|e| e.path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|p| std::fs::read(p).expect("seed")).collect();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as usize % below.max(1)
    };
    const TOKENS: [&[u8]; 16] = [
        b"\n",
        b"\r\n",
        b"\"",
        b"\\",
        b"\\\n",
        b";",
        b"%",
        b"%%",
        b"=",
        b",",
        b"[",
        b"]",
        b"\n[Strings.0411]\n",
        b"\x1A",
        b"\0",
        b"\x81\x5C",
    ];
    for _ in 0..rounds {
        let mut bytes = seeds[random(seeds.len())].clone();
        for _ in 0..=random(6) {
            let at = random(bytes.len() + 1);
            match random(5) {
                0 => bytes.splice(at..at, TOKENS[random(TOKENS.len())].iter().copied()).for_each(drop),
                1 if at < bytes.len() => bytes[at] = random(256) as u8,
                2 => {
                    let end = (at + random(40)).min(bytes.len());
                    bytes.drain(at..end).for_each(drop);
                }
                3 => {
                    let other = &seeds[random(seeds.len())];
                    let from = random(other.len() + 1);
                    let to = (from + random(80)).min(other.len());
                    let piece = other[from..to].to_vec();
                    bytes.splice(at..at, piece).for_each(drop);
                }
                _ => {
                    let end = (at + random(60)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece).for_each(drop);
                }
            }
        }
        check_anything(&bytes);
    }
}
