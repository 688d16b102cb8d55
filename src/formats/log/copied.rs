//! Lines copied out of a log without component and time: no format, but no prose either, so that the file itself can be asked for.

/// Words that the writers of these logs put into their messages, and nobody else into a sentence.
const PHRASES: &[&str] = &[
    // ConfigMgr and its task sequence.
    ", HRESULT=8",
    "; Source: Windows)",
    "; Source: WMI)",
    "Executing command line: ",
    "Set command line: ",
    "Process completed with exit code ",
    "Exiting with return code 0x",
    "Failed to run the action: ",
    "has failed and the execution has been aborted",
    "Task Sequence Engine failed! Code: ",
    "Start executing an instruction",
    "Succeeded loading resource DLL ",
    "CLibSMSMessageWinHttpTransport::Send: ",
    "Failed to add driver to driver store. Code 0x",
    "Resolving content for SMS Package ",
    "Running module version ",
    "[ApplyDriverPackage]: ",
    "Download done setting progress bar to ",
    "Hash could not be matched for the downlo",
    // MDT.
    "ZTI ERROR - Unhandled error returned by ",
    "Litetouch deployment failed, Return",
    // DISM and Setup.
    "DISM DISM WIM Provider: ",
    "DISM DISM Imaging Provider: ",
    "(hr:0x8",
    "IBS LoadWorkerModules:",
    "SYSPRP ActionPlatform::LaunchModule: ",
];
/// So many lines that are not empty are looked at.
const LINES: usize = 200;
/// So often such words are enough, among not too many lines without them.
const ENOUGH: usize = 2;
const SHARE: usize = 6;

/// The line has words that only logs have.
pub(super) fn has_phrase(line: &str) -> bool {
    PHRASES.iter().any(|phrase| line.contains(phrase))
}

/// The line has a code, a path or a name in quotes, as sentences seldom do.
pub(super) fn is_exact(line: &str) -> bool {
    line.contains("0x") || line.bytes().any(|b| matches!(b, b'"' | b'=' | b'\\'))
}

/// A text that is no log in any form begins with lines of one.
pub fn is_copied(text: &str) -> bool {
    let lines = text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    let (mut all, mut found) = (0, 0);
    for line in lines {
        all += 1;
        // Logs of others quote them, and have a time. All of them may stand on one line.
        if !line.bytes().take(4).all(|b| b.is_ascii_digit()) {
            found += PHRASES.iter().filter(|phrase| line.contains(**phrase)).count();
        }
    }
    found >= ENOUGH && found * SHARE >= all
}
