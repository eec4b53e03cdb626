//! Regularization layers: dropout, noise, activity regularization.

mod activity_regularization;
mod alpha_dropout;
mod channel_dropout;
mod dropout;
mod gaussian_dropout;
mod gaussian_noise;
mod spatial_dropout1d;
mod spatial_dropout2d;

family! {
    activity_regularization::ActivityRegularization,
    alpha_dropout::AlphaDropout,
    dropout::Dropout,
    gaussian_dropout::GaussianDropout,
    gaussian_noise::GaussianNoise,
    spatial_dropout1d::SpatialDropout1D,
    spatial_dropout2d::SpatialDropout2D,
}
