//! Catalogs: our own fixtures, and the real ones of the corpus where `WIMSPECT_CORPUS` names it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wimspect::facts::signature::{CatalogFacts, DigestAlgorithm, MemberStatus, file_hashes, pe_hashes, read_catalog};

/// All files below a folder, sorted.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
}

fn catalogs_of(folder: &Path) -> Vec<CatalogFacts> {
    let catalogs = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    catalogs.filter(|p| has_extension(p, "cat")).map(|p| read_catalog(&std::fs::read(p).unwrap())).collect()
}

#[test]
fn every_fixture_is_a_member_of_its_catalog() {
    let share = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/share");
    let mut members = 0;
    for path in files_below(&share) {
        let folder = path.parent().unwrap();
        if folder.ends_with("broken") || !(has_extension(&path, "inf") || has_extension(&path, "sys")) {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let digests = if has_extension(&path, "sys") { pe_hashes(&bytes).unwrap() } else { file_hashes(&bytes) };
        let name = path.file_name().unwrap().to_str().unwrap();
        let found: Vec<_> = catalogs_of(folder).iter().map(|c| c.membership(&digests)).collect();
        let member = found.iter().find(|m| m.is_member());
        let member = member.unwrap_or_else(|| panic!("{} is in no catalog of its folder", path.display()));
        assert_eq!(member.files, [name], "{}", path.display());
        assert_eq!(member.digests.len(), 1, "{}", path.display());
        members += 1;
    }
    assert!(members > 30, "{members}");
}

#[test]
fn a_fixture_catalog_says_what_its_script_wrote() {
    let share = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/share");
    let catalog = |path: &str| read_catalog(&std::fs::read(share.join(path)).unwrap());
    let (old, new) = (catalog("netxtreme2-multitier/bxvbd.cat"), catalog("intel-like-monolithic/fxe1.cat"));
    assert_eq!((old.shape, new.shape), (Some(1), Some(2)));
    assert_eq!(old.problems, Vec::<String>::new());
    assert!(old.is_signed() && old.signatures[0].content_matches == Some(true), "{:?}", old.signatures);
    assert_eq!(old.signatures[0].signer.as_deref(), Some("wimspect fixtures signer"));
    assert_eq!((old.signatures[0].digest, new.signatures[0].digest), (DigestAlgorithm::Sha1, DigestAlgorithm::Sha256));
    assert!(old.lists_name("BXVBD.INF"));
    assert!(old.members.iter().all(|m| m.digests[0].algorithm == DigestAlgorithm::Sha1));
    assert!(new.members.iter().any(|m| m.digests[0].algorithm == DigestAlgorithm::Sha256));
    assert!(old.os_attributes().iter().all(|a| a.starts_with("2:6.")), "{:?}", old.os_attributes());
}

/// The real catalogs: 447 parse, three are something else, and the INF files beside them match or do not.
#[test]
fn corpus_catalogs() {
    let Some(corpus) = std::env::var_os("WIMSPECT_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: WIMSPECT_CORPUS does not name the corpus");
        return;
    };
    let root = corpus.join("inf/DriverPackSolution__DP_LAN");
    let files = files_below(&root);
    let mut folders: BTreeMap<&Path, Vec<CatalogFacts>> = BTreeMap::new();
    let (mut read, mut others, mut shapes) = (0, BTreeMap::new(), [0; 3]);
    for path in files.iter().filter(|p| has_extension(p, "cat")) {
        let catalog = read_catalog(&std::fs::read(path).unwrap());
        match &catalog.not_a_catalog {
            Some(what) => *others.entry(what.clone()).or_insert(0) += 1,
            None => read += 1,
        }
        assert_eq!(catalog.problems, Vec::<String>::new(), "{}", path.display());
        shapes[usize::from(catalog.shape.unwrap_or(0))] += 1;
        folders.entry(path.parent().unwrap()).or_default().push(catalog);
    }
    let expected = ["no catalog: a text", "no catalog: an INF file", "no catalog: an empty file"];
    assert_eq!(read, 447);
    assert_eq!(others.keys().collect::<Vec<_>>(), expected, "{others:?}");
    // Without shape: the three that are no catalogs.
    assert_eq!(shapes, [3, 404, 43]);

    let (mut beside, mut matching, mut not, mut listed) = (0, 0, Vec::new(), 0);
    for path in files.iter().filter(|p| has_extension(p, "inf")) {
        let Some(catalogs) = folders.get(path.parent().unwrap()) else { continue };
        beside += 1;
        let digests = file_hashes(&std::fs::read(path).unwrap());
        if catalogs.iter().any(|c| c.membership(&digests).is_member()) {
            matching += 1;
        } else {
            let name = path.file_name().unwrap().to_str().unwrap();
            listed += usize::from(catalogs.iter().any(|c| c.status(name, &digests) == MemberStatus::OtherDigest));
            not.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
        }
    }
    let tweaked = not.iter().filter(|p| p.contains("_TWEAK")).count();
    println!("{beside} INF files with a catalog in their folder: {matching} match, {} do not:", not.len());
    for path in &not {
        println!("  {path}");
    }
    assert_eq!((beside, matching, not.len(), tweaked), (505, 427, 78, 7));
    // The other 52 are not named by the catalogs of their folder at all: those are of other drivers.
    assert_eq!(listed, 26);
}
