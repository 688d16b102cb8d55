//! A WIM and all of its images.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::ImageOptions;
use super::assemble::{Frame, boot_image};
use super::cache::Cache;
use super::contents::WimContents;
use super::error::ImageError;
use super::split::all_parts;
use crate::facts::boot_image::{BootImage, Compression, ImageProblem, Integrity, WimFile, XmlImage, xml};
use crate::formats::wim_xml;
use crate::scan::wim::client::{Client, Opened, WorkerError};
use crate::scan::wim::hex;
use crate::scan::wim::protocol::{Entry, Header};

/// Most images that are looked at.
const MAX_IMAGES: u32 = 256;

/// Reads a WIM: one file, or the parts of a split one (with one part the others are looked for beside it).
pub fn read_wim(paths: &[PathBuf], options: &ImageOptions) -> Result<(WimFile, Vec<BootImage>), ImageError> {
    let parts = all_parts(paths)?;
    let size = parts.iter().map(|(_, head)| head.size).sum();
    let parts: Vec<PathBuf> = parts.into_iter().map(|(path, _)| path).collect();
    let first = parts.first().ok_or(ImageError::NoInput)?;
    let (mut client, opened) = open(first, &parts, options)?;
    let mut wim = wim_file(&opened.header, size);
    let (xml_images, xml_problems) = match &opened.xml {
        Ok(bytes) => {
            let parsed = wim_xml::read(bytes);
            (xml::images(&parsed), parsed.problems)
        }
        Err(message) => (Vec::new(), vec![message.clone()]),
    };
    let xml_of = |index: u32| xml_images.iter().find(|x| x.index == index).cloned();
    wim.xml = match xml_problems.first() {
        Some(problem) if xml_images.is_empty() => Err(problem.clone()),
        _ => Ok(xml_images.clone()),
    };

    let mut images = Vec::new();
    let mut cache = Cache::default();
    let mut fetched = HashSet::new();
    for index in 1..=opened.header.image_count.min(MAX_IMAGES) {
        let frame = Frame {
            index,
            boot_index: opened.header.boot_index == index,
            xml: xml_of(index).unwrap_or_else(|| XmlImage { index, ..XmlImage::default() }),
        };
        let listed = client.list(index);
        wim.solid |= listed.iter().flatten().any(|e| e.stream.as_ref().is_some_and(|s| s.solid));
        let (mut image, broken) = one_image(frame, listed, &mut client, &mut cache, &mut fetched, options);
        let xml_problems =
            xml_problems.iter().map(|p| ImageProblem { path: "[XML data]".to_owned(), message: p.clone() });
        image.problems.extend(xml_problems);
        images.push(image);
        if broken {
            // The next image gets a new process. When that fails too, the problem is not one image's.
            fetched.clear();
            drop(client);
            client = open(first, &parts, options)?.0;
        }
    }
    Ok((wim, images))
}

/// One image. `true` = the child process is gone.
fn one_image(
    frame: Frame,
    listed: Result<Vec<Entry>, WorkerError>,
    client: &mut Client,
    cache: &mut Cache,
    fetched: &mut HashSet<[u8; 20]>,
    options: &ImageOptions,
) -> (BootImage, bool) {
    let index = frame.index;
    let (entries, failure) = match listed {
        Ok(entries) => (entries, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let mut contents = WimContents {
        client,
        image: index,
        fetched,
        max_file: options.limits.file_size,
        progress: options.progress.clone(),
        broken: None,
        buffer: Vec::new(),
        failed: false,
    };
    let mut image = boot_image(frame, entries, &mut contents, cache, options.want_exports);
    let mut broken = contents.broken.is_some();
    if let Some(error) = failure {
        broken |= !matches!(error, WorkerError::Refused { .. });
        image.reading_failed = true;
        image
            .problems
            .insert(0, ImageProblem { path: String::new(), message: format!("the image can not be listed: {error}") });
    }
    (image, broken)
}

fn open(first: &Path, parts: &[PathBuf], options: &ImageOptions) -> Result<(Client, Opened), ImageError> {
    let failed = |error| ImageError::from_worker(first, error);
    let mut client =
        Client::start(&options.worker, options.temp_folder.as_deref(), options.limits.clone()).map_err(failed)?;
    let opened = client.open(parts).map_err(failed)?;
    Ok((client, opened))
}

fn wim_file(header: &Header, size: u64) -> WimFile {
    let compression = match header.compression {
        0 => Compression::None,
        1 => Compression::Xpress,
        2 => Compression::Lzx,
        3 => Compression::Lzms,
        _ => Compression::Unknown,
    };
    WimFile {
        guid: hex(&header.guid),
        wim_version: header.wim_version,
        compression,
        solid: false,
        chunk_size: header.chunk_size,
        part_number: header.part_number,
        total_parts: header.total_parts,
        boot_index: Some(header.boot_index).filter(|i| *i != 0),
        image_count: header.image_count,
        has_integrity_table: header.has_integrity_table,
        pipable: header.pipable,
        size,
        xml: Ok(Vec::new()),
    }
}

/// Reads the whole WIM: integrity table (if there is one) and the SHA-1 of every stream.
pub fn check_integrity(paths: &[PathBuf], options: &ImageOptions) -> Result<Integrity, ImageError> {
    let parts: Vec<PathBuf> = all_parts(paths)?.into_iter().map(|(path, _)| path).collect();
    let first = parts.first().ok_or(ImageError::NoInput)?;
    let (mut client, opened) = open(first, &parts, options)?;
    let told = |what: &'static str| {
        let progress = options.progress.clone();
        move |done, total| {
            if let Some(callback) = &progress {
                callback(what, done, total);
            }
        }
    };
    let outcome = |result: Result<(), WorkerError>| match result {
        Ok(()) => Ok(Ok(())),
        Err(WorkerError::Refused { message, .. }) => Ok(Err(message)),
        Err(error) => Err(ImageError::from_worker(first, error)),
    };
    // The table covers what lies in the file, the streams what comes out of it: two processes read it at the same time.
    let check_table = || outcome(open(first, &parts, options)?.0.check_integrity(&mut |_, _| ()));
    let (table, streams) = rayon::join(
        || opened.header.has_integrity_table.then(check_table).transpose(),
        || outcome(client.verify(&mut told("checking every stream"))),
    );
    Ok(Integrity { table: table?, streams: streams? })
}
