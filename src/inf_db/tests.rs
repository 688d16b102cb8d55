//! The data of `inf-db/` as it lies there: no problem, canonical form, one id once, every scenario decided.

use std::collections::BTreeSet;

use super::*;

fn load_embedded() -> (InfDb, Vec<InfDbProblem>) {
    let mut problems = Vec::new();
    let files = embedded::FILES.iter().map(|(path, text)| (Cow::Borrowed(*path), Cow::Borrowed(*text)));
    let db = InfDb::load(files, &mut problems);
    (db, problems)
}

#[test]
fn the_embedded_files_have_no_problem() {
    let (db, problems) = load_embedded();
    let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(text.is_empty(), "{}", text.join("\n"));
    assert_eq!(db.digest(), InfDb::embedded().digest());
    assert!(!db.releases().all().is_empty());
    assert!(!db.enumerators().all().is_empty());
    assert!(db.families().iter().next().is_some());
    assert!(db.rules().iter().next().is_some());
}

/// The key or header at the beginning of a line, outside of a text that spans lines.
fn skeleton(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        let was_inside = inside;
        inside ^= line.matches("\"\"\"").count() % 2 == 1;
        if was_inside || line.starts_with(['#', ' ', ']']) || line.is_empty() {
            continue;
        }
        found.push(match line.strip_prefix('[') {
            Some(_) => line.to_owned(),
            None => line.split(" = ").next().unwrap_or(line).to_owned(),
        });
    }
    found
}

fn typed_text(path: &str, text: &str) -> String {
    let mut db = InfDb::default();
    assert!(db.add(&DataFile { path, text }, &mut Vec::new()), "{path}");
    match path.split('/').next() {
        _ if path == "winpe/images.toml" => canonical(db.boot_images()),
        Some("winpe") => canonical(&db.releases().to_file()),
        Some("nic-families") => db.families().iter().map(canonical).collect(),
        Some("rules") => db.rules().iter().map(canonical).collect(),
        Some("log-signatures") => db.log_signatures().topics().map(canonical).collect(),
        _ if path == "log-anchors.toml" => canonical(db.log_anchors()),
        _ if path == "error-codes.toml" => canonical(db.error_codes()),
        _ if path == "enumerators.toml" => canonical(&db.enumerators().to_file()),
        _ if path == "signers.toml" => canonical(db.signers()),
        _ if path == "remedies.toml" => canonical(db.remedies()),
        _ if path == "null-drivers.toml" => canonical(db.null_drivers()),
        _ if path == "ndis-functions.toml" => canonical(db.ndis_functions().to_file()),
        _ => canonical(&db.scenarios().to_file()),
    }
}

#[test]
fn the_files_are_in_canonical_form() {
    for (path, text) in embedded::FILES {
        assert!(text.starts_with("# "), "{path}: opens with a comment on its purpose");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}: ends with one line feed");
        for (number, line) in text.lines().enumerate() {
            let place = format!("{path}:{}", number + 1);
            assert!(!line.contains(['\t', '\r']), "{place}: no tabs, no carriage returns");
            assert_eq!(line.trim_end(), line, "{place}: no blanks at the end");
            assert!(line.chars().count() <= 130, "{place}: longer than 130 characters");
        }
        assert!(!text.contains("\n\n\n"), "{path}: no more than one empty line");
        // Keys in the order of the type, each on its line: what is written equals what the typed value would be.
        assert_eq!(skeleton(text), skeleton(&typed_text(path, text)), "{path}: keys in the order of the type");
    }
    let names: Vec<&str> = InfDb::embedded().enumerators().all().iter().map(|e| e.name.as_str()).collect();
    let written: Vec<&str> = embedded::FILES
        .iter()
        .filter(|(path, _)| *path == "enumerators.toml")
        .flat_map(|(_, text)| text.lines().filter_map(|l| l.strip_prefix("name = \"")))
        .map(|l| l.trim_end_matches('"'))
        .collect();
    assert_eq!(written, names, "enumerators.toml: sorted by name");
}

