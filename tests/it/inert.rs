//! Names and texts from hostile files come out inert in every format: nothing commands a terminal, a spreadsheet, a browser, a
//! forge or a parser.
//!
//! A new format needs a line in `FORMATS` and its check; a new trick needs a line in `HOSTILE`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;
use wimspect::report::inert::is_invisible;

use crate::support::{copy_tree, fixture, run};

/// Texts as a hostile INF, inventory or file name holds them.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</script><!--",
    "]]><x/>",
    "&lt;b&gt;&#x41;",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1+1)*cmd",
    "\u{1b}[31mred\u{1b}[0m",
    "\u{1b}]8;;https://example.com\u{7}click\u{1b}]8;;\u{7}",
    "\u{9b}31m\u{7f}\u{8}",
    "abc\u{202e}fni.exe\u{2066}",
    "in\u{200b}vis\u{feff}ible\u{2060}\u{ad}",
    "tag\u{e0041}\u{e007f}",
    "line\u{2028}separator",
    "| a | b |",
    "``` `x` ~~~",
    "[click](https://example.com) ![x](https://example.com/x.png)",
    "<https://example.com> www.example.com https://example.com",
    "@someone #1 GH-1",
    "# heading",
    "- item",
    "<details></details></summary>",
    "*bold* _it_ **b** ~~s~~ $x$",
    "{0} {{1}}",
    "%s %n %SystemRoot%%00",
    "ümlaut 日本 🙂",
];

/// What a check gets: a report in its format.
type Check = fn(&str);

/// Every format that is written, and what must hold for it.
const FORMATS: &[(&str, Check)] = &[
    ("text", text),
    ("json", json),
    ("ndjson", ndjson),
    ("sarif", sarif),
    ("csv", csv),
    ("junit", junit),
    ("markdown", markdown),
    ("html", html),
];

pub fn nothing_invisible(report: &str) {
    let found: BTreeSet<char> = report.chars().filter(|c| is_invisible(*c) && !matches!(c, '\n' | '\r')).collect();
    assert!(found.is_empty(), "{found:?}");
}

pub fn text(report: &str) {
    nothing_invisible(report);
    assert!(!report.contains('\r'));
}

/// The values of a JSON text, all of them strings.
fn strings<'v>(value: &'v Value, all: &mut BTreeSet<&'v str>) {
    match value {
        Value::String(text) => {
            all.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, all)),
        Value::Object(members) => members.values().for_each(|member| strings(member, all)),
        _ => {}
    }
}

/// The value stays what it was: a program must be able to find the file again.
fn json(report: &str) {
    nothing_invisible(report);
    let value: Value = serde_json::from_str(report).unwrap();
    let mut all = BTreeSet::new();
    strings(&value, &mut all);
    for hostile in HOSTILE {
        assert!(all.iter().any(|text| text.contains(hostile.trim())), "{hostile:?} is lost");
    }
}

fn ndjson(report: &str) {
    nothing_invisible(report);
    assert!(report.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|v| v.is_object())));
}

fn sarif(report: &str) {
    nothing_invisible(report);
    let value: Value = serde_json::from_str(report).unwrap();
    let mut pending = vec![&value["runs"][0]["results"], &value["runs"][0]["invocations"]];
    let mut messages = 0;
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(members) => {
                for (name, member) in members {
                    match (name.as_str(), member) {
                        ("message", message) => {
                            let text = message["text"].as_str().unwrap();
                            messages += 1;
                            assert!(!text.contains("]("), "a link: {text}");
                            assert!(!text.contains(" {0}") && !text.starts_with("{0}"), "a placeholder: {text}");
                            assert!(text.chars().count() < 5_000);
                        }
                        ("uri", Value::String(uri)) => {
                            let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%".contains(&b);
                            assert!(uri.bytes().all(legal), "{uri}");
                        }
                        ("properties" | "partialFingerprints", _) => {}
                        _ => pending.push(member),
                    }
                }
            }
            _ => {}
        }
    }
    assert!(messages > HOSTILE.len());
}

