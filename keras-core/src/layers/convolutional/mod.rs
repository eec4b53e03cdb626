//! Convolutional layers.

pub(in crate::layers) mod conv2d;

family! {
    conv2d::Conv2D,
}
