//! Escaping and structure of the page; how it behaves is tests/html's business.
