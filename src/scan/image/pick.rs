//! Which files of an image say something that is asked for. Everything else stays in the WIM.

use super::tree::{Tree, has_extension};
use crate::scan::wim::protocol::Entry;

/// Below the Windows folder.
pub(super) const CONFIG: &str = "System32/config";
/// Below the Windows folder.
pub(super) const FILE_REPOSITORY: &str = "System32/DriverStore/FileRepository";
/// Below the Windows folder.
const CATROOT: &str = "System32/CatRoot";
/// Most catalogs of CatRoot that are read; real images have some hundreds.
const MOST_CATALOGS: usize = 5_000;
/// Most bytes of them.
const MOST_CATALOG_BYTES: u64 = 128 << 20;
/// Below the Windows folder.
pub(super) const DRIVERS: &str = "System32/drivers";
/// The modules that say version and architecture, in the order in which they are asked, below the Windows folder.
pub(super) const VERSION_MODULES: [&str; 7] = [
    "System32/ntoskrnl.exe",
    "System32/ntdll.dll",
    "System32/kernel32.dll",
    "System32/hal.dll",
    "System32/drivers/ndis.sys",
    "System32/drivers/netio.sys",
    "System32/drivers/tcpip.sys",
];

/// Files and folders that tell what kind of boot image it is (FACTS.md 5.3), below the root. `{w}` is the Windows folder.
const MARKERS: [&str; 24] = [
    "sms/bin",
    "sms/bin/i386/TsmBootstrap.exe",
    "sms/bin/x64/TsmBootstrap.exe",
    "sms/data/TsmBootstrap.ini",
    "_SMSTaskSequence",
    "Deploy/Scripts",
    "Deploy/Scripts/LiteTouch.wsf",
    "Deploy/Tools",
    "setup.exe",
    "sources/setup.exe",
    "sources/recovery",
    "Unattend.xml",
    "{w}/Pkgmgr/pkgmgr.exe",
    "{w}/System32/Dism.exe",
    "{w}/System32/pkgmgr.exe",
    "{w}/System32/winpeshl.exe",
    "{w}/System32/winpeshl.ini",
    "{w}/System32/startnet.cmd",
    "{w}/System32/wpeinit.exe",
    "{w}/System32/drvload.exe",
    "{w}/System32/drivers/ndis.sys",
    "{w}/System32/drivers/Wdf01000.sys",
    "{w}/System32/drivers/NetAdapterCx.sys",
    "{w}/INF/setupapi.offline.log",
];

/// The folder that holds Windows, as spelled: `Windows`, else the only folder at the root with a System32.
pub(super) fn windows_folder(tree: &Tree) -> Option<String> {
    let holds_system = |e: &&Entry| e.is_folder() && tree.get(&format!("{}/System32", e.path)).is_some();
    let candidates: Vec<&Entry> = tree.roots().filter(holds_system).collect();
    let usual = candidates.iter().find(|e| e.path.eq_ignore_ascii_case("Windows"));
    match (usual, candidates.as_slice()) {
        (Some(entry), _) => Some(entry.path.clone()),
        (None, [only]) => Some(only.path.clone()),
        _ => None,
    }
}

/// The markers that are there, as spelled in the image.
pub(super) fn markers(tree: &Tree, windows: &str) -> Vec<String> {
    let found = MARKERS.iter().filter_map(|m| tree.get(&m.replace("{w}", windows)));
    let mut markers: Vec<String> = found.map(|e| e.path.clone()).collect();
    markers.sort();
    markers
}

/// Answer files that wpeinit would read.
pub(super) fn answer_files<'t>(tree: &'t Tree, windows: &str) -> Vec<&'t Entry> {
    let places = [
        "Unattend.xml".to_owned(),
        "Autounattend.xml".to_owned(),
        "_SMSTaskSequence/WinPE/WinPeUnattend.xml".to_owned(),
        format!("{windows}/System32/Unattend.xml"),
        format!("{windows}/Panther/Unattend.xml"),
    ];
    places.iter().filter_map(|p| tree.file(p)).collect()
}

/// Everything that is read of an image in the first go.
pub(super) fn wanted<'t>(tree: &'t Tree, windows: &str) -> Vec<&'t Entry> {
    let mut wanted: Vec<&Entry> = Vec::new();
    let hives = ["SOFTWARE", "SYSTEM", "DRIVERS"].map(|h| format!("{CONFIG}/{h}"));
    let files = ["System32/startnet.cmd", "System32/winpeshl.ini"].map(str::to_owned);
    let modules = VERSION_MODULES.map(str::to_owned);
    wanted.extend(hives.into_iter().chain(files).chain(modules).filter_map(|f| tree.file(&format!("{windows}/{f}"))));
    wanted.extend(answer_files(tree, windows));
    wanted.extend(system_drivers(tree, windows));
    wanted.extend(published_infs(tree, windows));
    let store = tree.below(&format!("{windows}/{FILE_REPOSITORY}"));
    let is_read = |e: &&Entry| [".inf", ".sys", ".cat"].iter().any(|x| has_extension(&e.path, x));
    wanted.extend(store.filter(|e| !e.is_folder()).filter(is_read));
    wanted.extend(catroot(tree, windows));
    wanted
}

/// Catalogs in CatRoot, by which Windows finds out who signed a file.
pub(super) fn catroot<'t>(tree: &'t Tree, windows: &str) -> Vec<&'t Entry> {
    let files = tree.below(&format!("{windows}/{CATROOT}"));
    let found = files.filter(|e| !e.is_folder() && has_extension(&e.path, ".cat"));
    let mut left = MOST_CATALOG_BYTES;
    // Damaged or made-up images may name very many.
    let within = found.take_while(|e| {
        left = left.saturating_sub(e.size());
        left > 0
    });
    within.take(MOST_CATALOGS).collect()
}

/// `.sys` files directly in System32/drivers.
pub(super) fn system_drivers<'t>(tree: &'t Tree, windows: &str) -> Vec<&'t Entry> {
    files_in(tree, &format!("{windows}/{DRIVERS}"), ".sys")
}

/// Names of the modules directly in System32, in lower case.
pub(super) fn system_modules(tree: &Tree, windows: &str) -> Vec<String> {
    let files = tree.children(&format!("{windows}/System32")).filter(|e| !e.is_folder());
    let files = files.filter(|e| [".dll", ".exe", ".sys"].iter().any(|x| has_extension(&e.path, x)));
    let mut names: Vec<String> = files.map(|e| super::tree::file_name(&e.path).to_lowercase()).collect();
    names.sort();
    names
}

/// `.inf` files directly in Windows/INF.
pub(super) fn published_infs<'t>(tree: &'t Tree, windows: &str) -> Vec<&'t Entry> {
    files_in(tree, &format!("{windows}/INF"), ".inf")
}

fn files_in<'t>(tree: &'t Tree, folder: &str, extension: &str) -> Vec<&'t Entry> {
    tree.children(folder).filter(|e| !e.is_folder() && has_extension(&e.path, extension)).collect()
}
