//! What a log says: its records as `formats` reads them, under the names by which the rooms further right know them.

pub use crate::formats::log::{
    Level, LogBlock, LogFormat, LogReader, LogSummary, LogText, Record, Stamp, Written, is_copied,
};
