//! Which Models section counts for which Windows, in the forms that occur.

#![allow(clippy::expect_used, clippy::panic)]

use wimspect::analysis::selection::models::ambiguous_choice;
use wimspect::analysis::selection::{choose_models_section, selected_models};
use wimspect::facts::driver_package::{self, DriverPackage};
use wimspect::facts::ids::Arch;
use wimspect::facts::os_version::{OsVersion, ProductType, TargetOs};

/// A package with one `[Manufacturer]` line; every decoration has a section with one model of its name.
fn package(decorations: &[&str]) -> DriverPackage {
    let mut text = format!(
        "[Version]\nSignature=\"$Windows NT$\"\n[Manufacturer]\nM=S,{}\n[S]\nd0=plain,X\\Y\n",
        decorations.join(",")
    );
    for decoration in decorations {
        text.push_str(&format!("[S.{decoration}]\nd={decoration},X\\Y\n"));
    }
    driver_package::read(text.as_bytes())
}

fn os(version: &str, arch: Arch) -> TargetOs {
    TargetOs::winpe(version.parse().expect("version"), arch)
}

#[test]
fn the_best_decoration_is_chosen() {
    let (x86, amd64) = (Arch::X86, Arch::Amd64);
    for (decorations, target, expected) in [
        (&["NTamd64"][..], os("6.1.7601", amd64), Some("NTamd64")),
        (&["NTamd64"], os("6.1.7601", x86), Some("")),
        (&["NT.6.0", "NTx86"], os("6.1.7601", x86), Some("NT.6.0")),
        (&["NT", "NTx86"], os("6.1.7601", x86), Some("NTx86")),
        (&["NT"], os("6.1.7601", amd64), None),
        (&["NTamd64.6.2", "NTamd64.6.0", "NTamd64.6.1"], os("6.1.7601", amd64), Some("NTamd64.6.1")),
        (&["NTamd64.6"], os("6.0.6001", amd64), Some("NTamd64.6")),
        (&["NTamd64.10"], os("6.3.9600", amd64), None),
        (&["NTamd64", "NTamd64...3"], os("6.1.7601", amd64), Some("NTamd64")),
        (&["NTamd64", "NTamd64...1"], os("6.1.7601", amd64), Some("NTamd64...1")),
        (&["NTamd64", "NTamd64....0x40"], os("6.1.7601", amd64), Some("NTamd64")),
        (&["NTamd64.6.0", "NTamd64...1"], os("6.1.7601", amd64), Some("NTamd64.6.0")),
        // Build numbers: known from 14310, a minimum within the same major and minor version.
        (&["NTamd64.10.0...14393"], os("10.0.10586", amd64), None),
        (&["NTamd64.10.0", "NTamd64.10.0...14393"], os("10.0.14309", amd64), Some("NTamd64.10.0")),
        (&["NTamd64.10.0", "NTamd64.10.0...17763"], os("10.0.14393", amd64), Some("NTamd64.10.0")),
        (&["NTamd64.10.0...17763", "NTamd64.10.0...19041"], os("10.0.19041", amd64), Some("NTamd64.10.0...19041")),
        (&["NTamd64.10.0.1..18362", "NTamd64.10.0...18362"], os("10.0.22621", amd64), Some("NTamd64.10.0.1..18362")),
        (&["NTamd64.10.0...22000"], os("10.0", amd64), Some("NTamd64.10.0...22000")),
        (&["NTamd64.6.1...7601"], os("6.1.7601", amd64), None),
        // Decorations that Windows does not know select nothing.
        (&["NTx64", "ME", "NT$ARCH$"], os("6.1.7601", amd64), None),
    ] {
        let package = package(decorations);
        let chosen = choose_models_section(&package.manufacturers[0], &target);
        assert_eq!(chosen.map(|c| c.decoration.text.as_str()), expected, "{decorations:?} for {target:?}");
    }
}

#[test]
fn an_empty_section_excludes_and_other_lines_go_on() {
    let text = "[Version]\nSignature=$Chicago$\n[Manufacturer]\nA=S,NTamd64,NTamd64.6.1\nB=T,NTamd64\n\
        [S.NTamd64]\nd=I,X\\1\n[S.NTamd64.6.1]\n[T.NTamd64]\ne=J,X\\2\n";
    let package = driver_package::read(text.as_bytes());
    let names = |version: &str| -> Vec<String> {
        let selected = selected_models(&package, &os(version, Arch::Amd64));
        selected.iter().map(|s| format!("{} {}", s.manufacturer.name, s.model.ids[0])).collect()
    };
    assert_eq!(names("6.0.6001"), ["A X\\1", "B X\\2"]);
    assert_eq!(names("6.1.7601"), ["B X\\2"]);
}

#[test]
fn a_section_that_the_line_names_but_the_file_lacks_selects_nothing() {
    let text = "[Version]\nSignature=$Chicago$\n[Manufacturer]\nA=S,NTamd64,NTamd64.6.1\n[S.NTamd64]\nd=I,X\\1\n";
    let package = driver_package::read(text.as_bytes());
    assert!(selected_models(&package, &os("6.1.7601", Arch::Amd64)).is_empty());
    assert!(package.problems.iter().any(|p| p.kind == "missing-models-section" && p.line == 4));
}

#[test]
fn product_type_and_suite_of_one_version_are_ambiguous() {
    let package = package(&["NTamd64.6.1.3", "NTamd64.6.1..0x80"]);
    let target = TargetOs {
        version: OsVersion::full(6, 1, 7601, 0),
        arch: Arch::Amd64,
        product_type: ProductType::Server,
        suite_mask: 0x80,
    };
    let (a, b) = ambiguous_choice(&package.manufacturers[0], &target).expect("ambiguous");
    assert_eq!((a.decoration.text.as_str(), b.decoration.text.as_str()), ("NTamd64.6.1.3", "NTamd64.6.1..0x80"));
}

#[test]
fn templates_show_their_structure_but_select_nothing() {
    let text = "[Version]\nSignature=$Chicago$\n[Manufacturer]\nA=S,NT$ARCH$\n[S.NT$ARCH$]\nd=I,X\\1\n[I]\n[I.Services]\nAddService=svc,2,Svc\n[Svc]\nServiceBinary=%12%\\svc.sys\n";
    let package = driver_package::read(text.as_bytes());
    for arch in Arch::ALL {
        assert!(selected_models(&package, &os("10.0.19041", arch)).is_empty());
    }
    let section = package.install_section("I", Arch::Amd64).expect("structure");
    assert_eq!(section.services[0].binary_file(), Some("svc.sys"));
}
