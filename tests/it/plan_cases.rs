//! `wimspect plan`, case by case: which driver goes where, and what the scripts hold for it.

use std::path::Path;

use serde_json::Value;

use crate::support::{copy_tree, finish, fixture, items, program, text};

/// A share made of fixtures, and what is to be changed in it.
struct Share(tempfile::TempDir);

impl Share {
    fn of(packages: &[&str]) -> Self {
        let share = Self(tempfile::tempdir().unwrap());
        for package in packages {
            copy_tree(&fixture(package), &share.path(package));
        }
        share
    }

    fn path(&self, below: &str) -> std::path::PathBuf {
        self.0.path().join("share").join(below)
    }

    fn edit(&self, file: &str, change: impl Fn(&str) -> String) {
        let path = self.path(file);
        let old = std::fs::read_to_string(&path).unwrap();
        let new = change(&old);
        assert_ne!(old, new, "{file}");
        std::fs::write(&path, new).unwrap();
    }

    fn remove(&self, file: &str) {
        std::fs::remove_file(self.path(file)).unwrap();
    }

    /// Plans, and gives plan.json and the folder.
    fn plan(&self, image: &str, words: &str) -> (Value, std::path::PathBuf) {
        let out = self.0.path().join("plan");
        let mut command = program();
        command.args(["plan", "--no-progress", "--boot-image"]).arg(fixture("images").join(image));
        command.arg(self.path("")).args(words.split_whitespace()).arg("--output").arg(&out);
        let run = finish(&mut command);
        assert_eq!(run.code, Some(0), "{image}: {}", run.stderr);
        let json = serde_json::from_slice(&std::fs::read(out.join("plan.json")).unwrap()).unwrap();
        (json, out)
    }
}

fn file(out: &Path, name: &str) -> String {
    std::fs::read_to_string(out.join(name)).unwrap()
}

fn paths(list: &Value) -> Vec<String> {
    let of =
        |d: &Value| d.get("path").or_else(|| d.get("driver")?.get("path")).unwrap_or(d).as_str().unwrap().to_owned();
    items(list).iter().map(of).collect()
}

fn drivers(sets: &Value) -> Vec<String> {
    items(sets).iter().flat_map(|s| paths(&s["drivers"])).collect()
}

#[test]
fn a_section_that_gives_no_driver_gives_no_network() {
    for null in ["Include = machine.inf\r\nNeeds = NO_DRV.Services", "AddService = ,2"] {
        let share = Share::of(&["share/netxtreme2-monolithic"]);
        share.edit("share/netxtreme2-monolithic/fxmono.inf", |inf| {
            inf.replace("AddService = fxmono, 2, Service.x86", null)
        });
        let (json, out) = share.plan("6.0.6001-x86-no-nic.wim", "");
        let plan = &json["plans"][0];
        assert!(items(&plan["inject"]).is_empty(), "{plan:#}");
        let left = &items(&plan["without_driver"])[0];
        assert_eq!(text(left, "/reason"), "null-driver", "{left:#}");
        assert!(file(&out, "plan.txt").contains("gives them no driver"));
    }
}

#[test]
fn audit_takes_a_null_driver_for_none_as_well() {
    let share = Share::of(&["share/netxtreme2-monolithic"]);
    share.edit("share/netxtreme2-monolithic/fxmono.inf", |inf| {
        inf.replace("AddService = fxmono, 2, Service.amd64", "AddService = ,2")
    });
    let mut command = program();
    command.args(["audit", "--no-progress", "--format", "json", "--boot-image"]);
    command.arg(fixture("images/6.0.6001-amd64-no-nic.wim")).arg("--fleet").arg(fixture("fleet/models"));
    let run = finish(command.arg(share.path("")));
    assert!(run.text().contains("\"kind\":\"null-driver\""), "{}", run.text());
    assert!(run.text().contains("whose section for it gives it no driver"), "{}", run.text());
}

#[test]
fn what_passes_needs_nothing_to_be_done() {
    let share = Share::of(&["share/netxtreme2-multitier"]);
    for (image, words, kept_out) in [
        ("6.1.7600-x86-inbox-monolithic.wim", "--content download --source install-package --deploy-os 6.1", 0),
        ("6.1.7600-x86-inbox-monolithic.wim", "--source install-package --deploy-os 6.1", 1),
        ("6.0.6001-amd64-monolithic.wim", "--content download --source install-package --deploy-os 6.0", 1),
    ] {
        let (json, out) = share.plan(image, words);
        let plan = &json["plans"][0];
        assert_eq!(items(&plan["keep_out"]).len(), kept_out, "{image} {words}");
        let said = file(&out, "plan.txt").contains("Nothing needs to be done about drivers");
        assert_eq!(said, kept_out == 0, "{image} {words}");
        assert_eq!(items(&plan["solutions"]).is_empty(), kept_out == 0, "{image} {words}");
    }
}

