//! The PowerShell script for MDT: a folder of Out-of-Box Drivers with what goes into the boot image, and a selection profile of it.
//!
//! `New-Item` on the MDT provider with `-Enable`, `-Comments`, `-Definition` and `-ReadOnly`, and `Import-MDTDriver -Path
//! -SourcePath`, as the Deployment Workbench shows them (View Script). Import-MDTDriver takes everything below a folder, so a
//! folder that holds other drivers as well is named and left to whoever runs the script.

use std::collections::{BTreeMap, BTreeSet};

use super::powershell::{TEST_FILES, roots};
use super::quoting::{literal, powershell, slug};
use super::{ImageFiles, SharePath, fill, windows_text};
use crate::report::plan::quoting::windows_path;

/// Writes it.
pub(super) fn write(image: &ImageFiles<'_>) -> Vec<u8> {
    let (alone, mixed) = folders(image);
    let name = powershell(&format!("wimspect {}", slug(&image.folder))).unwrap_or_else(|| "'wimspect'".to_owned());
    let text = fill(
        SCRIPT,
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("title", &image.title()),
            ("roots", &roots(image)),
            ("name", &name),
            ("folders", &items(&alone)),
            ("mixed", &items(&mixed)),
            ("test", TEST_FILES),
            ("note", &note(image, mixed.len())),
            ("warning", &warning(image)),
        ],
    );
    windows_text(&text, true)
}

/// What the script leaves undone, for its head.
fn note(image: &ImageFiles<'_>, mixed: usize) -> String {
    let mut text = String::new();
    if mixed > 0 {
        text.push_str(
            "    INCOMPLETE: other drivers lie in some of the folders, too; the script names them, and their INF files of\n    \
             inject.txt must be imported by hand.\n",
        );
    }
    let removal = image.removal_note();
    if !removal.is_empty() {
        text.push_str(&format!("    {removal}\n"));
    }
    text
}

fn warning(image: &ImageFiles<'_>) -> String {
    let removal = image.removal_note();
    if removal.is_empty() { removal } else { format!("Write-Warning {}\n", literal(&removal)) }
}

type Folders<'a> = BTreeSet<(usize, &'a str)>;

/// Folders in which nothing but drivers for this boot image lies, and the others.
fn folders<'a>(image: &ImageFiles<'a>) -> (Folders<'a>, Folders<'a>) {
    let wanted: BTreeSet<SharePath<'_>> = image.inject.iter().copied().collect();
    let mut by_folder: BTreeMap<(usize, &str), bool> = BTreeMap::new();
    for inf in &image.inject {
        by_folder.entry((inf.share, folder_of(inf))).or_insert(true);
    }
    for (share, facts) in image.report.analysis.world.shares.iter().enumerate() {
        for inf in &facts.infs {
            let path = SharePath { share, path: &inf.path };
            if wanted.contains(&path) {
                continue;
            }
            for ((_, folder), alone) in by_folder.iter_mut().filter(|((s, _), _)| *s == share) {
                let inside = folder.is_empty() || inf.path.strip_prefix(*folder).is_some_and(|r| r.starts_with('/'));
                *alone &= !inside;
            }
        }
    }
    let with = |wanted: bool| by_folder.iter().filter(|(_, alone)| **alone == wanted).map(|(key, _)| *key).collect();
    (with(true), with(false))
}

fn folder_of<'a>(path: &SharePath<'a>) -> &'a str {
    crate::facts::share::folder_of(path.path)
}

fn items(folders: &Folders<'_>) -> String {
    let item = |(share, folder): &(usize, &str)| {
        Some(format!("    @{{ Share = {share}; Path = {} }}\n", powershell(&windows_path(folder))?))
    };
    let items: String = folders.iter().filter_map(item).collect();
    if items.is_empty() { items } else { format!("\n{items}") }
}

const SCRIPT: &str = r#"#Requires -Version 3.0
<#
.SYNOPSIS
    MDT: a selection profile with the drivers for <<title>>. Made by wimspect <<version>>.
.DESCRIPTION
    Makes a folder below Out-of-Box Drivers, imports the drivers for the boot image into it, and makes a selection profile
    of that folder. Choose the profile in the properties of the deployment share: Windows PE, Drivers and Patches. Package
    A of the plan must be in no folder that the profile of the boot image includes.
    Asks before each change; -WhatIf shows what it would do.
<<note>>.EXAMPLE
    .\mdt-selection-profile.ps1 -DeploymentShare D:\DeploymentShare -Share \\server\drivers -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    # The deployment share.
    [Parameter(Mandatory = $true)]
    [string] $DeploymentShare,
    # The driver shares, in the order of the plan.
    [string[]] $Share = @(<<roots>>)
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$name = <<name>>
# Folders in which nothing else lies.
$folders = @(<<folders>>)
# Folders in which other drivers lie, too: import these INF files by hand (inject.txt).
$mixed = @(<<mixed>>)

<<test>>
$missing = @(@($folders) + @($mixed) | ForEach-Object { [System.IO.Path]::Combine($Share[$_.Share], $_.Path) } | Where-Object { -not (Test-Path -LiteralPath $_ -PathType Container) })
if ($missing.Count -gt 0) {
    throw ("These folders are not there; is -Share right?`n" + ($missing -join "`n"))
}
<<warning>>
Import-Module -Name (Join-Path -Path $env:ProgramFiles -ChildPath 'Microsoft Deployment Toolkit\bin\MicrosoftDeploymentToolkit.psd1')
[void] (New-PSDrive -Name 'WIMSPECT' -PSProvider MDTProvider -Root $DeploymentShare -WhatIf:$false -Confirm:$false)

if (-not (Test-Path -LiteralPath "WIMSPECT:\Out-of-Box Drivers\$name") -and $PSCmdlet.ShouldProcess("Out-of-Box Drivers\$name", 'Make the folder')) {
    [void] (New-Item -Path 'WIMSPECT:\Out-of-Box Drivers' -Enable 'True' -Name $name -Comments '' -ItemType 'folder' -Confirm:$false)
}
foreach ($folder in $folders) {
    $source = [System.IO.Path]::Combine($Share[$folder.Share], $folder.Path)
    if ($PSCmdlet.ShouldProcess($source, 'Import the drivers')) {
        [void] (Import-MDTDriver -Path "WIMSPECT:\Out-of-Box Drivers\$name" -SourcePath $source)
    }
}
foreach ($folder in $mixed) {
    $source = [System.IO.Path]::Combine($Share[$folder.Share], $folder.Path)
    Write-Warning "Other drivers lie in $source, too: import the INF files of inject.txt by hand."
}
$definition = "<SelectionProfile><Include path=`"Out-of-Box Drivers\$name`" /></SelectionProfile>"
if (-not (Test-Path -LiteralPath "WIMSPECT:\Selection Profiles\$name") -and $PSCmdlet.ShouldProcess("Selection Profiles\$name", 'Make the selection profile')) {
    [void] (New-Item -Path 'WIMSPECT:\Selection Profiles' -Enable 'True' -Name $name -Comments '' -Definition $definition -ReadOnly 'False' -Confirm:$false)
}
"#;
