//! Jobs for GitHub Actions and GitLab CI. Both run on a machine of one's own: the shares must be there, and the history has to
//! outlive the job.

use super::{HOUR, Unit};
use crate::cli::args::Format;

/// A word for `/bin/sh`.
pub(super) fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A text in YAML: its double-quoted style holds what a JSON string holds.
pub(super) fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn command(unit: &Unit<'_>) -> String {
    yaml(&format!("{} report --config {} --no-progress", shell(unit.program), shell(unit.config)))
}

/// Where the reports lie: the folder of the configuration is where their paths start.
fn files(unit: &Unit<'_>) -> Vec<String> {
    let folder = std::path::Path::new(unit.config).parent().unwrap_or_else(|| std::path::Path::new("."));
    let glob = |text: String| text.replace("{date}", "*").replace("{run}", "*");
    unit.settings.outputs.iter().map(|o| glob(folder.join(o.file.to_string()).display().to_string())).collect()
}

pub(super) fn github(unit: &Unit<'_>) -> String {
    let files: String = files(unit).iter().map(|file| format!("            {file}\n")).collect();
    format!(
        "# .github/workflows/wimspect-report.yml
name: wimspect report
on:
  schedule:
    - cron: \"17 {HOUR} * * *\"   # UTC
  workflow_dispatch: {{}}
permissions:
  contents: read
concurrency:
  group: wimspect-report
jobs:
  report:
    # A runner of your own: it sees the shares, and its disk keeps the history.
    runs-on: self-hosted
    timeout-minutes: 360
    steps:
      # Exit code 1: there are findings; 2: something could not be read or written. Both make the job red.
      - name: Report
        run: {command}
      - name: Keep the reports
        if: always()
        uses: actions/upload-artifact@v4
        with:
          name: wimspect-report
          if-no-files-found: warn
          path: |
{files}",
        command = command(unit)
    )
}

pub(super) fn gitlab(unit: &Unit<'_>) -> String {
    // GitLab takes artifacts from the folder of the project only.
    let files = files(unit);
    let copies: String = files
        .iter()
        .map(|file| format!("    - {}\n", yaml(&format!("cp -- {} wimspect-report/ || true", glob(file)))))
        .collect();
    let is_junit = unit.settings.outputs.iter().any(|o| o.format == Format::Junit);
    let junit = if is_junit { "    reports:\n      junit: wimspect-report/*.xml\n" } else { "" };
    format!(
        "# .gitlab-ci.yml; the schedule itself is made in Build > Pipeline schedules.
wimspect-report:
  rules:
    - if: $CI_PIPELINE_SOURCE == \"schedule\"
  # A runner of your own: it sees the shares, and its disk keeps the history.
  tags: [wimspect]
  resource_group: wimspect-report
  timeout: 6h
  script:
    - {command}
  # Exit code 1: there are findings. A yellow job says so; 2 (something could not be read or written) is red.
  allow_failure:
    exit_codes: 1
  after_script:
    - mkdir -p wimspect-report
{copies}  artifacts:
    when: always
    paths:
      - wimspect-report/
{junit}",
        command = command(unit)
    )
}

/// A word for `/bin/sh` in which `*` stays what it is.
fn glob(text: &str) -> String {
    text.split('*').map(|part| if part.is_empty() { String::new() } else { shell(part) }).collect::<Vec<_>>().join("*")
}
