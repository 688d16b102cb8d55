//! Split WIMs: `boot.swm`, `boot2.swm`, `boot3.swm`... are parts of one WIM.

use std::path::{Path, PathBuf};

use super::error::ImageError;
use super::identify::{Kind, WimHead, identify};

/// Opens what was named far enough to know every part, the first one first.
///
/// Given one part, the others are looked for beside it by their usual names; given several, they are put in order.
pub(super) fn all_parts(paths: &[PathBuf]) -> Result<Vec<(PathBuf, WimHead)>, ImageError> {
    let mut parts = paths.iter().map(|p| Ok((p.clone(), head(p)?))).collect::<Result<Vec<_>, ImageError>>()?;
    let (named, named_head) = parts.first().cloned().ok_or(ImageError::NoInput)?;
    let total = named_head.total_parts.max(1);
    if total > 1 && parts.len() == 1 {
        let stem = base_stem(&named, named_head.part_number);
        for number in (1..=total).filter(|n| *n != named_head.part_number) {
            let expected = part_path(&named, &stem, number);
            let missing = |expected| ImageError::MissingPart { path: named.clone(), missing: number, total, expected };
            let expected = existing(expected).map_err(missing)?;
            let found = head(&expected)?;
            parts.push((expected, found));
        }
    }
    parts.sort_by_key(|(_, h)| h.part_number);
    let (first, first_head) = parts.first().cloned().ok_or(ImageError::NoInput)?;
    for (path, head) in &parts {
        if head.guid != first_head.guid || head.total_parts != first_head.total_parts {
            return Err(ImageError::OtherPart { path: path.clone(), first });
        }
    }
    for (number, position) in (1..=total).zip(0..) {
        if parts.get(position).is_none_or(|(_, h)| h.part_number.max(1) != number) {
            let expected = part_path(&named, &base_stem(&named, named_head.part_number), number);
            return Err(ImageError::MissingPart { path: named, missing: number, total, expected });
        }
    }
    Ok(parts)
}

fn head(path: &Path) -> Result<WimHead, ImageError> {
    match identify(path)? {
        Kind::Wim(head) => {
            head.check_size(path)?;
            Ok(head)
        }
        kind => Err(ImageError::NotAWim { path: path.to_owned(), kind }),
    }
}

/// `boot` of `boot.swm` (part 1) and of `boot2.swm` (part 2).
fn base_stem(path: &Path, part: u16) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if part > 1 { stem.strip_suffix(&part.to_string()).map(str::to_owned).unwrap_or(stem) } else { stem }
}

fn part_path(beside: &Path, stem: &str, number: u16) -> PathBuf {
    let extension = beside.extension().unwrap_or_default().to_string_lossy();
    let number = if number == 1 { String::new() } else { number.to_string() };
    beside.with_file_name(format!("{stem}{number}.{extension}"))
}

/// The path, or the same name in another case: `BOOT2.SWM` beside `boot.swm`.
fn existing(expected: PathBuf) -> Result<PathBuf, PathBuf> {
    if expected.exists() {
        return Ok(expected);
    }
    let name = expected.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = expected.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().eq_ignore_ascii_case(&name))
        .map(|e| e.path())
        .collect();
    found.sort();
    found.into_iter().next().ok_or(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts() {
        let cases = [
            ("a/boot.swm", 1, "a/boot.swm", "a/boot2.swm"),
            ("boot2.swm", 2, "boot.swm", "boot2.swm"),
            ("x2.swm", 1, "x2.swm", "x22.swm"),
            ("odd.swm", 3, "odd.swm", "odd2.swm"),
        ];
        for (given, part, first, second) in cases {
            let given = Path::new(given);
            let stem = base_stem(given, part);
            assert_eq!(part_path(given, &stem, 1), Path::new(first));
            assert_eq!(part_path(given, &stem, 2), Path::new(second));
        }
    }
}
