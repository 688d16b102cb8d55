//! Progress as data: the scan tells what it does, the command line decides whether anybody sees it.

/// A phase of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Walking the folders of a share: the total is not known.
    Walk,
    /// Reading INF files.
    Read,
    /// Searching driver files.
    Search,
    /// Reading catalogs.
    Catalogs,
    /// Reading a boot image.
    Image,
    /// Reading inventories of machines.
    Fleet,
}

/// Receives progress. Called from several threads.
pub trait Progress: Sync {
    /// A phase starts; `total` is the number of steps when it is known.
    fn start(&self, phase: Phase, total: Option<u64>);
    /// One step is done.
    fn step(&self);
}

/// Nobody watches.
pub struct NoProgress;

impl Progress for NoProgress {
    fn start(&self, _phase: Phase, _total: Option<u64>) {}
    fn step(&self) {}
}
