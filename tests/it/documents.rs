//! The documents say what is there: their examples are valid, the files that they name exist, every dependency is explained.

use std::collections::BTreeMap;
use std::path::Path;

use wimspect::inf_db::InfDb;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every Markdown file of the project by its path.
fn documents() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for folder in ["", "docs", "fixtures"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                all.insert(path.clone(), read(&path));
            }
        }
    }
    all
}

/// What stands between pairs of `mark` on the lines outside of code blocks.
fn between<'a>(text: &'a str, open: &str, close: char) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        in_block ^= line.trim_start().starts_with("```");
        if in_block || line.starts_with("    ") {
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find(open) {
            let inner = &rest[at + open.len()..];
            let Some(end) = inner.find(close) else { break };
            found.push(&inner[..end]);
            rest = &inner[end + 1..];
        }
    }
    found
}

#[test]
fn the_example_of_a_family_is_a_family() {
    let text = read("docs/EXTENDING.md");
    let (_, rest) = text.split_once("```toml\n").unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    let example = block.lines().map(|line| format!("{}\n", line.trim_start())).collect::<String>();
    let (db, problems) = InfDb::with_overlay([("nic-families/acme-x1.toml".to_owned(), example)]);
    assert_eq!(problems, []);
    let family = db.families().iter().find(|f| f.id == "acme-x1").unwrap();
    assert_eq!(family.title, "Acme X1 10 GbE");
}

#[test]
fn files_that_the_documents_name_exist() {
    let rooms = ["src/", "inf-db/", "tests/", "fixtures/", "docs/", ".ci/"];
    let mut missing = Vec::new();
    for (document, text) in documents() {
        let named = between(&text, "`", '`').into_iter().filter(|n| rooms.iter().any(|r| n.starts_with(r)));
        let named = named.filter(|n| !n.contains(['<', '*', ' ', '{']));
        missing.extend(named.filter(|n| !root().join(n).exists()).map(|n| format!("{document}: {n}")));
        let folder = root().join(&document).parent().unwrap().to_owned();
        let links = between(&text, "](", ')').into_iter().filter(|l| !l.contains("://") && !l.starts_with('#'));
        let links = links.map(|l| l.split('#').next().unwrap_or(l));
        missing.extend(links.filter(|l| !folder.join(l).exists()).map(|l| format!("{document}: link {l}")));
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
}

#[test]
fn every_dependency_is_explained() {
    let (manifest, architecture) = (read("Cargo.toml"), read("docs/ARCHITECTURE.md"));
    let mut section = "";
    let mut wrong = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if section.contains("dependencies]")
            && !section.contains("dev-")
            && !line.is_empty()
            && !line.starts_with('#')
        {
            let (name, value) = line.split_once(" = ").unwrap();
            if !value.contains(" # ") {
                wrong.push(format!("Cargo.toml: {name} has no reason beside it"));
            }
            if !architecture.contains(&format!("`{name}`")) {
                wrong.push(format!("docs/ARCHITECTURE.md: nothing about {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
