//! What models do, part by part. They are one program, since each is linked with everything: only a test that counts
//! allocations, or starts itself anew, has one of its own.

mod callbacks;
mod constants;
mod constraints;
mod derives;
mod dtypes;
mod freezing;
mod fusion;
mod inner_models;

mod layer_arguments;
mod layer_outputs;
mod masks;
mod nested_models;
mod panels;
mod shapes;
mod standalone;
mod state;
mod training_loop;
