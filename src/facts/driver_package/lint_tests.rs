//! One small file for each kind of remark.

use super::*;

const HEAD: &str = "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\nCatalogFile=a.cat\n";

fn kinds(text: &str) -> Vec<(u32, u32, &'static str)> {
    lint(format!("{HEAD}{text}").as_bytes()).iter().map(|r| (r.line, r.column, r.kind)).collect()
}

#[test]
fn each_oddity_is_found_where_it_stands() {
    for (text, expected) in [
        ("[a]\nk=v\n", vec![]),
        ("[a]\nk=%Nobody%,%12%\\x.sys,50%\n", vec![(6, 3, "undefined-string")]),
        ("[a]\nk = \"open\n", vec![(6, 5, "unbalanced-quote")]),
        ("[a]\nk = \"a\"\"b\" ; it's \"\n", vec![]),
        ("[a] junk\nk=v\n", vec![(5, 4, "text-after-section-name")]),
        ("[a] ; comment\nk=v\n", vec![]),
        ("[a]\nk=a\u{C}b\n", vec![(6, 4, "control-character")]),
        ("[a]\nk=v,\\\n[b]\nk=v\n", vec![(6, 0, "continuation-swallows-section")]),
        ("[a]\nHKR, Ndi\\\nHKR, Ndi, x\n", vec![(6, 0, "continuation-joins-directive")]),
        ("[Strings]\na=1\nA=2\nb\n", vec![(7, 1, "duplicate-string"), (8, 1, "string-without-value")]),
        ("[a]\nk=v\n\u{1A}\nmore\n", vec![(8, 1, "text-after-end")]),
        ("[Manufacturer]\nM=S,ME\n[S.ME]\nd=I,PCI\\X\n[I]\nAddReg=Gone\n", vec![(6, 0, "invalid-decoration")]),
        (
            "[Manufacturer]\nM=S,NTx86\n[S.NTx86]\nd=I,PCI\\X\n[I]\nAddReg=Gone\nCopyFiles=@a.sys\n",
            vec![(10, 8, "missing-section"), (11, 0, "missing-source-file")],
        ),
    ] {
        let mut got = kinds(text);
        // The install section of an invalid decoration is looked at as well.
        if text.contains("ME") {
            got.retain(|r| r.2 != "missing-section");
        }
        assert_eq!(got, expected, "{text:?}");
    }
}

#[test]
fn files_that_windows_refuses_say_so() {
    for (text, kind) in [
        ("", "empty-file"),
        ("[a]\n", "no-version-section"),
        ("[Version]\n", "no-signature"),
        // Found by fuzzing: it was in no list.
        ("[Version]\nSignature=\"$Windows 95$\"\n", "windows-9x-signature"),
        ("[Version]\nSignature=bar\n", "unknown-signature"),
        ("[Version]\nSignature=$Chicago$\n[x\n", "unclosed-section-name"),
        ("word\n[Version]\nSignature=$Chicago$\n", "text-before-first-section"),
    ] {
        let remarks = lint(text.as_bytes());
        let found = remarks.iter().find(|r| r.fatal).unwrap_or_else(|| panic!("{text:?}: {remarks:?}"));
        assert_eq!(found.kind, kind);
        assert!(KINDS.iter().any(|(id, _)| *id == kind), "{kind} is not listed");
    }
}

#[test]
fn every_kind_is_listed_once() {
    let mut ids: Vec<&str> = KINDS.iter().map(|k| k.0).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), KINDS.len());
    let sources = [
        include_str!("lint.rs"),
        include_str!("problems.rs"),
        include_str!("version.rs"),
        include_str!("models.rs"),
        include_str!("read.rs"),
    ];
    for id in ids {
        let quoted = format!("\"{id}\"");
        let uses = sources.iter().map(|s| s.matches(&quoted).count()).sum::<usize>();
        assert!(uses > 1, "{id} is listed but never made");
    }
}
