//! The files of `inf-db/` as they were when the program was built (see `inf-db/embed.rs`).

/// Path below `inf-db/` (`/` separated) and text, sorted by path.
pub(super) static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/inf_db_files.rs"));
