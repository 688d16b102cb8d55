//! Real INF files. They lie outside the project: `WIMSPECT_CORPUS` names the folder, without it these tests say that
//! they are skipped.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wimspect::analysis::selection::selected_models;
use wimspect::facts::driver_package;
use wimspect::facts::ids::Arch;
use wimspect::facts::os_version::{OsVersion, TargetOs};
use wimspect::formats::inf::Inf;
use wimspect::formats::inf::lossless::{Document, LineKind};

/// The INF and INX files of the corpus, sorted; `None` (and a line that says so) without a corpus.
pub fn corpus_files(test: &str) -> Option<Vec<PathBuf>> {
    let Some(folder) = std::env::var_os("WIMSPECT_CORPUS") else {
        println!("{test}: SKIPPED, WIMSPECT_CORPUS does not name a corpus");
        return None;
    };
    let mut files = Vec::new();
    collect(&Path::new(&folder).join("inf"), &mut files);
    files.sort();
    assert!(!files.is_empty(), "no INF files below {folder:?}");
    Some(files)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("corpus folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("inf") || e.eq_ignore_ascii_case("inx")) {
            files.push(path);
        }
    }
}

#[test]
fn corpus_totals() {
    let Some(files) = corpus_files("corpus_totals") else { return };
    let (mut lines, mut ids, mut vista, mut ten, mut install) = (0, 0, 0, 0, 0);
    let mut kinds: BTreeMap<&str, (usize, String)> = BTreeMap::new();
    let mut fatal = 0;
    for path in &files {
        let bytes = std::fs::read(path).expect("readable");
        let package = driver_package::read(&bytes);
        lines += package.models_sections.iter().map(|s| s.models.len()).sum::<usize>();
        ids += package.models_sections.iter().flat_map(|s| &s.models).map(|m| m.ids.len()).sum::<usize>();
        install += package.install_sections.len();
        vista += selected_models(&package, &TargetOs::winpe(OsVersion::new(6, 0), Arch::X86)).len();
        ten += selected_models(&package, &TargetOs::winpe(OsVersion::new(10, 0), Arch::Amd64)).len();
        fatal += usize::from(package.fatal_problem().is_some());
        for problem in &package.problems {
            let entry = kinds
                .entry(problem.kind)
                .or_insert_with(|| (0, format!("{}:{} {}", path.display(), problem.line, problem.message)));
            entry.0 += 1;
            if std::env::var("WIMSPECT_SHOW").is_ok_and(|k| k == problem.kind) {
                println!("{}:{} {}", path.display(), problem.line, problem.message);
            }
        }
    }
    println!(
        "files {}  Models lines {lines}  ids {ids}  install sections {install}  refused by Windows {fatal}",
        files.len()
    );
    println!("devices: 6.0 x86 {vista}  10.0 amd64 {ten}");
    for (kind, (count, example)) in kinds {
        println!("{count:7} {kind}   {example}");
    }
}

/// The package without what depends on the encoding alone.
fn comparable(bytes: &[u8]) -> driver_package::DriverPackage {
    let mut package = driver_package::read(bytes);
    package.problems.retain(|p| p.kind != "utf-8-without-bom");
    package
}

fn utf16le(text: &str) -> Vec<u8> {
    std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

fn utf8_bom(text: &str) -> Vec<u8> {
    [b"\xEF\xBB\xBF", text.as_bytes()].concat()
}

#[test]
fn corpus_models_survive_reencoding() {
    let Some(files) = corpus_files("corpus_models_survive_reencoding") else { return };
    let mut compared = 0;
    for path in &files {
        let bytes = std::fs::read(path).expect("readable");
        let expected = comparable(&bytes);
        let text = Inf::read(&bytes).text().to_owned();
        let lf = text.replace("\r\n", "\n");
        let crlf = lf.replace('\n', "\r\n");
        for (name, other) in
            [("UTF-16LE", utf16le(&text)), ("UTF-8", utf8_bom(&text)), ("LF", utf8_bom(&lf)), ("CRLF", utf16le(&crlf))]
        {
            assert!(comparable(&other) == expected, "{} differs as {name}", path.display());
            compared += 1;
        }
    }
    println!("{compared} re-encoded files give the same package");
}

#[test]
fn corpus_lines_are_accounted_for() {
    let Some(files) = corpus_files("corpus_lines_are_accounted_for") else { return };
    let mut kinds: BTreeMap<LineKind, usize> = BTreeMap::new();
    let mut entries = 0;
    for path in &files {
        let bytes = std::fs::read(path).expect("readable");
        let document = Document::read(&bytes);
        let mut copy = Vec::new();
        document.write_to(&mut copy);
        assert!(copy == bytes, "{} does not come back byte for byte", path.display());
        let mut of_file: BTreeMap<LineKind, usize> = BTreeMap::new();
        let mut text = 0;
        for line in document.lines() {
            *of_file.entry(line.kind).or_default() += 1;
            text += line.text.len();
        }
        assert_eq!(text, document.inf().text().len(), "{}: text is left over", path.display());
        // Every entry line is read as a line of some section, and nothing else is.
        let lines: usize = document.inf().sections().map(|s| s.lines().count()).sum();
        let expected = of_file.get(&LineKind::Entry).copied().unwrap_or(0);
        assert_eq!(lines, expected, "{}", path.display());
        entries += lines;
        for (kind, count) in of_file {
            *kinds.entry(kind).or_default() += count;
        }
    }
    println!("{entries} entries; physical lines: {kinds:?}");
}

#[test]
fn corpus_lint_ends() {
    let Some(files) = corpus_files("corpus_lint_ends") else { return };
    let mut kinds: BTreeMap<&str, (usize, usize, String)> = BTreeMap::new();
    for path in &files {
        let bytes = std::fs::read(path).expect("readable");
        let mut seen: Vec<&str> = Vec::new();
        for remark in driver_package::lint(&bytes) {
            let text = remark.render(&path.display().to_string());
            let entry = kinds.entry(remark.kind).or_insert_with(|| (0, 0, text.clone()));
            entry.0 += 1;
            if !seen.contains(&remark.kind) {
                entry.1 += 1;
                seen.push(remark.kind);
            }
            if std::env::var("WIMSPECT_SHOW").is_ok_and(|k| k == remark.kind) {
                println!("{text}");
            }
        }
    }
    for (kind, (count, files, example)) in kinds {
        println!("{count:7} in {files:5} files  {kind}   {example}");
    }
}
