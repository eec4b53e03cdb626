//! Convolutional layers.

mod conv2d;
mod convolution;

family! {
    conv2d::Conv2D,
}
