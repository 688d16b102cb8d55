//! A service and its timer for systemd.

use super::{HOUR, Unit};

/// One argument of `ExecStart=`: systemd.service(5), "COMMAND LINES", and the specifiers of systemd.unit(5).
pub(super) fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{text}\"")
}

/// Both, one after the other, with the names of their files.
pub(super) fn both(unit: &Unit<'_>) -> String {
    format!(
        "# Two files. Each alone: --install-unit systemd-service, --install-unit systemd-timer\n\
         #\n\
         # /etc/systemd/system/wimspect-report.service\n{}\n\
         # /etc/systemd/system/wimspect-report.timer\n{}",
        service(unit),
        timer()
    )
}

pub(super) fn service(unit: &Unit<'_>) -> String {
    // The first word is a path and no argument: `$` means nothing in it.
    let program = quoted(unit.program).replace("$$", "$");
    format!(
        "[Unit]
Description=wimspect: report about driver shares and boot images
# Shares and images on the network are there first; one that is missing is said in the report.
Wants=network-online.target
After=network-online.target remote-fs.target

[Service]
Type=oneshot
ExecStart={program} report --config {config}
# 1 = there are findings: the report worked. 2 = something could not be read or written, 3 = nothing to look at.
SuccessExitStatus=1
# A user that may read the inputs and write history and reports:
#User=wimspect
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
TimeoutStartSec=6h
",
        config = quoted(unit.config)
    )
}

pub(super) fn timer() -> String {
    format!(
        "[Unit]
Description=wimspect: nightly report about driver shares and boot images

[Timer]
OnCalendar=*-*-* {HOUR:02}:00:00
# A machine that was off at that time makes up for it.
Persistent=true
RandomizedDelaySec=10min

[Install]
WantedBy=timers.target
"
    )
}
