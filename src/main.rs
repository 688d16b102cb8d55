//! wimspect
fn main() {}
