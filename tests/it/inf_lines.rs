//! The line rules of INF files, one row each: text of a section, key and fields of its first line.

#![allow(clippy::expect_used, clippy::panic)]

use wimspect::formats::inf::{DEFAULT_LANGUAGE, Inf, value};

const HEAD: &str = "[Version]\r\nSignature=\"$Chicago$\"\r\n";

/// Key and substituted fields of the first line of `[S]`.
fn first_line(text: &str) -> (Option<String>, Vec<String>) {
    let file = format!("{HEAD}[S]\n{text}");
    let inf = Inf::read(file.as_bytes());
    let strings = inf.strings(DEFAULT_LANGUAGE);
    let expand = |t: &str| strings.expand_with(t.to_owned().into(), value::default_folder, |_| {}).into_owned();
    let line = inf.section("s").expect("section").lines().next().unwrap_or_else(|| panic!("{text:?} has no line"));
    (line.key().map(expand), line.fields().iter().map(|f| expand(f.as_str())).collect())
}

#[test]
fn keys_and_fields() {
    const S: &str = "\n[Strings]\na=one\nb=two\nloop=%pool%\npool=%loop%\nx%%y=z\nx=1\ny=2\ndrive=\"D:\\\"\nempty=\n";
    let cases: &[(&str, Option<&str>, &[&str])] = &[
        // keys
        ("k=v", Some("k"), &["v"]),
        ("k", Some("k"), &["k"]),
        ("k,v", None, &["k", "v"]),
        ("k,v=w", None, &["k", "v=w"]),
        ("=v,w", Some(""), &["v", "w"]),
        ("=", Some(""), &[""]),
        ("k=", Some("k"), &[""]),
        ("k=v=w", Some("k"), &["v=w"]),
        (",=,,v", None, &["", "=", "", "v"]),
        ("k=v,", Some("k"), &["v", ""]),
        ("k=[v]", Some("k"), &["[v]"]),
        // blanks
        ("  k l \t=\t v w , x \r\n", Some("k l"), &["v w", "x"]),
        ("k\r = v\r\r\n", Some("k"), &["v"]),
        ("k=\u{C}v\u{B}\n", Some("k"), &["v"]),
        ("k=a\0b\0\n", Some("k"), &["a b"]),
        // comments
        ("; c\n  ;c\nk=v;c\n", Some("k"), &["v"]),
        ("k;c=v\n", Some("k"), &["k"]),
        ("k=\"a;b\";c\n", Some("k"), &["a;b"]),
        // A semicolon in a token is none of a comment; what is no token cannot hold it.
        ("k=%a;b%\n", Some("k"), &["%a;b%"]),
        ("k=%a%;b%\n", Some("k"), &["one"]),
        ("k=%a;b\n", Some("k"), &["%a"]),
        ("k=50%; 10% more\n", Some("k"), &["50%"]),
        ("k=%a;b%,\\\n c;d\n", Some("k"), &["%a;b%", "c"]),
        // quotes
        ("k=\"a, b\" , c", Some("k"), &["a, b", "c"]),
        ("k=\" a \"", Some("k"), &[" a "]),
        ("k=\"\"", Some("k"), &[""]),
        ("k=\"say \"\"hi\"\"\"", Some("k"), &["say \"hi\""]),
        ("k=a\"b c\"d", Some("k"), &["ab cd"]),
        ("k=\"a\" b", Some("k"), &["a b"]),
        ("\"k=l\"=v", Some("k=l"), &["v"]),
        ("k=\"open, end \r\nx=y", Some("k"), &["open, end "]),
        ("k=a\",b\\\r\nc", Some("k"), &["a,b\\"]),
        ("k='a,b'", Some("k"), &["'a", "b'"]),
        // continuation
        ("k=a,\\\r\n  b", Some("k"), &["a", "b"]),
        ("k=a \\ ; why\n b", Some("k"), &["ab"]),
        ("k=a\\\\\n b", Some("k"), &["ab"]),
        ("k=a \\ \n \\ \n b", Some("k"), &["ab"]),
        ("k=a \\ \n \\ b", Some("k"), &["a\\ b"]),
        ("k=a \\", Some("k"), &["a"]),
        ("k=\"a\\\"\\\n ,b", Some("k"), &["a\\", "b"]),
        ("k\\\nl=v", Some("kl"), &["v"]),
        ("HKR, Ndi\\\n params", None, &["HKR", "Ndiparams"]),
        ("k=a,\\\n; comment\nx=y", Some("k"), &["a", ""]),
        // backslashes that join nothing
        ("k=a\\b\\\\c", Some("k"), &["a\\b\\\\c"]),
        ("\\ k=\\ v", Some("\\ k"), &["\\ v"]),
        ("k=\"a\\\"", Some("k"), &["a\\"]),
        // substitution
        ("%a%=%b%", Some("one"), &["two"]),
        ("x%a%y=%A%%B%", Some("xoney"), &["onetwo"]),
        ("k=\"%a%\"", Some("k"), &["one"]),
        ("%\"a\"%=v", Some("one"), &["v"]),
        ("k=%loop%", Some("k"), &["%pool%"]),
        ("k=%x%%y%", Some("k"), &["12"]),
        ("k=100%%", Some("k"), &["100%"]),
        ("k=50%", Some("k"), &["50%"]),
        ("k=%no% %a%", Some("k"), &["%no% one"]),
        ("k=%a% 50% %b%", Some("k"), &["one 50% %b%"]),
        ("k=[%empty%]", Some("k"), &["[]"]),
        ("k=%24%,%24%\\x,%12%\\y", Some("k"), &["C:\\", "C:\\x", "C:\\Windows\\system32\\drivers\\y"]),
        ("k=%drive%\\x,%99999%", Some("k"), &["D:\\\\x", "%99999%"]),
        // end of file
        ("k=v\u{1A}w", Some("k"), &["v"]),
    ];
    for (text, key, fields) in cases {
        // What follows the line must not change it, unless the line itself runs to the end.
        for tail in if text.ends_with('\\') || text.contains('\u{1A}') { ["", ""] } else { ["", S] } {
            let needs_strings = text.contains('%') && !text.contains("%a;b%");
            if needs_strings && tail.is_empty() {
                continue;
            }
            let (got_key, got_fields) = first_line(&format!("{text}{tail}"));
            assert_eq!(got_key.as_deref(), *key, "key of {text:?}");
            assert_eq!(got_fields, *fields, "fields of {text:?}");
        }
    }
}

