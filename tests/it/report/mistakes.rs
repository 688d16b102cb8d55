//! Mistakes in a configuration: each with file, line and remedy, all of them at once.

use super::Site;
use crate::support::run_line;

/// (what is added to two good sections of four lines, line, words of the message)
const MISTAKES: &[(&str, u32, &[&str])] = &[
    // What is no INI, or no section and no key of ours.
    ("[report\n", 5, &["`[report` is no section", "`]` is missing"]),
    ("[share drivers]\n", 5, &["[share drivers] is there twice", "line 1"]),
    ("[reprot]\n", 5, &["no section is called [reprot]", "did you mean `report`?"]),
    ("[shares b]\npath = share\n", 5, &["no section is called [shares b]", "did you mean `share`?"]),
    ("[share]\npath = out\n", 5, &["write [share NAME]"]),
    ("[metrics prometheus]\nfile = out/a.prom\n", 5, &["write [metrics] instead of [metrics prometheus]"]),
    ("[report]\nfail = error\n", 6, &["[report] has no key `fail`", "did you mean `fail-on`?"]),
    ("[report]\ntitl = x\n", 6, &["has no key `titl`", "did you mean `title`?"]),
    ("[report]\ntitle =\n", 6, &["`title` has no value"]),
    ("[report]\ntitle\n", 6, &["`title` has no value"]),
    ("[report]\njobs = 2\nJobs = 3\n", 7, &["is there twice", "line 6"]),
    ("[share b]\n", 5, &["[share b] lacks `path`"]),
    ("[output a]\nformat = json\n", 5, &["[output a] lacks `file`"]),
    ("[mail]\nto = a@b\n", 5, &["[mail] lacks `from`"]),
    // Values.
    ("[report]\nwinpe = 10-2003\n", 6, &["winpe = 10-2003", "did you mean 10-2004"]),
    ("[report]\narch = sparc\n", 6, &["arch = sparc", "amd64"]),
    ("[report]\ncontent = dp\n", 6, &["content = dp", "run-from-dp or download"]),
    ("[report]\nsource = iso\n", 6, &["source = iso", "install-package or os-image"]),
    ("[report]\ndeploy-os = seven\n", 6, &["deploy-os = seven", "6.1.7601"]),
    ("[report]\ndriver-step = maybe\n", 6, &["driver-step = maybe", "write yes or no"]),
    ("[report]\ndeployed-os-driver = any\n", 6, &["deployed-os-driver = any", "inbox"]),
    ("[report]\nmin-confidence = sure\n", 6, &["one of guess, likely, proven"]),
    ("[report]\nfail-on = errors\n", 6, &["fail-on = errors", "did you mean error?"]),
    ("[report]\nfail-on-new = true\n", 6, &["write yes or no"]),
    ("[report]\njobs = many\n", 6, &["jobs = many", "from 1 to 1024"]),
    ("[report]\njobs = 0\n", 6, &["from 1 to 1024"]),
    ("[report]\ntrend = 1\n", 6, &["from 2 to 366"]),
    ("[report]\nwait = -1\n", 6, &["from 0 to 1440", "minutes"]),
    ("[report]\nhistory = %TEMP%/h.sqlite\n", 6, &["variables of the environment are not replaced"]),
    ("[report]\nhistory = ~/h.sqlite\n", 6, &["variables of the environment are not replaced"]),
    ("[report]\nhistory = \"h.sqlite\"\n", 6, &["without quotation marks"]),
    ("[output a]\nformat = pdf\nfile = out/a\n", 6, &["format = pdf", "html"]),
    ("[output a]\nformat = jsn\nfile = out/a\n", 6, &["did you mean json?"]),
    ("[output a]\nformat = json\nfile = out/{time}.json\n", 7, &["only {date} and {run}"]),
    ("[output a]\nformat = json\nfile = {date}/a.json\n", 7, &["in the name of the file only"]),
    ("[output a]\nformat = json\nfile = out/\n", 7, &["names no file"]),
    ("[output a]\nformat = json\nfile = out/a.json\nkeep = 5\n", 8, &["put {date} or {run} into its name"]),
    (
        "[output a]\nformat = json\nfile = out/a\n[output b]\nformat = csv\nfile = out/a\n",
        10,
        &["file of [output a] already"],
    ),
    ("[output a]\nformat = json\nfile = wimspect.db\n", 7, &["file of the history already"]),
    ("[share b]\npath = share\n", 6, &["named in line 2 already"]),
    ("[retention]\nruns = 0\n", 6, &["from 1 to 1000000"]),
    ("[metrics]\nfile = out/metrics.txt\n", 6, &["end in .prom"]),
    ("[webhook]\nurl = hooks.example.com/secret\n", 6, &["write https://HOST/PATH"]),
    ("[webhook]\nurl = ftp://example.com/secret\n", 6, &["write https://HOST/PATH"]),
    ("[webhook]\nurl = https://example.com/secret\nwhen = often\n", 7, &["one of always, new, failure"]),
    ("[webhook]\nurl = https://example.com/secret\ntimeout = 0\n", 7, &["from 1 to 300", "seconds"]),
    ("[mail]\nto = nobody\nfrom = a@b\n", 6, &["`nobody` is no mail address"]),
    ("[mail]\nto = a@b\nfrom = A <a@b>\n", 7, &["is no mail address"]),
    // What is not there.
    ("[share b]\npath = nowhere\n", 6, &["there is no folder nowhere", "start at the folder of the configuration"]),
    ("[share b]\npath = boot.wim\n", 6, &["boot.wim is no folder"]),
    ("[boot-image b]\npath = nowhere.wim\n", 6, &["there is no file nowhere.wim"]),
    ("[fleet b]\npath = nowhere\n", 6, &["there is no file nowhere"]),
    ("[share b]\npath = out\npackages = Dell, Lenovo\n", 7, &["no folder Dell in out"]),
    ("[output a]\nformat = json\nfile = nowhere/a.json\n", 7, &["there is no folder nowhere for the report"]),
    ("[metrics]\nfile = nowhere/a.prom\n", 6, &["there is no folder nowhere for the metrics"]),
    ("[report]\nhistory = nowhere/h.sqlite\n", 6, &["there is no folder nowhere for the history"]),
    ("[report]\npolicy = nowhere.ini\n", 6, &["policy", "nowhere.ini"]),
    ("[report]\nbaseline = nowhere.json\n", 6, &["baseline", "nowhere.json"]),
    ("[report]\ninf-db = nowhere\n", 6, &["nowhere"]),
    ("[mail]\nto = a@b\nfrom = a@b\nsendmail = nowhere\n", 8, &["there is no program nowhere"]),
];

