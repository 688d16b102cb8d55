//! The batch file that injects into a boot image: dism.exe, or peimg.exe and imagex.exe for Windows PE 2.x.
//!
//! `call` is never used: it would read every line a second time, with its `%` and `^`. No name stands in a comment, in a block
//! of parentheses or outside double quotes.

use super::quoting::batch;
use super::{ImageFiles, windows_text};

/// Writes it.
pub(super) fn write(image: &ImageFiles<'_>) -> Vec<u8> {
    let dism = image.is_serviced_by_dism();
    let mut text = head(image, dism);
    text.push_str(&settings(image));
    text.push_str(&commands(image, dism));
    text.push_str(&tail(dism));
    windows_text(&text, false)
}

fn head(image: &ImageFiles<'_>, dism: bool) -> String {
    let tools = if dism {
        "dism.exe of this Windows or of the Windows ADK, at least as new as the image"
    } else {
        "imagex.exe and peimg.exe of the Windows AIK 1.1 (Windows PE 2.x is serviced with these)"
    };
    format!(
        "@echo off\n\
         rem Made by wimspect {version}: injects drivers into {title}.\n\
         rem\n\
         rem     inject-drivers.cmd [/whatif] BOOT.WIM MOUNTFOLDER [SHARE...]\n\
         rem\n\
         rem Run it in an elevated command prompt; it needs {tools}.\n\
         rem MOUNTFOLDER is an empty folder. /whatif shows the commands and runs none of them. Nothing is changed\n\
         rem before you have answered the question. When a command fails, the image stays as it was.\n\
         rem A share whose place was not known as a full path (\\\\server\\share, D:\\drivers) must be named.\n\
         setlocal EnableExtensions DisableDelayedExpansion\n",
        version = env!("CARGO_PKG_VERSION"),
        title = image.title(),
    )
}

fn settings(image: &ImageFiles<'_>) -> String {
    let mut text = String::from(
        "set \"RUN=\"\n\
         if /i \"%~1\"==\"/whatif\" set \"RUN=echo\"\n\
         if defined RUN shift\n\
         if \"%~2\"==\"\" goto :usage\n\
         set \"WIM=%~f1\"\n\
         set \"MOUNT=%~f2\"\n\
         if \"%MOUNT:~-1%\"==\"\\\" set \"MOUNT=%MOUNT:~0,-1%\"\n",
    );
    for (number, root) in image.default_roots().enumerate().map(|(n, r)| (n + 1, r)) {
        // A root that can not be written must be named by whoever runs it.
        let root = batch(&root).unwrap_or_default();
        text.push_str(&format!("set \"SHARE{number}={root}\"\n"));
        if number <= 7 {
            let argument = number + 2;
            text.push_str(&format!("if not \"%~{argument}\"==\"\" set \"SHARE{number}=%~f{argument}\"\n"));
        }
        text.push_str(&format!("if not defined SHARE{number} goto :usage\n"));
        text.push_str(&format!("if \"%SHARE{number}:~-1%\"==\"\\\" set \"SHARE{number}=%SHARE{number}:~0,-1%\"\n"));
    }
    let add = image.inject.iter().filter(|p| batch(&p.windows()).is_some()).count();
    let does = match image.remove.len() {
        0 => format!("injects {add} drivers"),
        _ if !image.is_serviced_by_dism() => format!("injects {add} drivers and takes out none"),
        remove => format!("takes out {remove}, injects {add} drivers"),
    };
    text.push_str(&format!(
        "for /f \"tokens=2 delims=:.\" %%A in ('chcp') do set \"CODEPAGE=%%A\"\n\
         chcp 65001 >nul\n\
         echo Image \"%WIM%\", index {index}: {does}.\n\
         {note}\
         if defined RUN goto :go\n\
         set \"ANSWER=\"\n\
         set /p \"ANSWER=This changes the image. Type YES to go on: \"\n\
         if /i not \"%ANSWER%\"==\"YES\" goto :stopped\n\
         :go\n",
        index = image.index(),
        note = remake_note(image),
    ));
    text.push_str(&tests(image));
    text
}

