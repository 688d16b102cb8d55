//! The HTML report as text: one file that loads nothing, the same numbers as the JSON report, the same bytes again. How it
//! behaves in a browser is tested by `tests/html/run.sh`.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{items, json_line, run, run_line, text};

const VERIFY: &str = "verify fixtures/images/6.0.6001-amd64-monolithic.wim fixtures/images/no-wpeinit.wim \
                      --drivers fixtures/share --fleet fixtures/fleet/models";

fn page(line: &str) -> String {
    let run = run_line(&format!("{line} --format html"));
    assert!(matches!(run.code, Some(0 | 1)), "{line}: {}", run.stderr);
    run.text()
}

/// What stands between `open` and `close`, every time.
fn between<'a>(page: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    page.split(open).skip(1).filter_map(|rest| rest.split_once(close)).map(|(inner, _)| inner).collect()
}

fn block(page: &str, name: &str) -> Value {
    let open = format!("<script type=\"application/json\" id=\"data-{name}\">");
    let found = between(page, &open, "</script>");
    assert_eq!(found.len(), 1, "{name}");
    serde_json::from_str(found[0]).unwrap()
}

#[test]
fn it_loads_nothing_and_runs_nothing_but_its_own() {
    let page = page(VERIFY);
    for bad in [" src=", "<iframe", "<object", "<embed", "@import", " style=", " onclick=", " onload="] {
        assert!(!page.contains(bad), "{bad}");
    }
    let addresses = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("http://") && !addresses.contains("https://"));
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"")[0].replace("&#39;", "'");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let hashes = policy.matches("'sha256-").count();
    let own: Vec<&str> =
        between(&page, "<style>", "</style>").into_iter().chain(between(&page, "<script>", "</script>")).collect();
    assert_eq!((own.len(), hashes), (3, 3));
    for code in own {
        assert!(policy.contains(&base64(&Sha256::digest(code.as_bytes()))), "{}", &code[..60]);
    }
}

fn base64(bytes: &[u8]) -> String {
    let digits: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let bits: String = bytes.iter().map(|b| format!("{b:08b}")).collect();
    let digit = |six: &[u8]| {
        let six = format!("{:0<6}", String::from_utf8_lossy(six));
        digits[usize::from_str_radix(&six, 2).unwrap()]
    };
    let text: String = bits.as_bytes().chunks(6).map(digit).collect();
    format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4))
}

#[test]
fn it_says_the_same_as_the_json_report() {
    let page = page(VERIFY);
    let json = json_line(VERIFY, 1);
    let findings = block(&page, "findings");
    let rows = items(&findings["rows"]);
    assert_eq!(rows.len(), items(&json["findings"]).len());
    for (row, finding) in rows.iter().zip(items(&json["findings"])) {
        assert_eq!(row["f"], finding["fingerprint"]);
        let rule = usize::try_from(row["r"].as_u64().unwrap()).unwrap();
        assert_eq!(text(&findings["rules"][rule], "/0"), text(finding, "/rule"));
        assert_eq!(items(&row["e"]).len(), items(&finding["evidence"]).len());
    }
    let drivers = block(&page, "drivers");
    assert_eq!(items(&drivers["rows"]).len(), items(&json["drivers"]).len());
    assert_eq!(items(&block(&page, "fleet")["rows"]).len(), items(&json["coverage"]).len());
    for (severity, class) in [("error", "sev-error"), ("warning", "sev-warning"), ("info", "sev-info")] {
        let number = &json["summary"]["by_severity"][severity];
        let tile = between(&page, &format!("class=\"tile {class}"), "</a>")[0];
        assert!(tile.contains(&format!("<b>{number}</b>")), "{severity}: {tile}");
    }
    for image in items(&json["images"]) {
        let fit = image["verdict"]["fit"].as_bool().unwrap();
        let cards: Vec<&str> = between(&page, "<article", "</article>")
            .into_iter()
            .filter(|c| c.contains(&format!(">{}</bdi></h3>", text(image, "/id").replace('/', "/<wbr>"))))
            .collect();
        assert_eq!(cards.len(), 1, "{}", text(image, "/id"));
        assert_eq!(cards[0].contains("Not fit</span>"), !fit);
    }
}

#[test]
fn links_lead_somewhere_and_ids_stand_once() {
    for line in [VERIFY, "audit fixtures/share", "inspect fixtures/share"] {
        let page = page(line);
        let (head, _) = page.split_once("<script type=\"application/json\"").unwrap_or((&page, ""));
        let ids: Vec<&str> = between(head, " id=\"", "\"");
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{line}");
        for link in between(head, "href=\"#", "\"") {
            // The list of findings is made by the script.
            let fingerprint = link.strip_prefix("finding-");
            let known = fingerprint.map_or_else(|| unique.contains(link), |f| page.contains(&format!("\"f\":\"{f}\"")));
            assert!(known, "{line}: #{link}");
        }
        for label in between(head, "aria-labelledby=\"", "\"").into_iter().chain(between(head, "<label for=\"", "\"")) {
            assert!(unique.contains(label), "{line}: {label}");
        }
    }
}

#[test]
fn matrix_drawings_rules_and_inputs_are_plain_html() {
    let page = page(VERIFY);
    let (html, _) = page.split_once("<script type=\"application/json\"").unwrap();
    for words in [
        "<h1 id=\"headline\">",
        "What to fix first",
        "<table class=\"matrix\">",
        "Fails at Setup windows and ConfigMgr",
        "network lost for good",
        "<svg class=\"drawing\" role=\"img\"",
        "Monolithic twin",
        "makes B06BDRV\\ (proven)",
        "role=\"img\" aria-label=\"6.0.6001-amd64-monolithic.wim:1",
        "id=\"rule-multi-tier-nic-in-windowspe\"",
        "GUID",
        "storage drivers and the deployed system are not",
    ] {
        assert!(html.contains(words), "{words}");
    }
}

#[test]
fn what_is_missing_is_drawn_as_a_gap() {
    let page = page("audit fixtures/rules/miniport-without-bus-driver");
    assert!(page.contains("class=\"node gap\""), "no gap is drawn");
    assert!(page.contains("Bus driver missing"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(page(VERIFY), page(VERIFY));
}

#[test]
fn facts_alone_are_not_judged() {
    let page = page("inspect fixtures/share");
    assert!(page.contains("Facts, not judged"));
    assert!(!page.contains("id=\"matrix\""));
    assert_eq!(items(&block(&page, "drivers")["rows"]).len(), 19);
}

#[test]
fn names_of_an_inf_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "</script><script>alert(1)</script>\u{202e}\u{1b}[31m";
    let inf = format!("[Version]\r\nSignature = \"{hostile}\"\r\n");
    let bytes: Vec<u8> = [0xfeff].into_iter().chain(inf.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.path().join("a.inf"), bytes).unwrap();
    let run = run(["audit".as_ref(), folder.path().as_os_str(), "--format".as_ref(), "html".as_ref()]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let page = run.text();
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains(['\u{202e}', '\u{1b}']));
    let message = block(&page, "findings")["rows"][0]["m"].as_str().unwrap().to_owned();
    assert!(message.contains("</script><script>alert(1)</script>⟨U+202E⟩␛[31m"), "{message}");
}
