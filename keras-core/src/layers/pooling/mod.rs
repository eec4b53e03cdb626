//! Pooling layers.

mod average_pooling2d;
mod global_average_pooling1d;
mod global_average_pooling2d;
mod global_max_pooling2d;
mod max_pooling2d;
mod pool;

family! {
    average_pooling2d::AveragePooling2D,
    global_average_pooling1d::GlobalAveragePooling1D,
    global_average_pooling2d::GlobalAveragePooling2D,
    global_max_pooling2d::GlobalMaxPooling2D,
    max_pooling2d::MaxPooling2D,
}
