//! A line for cron.

use super::{HOUR, Unit};

/// For `/bin/sh`, in a line in which cron makes a line end of every `%` without a backslash: crontab(5).
pub(super) fn quoted(text: &str) -> String {
    super::ci::shell(text).replace('%', "\\%")
}

pub(super) fn line(unit: &Unit<'_>) -> String {
    format!(
        "# For `crontab -e`; a file in /etc/cron.d has the user's name behind the five fields.
# cron mails what a job prints: with --quiet only what went wrong. Findings (exit code 1) are told by mail, webhook and
# metrics of the configuration, and are no error of the job.
{minute} {HOUR} * * * {program} report --config {config} --quiet || [ $? -eq 1 ]
",
        minute = 0,
        program = quoted(unit.program),
        config = quoted(unit.config)
    )
}
