//! Who is told: a webhook on a server of this test, a mail through a script in place of sendmail, and the metrics.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread::JoinHandle;

use serde_json::Value;

use super::{JSON, Site};
use crate::support::{copy_tree, fixture, items, text};

/// Head and body of a request.
type Request = (String, Vec<u8>);

/// A server that gives these answers, one for each request; the requests come back: head and body.
fn server(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<Request>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook?token=secret", listener.local_addr().unwrap());
    let thread =
        std::thread::spawn(move || answers.iter().map(|answer| one(&listener.accept().unwrap().0, answer)).collect());
    (address, thread)
}

fn one(stream: &TcpStream, answer: &str) -> Request {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.map_or(0, |l| l.trim().parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    (head, body)
}

fn validate(notice: &Value) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/wimspect-notice-1.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut schemas = boon::Schemas::new();
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("notice.json", schema).unwrap();
    let index = compiler.compile("notice.json", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(notice, index) {
        panic!("{error:#}\n{notice:#}");
    }
}

#[test]
fn the_webhook_is_told_what_is_new_and_tries_again() {
    let mut site = Site::new(JSON);
    site.night(1);
    let (address, requests) = server(&["503 Service Unavailable", "200 OK"]);
    site.configure(&format!("{JSON}[webhook]\nurl = {address}\nretries = 2\n"));
    // Nothing is new, and `when = new` is the default: the server is not asked.
    let run = site.night(1);
    assert_eq!(run.stderr, "");
    copy_tree(&fixture("share/broken"), &site.path("share/broken"));
    let run = site.night(1);
    assert_eq!(run.stderr, "", "the second attempt arrived");
    let requests = requests.join().unwrap();
    assert_eq!(requests[0].1, requests[1].1);
    let (head, body) = &requests[1];
    assert!(head.starts_with("POST /hook?token=secret HTTP/1.1"), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: application/json"), "{head}");
    let notice: Value = serde_json::from_slice(body).unwrap();
    validate(&notice);
    assert_eq!((notice["run"].as_u64(), notice["since_run"].as_u64()), (Some(3), Some(2)));
    let new = notice["new"]["errors"].as_u64().unwrap() + notice["new"]["warnings"].as_u64().unwrap();
    assert!(new > 0 && !items(&notice["top"]).is_empty(), "{notice:#}");
    assert!(text(&notice, "/text").starts_with("Driver report: "), "{notice:#}");
}

#[test]
fn a_webhook_that_does_not_take_it_is_a_warning_and_a_metric() {
    let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (answers, address, says) in [
        (&["404 Not Found"][..], None, "answers 404"),
        (&["302 Found\r\nLocation: http://example.com/"], None, "redirect"),
        (&[], Some(format!("http://{unused}/secret")), "127.0.0.1"),
        (&[], Some("http://no-such-host.invalid/secret".to_owned()), "no-such-host.invalid"),
    ] {
        let (server, requests) = server(answers);
        let address = address.unwrap_or(server);
        let mut site = Site::new(&format!(
            "{JSON}[webhook]\nurl = {address}\nwhen = always\nretries = 0\ntimeout = 5\n[metrics]\nfile = out/w.prom\n"
        ));
        let run = site.night(1);
        assert!(run.stderr.contains("[webhook]: ") && run.stderr.contains(says), "{address}: {}", run.stderr);
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
        assert_eq!(site.history()["run"], 1, "the report is there");
        assert!(site.read("out/w.prom").contains("wimspect_notice_failed{kind=\"webhook\"} 1\n"));
        requests.join().unwrap();
    }
}

/// A script in place of sendmail.
#[cfg(unix)]
fn sendmail(site: &Site, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = site.path("sendmail");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    "[mail]\nto = a@example.com, b@example.com\nfrom = wimspect@example.com\nwhen = always\nsendmail = ./sendmail\n"
        .to_owned()
}

#[cfg(unix)]
#[test]
fn a_mail_has_the_text_and_the_page() {
    let mut site = Site::new("");
    let mail = sendmail(&site, "echo \"$@\" > arguments; cat > message");
    site.configure(&format!("[report]\ntitle = Prüfung\n{JSON}{mail}"));
    let run = site.night(1);
    assert_eq!(run.stderr, "");
    assert_eq!(site.read("arguments"), "-t -oi\n");
    let message = site.read("message");
    let (head, body) = message.split_once("\n\n").unwrap();
    assert!(
        head.contains("To: a@example.com,\n b@example.com\n") && head.contains("From: wimspect@example.com\n"),
        "{head}"
    );
    assert!(head.contains("Subject: =?UTF-8?B?") && head.contains("Date: Fri, 20 Nov 2026 "), "{head}");
    assert!(body.contains("Content-Disposition: attachment; filename=\"wimspect-run-1.html\""), "{body}");
    assert!(message.lines().all(|line| line.len() <= 100) && message.is_ascii());
}

#[cfg(unix)]
#[test]
fn a_mail_that_can_not_be_sent_is_a_warning() {
    for (script, says) in [("echo no queue >&2; exit 75", "no queue"), ("exit 1", "ended with")] {
        let mut site = Site::new("");
        let mail = sendmail(&site, script);
        site.configure(&format!("{JSON}{mail}"));
        let run = site.night(1);
        assert!(run.stderr.contains("[mail]: not sent: ") && run.stderr.contains(says), "{}", run.stderr);
        assert_eq!(site.history()["run"], 1);
    }
    let mut site = Site::new(&format!("{JSON}[mail]\nto = a@b\nfrom = a@b\nwhen = always\nsendmail = ./nowhere\n"));
    let run = site.night(1);
    assert!(run.stderr.contains("./nowhere can not be started"), "{}", run.stderr);
}

#[test]
fn promtool_takes_the_metrics() {
    let mut site = Site::new(&format!("{JSON}[metrics]\nfile = out/w.prom\n[fleet machines]\npath = fleet\n"));
    copy_tree(&fixture("fleet/models"), &site.path("fleet"));
    site.night(1);
    site.night(1);
    let promtool = std::env::var_os("WIMSPECT_PROMTOOL").unwrap_or_else(|| "promtool".into());
    let file = std::fs::File::open(site.path("out/w.prom")).unwrap();
    match Command::new(promtool).args(["check", "metrics"]).stdin(file).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(output.status.success() && said.trim().is_empty(), "{said}");
        }
        Err(_) => eprintln!("skipped: promtool_takes_the_metrics (no promtool; WIMSPECT_PROMTOOL may name it)"),
    }
    // What its check means, without it: names, HELP and TYPE before the samples, each name once.
    let mut names = std::collections::BTreeSet::new();
    let page = site.read("out/w.prom");
    for line in page.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => {
                assert!(names.insert(name), "{name} twice");
                assert!(help.ends_with('.') && name.starts_with("wimspect_"), "{line}");
            }
            ["#", "TYPE", name, kind] => assert!(names.contains(name) && kind == "gauge", "{line}"),
            _ => {
                let name = line.split(['{', ' ']).next().unwrap();
                assert!(names.contains(name), "{line}");
                assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
            }
        }
    }
    for name in [
        "findings",
        "findings_new",
        "images",
        "fleet_adapters_covered",
        "last_success_timestamp_seconds",
        "phase_duration_seconds",
    ] {
        assert!(names.contains(format!("wimspect_{name}").as_str()), "{name}: {page}");
    }
}
