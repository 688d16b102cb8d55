//! THE I/O SHELL: walks, reads, calls `formats` and `facts`, in parallel. One bad file is one problem, never the end.

pub mod catalogs;
pub mod deployment_file;
pub mod driver_files;
pub mod fleet;
pub mod image;
pub mod incremental;
pub mod logs;
pub mod overlay;
pub mod progress;
pub mod share;
pub mod stamp;
mod trouble;
pub mod walk;
pub mod wim;