#[test]
fn ids_are_unique_over_all_tables() {
    let db = InfDb::embedded();
    let releases = db.releases().all().iter().flat_map(|r| std::iter::once(&r.id).chain(&r.covers));
    let families = db.families().iter().map(|f| &f.id);
    let rules = db.rules().iter().map(|r| &r.id);
    let topics = db.log_signatures().topics().map(|t| &t.id);
    let signatures = db.log_signatures().iter().map(|(_, s)| &s.id);
    let mut seen = BTreeSet::new();
    for id in releases.chain(families).chain(rules).chain(topics).chain(signatures) {
        assert!(seen.insert(id.to_ascii_lowercase()), "`explain {id}` would have two answers");
    }
}

#[test]
fn release_ids_are_those_of_the_design() {
    let ids: Vec<&str> = InfDb::embedded().releases().iter().map(|r| r.id.as_str()).collect();
    let expected = "2.0 2.1 2.2 3.0 3.1 4.0 5.0 5.1 10-1507 10-1511 10-1607 10-1703 10-1709 10-1803 10-1809 10-1903 10-2004 \
                    2022 11-21H2 11-22H2 server-23H2 11-24H2 11-26H1";
    assert_eq!(ids.join(" "), expected);
}

#[test]
fn capabilities_grow_with_the_releases() {
    let releases: Vec<&Release> = InfDb::embedded().releases().iter().collect();
    for pair in releases.windows(2) {
        let [a, b] = pair else { continue };
        assert!(a.ndis <= b.ndis && a.kmdf <= b.kmdf && a.umdf <= b.umdf, "{} {}", a.id, b.id);
        assert!(a.multi_tier <= b.multi_tier && a.build_decorations <= b.build_decorations, "{} {}", a.id, b.id);
        assert!(
            a.all_signing_equal <= b.all_signing_equal && a.portal_signing <= b.portal_signing,
            "{} {}",
            a.id,
            b.id
        );
    }
    let tier = |id: &str| InfDb::embedded().releases().by_id(id).and_then(|r| r.multi_tier);
    assert_eq!(tier("2.2"), Some(MultiTier::SingleEnumeration));
    assert_eq!(tier("3.1"), Some(MultiTier::ReplacedThenRecovers));
    assert_eq!(tier("4.0"), Some(MultiTier::InBox));
    let build = |id: &str| InfDb::embedded().releases().by_id(id).is_some_and(|r| r.build_decorations);
    assert!(!build("10-1511") && build("10-1607"));
}

#[test]
fn the_digest_follows_content_not_layout() {
    let base = InfDb::embedded().digest();
    assert_eq!(base.len(), 64);
    assert_eq!(base, load_embedded().0.digest());
    let text = embedded::FILES.iter().find(|(p, _)| *p == "enumerators.toml").expect("table").1;
    let overlay = |text: String| InfDb::with_overlay([("enumerators.toml".to_owned(), text)]);
    assert_eq!(overlay(format!("# another comment\n{text}")).0.digest(), base);
    let more = format!(
        "{text}\n[[enumerator]]\nname = \"ZZZ\"\nmatch = \"exact\"\nkind = \"bus\"\nsource = \"site\"\nconfidence = \"memory\"\n"
    );
    let (db, problems) = overlay(more);
    assert_eq!(problems, []);
    assert_ne!(db.digest(), base);
    assert!(!db.enumerators().is_private("zzz"));
    assert_ne!(InfDb::embedded().without_families().digest(), base);
    assert_eq!(InfDb::embedded().without_families().families().iter().count(), 0);
}