#[test]
fn each_mistake_comes_with_file_line_and_remedy() {
    let site = Site::new("");
    for (config, line, words) in MISTAKES {
        site.configure(config);
        let run = site.report(&["--check-config"]);
        assert_eq!(run.code, Some(2), "{config}: {}", run.stderr);
        let place = format!("wimspect.ini:{line}: ");
        let message = run.stderr.lines().find(|l| l.starts_with(&place));
        let message = message.unwrap_or_else(|| panic!("{config}: not at line {line}: {}", run.stderr));
        for word in *words {
            assert!(message.contains(word), "{config}: {word}: {}", run.stderr);
        }
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
        assert!(run.stdout.is_empty(), "{config}");
    }
}

#[test]
fn all_mistakes_are_said_at_once_and_nothing_runs() {
    let site = Site::new("[report]\nfail-on = x\njobs = 0\n[outputs a]\n[webhook]\nurl = x\n");
    let run = site.report(&[]);
    assert_eq!(run.code, Some(2));
    for line in [6, 7, 8, 10] {
        assert!(run.stderr.contains(&format!("wimspect.ini:{line}: ")), "{line}: {}", run.stderr);
    }
    assert!(!site.path("wimspect.db").exists());
}

#[test]
fn a_configuration_that_is_right_is_said_to_be() {
    let site = Site::new(super::JSON);
    let before = std::fs::read_dir(site.folder()).unwrap().count();
    let run = site.report(&["--check-config"]);
    assert_eq!((run.code, run.text().as_str()), (Some(0), "wimspect.ini: in order\n"), "{}", run.stderr);
    assert_eq!(std::fs::read_dir(site.folder()).unwrap().count(), before, "nothing is left");
    // From another folder, too: its paths start where it lies.
    let elsewhere = tempfile::tempdir().unwrap();
    let config = site.path("wimspect.ini").display().to_string();
    let mut command = site.command(&["--check-config", "--config", &config]);
    let run = crate::support::finish(command.current_dir(elsewhere.path()));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let run = crate::support::finish(site.command(&[]).current_dir(elsewhere.path()));
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("there is no wimspect.ini in this folder") && run.stderr.contains("--print-config"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_example_is_printed_as_it_stands_in_the_documents() {
    let run = run_line("report --print-config");
    assert_eq!((run.code, run.text().as_str()), (Some(0), include_str!("../../../docs/wimspect.ini")));
}

#[test]
fn what_stands_in_the_configuration_is_refused_on_the_command_line() {
    let site = Site::new("");
    for (arguments, word) in [
        (&["--format", "json"][..], "[output NAME] format"),
        (&["--fail-on", "warning"], "[report] fail-on"),
        (&["--policy", "x"], "[report] policy"),
        (&["--no-policy"], "[report] policy = none"),
        (&["--write-baseline", "x"], "`wimspect audit`"),
        (&["--all-facts"], "[report] all-facts"),
        (&["--jobs", "2"], "[report] jobs"),
    ] {
        let run = site.report(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert!(run.stderr.contains(word), "{arguments:?}: {}", run.stderr);
    }
    assert_eq!(site.report(&["--quiet", "--no-progress", "--dry-run"]).code, Some(1));
}
