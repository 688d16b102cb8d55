//! THE I/O SHELL: everything that reads files. One bad file is one problem.

pub mod image;
pub mod wim;
