//! What the cache of facts saves: reads a share with a cache file as `wimspect report` does, and prints times and counts.
//!
//! `rescan SHARE CACHE [--full | --content | --walk | --plain] [--later HOURS]`: `--walk` stops after the walk, as a run
//! does whose inputs are unchanged; `--plain` reads without a cache; `--later` sets the clock ahead, so that files written just
//! now are settled. Nothing is asserted: times are for people.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use wimspect::analysis::ask;
use wimspect::analysis::world::World;
use wimspect::history::cache::Cache;
use wimspect::inf_db::InfDb;
use wimspect::scan::incremental::{FactCache, Incremental, NoCache, Trust};
use wimspect::scan::progress::NoProgress;
use wimspect::scan::share::{ShareOptions, walk_share};
use wimspect::scan::{catalogs, driver_files};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| args.iter().any(|a| a == name);
    let [share, file, ..] = args.as_slice() else { return Err("rescan SHARE CACHE [OPTION]".into()) };
    let hours =
        args.iter().position(|a| a == "--later").and_then(|at| args.get(at + 1)).map_or(Ok(0), |h| h.parse())?;
    let trust = match () {
        () if flag("--full") => Trust::Nothing,
        () if flag("--content") => Trust::Content,
        () => Trust::Stamps,
    };
    let begin = Instant::now();
    let cache = if flag("--plain") { None } else { Some(Cache::open(Path::new(file))?) };
    let used: &dyn FactCache = cache.as_ref().map_or(&NoCache, |cache| cache);
    let incremental = Incremental::new(used, trust, SystemTime::now() + Duration::from_secs(hours * 3600));
    let opened = begin.elapsed();
    let walked = walk_share(Path::new(share), ShareOptions::default(), &incremental, &NoProgress)?;
    let stamps = walked.stamps();
    println!("open cache    {opened:9.1?}");
    println!("walk          {:9.1?}  {} files, racy: {}", begin.elapsed() - opened, stamps.files, stamps.racy);
    if flag("--walk") {
        return Ok(());
    }
    let part = Instant::now();
    let (share, files) = walked.read(&incremental, &NoProgress);
    println!("INFs          {:9.1?}  {}", part.elapsed(), share.infs.len());
    let part = Instant::now();
    let world = World::new(vec![share], Vec::new());
    let asked = ask(&world, InfDb::embedded());
    println!("(analysis     {:9.1?}, first half)", part.elapsed());
    let analysed = part.elapsed();
    let part = Instant::now();
    let files = [files];
    let found = driver_files::read(&files, &asked.files, &asked.enumerators, &incremental, &NoProgress);
    let signed = catalogs::read(&files, &asked.catalogs, &incremental, &NoProgress);
    println!("other files   {:9.1?}  {} driver files, {} catalogs", part.elapsed(), found.len(), signed.len());
    let (count, failed) = (incremental.opened(), incremental.failed());
    let part = Instant::now();
    if let Some(cache) = cache {
        cache.finish()?;
    }
    println!("finish cache  {:9.1?}", part.elapsed());
    println!("scan in all   {:9.1?}  {count} files opened, {failed} failed", begin.elapsed() - analysed);
    Ok(())
}
