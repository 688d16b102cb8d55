//! All integration tests in one binary, one module per topic.

mod architecture;
mod conformance;
mod documents;
mod fixtures;
mod inf_corpus;
mod inf_db;
mod inf_generated;
mod inf_lines;
mod inf_selection;
mod licences;
mod wim_hives;
mod wim_hostile;
mod wim_images;
