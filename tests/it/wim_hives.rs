//! Real registry hives (public test data, not part of this project): read when `WIMSPECT_CORPUS` names the corpus and the
//! folder `hives` lies beside it.

use std::path::PathBuf;
use std::process::Command;

use wimspect::facts::boot_image::registry::{System, system};
use wimspect::facts::driver_package::DriverDate;
use wimspect::formats::hive::{HiveRead, read};

fn hive(name: &str) -> Option<Vec<u8>> {
    let corpus = PathBuf::from(std::env::var_os("WIMSPECT_CORPUS")?);
    let path = corpus.parent()?.join("hives").join(name);
    let output = Command::new("xz").arg("-dkc").arg(&path).output().ok()?;
    if output.status.success() && !output.stdout.is_empty() {
        return Some(output.stdout);
    }
    eprintln!("skipped: {} can not be unpacked", path.display());
    None
}

fn skipped() {
    eprintln!("skipped: WIMSPECT_CORPUS does not name the corpus, or there are no hives beside it");
}

#[test]
fn windows_7_starts_two_tiers_from_its_critical_devices() {
    let Some(bytes) = hive("windows7-sp1-x86-SYSTEM.xz") else { return skipped() };
    let HiveRead { value, dirty, problems } = read(&bytes, system);
    let system = value.unwrap();
    assert!(!dirty && problems.is_empty(), "{problems:?}");
    assert_eq!((system.csd_version, system.csd_build_number), (Some(256), Some(17514)));
    assert!(system.driver_database.is_none() && !system.mini_nt);
    for (name, image, start) in [("b06bdrv", "bxvbdx.sys", 3), ("ebdrv", "evbdx.sys", 3)] {
        let service = system.services.iter().find(|s| s.name == name).unwrap();
        assert!(service.image_path.as_ref().unwrap().to_lowercase().ends_with(image), "{service:?}");
        assert_eq!(service.start, Some(start), "{service:?}");
    }
    for (id, service) in [("PCI\\VEN_14E4&DEV_1639", "b06bdrv"), ("PCI\\VEN_14E4&DEV_16AC", "b06bdrv")] {
        let device = system.critical_devices.iter().find(|d| d.id.as_str() == id).unwrap();
        assert_eq!(device.service.as_deref(), Some(service));
        assert_eq!(device.class_guid.as_deref(), Some("{4D36E97D-E325-11CE-BFC1-08002BE10318}"));
    }
    assert_eq!(system.critical_devices.len(), 2548);
}

#[test]
fn windows_8_1_lists_its_drivers_and_is_dirty() {
    let Some(bytes) = hive("windows8.1-x64-SYSTEM.xz") else { return skipped() };
    let HiveRead { value, dirty, problems } = read(&bytes, system);
    assert!(dirty && problems[0].contains("dirty"), "{problems:?}");
    let System { driver_database, services, .. } = value.unwrap();
    let database = driver_database.unwrap();
    assert_eq!(database.packages.len(), 159);
    assert!(database.packages.iter().all(|p| p.version.is_some() && p.date.is_some() && p.provider.is_some()));
    assert_eq!(database.packages.iter().filter(|p| p.described).count(), 133);
    let without_devices = database.packages.iter().filter(|p| p.described && p.descriptors.is_empty());
    assert_eq!(without_devices.map(|p| p.key.as_str()).collect::<Vec<_>>(), ["npsvctrig.inf_amd64_74cbcd747a949f0a"]);
    let bus = database.packages.iter().find(|p| p.key == "netbvbda.inf_amd64_df2861c323dcdf5c").unwrap();
    assert_eq!((bus.version, bus.signer_score), (Some([7, 4, 14, 1]), Some(0x0D00_0003)));
    assert!(bus.date.is_some_and(|d| d > DriverDate { year: 2011, month: 1, day: 1 }), "{:?}", bus.date);
    let device = bus.descriptors.iter().find(|d| d.id.as_str() == "PCI\\VEN_14E4&DEV_1639").unwrap();
    let section = bus.configurations.iter().find(|c| Some(&c.section) == device.configuration.as_ref()).unwrap();
    assert_eq!(section.service.as_deref(), Some("b06bdrv"));
    assert!(database.device_ids.iter().any(|d| d.id.as_str() == "PCI\\VEN_14E4&DEV_1639" && d.inf == "netbvbda.inf"));
    assert!(services.iter().any(|s| s.name == "b06bdrv" && s.start == Some(0) && s.owners == ["netbvbda.inf"]));
}

#[test]
fn damaged_hives_give_problems_and_end() {
    let Some(bytes) = hive("windows8.1-x64-SYSTEM.xz") else { return skipped() };
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 8).unwrap()
    };
    for round in 0..60 {
        let mut damaged = bytes.clone();
        for _ in 0..40 {
            // The first half holds nearly all keys of this hive; every third round hits the header.
            let at = if round % 3 == 0 { random() % 512 } else { 4096 + random() % (bytes.len() / 2) };
            damaged[at] = random() as u8;
        }
        if round % 5 == 0 {
            damaged.truncate(random() % bytes.len());
        }
        let _ = read(&damaged, system);
    }
}
