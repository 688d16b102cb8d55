//! All integration tests in one binary, one module per topic.

mod architecture;
mod fixtures;
mod licences;
