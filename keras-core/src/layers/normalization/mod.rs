//! Normalization layers.

mod batch_normalization;
mod layer_normalization;

family! {
    batch_normalization::BatchNormalization,
    layer_normalization::LayerNormalization,
}
