//! The house rules that a compiler does not check: who may name whom, where reading of files happens, where `unsafe` may
//! stand, how long a file may grow (docs/ARCHITECTURE.md).

use std::path::{Path, PathBuf};

/// Each room of `src/` and the rooms that it may name.
const ROOMS: &[(&str, &[&str])] = &[
    ("formats", &[]),
    ("facts", &["formats"]),
    ("inf_db", &["facts"]),
    ("analysis", &["facts", "inf_db"]),
    ("report", &["facts", "inf_db", "analysis"]),
    ("scan", &["formats", "facts", "inf_db"]),
    ("history", &["facts", "inf_db", "analysis", "scan"]),
    ("cli", &["formats", "facts", "inf_db", "analysis", "report", "scan", "history"]),
];

/// Rooms that may touch files, the network and processes. The crate root (`lib.rs`, `main.rs`) is named "".
const IO_ROOMS: &[&str] = &["scan", "history", "cli", ""];

/// Crates that belong to certain rooms only.
const CRATES: &[(&str, &[&str])] = &[
    ("wimlib_sys", &["scan"]),
    ("walkdir", &["scan"]),
    ("tempfile", &["scan", "cli"]),
    ("goblin", &["formats"]),
    ("nt_hive", &["formats"]),
    ("quick_xml", &["formats", "report"]),
    ("encoding_rs", &["formats"]),
    ("x509_cert", &["formats"]),
    ("rusqlite", &["history"]),
    ("ureq", &["cli"]),
    ("postcard", &["scan"]),
    ("clap", &["cli", ""]),
    ("clap_complete", &["cli"]),
    ("anyhow", &["cli", ""]),
];

/// The only file that may hold `unsafe`.
const UNSAFE_FILE: &str = "scan/wim/sys.rs";

/// A file longer than this is to be parted.
const MOST_LINES: usize = 700;

/// One file of `src/`: path below it, text as written, and text without comments, literals and test modules.
struct Source {
    path: String,
    text: String,
    code: String,
}

impl Source {
    /// The room it lies in, "" for the crate root.
    fn room(&self) -> &str {
        match self.path.split_once('/') {
            Some((room, _)) => room,
            None if self.path == "lib.rs" || self.path == "main.rs" => "",
            None => self.path.trim_end_matches(".rs"),
        }
    }

    /// How many modules deep the file's own module is.
    fn depth(&self) -> usize {
        self.path.matches('/').count() + usize::from(!matches!(self.file_name(), "mod.rs" | "lib.rs" | "main.rs"))
    }

    fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    fn is_test(&self) -> bool {
        self.file_name() == "tests.rs" || self.path.split('/').any(|part| part == "tests")
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let relative = path.strip_prefix(&root).unwrap().components();
        let path = relative.map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let code = without_tests(&code_only(&text));
        Source { path, text, code }
    };
    files.into_iter().map(read).collect()
}

/// The text with comments and string literals replaced by blanks; lines stay where they are.
fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let rest = &chars[at..];
        let length = match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => quoted(rest, 1),
            ['r', '"' | '#', ..] if !follows_word(&chars, at) => raw_string(rest),
            ['\'', '\\', _, '\'', ..] => 4,
            ['\'', _, '\'', ..] => 3,
            _ => 0,
        };
        if length == 0 {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(rest[..length].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at += length;
        }
    }
    out
}

fn follows_word(chars: &[char], at: usize) -> bool {
    at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &[char], open: usize) -> usize {
    let mut at = open;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Length of a raw string at the start of `rest`; 0 when it is none (`r#type`, `regs`).
fn raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 0;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = &rest[2 + hashes..];
    body.windows(closing.len()).position(|w| w == closing).map_or(rest.len(), |at| 2 + hashes + at + closing.len())
}

/// The code without what stands under `#[cfg(test)]`: an item up to its `;` or the end of its block.
fn without_tests(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        let item = &rest[at..];
        let end = item.find(['{', ';']).map_or(item.len(), |start| {
            if item.as_bytes()[start] == b';' { start + 1 } else { start + block_length(&item[start..]) }
        });
        rest = &item[end..];
    }
    out + rest
}

