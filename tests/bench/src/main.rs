//! Reads every INF below a folder, materialises the devices of two targets and prints counts and times.
//!
//! `wimspect-bench FOLDER_OR_LIST [THREADS] [--keep] [--slow]`: a list is a text file with a path on each line; `--keep`
//! holds all models in memory at once (for measuring its size), `--slow` lists the ten files that took longest.
//! tests/bench/compare.sh sets the times beside those of `cat`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use wimspect::analysis::selection::selected_models;
use wimspect::facts::driver_package::{self, DriverPackage};
use wimspect::facts::ids::Arch;
use wimspect::facts::os_version::{OsVersion, TargetOs};

#[derive(Default)]
struct Totals {
    files: usize,
    bytes: usize,
    lines: usize,
    ids: usize,
    install_sections: usize,
    vista: usize,
    ten: usize,
    kept: Vec<DriverPackage>,
    times: Vec<(Duration, PathBuf)>,
}

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| args.iter().any(|a| a == name);
    let plain: Vec<&String> = args.iter().filter(|a| !a.starts_with("--")).collect();
    let folder = plain.first().map_or(".", |f| f.as_str());
    let threads: usize = plain.get(1).and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut files = Vec::new();
    if Path::new(folder).is_dir() {
        collect(Path::new(folder), &mut files)?;
        files.sort();
    } else {
        files.extend(std::fs::read_to_string(folder)?.lines().map(PathBuf::from));
    }
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let (keep, slow) = (flag("--keep"), flag("--slow"));
    let parts: Vec<Totals> = std::thread::scope(|scope| {
        let work = || {
            let mut totals = Totals::default();
            let mut buffer = Vec::new();
            while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let _ = one(path, &mut buffer, keep, slow, &mut totals);
            }
            totals
        };
        let handles: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = vec![work()];
        all.extend(handles.into_iter().filter_map(|h| h.join().ok()));
        all
    });
    let elapsed = start.elapsed();
    let sum = |f: fn(&Totals) -> usize| parts.iter().map(f).sum::<usize>();
    println!("files {}  bytes {}", sum(|t| t.files), sum(|t| t.bytes));
    println!(
        "models lines {}  ids {}  install sections {}",
        sum(|t| t.lines),
        sum(|t| t.ids),
        sum(|t| t.install_sections)
    );
    println!("devices 6.0 x86 {}  10.0 amd64 {}", sum(|t| t.vista), sum(|t| t.ten));
    println!("time {:.3} s on {threads} thread(s)", elapsed.as_secs_f64());
    if slow {
        let mut times: Vec<_> = parts.into_iter().flat_map(|t| t.times).collect();
        times.sort();
        for (time, path) in times.iter().rev().take(10) {
            println!("{:8.3} ms  {}", time.as_secs_f64() * 1e3, path.display());
        }
    }
    Ok(())
}

fn one(path: &Path, buffer: &mut Vec<u8>, keep: bool, slow: bool, totals: &mut Totals) -> std::io::Result<()> {
    use std::io::Read as _;
    let mut file = std::fs::File::open(path)?;
    let mut len = 0;
    loop {
        if len == buffer.len() {
            buffer.resize((len * 2).max(1 << 16), 0);
        }
        // A file that gives less than there is room for is at its end.
        let room = buffer.len() - len;
        let more = file.read(&mut buffer[len..])?;
        len += more;
        if more < room {
            break;
        }
    }
    drop(file);
    let bytes = &buffer[..len];
    let start = slow.then(Instant::now);
    let package = driver_package::read(bytes);
    let vista = TargetOs::winpe(OsVersion::new(6, 0), Arch::X86);
    let ten = TargetOs::winpe(OsVersion::new(10, 0), Arch::Amd64);
    totals.files += 1;
    totals.bytes += bytes.len();
    totals.lines += package.models_sections.iter().map(|s| s.models.len()).sum::<usize>();
    totals.ids += package.models_sections.iter().flat_map(|s| &s.models).map(|m| m.ids.len()).sum::<usize>();
    totals.install_sections += package.install_sections.len();
    totals.vista += selected_models(&package, &vista).len();
    totals.ten += selected_models(&package, &ten).len();
    if let Some(start) = start {
        totals.times.push((start.elapsed(), path.to_owned()));
    }
    if keep {
        totals.kept.push(package);
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("inf") || e.eq_ignore_ascii_case("inx")) {
            files.push(path);
        }
    }
    Ok(())
}
