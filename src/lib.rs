//! Offline inspector for Windows driver shares and boot images.
//!
//! Data flows one way: [`formats`] (bytes → syntax) → [`facts`] (what is true) → [`analysis`] (conclusions and findings)
//! → [`report`] (bytes again) → [`cli`]. [`inf_db`] holds the knowledge as data, [`scan`] does all reading of files.
//! docs/ARCHITECTURE.md has the picture and what must not happen where.

pub mod analysis;
pub mod cli;
pub mod facts;
pub mod formats;
pub mod history;
pub mod inf_db;
pub mod report;
pub mod scan;
