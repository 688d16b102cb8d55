//! The PowerShell script for Configuration Manager: driver packages A and B, their categories, and the drivers of the boot image.
//!
//! Cmdlets and parameters are those of the ConfigurationManager module's reference (learn.microsoft.com): New-CMDriverPackage,
//! Get-CMDriverPackage, New-CMCategory, Get-CMCategory, Import-CMDriver, Get-CMBootImage, Set-CMDriverBootImage, Set-CMBootImage,
//! Update-CMDistributionPoint. Package B may hold thousands of drivers: the script reads the lists that lie beside it, so that most names stand in no code.

use super::powershell::{TEST_FILES, inf_files, roots};
use super::quoting::{literal, powershell, slug};
use super::{ImageFiles, fill, windows_text};

/// Writes it.
pub(super) fn write(image: &ImageFiles<'_>) -> Vec<u8> {
    let name = powershell(&package_name(image)).unwrap_or_else(|| "'wimspect'".to_owned());
    let customizes = customizes(image);
    let boot = if customizes { inf_files(&image.inject) } else { String::new() };
    let text = fill(
        SCRIPT,
        &[
            ("version", env!("CARGO_PKG_VERSION")),
            ("title", &image.title()),
            ("roots", &roots(image)),
            ("boot", &boot),
            ("test", TEST_FILES),
            ("needs", &image.report.db.remedies().configmgr().module),
            ("note", &note(image, customizes)),
            ("warning", &warning(image, customizes)),
            ("name", &name),
        ],
    );
    windows_text(&text, true)
}

/// Index and architecture stand at the end and tell packages apart; the letter of the package comes after them, and names of
/// packages are short.
fn package_name(image: &ImageFiles<'_>) -> String {
    const LONGEST: usize = 31;
    let name = slug(&image.folder);
    let from = name.chars().count().saturating_sub(LONGEST);
    format!("wimspect {}", name.chars().skip(from).collect::<String>())
}

/// The console adds drivers to a boot image of this version.
pub(super) fn customizes(image: &ImageFiles<'_>) -> bool {
    image.target.os.version.major >= image.report.db.remedies().configmgr().boot_image_from_major
}

/// What the console can not do with this boot image.
pub(super) const NOT_CUSTOMIZED: &str = "The console of Configuration Manager can not customize a boot image of this version: \
    inject the drivers into its file (inject-drivers.cmd), and update the distribution points.";

/// What the console can not do with this boot image, and what the script leaves undone.
fn undone(image: &ImageFiles<'_>, customizes: bool) -> Vec<String> {
    let mut all = Vec::new();
    if !customizes && !image.inject.is_empty() {
        all.push(NOT_CUSTOMIZED.to_owned());
    }
    let removal = image.removal_note();
    all.extend((!removal.is_empty()).then_some(removal));
    all
}

fn note(image: &ImageFiles<'_>, customizes: bool) -> String {
    undone(image, customizes).iter().map(|text| format!("    {text}\n")).collect()
}

fn warning(image: &ImageFiles<'_>, customizes: bool) -> String {
    undone(image, customizes).iter().map(|text| format!("Write-Warning {}\n", literal(text))).collect()
}

const SCRIPT: &str = r#"#Requires -Version 3.0
<#
.SYNOPSIS
    Configuration Manager: drivers of the boot image and driver packages A and B.
    Made by wimspect <<version>> for <<title>>.
.DESCRIPTION
    Needs the console of <<needs>>: its module has the parameters used here.
    (In older versions the same is done by hand: plan.txt and task-sequence-steps.txt say what.) Reads package-a.txt and
    package-b.txt beside this script. Asks before each change; -WhatIf shows what it would do.
    The shares must be UNC paths that the SMS Provider can read.
<<note>>.EXAMPLE
    .\configmgr.ps1 -SiteCode XYZ -BootImageId XYZ00001 -PackageSource \\server\packages -Share \\server\drivers -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    # Code of the site: the name of its PowerShell drive.
    [Parameter(Mandatory = $true)]
    [ValidatePattern('^[A-Za-z0-9]{3}$')]
    [string] $SiteCode,
    # Package id of the boot image; without it the boot image is left alone.
    [string] $BootImageId,
    # Folder for the sources of the driver packages (UNC); without it no package is made.
    [string] $PackageSource,
    # Name of the driver packages and categories; A (only the NIC) and B (the rest) are added to it.
    [string] $PackageName = <<name>>,
    # The driver shares, in the order of the plan.
    [string[]] $Share = @(<<roots>>)
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# The INF files for the boot image.
$boot = @(<<boot>>)