#[test]
fn mistakes_of_a_site_come_with_file_and_line() {
    let enumerator =
        "[[enumerator]]\nname = \"ACME\"\nmatch = \"exact\"\nkind = \"bus\"\nsource = \"x\"\nconfidence = \"memory\"\n";
    let rule = "id = \"other\"\ntitle = \"t\"\nseverity = \"info\"\nsummary = \"s\"\nwhy = \"w\"\nshows_up = [\"s\"]\nfix = []\nreferences = [\"r\"]\n";
    for (path, text, line, part) in [
        ("enumerators.toml", "[[enumerator]]\nname = 1\n".to_owned(), 2, "invalid type"),
        ("enumerators.toml", "\n\nnonsense".to_owned(), 3, ""),
        ("enumerators.toml", format!("{enumerator}colour = \"red\"\n"), 7, "unknown field `colour`"),
        ("enumerators.toml", format!("{enumerator}{enumerator}"), 7, "there twice"),
        ("scenarios.toml", "row = []".to_owned(), 0, "last row"),
        (
            "winpe/images.toml",
            "network_component = []\n[[kind]]\nid = \"a\"\ntitle = \"a\"\nany = [\"x\"]\nsource = \"s\"\nconfidence = \"memory\"\n".to_owned(),
            2,
            "the last kind",
        ),
        ("rules/acme.toml", rule.to_owned(), 1, "name of its file"),
        ("rules/other.toml", rule.to_owned(), 1, "`fix` is empty"),
        ("rules/deep/other.toml", rule.to_owned(), 0, "no table"),
        ("notes.toml", String::new(), 0, "no table"),
        ("../x.toml", String::new(), 0, "no table"),
    ] {
        let (db, problems) = InfDb::with_overlay([(path.to_owned(), text)]);
        let found: Vec<String> = problems.iter().map(ToString::to_string).collect();
        let hit = problems.iter().any(|p| p.file == path && p.line == line && p.message.contains(part));
        assert!(hit, "{path}: want line {line} {part:?}, got {found:?}");
        // The rest still counts.
        assert!(
            db.releases().by_id("3.0").is_some() && !db.enumerators().is_private("PCI") || path == "enumerators.toml"
        );
    }
    // A file that can not be read does not take the embedded one away.
    let (db, problems) = InfDb::with_overlay([("enumerators.toml".to_owned(), "[".to_owned())]);
    assert_eq!(problems.len(), 1);
    assert_eq!(db.digest(), InfDb::embedded().digest());
}

#[test]
fn overlay_text_never_panics() {
    use proptest::prelude::*;
    let paths = [
        "winpe/releases.toml",
        "winpe/images.toml",
        "enumerators.toml",
        "scenarios.toml",
        "nic-families/a.toml",
        "rules/a.toml",
    ];
    let originals: Vec<&str> = embedded::FILES.iter().map(|(_, text)| *text).collect();
    let strategy = (0..paths.len(), 0..originals.len(), any::<prop::sample::Index>(), "\\PC{0,12}");
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { cases: 64, ..ProptestConfig::default() });
    let run = runner.run(&strategy, |(path, original, at, insert)| {
        let text = originals[original];
        let at = (0..=at.index(text.len().max(1))).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let (before, after) = text.split_at(at);
        let _ = InfDb::with_overlay([(paths[path].to_owned(), format!("{before}{insert}{after}"))]);
        Ok(())
    });
    assert!(run.is_ok(), "{run:?}");
}

/// `diagnose` and `plan` speak of the same solutions, and in the same order.
#[test]
fn resolutions_name_remedies_and_follow_their_effort() {
    let (db, _) = load_embedded();
    let mut named = 0;
    for topic in db.log_signatures().topics() {
        for (release, known) in
            [(MultiTier::SingleEnumeration, &[][..]), (MultiTier::ReplacedThenRecovers, &[RunFact::WinPe3][..])]
        {
            let applies = topic.resolution.iter().filter(|r| r.applies(|fact| known.contains(&fact)));
            let efforts: Vec<u8> = applies
                .filter_map(|r| r.remedy.as_deref())
                .map(|id| {
                    let remedy = db.remedies().iter().find(|r| r.id == id);
                    remedy.unwrap_or_else(|| panic!("{}: no remedy `{id}`", topic.id)).effort[&release]
                })
                .collect();
            named += efforts.len();
            assert!(efforts.is_sorted(), "{}: not the least effort first: {efforts:?}", topic.id);
        }
    }
    assert!(named > 0);
}