fn block_length(block: &str) -> usize {
    let mut depth = 0;
    for (at, c) in block.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    block.len()
}

/// The first names after every `prefix` in `code`: `crate::a::b` gives `a`, `crate::{a::b, c}` gives `a` and `c`.
fn named_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$' || c == ':') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => names.push(word(rest)),
            Some(_) => names.extend(top_level(&rest[1..block_length(rest) - 1]).into_iter().map(word)),
        }
    }
    names
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The parts of a `use` group, parted at commas outside of inner groups.
fn top_level(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts
}

/// `text` with `what` as a whole word in it.
fn has_word(code: &str, what: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(what)
        .any(|(at, _)| !code[..at].ends_with(part_of_word) && !code[at + what.len()..].starts_with(part_of_word))
}

fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn data_flow_goes_one_way() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|s| !s.is_test()) {
        let room = source.room();
        if room.is_empty() {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            problems.push(format!("src/{}: {room} is no room of docs/ARCHITECTURE.md", source.path));
            continue;
        };
        let mut named = named_after(&source.code, "crate::");
        named.extend(named_after(&source.code, "wimspect::"));
        named.extend(named_after(&source.code, &"super::".repeat(source.depth())));
        for other in named {
            let is_room = ROOMS.iter().any(|(name, _)| *name == other);
            if is_room && other != room && !allowed.contains(&other.as_str()) {
                problems.push(format!("src/{}: {room} must not name {other}", source.path));
            }
        }
    }
    none(problems);
}

#[test]
fn only_the_outer_rooms_do_input_and_output() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|s| !s.is_test() && !IO_ROOMS.contains(&s.room())) {
        for name in named_after(&source.code, "std::") {
            if ["fs", "net", "process", "env"].contains(&name.as_str()) {
                problems.push(format!("src/{}: std::{name} belongs to {IO_ROOMS:?}", source.path));
            }
        }
    }
    none(problems);
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut problems = Vec::new();
    for source in sources().iter().filter(|s| !s.is_test()) {
        for (name, rooms) in CRATES {
            if has_word(&source.code, name) && !rooms.contains(&source.room()) {
                problems.push(format!("src/{}: the crate {name} belongs to {rooms:?}", source.path));
            }
        }
    }
    none(problems);
}

#[test]
fn unsafe_stands_in_one_file() {
    let wrong = |s: &Source| s.path != UNSAFE_FILE && has_word(&s.code, "unsafe");
    none(sources().iter().filter(|s| wrong(s)).map(|s| format!("src/{}: unsafe", s.path)).collect());
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut problems = Vec::new();
    for source in sources() {
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            problems.push(format!("src/{}: {lines} lines, at most {MOST_LINES}", source.path));
        }
        if !source.text.starts_with("//!") {
            problems.push(format!("src/{}: does not open with //!", source.path));
        }
    }
    none(problems);
}

#[test]
fn every_topic_is_part_of_the_test_binary() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    let mut forgotten = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_topic = name != "main" && (path.extension().is_some_and(|e| e == "rs") || path.join("mod.rs").exists());
        if is_topic && !main.contains(&format!("mod {name};")) {
            forgotten.push(format!("tests/it/{name}: no `mod` line in tests/it/main.rs, so it never runs"));
        }
    }
    none(forgotten);
}

#[test]
fn the_reader_of_this_test_sees_through_rust() {
    let text = "use crate::{facts::ids, scan::{self, wim}};\n// crate::report\nlet x = \"crate::cli\"; r#\"crate::cli\"#;\n\
                /* crate::cli */ crate::inf_db::get('\"', '\\'');\n#[cfg(test)]\nmod tests { use crate::formats; }\nfn f() { unsafe_x }";
    let code = without_tests(&code_only(text));
    assert_eq!(named_after(&code, "crate::"), ["facts", "scan", "inf_db"]);
    assert!(!has_word(&code, "unsafe"));
    assert!(has_word("pub unsafe fn", "unsafe"));
    assert_eq!(named_after("use super::super::cli::x;", "super::super::"), ["cli"]);
    assert_eq!(named_after("use super::super::super::cli::x;", "super::super::"), ["super"]);
}
