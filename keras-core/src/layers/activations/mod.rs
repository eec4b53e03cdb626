//! Activation functions as layers.

pub(in crate::layers) mod activation;
mod elu;
mod leaky_relu;
mod prelu;
mod relu;
mod softmax;

family! {
    activation::Activation,
    elu::ELU,
    leaky_relu::LeakyReLU,
    prelu::PReLU,
    relu::ReLU,
    softmax::Softmax,
}
