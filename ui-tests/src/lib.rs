//! Programs that must not compile, with the exact message, and odd ones that must: see `tests/ui.rs`.
