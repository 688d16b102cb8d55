//! The SHA-1 of every stream of a WIM, on all cores.
//!
//! libwim does it on one ([`super::sys::Wim::verify`]), which stays for solid and pipable WIMs: their resources have another
//! form. Here each stream is read by itself: a table of where its chunks end, then the chunks, which libwim decompresses.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use sha1::{Digest, Sha1};

use super::protocol::Header;
use super::sys::{Damage, Decompressor, Progress, Resource, WimError};

/// More of them would only wait for the disk.
const MOST_THREADS: usize = 8;
/// Chunks that are read here; LZX in WIM files goes up to 2 MiB.
const MOST_CHUNK: u32 = 1 << 26;
/// Bytes of a stream that is not compressed which are read at once.
const BLOCK: usize = 1 << 18;

/// Whether all resources have the form that is read here.
pub(super) fn can_verify(header: &Header, resources: &[Resource]) -> bool {
    let chunks = header.chunk_size.is_power_of_two() && header.chunk_size <= MOST_CHUNK;
    !header.pipable && resources.iter().all(|r| !r.solid && (!r.compressed || chunks))
}

/// Reads every resource. Of several damaged ones the first is told: two runs say the same.
pub(super) fn verify(
    parts: &[PathBuf],
    header: &Header,
    mut resources: Vec<Resource>,
    progress: &Progress,
) -> Result<(), WimError> {
    resources.sort_by_key(|r| (r.part, r.offset));
    progress.total.store(resources.iter().map(|r| r.size).fold(0, u64::saturating_add), Ordering::Relaxed);
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    // What was begun is ended, also after a failure elsewhere: what lies before it is known then.
    let work = || -> Result<(), (usize, WimError)> {
        let mut reader = Reader::new(parts, header).map_err(|e| (0, e))?;
        while !failed.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(resource) = resources.get(number) else { break };
            if let Err(damage) = reader.check(resource, progress) {
                failed.store(true, Ordering::Relaxed);
                return Err((number, damage.into()));
            }
        }
        Ok(())
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    let results: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|t| t.join().unwrap_or_else(|_| Err((0, Damage::Read.into())))).collect()
    });
    let first = results.into_iter().filter_map(Result::err).min_by_key(|(number, _)| *number);
    first.map_or(Ok(()), |(_, error)| Err(error))
}

/// What one thread reads with.
struct Reader<'p> {
    parts: &'p [PathBuf],
    /// Part number and the open file.
    file: Option<(u32, File)>,
    chunk_size: u64,
    /// `None` in a WIM without compression.
    decompressor: Option<Decompressor>,
    stored: Vec<u8>,
    chunk: Vec<u8>,
}

impl<'p> Reader<'p> {
    fn new(parts: &'p [PathBuf], header: &Header) -> Result<Self, WimError> {
        let decompressor = if header.compression == 0 {
            None
        } else {
            Some(Decompressor::new(header.compression, header.chunk_size)?)
        };
        let chunk_size = u64::from(header.chunk_size);
        Ok(Self { parts, file: None, chunk_size, decompressor, stored: Vec::new(), chunk: Vec::new() })
    }

    fn check(&mut self, resource: &Resource, progress: &Progress) -> Result<(), Damage> {
        let mut hash = Sha1::new();
        let mut take = |bytes: &[u8]| {
            hash.update(bytes);
            progress.done.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if progress.abort.load(Ordering::Relaxed) { Err(Damage::Aborted) } else { Ok(()) }
        };
        self.seek(resource)?;
        if resource.compressed {
            self.chunks(resource, &mut take)?
        } else {
            self.plain(resource, &mut take)?
        }
        if hash.finalize().as_slice() == resource.sha1 { Ok(()) } else { Err(Damage::Hash) }
    }

    fn seek(&mut self, resource: &Resource) -> Result<(), Damage> {
        if self.file.as_ref().is_none_or(|(part, _)| *part != resource.part) {
            let number = usize::try_from(resource.part).ok().and_then(|n| n.checked_sub(1));
            let path = number.and_then(|n| self.parts.get(n)).ok_or(Damage::Read)?;
            self.file = Some((resource.part, File::open(path).map_err(|_| Damage::Read)?));
        }
        let (_, file) = self.file.as_mut().ok_or(Damage::Read)?;
        // A size that the file can not have is not worth a buffer.
        let end = resource.offset.checked_add(resource.stored).ok_or(Damage::Read)?;
        if file.metadata().map_or(0, |m| m.len()) < end {
            return Err(Damage::Read);
        }
        file.seek(SeekFrom::Start(resource.offset)).map(drop).map_err(|_| Damage::Read)
    }

    /// The next bytes of the file, into `stored`.
    fn read(&mut self, size: u64) -> Result<(), Damage> {
        self.stored.resize(usize::try_from(size).map_err(|_| Damage::Read)?, 0);
        let (_, file) = self.file.as_mut().ok_or(Damage::Read)?;
        file.read_exact(&mut self.stored).map_err(|_| Damage::Read)
    }

    fn plain(&mut self, resource: &Resource, take: &mut dyn FnMut(&[u8]) -> Result<(), Damage>) -> Result<(), Damage> {
        if resource.stored != resource.size {
            return Err(Damage::Compression);
        }
        let mut left = resource.size;
        while left > 0 {
            let size = left.min(BLOCK as u64);
            self.read(size)?;
            take(&self.stored)?;
            left -= size;
        }
        Ok(())
    }

    /// A table with the end of every chunk but the last, counted from behind the table (4 bytes each, 8 in streams of 4 GiB
    /// and more), then the chunks. A chunk that does not become smaller is stored as it is.
    fn chunks(&mut self, resource: &Resource, take: &mut dyn FnMut(&[u8]) -> Result<(), Damage>) -> Result<(), Damage> {
        let width = if resource.size <= u64::from(u32::MAX) { 4 } else { 8 };
        let ends = resource.size.div_ceil(self.chunk_size).saturating_sub(1);
        let table = ends.checked_mul(width).filter(|t| *t <= resource.stored).ok_or(Damage::Compression)?;
        self.read(table)?;
        let ends: Vec<u64> = self.stored.chunks_exact(width as usize).map(little_endian).collect();
        let (mut start, mut left) = (0, resource.size);
        for end in ends.into_iter().chain([resource.stored - table]) {
            let size = left.min(self.chunk_size);
            let stored = end.checked_sub(start).filter(|n| (1..=size).contains(n)).ok_or(Damage::Compression)?;
            self.read(stored)?;
            if stored == size {
                take(&self.stored)?;
            } else {
                let decompressor = self.decompressor.as_mut().ok_or(Damage::Compression)?;
                self.chunk.resize(usize::try_from(size).map_err(|_| Damage::Compression)?, 0);
                decompressor.decompress(&self.stored, &mut self.chunk)?;
                take(&self.chunk)?;
            }
            (start, left) = (end, left - size);
        }
        Ok(())
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}
