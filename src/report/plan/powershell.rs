//! The PowerShell script that injects into a boot image with the DISM module. File names stand in single-quoted literals only.

use super::quoting::powershell;
use super::{ImageFiles, SharePath, fill, windows_text};

/// Writes it.
pub(super) fn write(image: &ImageFiles<'_>) -> Vec<u8> {
    let remove: Vec<String> = image.remove.iter().filter_map(|n| powershell(n)).collect();
    let text = fill(
        SCRIPT,
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("title", &image.title()),
            ("index", &image.index().to_string()),
            ("roots", &roots(image)),
            ("test", TEST_FILES),
            ("remove", &remove.join(", ")),
            ("add", &added(image)),
        ],
    );
    windows_text(&text, true)
}

/// The roots of the shares as literals; one that no script can hold must be named by whoever runs it.
pub(super) fn roots(image: &ImageFiles<'_>) -> String {
    let roots: Vec<String> = image.default_roots().map(|r| powershell(&r).unwrap_or_else(|| "''".to_owned())).collect();
    roots.join(", ")
}

/// What is injected, as items of an array; those that need -ForceUnsigned say so.
fn added(image: &ImageFiles<'_>) -> String {
    let item = |p: &SharePath<'_>| {
        let unsigned = if image.unsigned.contains(p) { "; Unsigned = $true" } else { "" };
        Some(format!("    @{{ Share = {}; Path = {}{unsigned} }}\n", p.share, powershell(&p.windows())?))
    };
    let items: String = image.inject.iter().filter_map(item).collect();
    if items.is_empty() { items } else { format!("\n{items}") }
}

/// The part of every script that looks for the files before anything is changed.
pub(super) const TEST_FILES: &str = r#"$unnamed = @($Share | Where-Object { -not [System.IO.Path]::IsPathRooted($_) })
if ($unnamed.Count -gt 0) {
    throw 'Name the driver shares with their full paths: -Share \\server\drivers'
}
"#;

/// INF files as items of an array, one a line.
pub(super) fn inf_files(files: &[SharePath<'_>]) -> String {
    let item =
        |p: &SharePath<'_>| Some(format!("    @{{ Share = {}; Path = {} }}\n", p.share, powershell(&p.windows())?));
    let items: String = files.iter().filter_map(item).collect();
    if items.is_empty() { items } else { format!("\n{items}") }
}

const SCRIPT: &str = r#"#Requires -Version 4.0
<#
.SYNOPSIS
    Injects drivers into <<title>>. Made by wimspect <<version>>.
.DESCRIPTION
    Mounts the image, takes out and adds drivers, and saves it. Asks before it changes anything; -WhatIf shows what it
    would do. When something fails, the image stays as it was. Run it in an elevated PowerShell with the DISM module of
    this Windows or of the Windows ADK, at least as new as the image.
.EXAMPLE
    .\inject-drivers.ps1 -ImagePath C:\images\boot.wim -MountPath C:\mount -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    # The boot image.
    [Parameter(Mandatory = $true)]
    [string] $ImagePath,
    # An empty folder.
    [Parameter(Mandatory = $true)]
    [string] $MountPath,
    # The driver shares, in the order of the plan; full paths.
    [string[]] $Share = @(<<roots>>)
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

<<test>>
$index = <<index>>
$remove = @(<<remove>>)
$add = @(<<add>>)

$files = @(foreach ($driver in $add) {
    [System.IO.Path]::Combine($Share[$driver.Share], $driver.Path)
})
$missing = @($files | Where-Object { -not (Test-Path -LiteralPath $_ -PathType Leaf) })
if ($missing.Count -gt 0) {
    throw ("These drivers are not there; is -Share right?`n" + ($missing -join "`n"))
}

if ($WhatIfPreference) {
    foreach ($name in $remove) { [void] $PSCmdlet.ShouldProcess($name, 'Remove-WindowsDriver') }
    foreach ($file in $files) { [void] $PSCmdlet.ShouldProcess($file, 'Add-WindowsDriver') }
}
$what = "take out $($remove.Count) and add $($files.Count) drivers"
if (-not $PSCmdlet.ShouldProcess("$ImagePath, index $index", $what)) {
    return
}

[void] (Mount-WindowsImage -ImagePath $ImagePath -Index $index -Path $MountPath)
$saved = $false
try {
    foreach ($name in $remove) {
        [void] (Remove-WindowsDriver -Path $MountPath -Driver $name)
    }
    foreach ($driver in $add) {
        $file = [System.IO.Path]::Combine($Share[$driver.Share], $driver.Path)
        $unsigned = $driver.ContainsKey('Unsigned')
        Write-Verbose "Adding $file"
        [void] (Add-WindowsDriver -Path $MountPath -Driver $file -ForceUnsigned:$unsigned)
    }
    [void] (Dismount-WindowsImage -Path $MountPath -Save)
    $saved = $true
} finally {
    if (-not $saved) {
        [void] (Dismount-WindowsImage -Path $MountPath -Discard)
    }
}
"#;
