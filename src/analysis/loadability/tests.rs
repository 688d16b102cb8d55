//! What is missing, and what is only not known.

use std::sync::Arc;

use super::*;
use crate::facts::driver_binary::ImportedModule;

fn module(exports: &[&str], version: [u16; 4]) -> Arc<DriverBinary> {
    Arc::new(DriverBinary {
        exports: exports.iter().map(|e| (*e).to_owned()).collect(),
        file_version: Some(version),
        ..DriverBinary::default()
    })
}

fn driver(imports: &[(&str, &[&str])]) -> DriverBinary {
    let imports = imports.iter().map(|(module, functions)| ImportedModule {
        module: (*module).to_owned(),
        functions: functions.iter().map(|f| (*f).to_owned()).collect(),
    });
    DriverBinary { imports: imports.collect(), ..DriverBinary::default() }
}

#[test]
fn imports_are_looked_up_in_the_modules_of_the_image() {
    let version = [6, 1, 7600, 16385];
    let binaries = [
        ("Windows/System32/ntoskrnl.exe".to_owned(), module(&["IoCreateDevice", "#12"], version)),
        ("Windows/System32/drivers/NDIS.SYS".to_owned(), module(&["NdisMRegisterMiniportDriver"], version)),
        ("Windows/System32/drivers/unread.sys".to_owned(), module(&[], version)),
    ];
    let mut by_name = BTreeMap::new();
    for (path, binary) in &binaries {
        let exports = binary.exports.iter().map(String::as_str).collect();
        by_name.insert(file_name_of(path).to_lowercase(), Module { version: binary.file_version, exports });
    }
    let modules = Modules { by_name, unread: BTreeSet::from(["win32k.sys"]) };
    assert!(modules.is_complete());

    let lack = |imports: &[(&str, &[&str])]| modules.lacks(&driver(imports), |m| m == "own.sys");
    type Imports<'a> = &'a [(&'a str, &'a [&'a str])];
    let nothing_missing: &[Imports<'_>] = &[
        &[("NTOSKRNL.exe", &["IoCreateDevice"]), ("ndis.sys", &["NdisMRegisterMiniportDriver"])],
        &[("ext-ms-win-ntos-x.dll", &["Any"]), ("api-ms-y.dll", &["Any"])],
        &[("ntoskrnl.exe", &["#12", "#99"])],
        &[("win32k.sys", &["Any"]), ("unread.sys", &["Any"]), ("OWN.sys", &["Any"])],
    ];
    for imports in nothing_missing {
        assert_eq!(lack(imports), [], "{imports:?}");
    }
    let found = lack(&[("NDIS.SYS", &["NdisMRegisterMiniportDriver", "NdisMIdleNotificationComplete"])]);
    let wanted = Lack {
        module: "ndis.sys".to_owned(),
        version: Some(version),
        functions: vec!["NdisMIdleNotificationComplete".to_owned()],
    };
    assert_eq!(found, [wanted]);
    let found = lack(&[("storport.sys", &["StorPortInitialize"])]);
    assert_eq!(found, [Lack { module: "storport.sys".to_owned(), version: None, functions: Vec::new() }]);
}
