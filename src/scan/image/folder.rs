//! A folder that holds an extracted or mounted image: the folder with `Windows` in it.

use std::path::Path;

use walkdir::WalkDir;

use super::ImageOptions;
use super::assemble::{Frame, boot_image};
use super::cache::Cache;
use super::contents::FolderContents;
use super::error::ImageError;
use super::identify::{Kind, identify};
use crate::facts::boot_image::{BootImage, ImageProblem, XmlImage};
use crate::scan::wim::protocol::{Entry, MAX_DEPTH, MAX_ENTRIES, Stream};
use crate::scan::wim::{FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT};

/// Reads a folder as one image. It has no WIM header and no XML data; symbolic links are not followed.
pub fn read_folder(path: &Path, options: &ImageOptions) -> Result<BootImage, ImageError> {
    match identify(path)? {
        Kind::Folder => {}
        kind => return Err(ImageError::NotAWim { path: path.to_owned(), kind }),
    }
    let mut entries = Vec::new();
    let mut problems = Vec::new();
    let walk = WalkDir::new(path).min_depth(1).max_depth(MAX_DEPTH).follow_links(false).sort_by_file_name();
    for found in walk.into_iter().take(MAX_ENTRIES) {
        match found {
            Ok(found) => entries.extend(entry(path, &found)),
            Err(error) => {
                let below = error.path().and_then(|p| p.strip_prefix(path).ok());
                let message = error.io_error().map_or_else(|| "it can not be listed".to_owned(), ToString::to_string);
                problems.push(ImageProblem { path: below.map(text).unwrap_or_default(), message });
            }
        }
    }
    let mut contents = FolderContents::new(path.to_owned(), options.limits.file_size);
    let frame = Frame { index: 1, boot_index: false, xml: XmlImage { index: 1, ..XmlImage::default() } };
    let mut image = boot_image(frame, entries, &mut contents, &mut Cache::default(), options.want_exports);
    image.reading_failed |= !problems.is_empty();
    image.problems.extend(problems);
    Ok(image)
}

fn text(path: &Path) -> String {
    path.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn entry(root: &Path, found: &walkdir::DirEntry) -> Option<Entry> {
    let below = found.path().strip_prefix(root).ok()?;
    let kind = found.file_type();
    let mut attributes = 0;
    if kind.is_dir() {
        attributes |= FILE_ATTRIBUTE_DIRECTORY;
    } else if !kind.is_file() {
        attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
    }
    let size = if kind.is_file() { found.metadata().map(|m| m.len()).unwrap_or(0) } else { 0 };
    let stream = kind.is_file().then_some(Stream {
        sha1: [0; 20],
        size,
        missing: false,
        part: 1,
        container: 0,
        offset: 0,
        solid: false,
    });
    Some(Entry { path: text(below), plain: below.to_str().is_some(), attributes, reparse_tag: 0, stream })
}
