//! Real INF files. They lie outside the project: `WIMSPECT_CORPUS` names the folder, without it these tests say that
//! they are skipped.
#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wimspect::analysis::selection::selected_models;
use wimspect::facts::driver_package;
use wimspect::facts::ids::Arch;
use wimspect::facts::os_version::{OsVersion, TargetOs};

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