/// peimg.exe has no word for taking a driver out: what the plan promises holds for an image without them.
fn remake_note(image: &ImageFiles<'_>) -> String {
    if image.remove.is_empty() || image.is_serviced_by_dism() {
        return String::new();
    }
    format!("echo {}\n", image.removal_note().replace(['(', ')'], ""))
}

/// Every file is looked for before the image is mounted: a wrong share is told at once.
fn tests(image: &ImageFiles<'_>) -> String {
    let mut text = String::new();
    for inf in &image.inject {
        let (Some(path), number) = (batch(&inf.windows()), inf.share + 1) else { continue };
        text.push_str(&format!("set \"INF=%SHARE{number}%\\{path}\"\nif not exist \"%INF%\" goto :missing\n"));
    }
    text
}

fn commands(image: &ImageFiles<'_>, dism: bool) -> String {
    let index = image.index();
    let mount = if dism {
        format!("dism.exe /Mount-Wim /WimFile:\"%WIM%\" /Index:{index} /MountDir:\"%MOUNT%\"")
    } else {
        format!("imagex.exe /mountrw \"%WIM%\" {index} \"%MOUNT%\"")
    };
    let mut text = step(&mount, "failed");
    for name in image.remove.iter().filter_map(|n| batch(n)).filter(|_| dism) {
        // peimg.exe has no word for this; the plan says so.
        text.push_str(&step(&format!("dism.exe /Image:\"%MOUNT%\" /Remove-Driver /Driver:\"{name}\""), "discard"));
    }
    for inf in &image.inject {
        let (Some(path), number) = (batch(&inf.windows()), inf.share + 1) else { continue };
        let add = if dism {
            let force = if image.unsigned.contains(inf) { " /ForceUnsigned" } else { "" };
            format!("dism.exe /Image:\"%MOUNT%\" /Add-Driver /Driver:\"%SHARE{number}%\\{path}\"{force}")
        } else {
            format!("peimg.exe /inf=\"%SHARE{number}%\\{path}\" \"%MOUNT%\\Windows\"")
        };
        text.push_str(&step(&add, "discard"));
    }
    let save = if dism {
        "dism.exe /Unmount-Wim /MountDir:\"%MOUNT%\" /Commit"
    } else {
        "imagex.exe /unmount /commit \"%MOUNT%\""
    };
    text.push_str(&step(save, "discard"));
    text
}

/// A command, and where to go when it fails. Failures of dism.exe are negative numbers, which `if errorlevel` does not see;
/// what is only shown can not fail.
fn step(command: &str, label: &str) -> String {
    format!("%RUN% {command}\nif not defined RUN if not \"%ERRORLEVEL%\"==\"0\" goto :{label}\n")
}

fn tail(dism: bool) -> String {
    let discard = if dism {
        "%RUN% dism.exe /Unmount-Wim /MountDir:\"%MOUNT%\" /Discard"
    } else {
        "%RUN% imagex.exe /unmount \"%MOUNT%\""
    };
    format!(
        "echo Done.\n\
         chcp %CODEPAGE% >nul\n\
         exit /b 0\n\
         \n\
         :discard\n\
         echo A command failed: the image is unmounted without the changes.\n\
         {discard}\n\
         :failed\n\
         chcp %CODEPAGE% >nul\n\
         exit /b 1\n\
         \n\
         :missing\n\
         echo Not there: \"%INF%\". Is the share right? Nothing was changed.\n\
         chcp %CODEPAGE% >nul\n\
         exit /b 1\n\
         \n\
         :stopped\n\
         echo Nothing was changed.\n\
         chcp %CODEPAGE% >nul\n\
         exit /b 2\n\
         \n\
         :usage\n\
         echo inject-drivers.cmd [/whatif] BOOT.WIM MOUNTFOLDER [SHARE...]\n\
         exit /b 2\n"
    )
}
