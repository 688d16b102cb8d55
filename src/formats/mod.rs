//! BYTES → SYNTAX. One file or folder per file format.
//!
//! Every parser takes bytes or text, never a path, and gives a value plus problems: content never makes it fail, at worst
//! the value is empty. No I/O in here.

pub mod answer_file;
pub mod asn1;
pub mod authenticode;
pub mod catalog;
pub mod digest;
pub mod hive;
pub mod inf;
pub mod ini;
pub mod inventory;
pub mod log;
pub mod pe;
pub mod pkcs7;
pub mod task_sequence;
pub mod text;
pub mod wim_xml;
pub mod xml;

/// Runs a parser of a dependency; a panic in it becomes `None` and prints nothing.
pub(crate) fn catch_panic<T>(parser: impl FnOnce() -> T) -> Option<T> {
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
    use std::sync::Once;

    thread_local! { static QUIET: Cell<bool> = const { Cell::new(false) }; }
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    let outer = QUIET.replace(true);
    // What the closure borrows is read-only, so nothing half-changed can be seen afterwards.
    let result = catch_unwind(AssertUnwindSafe(parser)).ok();
    QUIET.set(outer);
    result
}