#[test]
fn sections_are_found_and_merged() {
    let text = format!(
        "{HEAD} [ A b ] junk\nx=1\n;[C]\n[c[d]e]\n[\"q\"]\n[]\ny\n[e\tf]\nk=v,\\\n[G]\n[H]\n[ a B ]\nx=2\n[i]\u{1A}\n[j]\n"
    );
    let inf = Inf::read(text.as_bytes());
    let names: Vec<&str> = inf.sections().map(|s| s.name()).collect();
    assert_eq!(names, ["Version", " A b ", "c[d", "\"q\"", "", "e\tf", "H", "i"]);
    let section = inf.section(" a b ").expect("merged section");
    assert_eq!(
        section.lines().map(|l| (l.number, l.field(0).to_owned())).collect::<Vec<_>>(),
        [(4, "1".into()), (15, "2".into())]
    );
    assert!(inf.section("G").is_none(), "a continued line is no header");
    assert!(inf.section("H").expect("section").is_empty());
    assert!(inf.section("j").is_none(), "Ctrl-Z ends the file");
}

#[test]
fn lines_know_their_numbers() {
    let text = format!("{HEAD}[S]\n\na=1,\\\n 2\n; c\nb=3 \\\n\\\n\nc=4\n");
    let inf = Inf::read(text.as_bytes());
    let numbers: Vec<u32> = inf.section("S").expect("section").lines().map(|l| l.number).collect();
    assert_eq!(numbers, [5, 8, 11]);
}