fn csv(report: &str) {
    let report = report.strip_prefix('\u{feff}').expect("a byte order mark, for Excel");
    nothing_invisible(report);
    assert_eq!(report.matches('\n').count(), report.matches("\r\n").count());
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(report.as_bytes());
    let mut rows = 0;
    for record in reader.records() {
        for cell in &record.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell}");
            assert!(cell.chars().count() <= 32_767, "Excel takes no longer cell");
        }
        rows += 1;
    }
    assert!(rows > HOSTILE.len());
}

fn junit(report: &str) {
    nothing_invisible(report);
    let mut reader = quick_xml::Reader::from_str(report);
    let (mut depth, mut cases) = (0_usize, 0_usize);
    let known =
        ["testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "skipped", "system-out"];
    loop {
        use quick_xml::events::Event;
        let event = reader.read_event().unwrap();
        if let Event::Start(tag) | Event::Empty(tag) = &event {
            let name = tag.name().as_ref().to_owned();
            assert!(known.contains(&name.as_str()), "<{name}> is none of ours");
            cases += usize::from(name == "testcase");
            for attribute in tag.attributes() {
                attribute.unwrap();
            }
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => panic!("none of ours"),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    assert!(cases > HOSTILE.len());
}

pub fn markdown(report: &str) {
    nothing_invisible(report);
    assert!(report.len() < 65_536, "GitHub takes no longer comment");
    let allowed = |html: &str| {
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            let end = rest[at..].find('>').map_or(rest.len(), |e| at + e + 1);
            let tag = &rest[at..end];
            let tags = ["<details>", "</details>", "<summary>", "</summary>", "<b>", "</b>", "<span>", "</span>"];
            assert!(tags.contains(&tag), "{tag} in {html}");
            rest = &rest[end..];
        }
    };
    // All that forges add to the common dialect.
    for event in Parser::new_ext(report, Options::all()) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => allowed(&html),
            Event::Start(tag) => match tag {
                Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => panic!("a link to {dest_url}"),
                Tag::CodeBlock(_) | Tag::Emphasis | Tag::Strikethrough | Tag::FootnoteDefinition(_) => {
                    panic!("{tag:?}")
                }
                Tag::Heading { level, .. } => assert!(level as usize <= 2),
                _ => {}
            },
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => panic!("{event:?}"),
            _ => {}
        }
    }
    // Every row of a table has as many cells as its head.
    let mut columns = None;
    for line in report.lines() {
        let cells = line.replace("\\|", "").matches('|').count();
        match columns {
            Some(expected) if line.starts_with('|') => assert_eq!(cells, expected, "{line}"),
            _ if line.starts_with('|') => columns = Some(cells),
            _ => columns = None,
        }
    }
}

/// Names of the elements, and of their attributes with them, of a page.
fn elements(page: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        let name: String = rest.chars().take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/')).collect();
        let end = end_of_tag(rest);
        let mut quoted = false;
        // What stands outside of quotes, with `=` behind it.
        let outside: String = rest[..end]
            .chars()
            .filter(|c| {
                quoted ^= *c == '"';
                !quoted && *c != '"'
            })
            .collect();
        found.extend(outside.split_whitespace().skip(1).map(|word| {
            let attribute = word.trim_end_matches('/').split('=').next().unwrap_or_default();
            format!("{name} {attribute}")
        }));
        rest = &rest[end..];
        if matches!(name.as_str(), "script" | "style") {
            let close = format!("</{name}>");
            rest = &rest[rest.find(&close).expect("it is closed")..];
        }
        found.insert(name);
    }
    found
}

fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    let end = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '>' && !quoted
    });
    end.map_or(text.len(), |(at, _)| at)
}

/// A hostile text adds no element and no attribute: all that is there also stands in pages of harmless inputs.
fn html(report: &str) {
    nothing_invisible(report);
    let mut known = BTreeSet::new();
    for line in [
        "audit fixtures/share --boot-image fixtures/images/6.0.6001-amd64-monolithic.wim --fleet fixtures/fleet/models",
        "audit fixtures/share --winpe all",
        "verify fixtures/images/mdt.wim fixtures/hostile/names.wim",
    ] {
        known.extend(elements(&crate::support::run_line(&format!("{line} --format html")).text()));
    }
    let new: Vec<String> = elements(report).difference(&known).cloned().collect();
    assert!(new.is_empty(), "{new:?}");
    assert!(!report.contains("<script>alert") && !report.contains("javascript:"));
    // What stands in a script is data: nothing in it ends the script.
    for part in report.split("<script type=\"application/json\"").skip(1) {
        let (_, data) = part.split_once('>').unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        serde_json::from_str::<Value>(data).unwrap();
        assert!(!data.contains("<!--") && !data.contains("<script"));
    }
}

