//! Layers declared by `layer!`.

mod basics;