#[test]
fn a_very_long_line_and_a_very_long_file_are_read() {
    let long = "x".repeat(100_000);
    let file = format!("{HEAD}[S]\nk={long},b");
    let inf = Inf::read(file.as_bytes());
    let line = inf.section("S").expect("section").lines().next().expect("line");
    assert_eq!((line.field(0).len(), line.field(1)), (100_000, "b"));
    let file = format!("{HEAD}[S]\n{}", "k=v\n".repeat(40_000));
    let inf = Inf::read(file.as_bytes());
    assert_eq!(inf.section("S").expect("section").lines().last().map(|l| l.number), Some(40_003));
    let joined = format!("{HEAD}[S]\nk=a{}", ",\\\nb".repeat(10_000));
    let inf = Inf::read(joined.as_bytes());
    let line = inf.section("S").expect("section").lines().next().expect("line");
    assert_eq!(line.fields().len(), 10_001);
}

#[test]
fn substitution_is_cut_where_windows_cuts_it() {
    let text = format!("k={}\n[Strings]\nq={}\n", "%q%".repeat(20), "q".repeat(400));
    assert_eq!(first_line(&text).1[0].len(), 4096);
    // Also a field without tokens, and a string as it is.
    let long = "x".repeat(4097);
    assert_eq!(first_line(&format!("k={long}")).1[0].len(), 4096);
    assert_eq!(first_line(&format!("k=%q%\n[Strings]\nq={long}")).1[0].len(), 4096);
}

#[test]
fn strings_of_a_language_are_never_mixed() {
    let sections = "[Strings]\nn=neutral\nonly=here\n[Strings.0407]\nn=german\n[Strings.0009]\nn=english\n[Strings.0C0A]\nn=spanish\n";
    let file = format!("{HEAD}{sections}");
    let inf = Inf::read(file.as_bytes());
    for (langid, expected) in [
        (0x0407, "german"),  // exact
        (0x0807, "german"),  // same primary language
        (0x0409, "english"), // primary language without sublanguage
        (0x040A, "spanish"),
        (0x0411, "neutral"),
    ] {
        let strings = inf.strings(langid);
        assert_eq!(strings.expand("%N%".into()), expected, "{langid:04x}");
        let rest = if expected == "neutral" { "here" } else { "%only%" };
        assert_eq!(strings.expand("%only%".into()), rest, "{langid:04x}");
    }
}

#[test]
fn each_localized_section_of_an_8_bit_file_has_its_own_code_page() {
    let mut file = format!("{HEAD}[S]\nk=%n%\n[Strings]\nn=\"").into_bytes();
    file.extend_from_slice(b"Caf\xe9\"\n[Strings.0411]\nn=\"");
    file.extend_from_slice(b"\x83\x5c\x83\x74\x83\x67\"\n[Strings.0419]\nn=\""); // Shift-JIS; the second byte of the first letter is a backslash
    file.extend_from_slice(b"\xd1\xe5\xf2\xfc\"\n[Strings.0404]\nn=\"");
    file.extend_from_slice(b"\xba\xf4\xb8\xf4\"\n[After]\nk=\xe9\n");
    let inf = Inf::read(&file);
    for (langid, expected) in [(0x0409, "Café"), (0x0411, "ソフト"), (0x0419, "Сеть"), (0x0404, "網路")] {
        assert_eq!(inf.strings(langid).expand("%n%".into()), expected, "{langid:04x}");
    }
    assert_eq!(inf.section("After").expect("section").lines().next().expect("line").field(0), "é");
    let pages: Vec<_> = inf.code_pages().map(|(name, _)| name).collect();
    assert_eq!(pages, ["windows-1252", "Shift_JIS", "windows-1251", "Big5", "windows-1252"]);
}

#[test]
fn the_only_language_of_an_8_bit_file_gives_its_code_page_to_the_rest() {
    let mut file = format!("{HEAD}[S]\nk=").into_bytes();
    file.extend_from_slice(b"\xd1\xe5\xf2\xfc\n[Strings.0419]\nn=1\n");
    let inf = Inf::read(&file);
    assert_eq!(inf.section("S").expect("section").lines().next().expect("line").field(0), "Сеть");
}