/// An INF text of the fixture with this text wherever an INF has free text, and as the name of a file and a service.
fn hostile_inf(original: &str, hostile: &str) -> String {
    let quoted = hostile.replace('"', "\"\"").replace('%', "%%");
    let mut inf = String::new();
    for line in original.lines() {
        let name = line.split('=').next().unwrap_or_default().trim();
        let is_text =
            ["Maker", "Disk", "Service"].contains(&name) || name.starts_with("Bus1") || name.starts_with("Nic");
        if is_text && line.contains('"') {
            let _ = write!(inf, "{name} = \"{quoted}\"\r\n");
        } else if line.starts_with("CopyFiles") {
            let _ = write!(inf, "{line}, Hostile.Files\r\n");
        } else {
            inf.push_str(line);
            inf.push_str("\r\n");
        }
    }
    let _ = write!(inf, "\r\n[Hostile.Files]\r\n\"{quoted}.sys\"\r\n");
    inf
}

/// A share, an inventory: each hostile text in a folder of its own.
fn make(root: &Path) {
    let long = "N".repeat(10_000);
    let bidi_and_zero = "nul\0in\0text";
    let mut inventory = String::from("Netbios_Name0,Model0,Description0,DeviceID0\r\n");
    let texts = HOSTILE.iter().copied().chain([long.as_str(), bidi_and_zero]);
    for (index, hostile) in texts.enumerate() {
        // Only where the file system takes such a name.
        let named = root.join("share").join(hostile.replace(['/', '\0'], "_"));
        let folder = match std::fs::create_dir_all(&named) {
            Ok(()) => named,
            Err(_) => root.join("share").join(format!("plain{index}")),
        };
        copy_tree_into(&fixture("share/netxtreme2-multitier"), &folder);
        for inf in ["bxvbd.inf", "bxnd.inf"] {
            let original = std::fs::read_to_string(folder.join(inf)).unwrap();
            let text = hostile_inf(&original, hostile);
            let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
            std::fs::write(folder.join(inf), wide).unwrap();
        }
        let quoted = hostile.replace('"', "\"\"");
        let _ = write!(
            inventory,
            "FX{index},\"{quoted}\",\"{quoted}\",PCI\\VEN_1AF4&DEV_{:04X}&SUBSYS_11001AF4&REV_00\\3&1&0&18\r\n",
            0x2000 + index
        );
    }
    std::fs::write(root.join("fleet.csv"), inventory).unwrap();
}

fn copy_tree_into(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    copy_tree(from, to);
}

#[test]
fn hostile_texts_come_out_inert_in_every_format() {
    let root = tempfile::tempdir().unwrap();
    make(root.path());
    let image = fixture("images/6.0.6001-amd64-monolithic.wim");
    for (format, check) in FORMATS {
        let report = run([
            "audit".as_ref(),
            root.path().join("share").as_os_str(),
            "--boot-image".as_ref(),
            image.as_os_str(),
            "--fleet".as_ref(),
            root.path().join("fleet.csv").as_os_str(),
            "--fail-on".as_ref(),
            "warning".as_ref(),
            "--format".as_ref(),
            format.as_ref(),
        ]);
        assert_eq!(report.code, Some(1), "{format}: {}", report.stderr);
        nothing_invisible(&report.stderr);
        let report = String::from_utf8(report.stdout).unwrap();
        println!("{format}: {} bytes", report.len());
        check(&report);
    }
}

#[test]
fn every_format_has_its_check() {
    let help = run(["audit", "--format", "none-of-these"]).stderr;
    let names = help.split("one of ").nth(1).unwrap().lines().next().unwrap();
    let checked: BTreeSet<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.split(", ").collect::<BTreeSet<_>>(), checked);
}
