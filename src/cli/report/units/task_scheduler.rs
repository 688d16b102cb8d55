//! A task for the Windows Task Scheduler: [MS-TSCH] 2.5, the Task Scheduler schema.

use std::fmt::Write as _;

use super::{HOUR, Unit};

/// One argument of a command line as `CommandLineToArgvW` reads it.
pub(super) fn argument(text: &str) -> String {
    if !text.is_empty() && !text.contains([' ', '\t', '"']) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    let mut backslashes = 0;
    for c in text.chars() {
        match c {
            '\\' => backslashes += 1,
            // Backslashes count as an escape in front of a quotation mark only.
            '"' => {
                quoted.push_str(&"\\".repeat(backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(c);
    }
    quoted.push_str(&"\\".repeat(backslashes));
    quoted.push('"');
    quoted
}

/// Text in XML, in ASCII only: the file is read right however the shell wrote it.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_ascii() => escaped.push(c),
            c => {
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
        }
    }
    escaped
}

pub(super) fn xml(unit: &Unit<'_>) -> String {
    let arguments = ["report", "--config", unit.config, "--quiet"].map(argument).join(" ");
    format!(
        r#"<?xml version="1.0"?>
<!-- schtasks /Create /TN wimspect-report /XML wimspect-report.xml /RU DOMAIN\user /RP *
     The user must be allowed to read the shares and to write history and reports; SYSTEM reads no share of another machine
     but with the rights of its computer account. "Last Run Result" 0x1 says that there are findings: the report worked.
     0x2: something could not be read or written, 0x3: nothing to look at. -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>wimspect: report about driver shares and boot images</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2026-01-01T{HOUR:02}:00:00</StartBoundary>
      <RandomDelay>PT10M</RandomDelay>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>Password</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <Enabled>true</Enabled>
    <ExecutionTimeLimit>PT6H</ExecutionTimeLimit>
    <Priority>8</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{program}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"#,
        // The scheduler starts what stands here as it is, with blanks in it.
        program = escaped(unit.program),
        arguments = escaped(&arguments)
    )
}
