//! Normalization of what layers give.

mod batch_normalization;
mod layer_normalization;

family! {
    batch_normalization::BatchNormalization,
    layer_normalization::LayerNormalization,
}
