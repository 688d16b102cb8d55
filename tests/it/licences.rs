//! What is linked may be passed on under GPL-3.0-or-later: the licence and the source of every package of the dependency graph
//! against the list in deny.toml. Stands for cargo-deny, which takes minutes to build and sees the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Where the packages of the default registry come from; checked by its beginning only.
const DEFAULT_REGISTRY: &str = "registry+https://github.com/rust-lang/";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn allowed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let list = table["licenses"]["allow"].as_array().unwrap();
    list.iter().map(|entry| entry.as_str().unwrap().to_owned()).collect()
}

/// `cargo metadata` for every platform (`true`) where all packages are on this machine, else for this platform.
fn metadata() -> (Value, bool) {
    let run = |filter: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(["metadata", "--format-version", "1", "--locked", "--offline"]).args(filter);
        command.current_dir(root()).output().unwrap()
    };
    let mut output = run(&[]);
    let every_platform = output.status.success();
    if !every_platform {
        let version = Command::new("rustc").arg("-vV").output().unwrap();
        let text = String::from_utf8(version.stdout).unwrap();
        let host = text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        output = run(&["--filter-platform", host]);
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (serde_json::from_slice(&output.stdout).unwrap(), every_platform)
}

/// Whether an SPDX expression can be met with the allowed licences. `/` is the old way to write OR.
fn met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let result = any_of(&words, &mut at, allowed);
    result && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut result = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        let next = all_of(words, at, allowed);
        result = result || next;
    }
    result
}

fn all_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut result = single(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        let next = single(words, at, allowed);
        result = result && next;
    }
    result
}

fn single(words: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let result = any_of(words, at, allowed);
        *at += 1;
        return result;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        return allowed.contains(&format!("{word} WITH {exception}"));
    }
    allowed.contains(*word)
}

#[test]
fn every_licence_is_on_the_list() {
    let (allowed, (metadata, _)) = (allowed(), metadata());
    let packages = metadata["packages"].as_array().unwrap();
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(|text| met(text, &allowed)))
        .map(|package| format!("{} {}: {}", package["name"], package["version"], package["license"]))
        .collect();
    assert!(packages.len() > 1);
    assert!(wrong.is_empty(), "not on the list of deny.toml:\n{}", wrong.join("\n"));
}

#[test]
fn no_entry_of_the_list_is_idle() {
    let (metadata, every_platform) = metadata();
    if !every_platform {
        eprintln!("skipped: the packages of other platforms are not on this machine (cargo fetch --locked)");
        return;
    }
    let text: Vec<&str> =
        metadata["packages"].as_array().unwrap().iter().filter_map(|p| p["license"].as_str()).collect();
    let idle: Vec<String> = allowed().into_iter().filter(|entry| !text.iter().any(|t| t.contains(entry))).collect();
    assert!(idle.is_empty(), "deny.toml allows what nobody uses: {idle:?}");
}

#[test]
fn every_package_comes_from_the_default_registry() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let table: toml::Table = lock.parse().unwrap();
    for package in table["package"].as_array().unwrap() {
        let (name, source) = (package["name"].as_str().unwrap(), package.get("source").and_then(|s| s.as_str()));
        let fits = source.map_or(name == env!("CARGO_PKG_NAME"), |s| s.starts_with(DEFAULT_REGISTRY));
        assert!(fits, "{name} comes from {source:?}");
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allowed: BTreeSet<String> = ["MIT", "BSD-3-Clause", "Apache-2.0 WITH LLVM-exception"].map(String::from).into();
    let cases = [
        ("MIT", true),
        ("GPL-2.0-only", false),
        ("GPL-2.0-only OR MIT", true),
        ("Unlicense/MIT", true),
        ("MIT AND GPL-2.0-only", false),
        ("(Apache-2.0 OR MIT) AND BSD-3-Clause", true),
        ("(Apache-2.0 OR Zlib) AND BSD-3-Clause", false),
        ("BSD-3-Clause AND (Apache-2.0 OR Zlib) OR MIT", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("MIT WITH LLVM-exception", false),
        ("MIT MIT", false),
        ("", false),
    ];
    for (text, expected) in cases {
        assert_eq!(met(text, &allowed), expected, "{text}");
    }
}
