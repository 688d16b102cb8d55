//! Signatures embedded in PE files: the certificate table, what it signs, and the digest that it should have signed.
//!
//! The digest of a PE file leaves out what signing changes: the checksum, the certificate table's entry in the data
//! directories, and the table itself. It is computed over the file in its order; the specification goes by sections, which
//! is the same for files without gaps between them, and is what catalogs name a driver by.

use x509_cert::der::Tag;
use x509_cert::der::asn1::ObjectIdentifier;

use super::asn1;
use super::catalog::indirect_digest;
use super::digest::{DigestAlgorithm, Digests};
use super::pkcs7::{self, Signature, SignedData};

/// Content type `SpcIndirectDataContent`.
const INDIRECT_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.4");
/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
const PKCS_SIGNED_DATA: u16 = 2;
/// Most entries of a certificate table that are read.
const MAX_ENTRIES: usize = 16;
/// A certificate table, and the data of an entry, begin at multiples of this.
const ALIGNMENT: usize = 8;

/// One embedded signature: what it signs and who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbeddedSignature {
    /// Algorithm and digest of the file, as signed.
    pub file_digest: Option<(DigestAlgorithm, Vec<u8>)>,
    /// The signatures over that.
    pub signatures: Vec<Signature>,
    /// It stands in the unsigned attributes of another one.
    pub is_nested: bool,
}

/// Where the parts of a PE file lie that its digest leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Layout {
    checksum: usize,
    /// Offset of the certificate table's data directory; `None` when there are too few directories.
    directory: Option<usize>,
    /// Offset and size of the certificate table, when there is one.
    table: Option<(usize, usize)>,
}

/// Reads all embedded signatures. `Err` says why the bytes are no PE file; a damaged table goes to the problems.
pub fn read(bytes: &[u8]) -> Result<(Vec<EmbeddedSignature>, Vec<String>), String> {
    let layout = layout(bytes)?;
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let Some((offset, size)) = layout.table else { return Ok((found, problems)) };
    let Some(mut table) = offset.checked_add(size).and_then(|end| bytes.get(offset..end)) else {
        problems.push("the certificate table lies beyond the end of the file".to_owned());
        return Ok((found, problems));
    };
    for _ in 0..MAX_ENTRIES {
        // WIN_CERTIFICATE { u32 length, u16 revision, u16 type, data }
        let (Some(length), Some(kind)) = (u32_at(table, 0), u16_at(table, 6)) else { break };
        let Some(data) = table.get(8..length) else {
            problems.push("an entry of the certificate table has a wrong length".to_owned());
            break;
        };
        if kind == PKCS_SIGNED_DATA {
            signed_data(data, &mut found, &mut problems);
        } else {
            problems.push(format!("an entry of the certificate table has type {kind}"));
        }
        match length.checked_next_multiple_of(ALIGNMENT).and_then(|next| table.get(next..)) {
            Some(rest) if rest.len() >= 8 => table = rest,
            _ => break,
        }
    }
    Ok((found, problems))
}

fn signed_data(data: &[u8], found: &mut Vec<EmbeddedSignature>, problems: &mut Vec<String>) {
    let Some(data) = asn1::with_definite_lengths(data) else {
        problems.push("a signature that ends early".to_owned());
        return;
    };
    match asn1::first(&data) {
        Ok(root) => match pkcs7::read(&root, problems) {
            Some(signed) => {
                problems.extend(asn1::damage(&root).map(|reason| format!("a signature is damaged: {reason}")));
                collect(signed, false, found);
            }
            None => problems.push("an entry of the certificate table is no PKCS #7 signed data".to_owned()),
        },
        Err(reason) => problems.push(format!("a signature that cannot be read: {reason}")),
    }
}

fn collect(signed: SignedData<'_>, is_nested: bool, found: &mut Vec<EmbeddedSignature>) {
    let content = asn1::first(signed.content).ok().filter(|_| signed.content_type == Some(INDIRECT_DATA));
    let file_digest = content.filter(|n| n.tag == Tag::Sequence).and_then(|n| indirect_digest(&n));
    found.push(EmbeddedSignature { file_digest, signatures: signed.signatures, is_nested });
    for inner in signed.nested {
        collect(inner, true, found);
    }
}

/// The digests by which catalogs and embedded signatures name a PE file. `Err` says why the bytes are none.
pub fn digests(bytes: &[u8]) -> Result<Digests, String> {
    with_signed_parts(bytes, Digests::of)
}

/// The digest of a PE file with any algorithm; `None` when it is no PE file or the algorithm is not computed here.
pub fn digest(bytes: &[u8], algorithm: DigestAlgorithm) -> Option<Vec<u8>> {
    with_signed_parts(bytes, |parts| algorithm.digest(parts)).ok().flatten()
}

fn with_signed_parts<T>(bytes: &[u8], compute: impl FnOnce(&[&[u8]]) -> T) -> Result<T, String> {
    const ZEROS: [u8; ALIGNMENT] = [0; ALIGNMENT];
    let layout = layout(bytes)?;
    let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    let end = layout.table.map_or(bytes.len(), |(offset, _)| offset.min(bytes.len()));
    let after_checksum = layout.checksum + 4;
    let (before_directory, after_directory) = match layout.directory {
        Some(directory) => (directory, directory + 8),
        None => (end, end),
    };
    // Signing appends the table at a multiple of eight bytes; the zeros that fill up to it are signed. A file that is not
    // signed yet is named in a catalog by the digest that it will have then.
    let padding = if layout.table.is_none() { bytes.len().next_multiple_of(ALIGNMENT) - bytes.len() } else { 0 };
    let behind = layout.table.and_then(|(offset, size)| offset.checked_add(size)).and_then(|end| bytes.get(end..));
    Ok(compute(&[
        part(0, layout.checksum),
        part(after_checksum, before_directory),
        part(after_directory, end),
        behind.unwrap_or_default(),
        &ZEROS[..padding],
    ]))
}

/// Finds the optional header by hand: a whole PE reader refuses files whose digest can be computed.
fn layout(bytes: &[u8]) -> Result<Layout, String> {
    if !bytes.starts_with(b"MZ") {
        return Err("no PE file: it does not begin with MZ".to_owned());
    }
    let short = || "no PE file: its header ends early".to_owned();
    let pe = u32_at(bytes, 0x3c).ok_or_else(short)?;
    if bytes.get(pe..).is_none_or(|rest| !rest.starts_with(b"PE\0\0")) {
        return Err("no PE file: it has no PE header".to_owned());
    }
    let optional = pe + 24;
    let (count_at, first_directory) = match u16_at(bytes, optional) {
        Some(0x10b) => (optional + 92, optional + 96),
        Some(0x20b) => (optional + 108, optional + 112),
        _ => return Err("no PE file: its optional header is of an unknown kind".to_owned()),
    };
    let directories = u32_at(bytes, count_at).ok_or_else(short)?;
    let directory = (directories > 4).then_some(first_directory + 4 * 8);
    let table = directory.and_then(|at| Some((u32_at(bytes, at)?, u32_at(bytes, at + 4)?)));
    // An entry that points into the headers would leave out what it must not.
    let table = table.filter(|(offset, size)| *size > 0 && Some(*offset) >= directory.map(|at| at + 8));
    Ok(Layout { checksum: optional + 64, directory, table })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*word)).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk::<2>().map(|word| u16::from_le_bytes(*word))
}

#[cfg(test)]
mod tests;
