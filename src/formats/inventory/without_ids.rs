//! Files that name no device by its ids: what they are, and the command that gives what is needed.

/// What to run on a machine with Windows.
pub const WINDOWS_COMMAND: &str = "run `pnputil /enum-devices /connected /deviceids > machine.txt` on the machine (before \
     Windows 11: `wmic path Win32_PnPEntity get Name,ClassGuid,PNPDeviceID,HardwareID,CompatibleID /format:list > machine.txt`)";
/// What to run on a machine with Linux.
pub const LSPCI_COMMAND: &str = "run `lspci -nnk > machine.txt`";

/// The file is no text at all.
pub(super) fn not_text(bytes: &[u8]) -> Option<String> {
    if bytes.is_empty() {
        return Some(format!("is empty; {WINDOWS_COMMAND}"));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Some("is a ZIP file or an Excel workbook; save the table as CSV".to_owned());
    }
    if bytes.starts_with(b"MSCF") {
        return Some("is a cabinet; unpack it first".to_owned());
    }
    None
}

/// Says what a text without ids is.
pub(super) fn advice(text: &str) -> String {
    let head: String = text.lines().take(40).collect::<Vec<_>>().join("\n");
    let lower = head.to_ascii_lowercase();
    let is_lspci = text.lines().take(40).any(|l| super::lspci::slot(l).is_some());
    if is_lspci || lower.contains("slot:\t") || lower.contains("slot:  ") {
        return format!("is a list of lspci with names only, without the numbers of the devices; {LSPCI_COMMAND}");
    }
    if lower.contains("module name") && lower.contains("link date") {
        return format!("is the output of driverquery: it lists drivers, not devices; {WINDOWS_COMMAND}");
    }
    if lower.contains("devicename") && lower.contains("infname") && lower.contains("issigned") {
        return format!("is the output of driverquery /si: it lists drivers without device ids; {WINDOWS_COMMAND}");
    }
    if is_systeminfo(&head) {
        return format!("is the output of systeminfo: it names no device ids; {WINDOWS_COMMAND}");
    }
    if lower.contains("system.string[]") {
        return "holds System.String[] where ids should be: join the lists before Export-Csv, for example \
                `Get-CimInstance Win32_PnPEntity | Select-Object SystemName,Name,ClassGuid,PNPDeviceID,\
                @{n='HardwareID';e={$_.HardwareID -join ';'}},@{n='CompatibleID';e={$_.CompatibleID -join ';'}} | \
                Export-Csv machine.csv -NoTypeInformation`"
            .to_owned();
    }
    format!("names no device by its hardware ids; {WINDOWS_COMMAND}, or for Linux {LSPCI_COMMAND}")
}

/// systeminfo writes a label, a colon and the value from column 27 on; its labels are localized, but it lists `KB` numbers
/// and numbered items `[01]: `.
fn is_systeminfo(head: &str) -> bool {
    let numbered = head.lines().filter(|l| l.trim_start().starts_with("[01]: ")).count();
    let padded = head.lines().filter(|l| l.find(": ").is_some_and(|at| at < 40) && l.contains(":  ")).count();
    (numbered >= 1 && padded >= 3) || (head.contains("Host Name:") && head.contains("OS Name:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_without_ids_is_told_by_its_name() {
        for (text, word) in [
            ("00:00.0 Host bridge: Acme Corp Bridge (rev 02)\n", "lspci"),
            ("\nHost Name:                 FX01\nOS Name:                   Windows\n", "systeminfo"),
            ("\"Module Name\",\"Display Name\",\"Driver Type\",\"Link Date\"\n", "driverquery"),
            ("\"DeviceName\",\"InfName\",\"IsSigned\",\"Manufacturer\"\n", "driverquery /si"),
            ("\"Name\",\"HardwareID\"\n\"NIC\",\"System.String[]\"\n", "Export-Csv"),
            ("nothing", "pnputil"),
        ] {
            assert!(advice(text).contains(word), "{text}: {}", advice(text));
        }
    }
}
