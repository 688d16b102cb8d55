//! What goes into the page is inert, and the page has the form that it must have. How it behaves is the business of
//! `tests/html`, in a browser.

use std::io::Write as _;

use super::markup::{Html, Safe, ScriptData, base64, capitalised, clip, grouped, plural, visible};
use super::{APP, DRIVERS, FINDINGS, PAGE, STYLE, THEME};

fn html(write: impl FnOnce(&mut Html<'_>) -> std::io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut Html::new(&mut out)).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn text_is_escaped_and_what_commands_or_hides_is_made_visible() {
    for (text, expected) in [
        ("plain", "plain"),
        ("a & b < c > d", "a &amp; b &lt; c &gt; d"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("\"' onclick='x", "&quot;&#39; onclick=&#39;x"),
        ("\u{1b}[31mred\u{1b}[0m", "␛[31mred␛[0m"),
        ("a\tb\nc\rd\0e\u{7f}", "a b c␍d␀e␡"),
        ("abc\u{202e}fni.exe", "abc⟨U+202E⟩fni.exe"),
        ("\u{2066}x\u{2069}\u{200f}\u{61c}", "⟨U+2066⟩x⟨U+2069⟩⟨U+200F⟩⟨U+061C⟩"),
        ("a\u{2028}b\u{2029}c", "a⟨U+2028⟩b⟨U+2029⟩c"),
        ("zero\u{200b}width\u{feff}", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("tag\u{e0041}", "tag⟨U+E0041⟩"),
        ("c1\u{9b}31m", "c1⟨U+009B⟩31m"),
        ("Gerät 設備 שלום", "Gerät 設備 שלום"),
    ] {
        assert_eq!(html(|h| h.text(text)), expected, "{text:?}");
        let quoted = html(|h| h.attr("title", text));
        assert_eq!(quoted, format!(" title=\"{expected}\""), "{text:?}");
    }
}

#[test]
fn a_path_may_be_broken_and_stays_what_it_is() {
    let path = html(|h| h.path("path", "a/<b>\\c.inf", 100));
    assert_eq!(path, "<bdi class=\"path\">a/<wbr>&lt;b&gt;\\<wbr>c.inf</bdi>");
}

#[test]
fn a_long_text_is_cut_and_can_be_read_whole() {
    let name = "x".repeat(10_000);
    let long = html(|h| h.long(&name, 100));
    assert!(long.starts_with(&format!("{}…<details", "x".repeat(100))), "{}", &long[..200]);
    assert!(long.contains("all 10,000 characters"));
    assert!(long.contains(&format!("<div>{name}</div>")));
    assert_eq!(html(|h| h.long("short", 100)), "short");
    for (text, most, expected) in
        [("abc", 3, "abc"), ("abcd", 3, "abcd"), ("abcde", 3, "abc…"), ("äöüäöü", 2, "äö…"), ("", 0, "")]
    {
        assert_eq!(clip(text, most), expected);
    }
}

#[test]
fn nothing_ends_a_json_block() {
    let hostile = "</script><!-- <script> ]]> & \u{2028} \u{202e} \" \\ \u{1b}";
    let mut out = Vec::new();
    let mut block = ScriptData(&mut out);
    serde_json::to_writer(&mut block, &Safe(hostile)).unwrap();
    block.flush().unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{202e}']), "{text}");
    let back: String = serde_json::from_str(&text).unwrap();
    assert_eq!(back, visible(hostile));
}

#[test]
fn numbers_and_words() {
    assert_eq!(
        ["", "f", "fo", "foo", "foobar"].map(|t| base64(t.as_bytes())),
        ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy"]
    );
    assert_eq!([0, 999, 1000, 6_308, 1_234_567].map(grouped), ["0", "999", "1,000", "6,308", "1,234,567"]);
    assert_eq!([0, 1, 2000].map(|n| plural(n, "image")), ["0 images", "1 image", "2,000 images"]);
    assert_eq!(["run it", "", "étage"].map(capitalised), ["Run it", "", "Étage"]);
}

#[test]
fn every_slot_of_the_page_is_known() {
    let code = include_str!("mod.rs");
    let slots: Vec<&str> = PAGE.split("{{").skip(1).filter_map(|p| p.split_once("}}")).map(|(name, _)| name).collect();
    assert!(slots.len() > 10);
    for slot in &slots {
        assert!(code.contains(&format!("\"{slot}\"")), "{slot} is not filled");
        assert_eq!(slots.iter().filter(|s| s == &slot).count(), 1, "{slot} stands there twice");
    }
}

#[test]
fn own_parts_load_nothing_and_hold_no_inline_code() {
    for (name, part) in [("page", PAGE), ("findings", FINDINGS), ("drivers", DRIVERS), ("app", APP), ("theme", THEME)] {
        for bad in [
            " onclick=",
            " onload=",
            " style=",
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "eval(",
            "document.write",
        ] {
            assert!(!part.contains(bad), "{name} has {bad}");
        }
    }
    // The name of the SVG namespace is no address.
    for (name, part) in [("page", PAGE), ("style", STYLE), ("app", APP), ("theme", THEME)] {
        let part = part.replace("http://www.w3.org/2000/svg", "");
        assert!(!part.contains("http:") && !part.contains("https:") && !part.contains("url("), "{name}");
        assert!(!part.contains("</script") || name == "page", "{name}");
        assert!(!part.contains("</style") || name == "page", "{name}");
    }
}