#[test]
fn package_b_holds_no_other_driver_of_the_affected_nic() {
    let share = Share::of(&[
        "share/netxtreme2-multitier",
        "share/netxtreme2-multitier-older",
        "share/netxtreme2-monolithic",
        "share/intel-like-monolithic",
    ]);
    let (json, out) = share.plan("6.0.6001-amd64-monolithic.wim", "--deploy-os 6.0");
    let plan = &json["plans"][0];
    let offered = paths(&plan["offer"]);
    assert!(offered.iter().all(|p| !p.contains("netxtreme2-multi")), "{offered:?}");
    assert!(offered.iter().any(|p| p.ends_with("fxe1.inf")), "{offered:?}");
    let a = file(&out, "6.0.6001-amd64-monolithic.wim-1-amd64/package-a.txt");
    for inf in ["netxtreme2-multitier\\bxvbd.inf", "netxtreme2-multitier-older\\bxvbd.inf"] {
        assert!(a.contains(inf), "{inf}: {a}");
    }
}

#[test]
fn what_is_injected_is_never_kept_out() {
    let share = Share::of(&["share/netxtreme2-multitier", "share/netxtreme2-monolithic", "share/three-tier"]);
    for image in ["6.0.6001-x86-no-nic.wim", "6.1.7600-amd64-inbox-monolithic.wim", "multi-tier-injected.wim"] {
        let (json, _) = share.plan(image, "");
        for plan in items(&json["plans"]) {
            let out: Vec<String> = [drivers(&plan["keep_out"]), paths(&plan["keep_out_with_them"])].concat();
            let both: Vec<String> = drivers(&plan["inject"]).into_iter().filter(|d| out.contains(d)).collect();
            assert!(both.is_empty(), "{image}: {both:?}");
        }
    }
}

#[test]
fn what_audit_wants_out_of_driver_steps_is_in_neither_package() {
    let share = Share::of(&["share/netxtreme2-multitier", "share/intel-like-monolithic"]);
    // An extension INF in the article's share.
    share.edit("share/intel-like-monolithic/fxe1.inf", |inf| {
        inf.replace("class       = Net\n", "class       = Extension\n")
            .replace("{4d36e972-e325-11ce-bfc1-08002be10318}", "{e2f84ce7-8efa-411c-aa69-97454ca4cb57}")
    });
    let (json, _) = share.plan("6.0.6001-amd64-monolithic.wim", "--deploy-os 6.0");
    let plan = &json["plans"][0];
    assert_eq!(paths(&plan["left_out"]).len(), 1, "{:#}", plan["left_out"]);
    assert!(paths(&plan["offer"]).iter().all(|p| !p.ends_with("fxe1.inf")), "{:#}", plan["offer"]);
}

#[test]
fn an_unsigned_driver_does_not_end_the_batch() {
    // Its .sys is signed by itself: it loads, and is no error of audit. No catalog is there.
    let share = Share::of(&["rules/unsigned-driver/silent/share"]);
    let (_, out) = share.plan("10.0.19041-amd64-inbox-two-tier.wim", "");
    let folder = "10.0.19041-amd64-inbox-two-tier.wim-1-amd64";
    let batch = file(&out, &format!("{folder}/inject-drivers.cmd"));
    assert!(batch.contains("fxown.inf\" /ForceUnsigned"), "{batch}");
    assert!(file(&out, &format!("{folder}/inject-drivers.ps1")).contains("fxown.inf'; Unsigned = $true }"));
    assert!(file(&out, "plan.txt").contains("/ForceUnsigned"));
    let signed = Share::of(&["rules/sha2-only-signature/silent/share"]);
    let (_, out) = signed.plan("10.0.19041-amd64-inbox-two-tier.wim", "");
    assert!(!file(&out, &format!("{folder}/inject-drivers.cmd")).contains("/ForceUnsigned"));
}

