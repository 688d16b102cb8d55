//! The boot images of `fixtures/images`: every way to store one gives the same facts, and each oddity is what its README says.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use wimspect::facts::boot_image::{BootImage, Compression, DriverOrigin, WimFile};
use wimspect::scan::image::{ImageError, ImageOptions, check_integrity, read_folder, read_wim};

fn images() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/images")
}

fn options() -> ImageOptions {
    ImageOptions::new(PathBuf::from(env!("CARGO_BIN_EXE_wimspect")))
}

fn read(name: &str) -> (WimFile, Vec<BootImage>) {
    let (wim, images) = read_wim(&[images().join(name)], &options()).unwrap_or_else(|e| panic!("{e}"));
    for image in &images {
        assert_eq!(image.problems, [], "{name}");
    }
    (wim, images)
}

/// `name: origin[=oemN.inf]`, without the INFs that lie in Windows/INF only.
fn staged(image: &BootImage) -> Vec<String> {
    let staged = image.drivers.iter().filter(|d| d.inf_path.contains("FileRepository"));
    staged
        .map(|d| match (&d.origin, &d.published_name) {
            (DriverOrigin::Injected, Some(name)) => format!("{}={name}", d.inf_name),
            (DriverOrigin::Inbox, None) => d.inf_name.clone(),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn every_source_of_a_version_is_read() {
    // File; boot index; XML, SOFTWARE, kernel, servicing package; product and start of services; drivers.
    let cases = [
        ("6.0.6001-amd64-monolithic.wim", Some(1), "6.0.6001.18000", "6.0.6001.18000", vec!["fxmono.inf=oem0.inf"]),
        ("6.0.6001-x86-no-nic.wim", Some(1), "6.0.6001.18000", "6.0.6001.18000", vec![]),
        ("6.1.7600-amd64-inbox-monolithic.wim", Some(1), "6.1.7600.16385", "6.1.7600.16385", vec!["fxmono.inf"]),
        ("6.1.7600-x86-inbox-monolithic.wim", Some(1), "6.1.7600.16385", "6.1.7600.16385", vec!["fxmono.inf"]),
        (
            "10.0.19041-amd64-inbox-two-tier.wim",
            Some(1),
            "10.0.19041.1",
            "10.0.19041.1",
            vec!["netbvbda.inf", "netbxnda.inf"],
        ),
        (
            "multi-tier-injected.wim",
            Some(1),
            "6.1.7600.16385",
            "6.1.7600.16385",
            vec!["bxnd.inf=oem0.inf", "bxvbd.inf=oem1.inf"],
        ),
        ("staged-only.wim", Some(1), "10.0.19041.1", "10.0.19041.1", vec!["bxnd.inf=oem0.inf", "bxvbd.inf=oem1.inf"]),
        ("stale-xml.wim", Some(1), "6.0.6001.18000", "6.1.7600.16385", vec![]),
        ("no-windows-element.wim", Some(1), "", "6.1.7600.16385", vec![]),
        ("unknown-newer.wim", Some(1), "10.0.60000.1", "10.0.60000.1", vec![]),
        ("no-boot-index.wim", None, "6.1.7600.16385", "6.1.7600.16385", vec![]),
    ];
    for (name, boot_index, xml, kernel, drivers) in cases {
        let (wim, images) = read(name);
        let image = &images[0];
        let versions = &image.versions;
        assert_eq!((wim.boot_index, image.boot_index), (boot_index, boot_index == Some(1)), "{name}");
        assert_eq!(versions.wim_xml.as_ref().map(|r| r.value.to_string()).unwrap_or_default(), xml, "{name}");
        assert_eq!(image.xml.has_windows, !xml.is_empty(), "{name}");
        assert_eq!(versions.binaries[0].value.to_string(), kernel, "{name}");
        assert_eq!(versions.binaries[0].place, "Windows/System32/ntoskrnl.exe");
        let hive = versions.software_hive.as_ref().unwrap();
        assert!(kernel.starts_with(&hive.value.to_string()), "{name}: {hive:?}");
        assert_eq!(versions.servicing[0].value.to_string(), kernel, "{name}");
        assert!(versions.system_hive.as_ref().unwrap().value.starts_with("CSDBuildNumber "), "{name}");
        assert_eq!(staged(image), drivers, "{name}");
        let arch = if name.contains("x86") || name.contains("no-boot") { "x86" } else { "amd64" };
        assert!(image.archs.binaries.iter().chain(&image.archs.wim_xml).all(|r| r.value.name() == arch), "{name}");
        assert!(
            image.details.startup.initialises_network == ["wpeinit"] || image.markers.contains(&"sms/bin".to_owned()),
            "{name}"
        );
    }
}

#[test]
fn every_way_to_store_an_image_gives_the_same_facts() {
    let (_, reference) = read("6.1.7600-amd64-inbox-monolithic.wim");
    let cases = [
        ("packed-none.wim", Compression::None, false, false, false),
        ("packed-xpress.wim", Compression::Xpress, false, false, false),
        ("packed-lzms.wim", Compression::Lzms, false, false, false),
        ("packed-solid.wim", Compression::Lzms, true, false, false),
        ("packed-pipable.wim", Compression::Lzx, false, true, false),
        ("integrity-table.wim", Compression::Lzx, false, false, true),
    ];
    for (name, compression, solid, pipable, table) in cases {
        let (wim, mut images) = read(name);
        assert_eq!(
            (wim.compression, wim.solid, wim.pipable, wim.has_integrity_table),
            (compression, solid, pipable, table),
            "{name}"
        );
        // The XML data differ in what depends on the storing.
        images[0].xml = reference[0].xml.clone();
        assert_eq!(images, reference, "{name}");
        let checked = check_integrity(&[images_path(name)], &options()).unwrap();
        assert_eq!((checked.table, checked.streams), (table.then_some(Ok(())), Ok(())), "{name}");
    }
}

fn images_path(name: &str) -> PathBuf {
    images().join(name)
}

#[test]
fn parts_of_a_split_wim_are_found_and_missed() {
    let (wim, reference) = read("split.swm");
    assert_eq!((wim.total_parts, wim.part_number, wim.boot_index), (2, 1, None));
    let (first, second) = (images_path("split.swm"), images_path("split2.swm"));
    for paths in [vec![second.clone()], vec![second.clone(), first.clone()], vec![first.clone(), second.clone()]] {
        let (again, images) = read_wim(&paths, &options()).unwrap();
        assert!(again == wim && images == reference, "{paths:?}");
    }
    let alone = tempfile::tempdir().unwrap();
    for (part, missing, looked_for) in [(&first, 2, "split2.swm"), (&second, 1, "split.swm")] {
        let copy = alone.path().join(part.file_name().unwrap());
        std::fs::copy(part, &copy).unwrap();
        let error = read_wim(std::slice::from_ref(&copy), &options()).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, ImageError::MissingPart { missing: m, total: 2, .. } if m == missing), "{text}");
        assert!(text.contains(looked_for) && text.contains("put all parts into one folder"), "{text}");
        std::fs::remove_file(copy).unwrap();
    }
    let other = images_path("packed-none.wim");
    assert!(matches!(read_wim(&[first.clone(), other], &options()), Err(ImageError::OtherPart { .. })));
    // In another case, as Windows tools write it.
    std::fs::copy(&first, alone.path().join("BOOT.SWM")).unwrap();
    std::fs::copy(&second, alone.path().join("boot2.swm")).unwrap();
    let (_, images) = read_wim(&[alone.path().join("BOOT.SWM")], &options()).unwrap();
    assert_eq!(images, reference);
}

#[test]
fn every_image_of_a_wim_is_looked_at() {
    let (wim, images) = read("setup-media.wim");
    assert_eq!((wim.image_count, wim.boot_index), (2, Some(2)));
    assert_eq!(images.iter().map(|i| (i.index, i.boot_index)).collect::<Vec<_>>(), [(1, false), (2, true)]);
    assert_eq!(images.iter().map(|i| i.xml.flags.as_deref()).collect::<Vec<_>>(), [Some("9"), Some("2")]);
    assert_eq!(images.iter().map(staged).collect::<Vec<_>>(), [vec!["fxmono.inf=oem0.inf"], vec![]]);
    let (_, images) = read("not-windows-pe.wim");
    assert_eq!(images[0].winpe_signs, Vec::<String>::new());
}

#[test]
fn services_and_indexes_of_drivers_are_read() {
    let start = |image: &BootImage, name: &str| {
        image.services.as_ref().unwrap().iter().find(|s| s.name == name).and_then(|s| s.start)
    };
    let (_, images) = read("multi-tier-injected.wim");
    assert_eq!((start(&images[0], "b06bdrv"), start(&images[0], "l2nd")), (Some(0), Some(3)));
    assert_eq!(images[0].details.critical_devices.len(), 8);
    let driver = &images[0].drivers.iter().find(|d| d.inf_name == "bxvbd.inf").unwrap();
    assert!(driver.catalog_found && driver.store_files.contains(&"bxvbda.sys".to_owned()), "{driver:?}");
    assert!(
        driver.binaries.iter().any(|(name, binary)| name == "bxvbda.sys" && binary.kmdf == Some((1, 5))),
        "{:?}",
        driver.binaries
    );

    let (_, images) = read("staged-only.wim");
    assert_eq!((start(&images[0], "b06bdrv"), start(&images[0], "NDIS")), (None, Some(0)));
    let databases: Vec<_> =
        images[0].details.driver_databases.iter().map(|d| (d.hive.as_str(), d.packages.len())).collect();
    assert_eq!(databases, [("SYSTEM", 2), ("DRIVERS", 0)]);

    let (_, images) = read("10.0.19041-amd64-inbox-two-tier.wim");
    let in_drivers = &images[0].details.driver_databases[1];
    assert_eq!((in_drivers.hive.as_str(), in_drivers.packages.len()), ("DRIVERS", 2));
    let bus = in_drivers
        .packages
        .iter()
        .find(|p| p.inf_name.as_deref().or(p.published_name.as_deref()) == Some("netbvbda.inf"));
    assert!(bus.is_some_and(|p| p.described && p.version.is_some() && p.class_guid.is_some()), "{bus:?}");
}

#[test]
fn exports_are_read_when_asked_for() {
    let mut options = options();
    options.want_exports = true;
    let path = images_path("6.1.7600-amd64-inbox-monolithic.wim");
    let (_, images) = read_wim(&[path], &options).unwrap();
    let exports = |name: &str| {
        let found = images[0].details.system_binaries.iter().find(|(p, _)| p.ends_with(name));
        found.map_or(0, |(_, b)| b.exports.len())
    };
    assert!(exports("ndis.sys") > 0);
    let (_, without) = read("6.1.7600-amd64-inbox-monolithic.wim");
    assert!(without[0].details.system_binaries.iter().all(|(_, b)| b.exports.is_empty()));
    // Every module that a driver imports from and that is in the image can be asked for its exports.
    for driver in &images[0].drivers {
        for (_, binary) in &driver.binaries {
            for import in &binary.imports {
                let suffix = format!("/{}", import.module.to_lowercase());
                let known = images[0].details.system_binaries.iter().any(|(p, _)| p.to_lowercase().ends_with(&suffix));
                assert!(known, "{}", import.module);
            }
        }
    }
}

#[test]
fn an_extracted_image_says_the_same_as_the_wim() {
    let (_, reference) = read("6.1.7600-amd64-inbox-monolithic.wim");
    let folder = tempfile::tempdir().unwrap();
    if !extract("6.1.7600-amd64-inbox-monolithic.wim", folder.path()) {
        return eprintln!("skipped: wimlib-imagex is not installed");
    }
    let image = read_folder(folder.path(), &options()).unwrap();
    assert_eq!(image.problems, []);
    assert_eq!(image.versions.wim_xml, None);
    assert_eq!(image.versions.binaries, reference[0].versions.binaries);
    assert_eq!((&image.drivers, &image.services), (&reference[0].drivers, &reference[0].services));
    assert_eq!((image.file_count, image.total_bytes), (reference[0].file_count, reference[0].total_bytes));
    assert_eq!((&image.markers, &image.details), (&reference[0].markers, &reference[0].details));
}

fn extract(name: &str, target: &Path) -> bool {
    let status = std::process::Command::new("wimlib-imagex")
        .args(["apply", "--no-acls", "--no-attributes"])
        .arg(images_path(name))
        .arg("1")
        .arg(target)
        .stdout(std::process::Stdio::null())
        .status();
    status.is_ok_and(|s| s.success())
}

#[test]
fn many_images_can_be_read_at_once() {
    let seen = Arc::new(Mutex::new(0));
    std::thread::scope(|scope| {
        for name in ["packed-none.wim", "packed-solid.wim", "setup-media.wim", "stale-xml.wim"] {
            let seen = seen.clone();
            scope.spawn(move || {
                for _ in 0..3 {
                    *seen.lock().unwrap() += read(name).1.len();
                }
            });
        }
    });
    assert_eq!(*seen.lock().unwrap(), 15);
}

#[test]
fn staged_but_not_published_is_said_once_when_it_is_usual() {
    let inf = "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\nClassGuid={4D36E972-E325-11CE-BFC1-08002BE10318}\n";
    for (count, problems, text) in
        [(1, 1, "staged in the driver store, but not published"), (12, 1, "12 drivers are staged")]
    {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("WINDOWS/system32/driverstore/filerepository");
        for number in 0..count {
            let package = store.join(format!("d{number}.inf_amd64_neutral_0000000000000000"));
            std::fs::create_dir_all(&package).unwrap();
            std::fs::write(package.join(format!("d{number}.inf")), format!("{inf}; {number}\n")).unwrap();
        }
        let published = folder.path().join("WINDOWS/inf");
        std::fs::create_dir_all(&published).unwrap();
        std::fs::write(published.join("OEM7.INF"), format!("{inf}; unstaged\n")).unwrap();
        std::fs::write(published.join("defltbase.inf"), "[Version]\nSignature=\"$CHICAGO$\"\n").unwrap();
        let image = read_folder(folder.path(), &options()).unwrap();
        assert_eq!(image.windows_folder.as_deref(), Some("WINDOWS"));
        assert_eq!(image.drivers.len(), count + 1, "a security template is no driver");
        let unstaged = image.drivers.iter().find(|d| d.inf_name == "OEM7.INF").unwrap();
        assert_eq!((unstaged.origin, unstaged.published_name.as_deref()), (DriverOrigin::Injected, Some("OEM7.INF")));
        assert_eq!(image.problems.len(), problems, "{:?}", image.problems);
        assert!(image.problems[0].message.contains(text), "{:?}", image.problems);
    }
}
