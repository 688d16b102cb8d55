//! What `--install-unit` prints: golden files, and what the schedulers' own checkers say about it.

use std::process::Command;

use super::{JSON, Site};

const KINDS: [&str; 7] = ["systemd", "systemd-service", "systemd-timer", "cron", "task-scheduler", "github", "gitlab"];

fn unit(site: &Site, kind: &str) -> String {
    let run = site.report(&["--install-unit", kind]);
    assert_eq!(run.code, Some(0), "{kind}: {}", run.stderr);
    run.text()
}

#[test]
fn units_are_what_they_were() {
    let site = Site::new(&format!("{JSON}[output cases]\nformat = junit\nfile = out/cases-{{date}}.xml\n"));
    let folder = std::fs::canonicalize(site.folder()).unwrap().display().to_string();
    let program = std::fs::canonicalize(env!("CARGO_BIN_EXE_wimspect")).unwrap().display().to_string();
    for kind in KINDS {
        let text = unit(&site, kind);
        let text = text.replace(&program, "/usr/bin/wimspect");
        let text = text.replace(env!("CARGO_BIN_EXE_wimspect"), "/usr/bin/wimspect");
        let text =
            text.replace(&folder, "/etc/wimspect").replace(&site.folder().display().to_string(), "/etc/wimspect");
        insta::assert_snapshot!(format!("report_unit_{kind}"), text);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn systemd_takes_its_units() {
    let site = Site::new(JSON);
    let odd = site.path("a b 50% $HOME");
    std::fs::create_dir(&odd).unwrap();
    std::fs::copy(site.path("wimspect.ini"), odd.join("w.ini")).unwrap();
    let config = odd.join("w.ini").display().to_string();
    let service = site.path("wimspect-report.service");
    for config in ["wimspect.ini", &config] {
        let print = |kind: &str| site.report(&["--config", config, "--install-unit", kind]).text();
        std::fs::write(&service, print("systemd-service")).unwrap();
        std::fs::write(site.path("wimspect-report.timer"), print("systemd-timer")).unwrap();
        let found = Command::new("systemd-analyze")
            .arg("verify")
            .arg(&service)
            .arg(site.path("wimspect-report.timer"))
            .output();
        let Ok(output) = found else {
            eprintln!("skipped: systemd_takes_its_units (no systemd-analyze)");
            return;
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // Of other units of this machine it may say something, too.
        let ours: Vec<&str> = said.lines().filter(|l| l.contains("wimspect")).collect();
        assert!(ours.is_empty(), "{config}: {said}");
        if !output.status.success() {
            eprintln!("skipped: the exit code of systemd-analyze ({said})");
        }
    }
}

#[test]
fn a_shell_takes_the_line_of_cron() {
    let site = Site::new(JSON);
    let text = unit(&site, "cron");
    let line = text.lines().find(|l| !l.starts_with('#')).unwrap();
    let fields: Vec<&str> = line.splitn(6, ' ').collect();
    assert_eq!(fields[..5], ["0", "2", "*", "*", "*"]);
    // cron itself makes `%` of `\%`.
    let command = fields[5].replace("\\%", "%");
    let Ok(output) =
        Command::new("sh").args(["-c", &command]).current_dir("/").env("SOURCE_DATE_EPOCH", "1795140000").output()
    else {
        eprintln!("skipped: a_shell_takes_the_line_of_cron (no sh)");
        return;
    };
    assert!(output.status.success(), "findings are no failure of the job: {}", String::from_utf8_lossy(&output.stderr));
    assert!(site.path("out/report.json").exists() && output.stdout.is_empty());
}

/// An element of the Task Scheduler schema: its children, whether their order counts (`xs:sequence`), and which are needed.
struct Element {
    name: &'static str,
    children: &'static [&'static str],
    in_order: bool,
    needed: &'static [&'static str],
}

/// From "Task Scheduler Schema" and [MS-TSCH] 2.5: taskType, registrationInfoType, triggersType, triggerBaseType with
/// calendarTriggerType, dailyScheduleType, principalsType, principalType, settingsType, actionsType, execType.
const SCHEMA: &[Element] = &[
    Element {
        name: "Task",
        children: &["RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions"],
        in_order: false,
        needed: &["Actions"],
    },
    Element {
        name: "RegistrationInfo",
        children: &["URI", "SecurityDescriptor", "Source", "Date", "Author", "Version", "Description", "Documentation"],
        in_order: false,
        needed: &[],
    },
    Element { name: "Triggers", children: &["CalendarTrigger"], in_order: false, needed: &[] },
    Element {
        name: "CalendarTrigger",
        children: &[
            "Enabled",
            "StartBoundary",
            "EndBoundary",
            "Repetition",
            "ExecutionTimeLimit",
            "RandomDelay",
            "ScheduleByDay",
        ],
        in_order: true,
        needed: &["ScheduleByDay"],
    },
    Element { name: "ScheduleByDay", children: &["DaysInterval"], in_order: true, needed: &[] },
    Element { name: "Principals", children: &["Principal"], in_order: true, needed: &["Principal"] },
    Element {
        name: "Principal",
        children: &["UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"],
        in_order: false,
        needed: &[],
    },
    Element {
        name: "Settings",
        children: &[
            "AllowStartOnDemand",
            "RestartOnFailure",
            "MultipleInstancesPolicy",
            "DisallowStartIfOnBatteries",
            "StopIfGoingOnBatteries",
            "AllowHardTerminate",
            "StartWhenAvailable",
            "NetworkProfileName",
            "RunOnlyIfNetworkAvailable",
            "WakeToRun",
            "Enabled",
            "Hidden",
            "DeleteExpiredTaskAfter",
            "IdleSettings",
            "NetworkSettings",
            "ExecutionTimeLimit",
            "Priority",
            "RunOnlyIfIdle",
        ],
        in_order: false,
        needed: &[],
    },
    Element { name: "Actions", children: &["Exec"], in_order: true, needed: &["Exec"] },
    Element {
        name: "Exec",
        children: &["Command", "Arguments", "WorkingDirectory"],
        in_order: false,
        needed: &["Command"],
    },
];

/// (element, its text must be one of these); others are free.
const VALUES: &[(&str, &[&str])] = &[
    ("LogonType", &["S4U", "Password", "InteractiveToken", "InteractiveTokenOrPassword"]),
    ("RunLevel", &["LeastPrivilege", "HighestAvailable"]),
    ("MultipleInstancesPolicy", &["Parallel", "Queue", "IgnoreNew", "StopExisting"]),
    ("Enabled", &["true", "false"]),
    ("StartWhenAvailable", &["true", "false"]),
    ("DisallowStartIfOnBatteries", &["true", "false"]),
    ("StopIfGoingOnBatteries", &["true", "false"]),
    ("RunOnlyIfNetworkAvailable", &["true", "false"]),
];

#[test]
fn the_task_follows_the_schema_of_the_task_scheduler() {
    use quick_xml::events::Event;
    let site = Site::new(JSON);
    let text = unit(&site, "task-scheduler");
    assert!(text.is_ascii(), "read right however the shell wrote it");
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut open: Vec<(String, Vec<String>)> = Vec::new();
    let mut words = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                if name == "Task" {
                    let attributes: Vec<String> =
                        start.attributes().map(|a| format!("{:?}", a.unwrap().value)).collect();
                    assert!(attributes.concat().contains("windows/2004/02/mit/task"), "{attributes:?}");
                }
                if let Some((_, children)) = open.last_mut() {
                    children.push(name.clone());
                }
                open.push((name, Vec::new()));
                words.clear();
            }
            Event::Text(part) => words.push_str(part.as_ref()),
            Event::End(_) => {
                let (name, children) = open.pop().unwrap();
                let element = SCHEMA.iter().find(|e| e.name == name);
                let Some(element) = element else {
                    assert!(children.is_empty() && !words.trim().is_empty(), "{name}: {words}");
                    let allowed = VALUES.iter().find(|(n, _)| *n == name).map_or(&[][..], |(_, values)| values);
                    assert!(allowed.is_empty() || allowed.contains(&words.trim()), "{name}: {words}");
                    continue;
                };
                let places: Vec<usize> = children
                    .iter()
                    .map(|c| {
                        element.children.iter().position(|e| e == c).unwrap_or_else(|| panic!("{name} has no {c}"))
                    })
                    .collect();
                let mut sorted = places.clone();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), places.len(), "{name}: a child twice");
                assert!(!element.in_order || sorted == places, "{name}: the order of {children:?}");
                assert!(element.needed.iter().all(|n| children.iter().any(|c| c == n)), "{name}: {children:?}");
                words.clear();
            }
            _ => {}
        }
    }
    assert!(open.is_empty());
}
