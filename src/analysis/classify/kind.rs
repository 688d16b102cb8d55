//! What kind of boot image it is, by the signs of inf-db.

use crate::analysis::evidence::{Evidence, Place};
use crate::facts::boot_image::BootImage;
use crate::inf_db::{ImageKindRow, InfDb};

/// The id of an image that is no Windows PE, or of which nothing is known.
pub const UNKNOWN: &str = "unknown";

/// The kind of an image with the signs that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageKind {
    /// Id of the table, or `unknown`.
    pub id: String,
    /// For people.
    pub title: String,
    /// Its signs.
    pub evidence: Vec<Evidence>,
}

/// Looks for the signs of every kind; the first that fits decides.
pub fn classify(image: &BootImage, place: &Place, db: &InfDb) -> ImageKind {
    let unknown =
        || ImageKind { id: UNKNOWN.to_owned(), title: "kind of image not known".to_owned(), evidence: Vec::new() };
    if image.winpe_signs.is_empty() {
        return unknown();
    }
    for row in db.boot_images().kinds() {
        let signs = signs(image, row);
        if !signs.is_empty() || row.is_rest() {
            let evidence = signs
                .into_iter()
                .map(|s| Evidence::new("image-kind", s).at(place.clone()).from_source(row.source.clone()));
            return ImageKind { id: row.id.clone(), title: row.title.clone(), evidence: evidence.collect() };
        }
    }
    unknown()
}

/// What of a kind's signs is in the image.
fn signs(image: &BootImage, row: &ImageKindRow) -> Vec<String> {
    let windows = image.windows_folder.as_deref().unwrap_or("Windows");
    let is_there = |path: &&String| {
        let path = path.replace("{windows}", windows);
        image.markers.iter().any(|m| m.eq_ignore_ascii_case(&path))
    };
    let shown = |path: &String| path.replace("{windows}", windows);
    let mut found: Vec<String> = row.any.iter().filter(is_there).map(shown).collect();
    if !row.all.is_empty() && row.all.iter().all(|path| is_there(&path)) {
        found.extend(row.all.iter().map(shown));
    }
    let flags = image.xml.flags.iter().filter(|f| row.flags.contains(f));
    found.extend(flags.map(|f| format!("FLAGS {f} in the XML data")));
    let root = image.details.winpe_key.as_ref().and_then(|k| k.inst_root.as_ref());
    let root = root.filter(|r| row.inst_root.iter().any(|known| known.eq_ignore_ascii_case(r)));
    found.extend(root.map(|r| format!("InstRoot {r} in the SOFTWARE hive")));
    let commands = image.details.startup.commands();
    let only = |c: &&str| row.startnet_only.iter().any(|known| known.eq_ignore_ascii_case(c));
    if !row.startnet_only.is_empty() && !commands.is_empty() && commands.iter().all(only) {
        found.push(format!("starts {} and nothing else", commands.join(", ")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::boot_image::registry::WinPeKey;
    use crate::facts::boot_image::startup;
    use crate::facts::boot_image::{ImageDetails, VersionSources, XmlImage};

    fn image(markers: &[&str], startnet: &str) -> BootImage {
        let mut details = ImageDetails::default();
        details.startup.startnet = Some(startup::startnet(startnet.as_bytes()));
        BootImage {
            index: 1,
            boot_index: true,
            xml: XmlImage::default(),
            file_count: 0,
            total_bytes: 0,
            windows_folder: Some("WINDOWS".to_owned()),
            winpe_signs: vec!["x".to_owned()],
            versions: VersionSources::default(),
            archs: crate::facts::boot_image::ArchSources::default(),
            product_type: None,
            drivers: Vec::new(),
            services: None,
            markers: markers.iter().map(|m| (*m).to_owned()).collect(),
            details,
            problems: Vec::new(),
            reading_failed: false,
        }
    }

    #[test]
    fn signs_tell_the_kind() {
        for (markers, startnet, kind) in [
            (&["SMS/bin"][..], "wpeinit", "configmgr"),
            (&["WINDOWS/Pkgmgr/pkgmgr.exe"], "wpeinit", "configmgr"),
            (&["Deploy/Tools", "setup.exe", "sources/setup.exe"], "wpeinit", "mdt"),
            (&["sources/recovery"], "wpeinit", "winre"),
            (&["setup.exe", "sources/setup.exe"], "wpeinit", "setup-media"),
            (&["setup.exe"], "wpeinit", "adk"),
            (&[], "@echo off\r\nwpeinit", "adk"),
            (&[], "wpeinit\r\nstart shell.exe", "custom"),
            (&[], "", "custom"),
        ] {
            let found = classify(&image(markers, startnet), &Place::default(), InfDb::embedded());
            assert_eq!(found.id, kind, "{markers:?} {startnet}");
            assert_eq!(found.evidence.is_empty(), kind == "custom");
        }
        let mut media = image(&[], "wpeinit");
        media.details.winpe_key = Some(WinPeKey { inst_root: Some("x:\\$windows.~bt\\".to_owned()), version: None });
        assert_eq!(classify(&media, &Place::default(), InfDb::embedded()).id, "setup-media");
        media.winpe_signs.clear();
        assert_eq!(classify(&media, &Place::default(), InfDb::embedded()).id, UNKNOWN);
    }
}
