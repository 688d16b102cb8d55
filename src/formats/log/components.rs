//! Who writes to the logs of ConfigMgr and MDT, for copies in which only a word at the beginning or the end of a line says it.

/// Names of components in public logs and articles. They are no words of prose. Others are known by their shape, where a text
/// has hardly anything but lines with it.
const KNOWN: &[&str] = &[
    "ApplyDriverPackage",
    "ApplyOperatingSystem",
    "DCMAgent",
    "InstallApplication",
    "InstallSoftware",
    "LocationServices",
    "MP_RegistrationManager",
    "OSDBitLocker",
    "OSDDownloadContent",
    "OSDDriverClient",
    "OSDNetSettings",
    "OSDRunPowerShellScript",
    "OSDSMPClient",
    "OSDSetupHook",
    "OSDSetupWindows",
    "OSDUSMT",
    "OSDUpgradeWindows",
    "RunPowerShellScript",
    "SMS_OFFLINE_SERVICING_MANAGER",
    "TSBootShell",
    "TSMBootstrap",
    "TSManager",
    "TSPxe",
    "TSProgressUI.exe",
    "TsProgressUI",
];

/// Those that are words of prose, too: where nothing else stands at the end of a line, one of them says nothing.
const SPOKEN: &[&str] = &["CcmExec", "LiteTouch", "ccmsetup"];

/// Components of Panther: known where they begin a line, because a copy without stamps has nothing else.
const PANTHER: &[&str] = &["IBSLIB", "MOUPG", "PANTHR", "SYSPRP"];

/// What a name counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// It is that of a component.
    Known,
    /// It is, and a word besides.
    Spoken,
    /// It has the shape of one.
    Shaped,
    /// A word.
    Word,
}

/// What is known of a name at the end of a line.
pub(super) fn last(name: &str) -> Name {
    match () {
        () if KNOWN.contains(&name) || is_script(name) => Name::Known,
        () if SPOKEN.contains(&name) => Name::Spoken,
        () if is_shaped(name) => Name::Shaped,
        () => Name::Word,
    }
}

/// The same at the beginning of one.
pub(super) fn first(name: &str) -> Name {
    if PANTHER.contains(&name) { Name::Known } else { last(name) }
}

/// Scripts of MDT: `ZTIDrivers`, `LTIApply`.
fn is_script(name: &str) -> bool {
    let rest = name.strip_prefix("ZTI").or_else(|| name.strip_prefix("LTI"));
    rest.is_some_and(|rest| {
        rest.len() > 2
            && rest.starts_with(|c: char| c.is_ascii_uppercase())
            && rest.ends_with(|c: char| c.is_ascii_lowercase())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// Words run together, `DownloadContent` and `MP_Location`, or a service of a site: hardly ever a word of prose, and no name of
/// an error.
fn is_shaped(name: &str) -> bool {
    let upper = name.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = name.bytes().any(|b| b.is_ascii_lowercase());
    name.len() > 4 && is_identifier(name) && upper > 1 && (lower || name.starts_with("SMS_"))
}

/// Letters, digits and what joins them, a letter first.
pub(super) fn is_identifier(name: &str) -> bool {
    (2..=64).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}
