//! docs/cli.md, docs/man and the completions are what the command line says; the first screen of the help is one.

use std::path::{Path, PathBuf};

use crate::support::{program, run, run_line};

fn docs(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(path)
}

/// Compares a file with what it is made from; `UPDATE=1` writes it.
fn made(path: &str, text: &str) {
    let file = docs(path);
    if std::env::var_os("UPDATE").is_some_and(|v| v == "1") {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(there == text, "docs/{path} is not what the command line says: UPDATE=1 cargo test --test it cli_docs");
}

fn is_documented(command: &clap::Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn subcommands() -> Vec<String> {
    let command = wimspect::cli::command();
    command.get_subcommands().filter(|c| is_documented(c)).map(|c| c.get_name().to_owned()).collect()
}

#[test]
fn the_page_of_the_command_line_says_what_the_help_says() {
    let mut page = String::from(
        "# Command line\n\nWhat `wimspect COMMAND --help` says (`UPDATE=1 cargo test --test it cli_docs` writes it anew).\n",
    );
    let help = |arguments: &[&str]| {
        let output = program().env("COLUMNS", "100").args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
        let text = text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        format!("\n```text\n{}\n```\n", text.trim_end())
    };
    page.push_str(&help(&["--help"]));
    for name in subcommands() {
        page.push_str(&format!("\n## wimspect {name}\n"));
        page.push_str(&help(&[&name, "--help"]));
    }
    made("cli.md", &page);
}

#[test]
fn the_manual_pages_say_what_the_help_says() {
    let mut command = wimspect::cli::command();
    command.build();
    let mut pages = vec![("wimspect".to_owned(), command.clone())];
    for sub in command.get_subcommands().filter(|c| is_documented(c)) {
        let name = format!("wimspect-{}", sub.get_name());
        // clap takes names that live as long as the program only.
        let leaked: &'static str = Box::leak(name.clone().into_boxed_str());
        pages.push((name, sub.clone().name(leaked).version(env!("CARGO_PKG_VERSION"))));
    }
    for (name, command) in pages {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).unwrap();
        made(&format!("man/{name}.1"), &String::from_utf8(page).unwrap());
    }
}

#[test]
fn the_first_screen_of_the_help_is_one_screen() {
    for arguments in [&["--help"][..], &["-h"], &[]] {
        let output = program().env("COLUMNS", "80").args(arguments).output().unwrap();
        let shown = if arguments.is_empty() { output.stderr } else { output.stdout };
        let shown = String::from_utf8(shown).unwrap();
        assert!(shown.lines().count() <= 24, "{arguments:?}: {} lines\n{shown}", shown.lines().count());
        assert!(shown.lines().all(|line| line.chars().count() <= 80), "{arguments:?}\n{shown}");
        for name in subcommands() {
            assert!(shown.contains(&format!("\n  {name} ")), "{arguments:?}: {name}\n{shown}");
        }
        assert!(shown.contains("Examples:") && shown.contains("Exit codes: 0 "), "{shown}");
        assert!(!shown.contains("wim-worker"), "what is not for people is not shown");
    }
}

#[test]
fn completions_know_the_subcommands_and_are_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run = run(["completions", shell]);
        assert_eq!(run.code, Some(0), "{shell}: {}", run.stderr);
        let script = run.text();
        for word in ["audit", "verify", "boot-image", "fail-on", "sarif"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let refused = run_line("completions tcsh");
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("bash") && refused.stderr.contains("zsh"), "{}", refused.stderr);
}

#[test]
fn a_bash_that_is_there_takes_the_completions() {
    let script = run(["completions", "bash"]).text();
    let Ok(output) = std::process::Command::new("bash").args(["-n", "-c", &script]).output() else {
        eprintln!("skipped: no bash");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