function Get-ListedInf([string] $List) {
    $path = Join-Path -Path $PSScriptRoot -ChildPath $List
    if (-not (Test-Path -LiteralPath $path)) { return }
    foreach ($line in Get-Content -LiteralPath $path -Encoding UTF8) {
        if ($line.StartsWith('#') -or $line.Length -eq 0) { continue }
        $number, $inf = $line.Split([char] 9, 2)
        [System.IO.Path]::Combine($Share[[int] $number - 1], $inf)
    }
}

<<test>>
$bootFiles = @(foreach ($driver in $boot) { [System.IO.Path]::Combine($Share[$driver.Share], $driver.Path) })
$packages = @(
    @{ Name = "$PackageName A"; Files = @(Get-ListedInf 'package-a.txt') },
    @{ Name = "$PackageName B"; Files = @(Get-ListedInf 'package-b.txt') }
)

$missing = @(@($bootFiles) + @($packages | ForEach-Object { $_.Files }) | Where-Object { -not (Test-Path -LiteralPath $_ -PathType Leaf) })
if ($missing.Count -gt 0) {
    throw ("These drivers are not there; is -Share right?`n" + ($missing -join "`n"))
}
<<warning>>
Import-Module -Name (Join-Path -Path (Split-Path -Parent $env:SMS_ADMIN_UI_PATH) -ChildPath 'ConfigurationManager.psd1')
Push-Location -LiteralPath "${SiteCode}:\"
try {
    if ($BootImageId -and $bootFiles.Count -gt 0) {
        $image = Get-CMBootImage -Id $BootImageId
        if (-not $image) { throw "There is no boot image with the id $BootImageId." }
        foreach ($file in $bootFiles) {
            if ($PSCmdlet.ShouldProcess("boot image $BootImageId", "Import $file, and add it")) {
                $drivers = @(Import-CMDriver -Path $file -ImportDuplicateDriverOption AppendCategory -EnableAndAllowInstall $true -DisableWildcardHandling)
                foreach ($driver in $drivers) {
                    Set-CMDriverBootImage -SetDriveBootImageAction AddDriverToBootImage -BootImage $image -Driver $driver
                }
            }
        }
        if ($PSCmdlet.ShouldProcess("boot image $BootImageId", 'Update the distribution points, and reload its properties')) {
            Update-CMDistributionPoint -BootImageId $BootImageId
            Set-CMBootImage -Id $BootImageId -Reload
        }
    }
    if ($PackageSource) {
        foreach ($package in $packages) {
            if ($package.Files.Count -eq 0) { continue }
            $what = "Make the driver package and the category '$($package.Name)', and import $($package.Files.Count) INF files"
            if (Get-CMDriverPackage -Name $package.Name -Fast) {
                Write-Warning "The driver package '$($package.Name)' is there already, and stays as it is: remove it, or name another one with -PackageName."
                continue
            }
            if (-not $PSCmdlet.ShouldProcess($PackageSource, $what)) { continue }
            $source = [System.IO.Path]::Combine($PackageSource, $package.Name)
            $made = New-CMDriverPackage -Name $package.Name -Path $source
            $category = Get-CMCategory -CategoryType DriverCategories -Name $package.Name
            if (-not $category) { $category = New-CMCategory -CategoryType DriverCategories -Name $package.Name }
            foreach ($file in $package.Files) {
                try {
                    [void] (Import-CMDriver -Path $file -DriverPackage $made -AdministrativeCategory $category -ImportDuplicateDriverOption AppendCategory -EnableAndAllowInstall $true -DisableWildcardHandling)
                } catch {
                    Write-Warning "$file was not imported: $_"
                }
            }
        }
        Write-Output 'Distribute the packages to the distribution points, then change the task sequence (task-sequence-steps.txt).'
    }
} finally {
    Pop-Location
}
"#;
