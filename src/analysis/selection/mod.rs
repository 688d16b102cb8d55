//! Which driver Windows would choose: the Models sections that count for a target, and the rank of a driver for a device.

pub mod models;
pub mod rank;

pub use models::{SelectedModel, choose_models_section, selected_models};