#[test]
fn a_package_that_windows_does_not_take_is_not_injected() {
    // The file of the image's architecture, and the one of the other: the package is incomplete either way.
    for lost in ["fxmono6x.sys", "fxmono6a.sys"] {
        let share = Share::of(&["share/netxtreme2-monolithic"]);
        share.remove(&format!("share/netxtreme2-monolithic/{lost}"));
        let (json, _) = share.plan("6.0.6001-x86-no-nic.wim", "");
        let plan = &json["plans"][0];
        assert!(items(&plan["inject"]).is_empty(), "{lost}: {plan:#}");
        assert_eq!(text(&items(&plan["without_driver"])[0], "/reason"), "does-not-load", "{lost}");
    }
}

#[test]
fn wireless_drivers_are_nobody_s_business() {
    let share = Share::of(&["share/wlan"]);
    let (json, _) = share.plan("10.0.19041-amd64-inbox-two-tier.wim", "");
    let plan = &json["plans"][0];
    assert!(items(&plan["inject"]).is_empty() && items(&plan["keep_out"]).is_empty(), "{plan:#}");
}

#[test]
fn a_split_wim_gets_no_script_that_mounts_it() {
    let share = Share::of(&["rules/sha2-only-signature/silent/share"]);
    let (json, out) = share.plan("split.swm", "");
    assert!(file(&out, "plan.txt").contains("split WIM of 2 parts"), "{}", file(&out, "plan.txt"));
    assert!(!items(&json["plans"][0]["inject"]).is_empty(), "{json:#}");
    let scripts =
        walkdir::WalkDir::new(&out).into_iter().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    assert!(!scripts.into_iter().any(|n| n.starts_with("inject-drivers")));
}

#[test]
fn scripts_say_what_they_leave_undone() {
    let share = Share::of(&["share/netxtreme2-monolithic"]);
    let (json, out) = share.plan("multi-tier-injected.wim", "");
    let plan = &json["plans"][0];
    let taken = text(&items(&plan["remove"])[0], "/published_name");
    assert!(!text(&items(&plan["remove"])[0], "/confidence").is_empty());
    assert_eq!(items(&items(&plan["remove"])[0]["because"]).len(), 2);
    let folder = std::fs::read_dir(&out).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir()).unwrap();
    let script = file(&folder, "mdt-selection-profile.ps1");
    assert!(script.lines().any(|l| l.starts_with("Write-Warning '") && l.contains(taken)), "{script}");
    // Its console can do nothing with this boot image, and nothing is kept out: no script for it.
    assert!(!folder.join("configmgr.ps1").exists());
    assert!(file(&out, "plan.txt").contains("can not customize a boot image of this version"));
    let batch = file(&folder, "inject-drivers.cmd");
    if batch.contains("peimg.exe") {
        assert!(batch.contains("takes out none") && batch.contains("Make the boot image anew"), "{batch}");
    } else {
        assert!(batch.contains("/Remove-Driver"), "{batch}");
    }
}

#[test]
fn only_a_full_path_is_a_default_of_scripts() {
    let share = Share::of(&["share/netxtreme2-monolithic"]);
    let (_, out) = share.plan("6.0.6001-x86-no-nic.wim", "");
    let batch = file(&out, "6.0.6001-x86-no-nic.wim-1-x86/inject-drivers.cmd");
    let set = batch.lines().find(|l| l.starts_with("set \"SHARE1=")).unwrap();
    // The share of this test lies below the root of a Linux; on Windows it has a drive.
    assert_eq!(set == "set \"SHARE1=\"", cfg!(unix), "{set}");
    assert!(batch.contains("goto :missing"));
    assert!(file(&out, "6.0.6001-x86-no-nic.wim-1-x86/mdt-selection-profile.ps1").contains("IsPathRooted"));
}

#[test]
fn a_reason_names_no_other_image() {
    let share = Share::of(&["share/intel-like-monolithic"]);
    share.remove("share/intel-like-monolithic/fxe1.cat");
    let other = fixture("images/6.1.7600-amd64-inbox-monolithic.wim");
    let words = format!("--boot-image {}", other.display());
    let (json, _) = share.plan("10.0.19041-amd64-inbox-two-tier.wim", &words);
    for plan in items(&json["plans"]) {
        let reason = text(&items(&plan["without_driver"])[0], "/text");
        let image = text(plan, "/image").trim_end_matches(":1");
        assert!(reason.contains(image), "{reason}");
        assert_eq!(reason.matches(".wim").count(), 1, "{reason}");
    }
}
