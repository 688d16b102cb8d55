//! WHAT IS TRUE: small owned values taken from syntax, each with its origin.
//!
//! A fact is what bytes say (`6.1.7600.16385`, `PCI\VEN_14E4&DEV_1639`). Conclusions ("WinPE 3.0", "multi-tier") are not
//! facts: they arise in [`crate::analysis`]. Nothing here reads a file, and nothing here knows `inf-db`.

pub mod answer_file;
pub mod boot_image;
pub mod deployment;
pub mod device_ids;
pub mod driver_binary;
pub mod driver_file;
pub mod driver_package;
pub mod error_code;
pub mod ids;
pub mod inventory;
pub mod log;
pub mod os_version;
pub mod policy;
pub mod report_config;
pub mod share;
pub mod signature;
pub mod single_file;
pub mod task_sequence;
pub mod utc;
