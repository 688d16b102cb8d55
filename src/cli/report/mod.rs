//! `wimspect report`: the scheduled report.

mod config;
