//! The built-in layers, written from their schemas by `RECORD_CATALOGUE=1 cargo test --test catalogue`.

use super::{Row, optional, required, unsupported};
use crate::kinds::Kind;

pub(super) const LAYERS: &[Row] = &[
    Row::new("Dense", &[
        required("units", Kind::Integer),
        optional("activation", Kind::Activation),
        optional("use_bias", Kind::Bool),
        optional("kernel_initializer", Kind::Initializer),
        optional("bias_initializer", Kind::Initializer),
        optional("kernel_regularizer", Kind::Regularizer),
        optional("bias_regularizer", Kind::Regularizer),
        optional("activity_regularizer", Kind::Regularizer),
        optional("kernel_constraint", Kind::Constraint),
        optional("bias_constraint", Kind::Constraint),
        unsupported("lora_rank", &["None"]),
        unsupported("lora_alpha", &["None"]),
        unsupported("quantization_config", &["None"]),
    ]).with_weights(),
    Row::new("Embedding", &[
        required("input_dim", Kind::Integer),
        required("output_dim", Kind::Integer),
        optional("embeddings_initializer", Kind::Initializer),
        optional("embeddings_regularizer", Kind::Regularizer),
        optional("embeddings_constraint", Kind::Constraint),
        optional("mask_zero", Kind::Bool),
        unsupported("weights", &["None"]),
        unsupported("lora_rank", &["None"]),
        unsupported("lora_alpha", &["None"]),
        unsupported("quantization_config", &["None"]),
    ]).with_weights(),
    Row::new("Identity", &[]),
    Row::new("Masking", &[
        optional("mask_value", Kind::Float),
    ]),
    Row::new("Conv2D", &[
        required("filters", Kind::Integer),
        required("kernel_size", Kind::Size),
        optional("strides", Kind::Size),
        optional("padding", Kind::Padding),
        unsupported("data_format", &["None", "\"channels_last\""]),
        optional("dilation_rate", Kind::Size),
        optional("groups", Kind::Integer),
        optional("activation", Kind::Activation),
        optional("use_bias", Kind::Bool),
        optional("kernel_initializer", Kind::Initializer),
        optional("bias_initializer", Kind::Initializer),
        optional("kernel_regularizer", Kind::Regularizer),
        optional("bias_regularizer", Kind::Regularizer),
        optional("activity_regularizer", Kind::Regularizer),
        optional("kernel_constraint", Kind::Constraint),
        optional("bias_constraint", Kind::Constraint),
    ]).alias("Convolution2D").with_weights(),
    Row::new("AveragePooling2D", &[
        required("pool_size", Kind::Size),
        optional("strides", Kind::Size),
        optional("padding", Kind::Padding),
        unsupported("data_format", &["None", "\"channels_last\""]),
    ]).alias("AvgPool2D"),
    Row::new("GlobalAveragePooling1D", &[
        unsupported("data_format", &["None", "\"channels_last\""]),
        optional("keepdims", Kind::Bool),
    ]).alias("GlobalAvgPool1D"),
    Row::new("GlobalAveragePooling2D", &[
        unsupported("data_format", &["None", "\"channels_last\""]),
        optional("keepdims", Kind::Bool),
    ]).alias("GlobalAvgPool2D"),
    Row::new("GlobalMaxPooling2D", &[
        unsupported("data_format", &["None", "\"channels_last\""]),
        optional("keepdims", Kind::Bool),
    ]).alias("GlobalMaxPool2D"),
    Row::new("MaxPooling2D", &[
        optional("pool_size", Kind::Size),
        optional("strides", Kind::Size),
        optional("padding", Kind::Padding),
        unsupported("data_format", &["None", "\"channels_last\""]),
    ]).alias("MaxPool2D"),
    Row::new("BatchNormalization", &[
        unsupported("axis", &["-1"]),
        optional("momentum", Kind::Float),
        optional("epsilon", Kind::Float),
        optional("center", Kind::Bool),
        optional("scale", Kind::Bool),
        optional("beta_initializer", Kind::Initializer),
        optional("gamma_initializer", Kind::Initializer),
        optional("moving_mean_initializer", Kind::Initializer),
        optional("moving_variance_initializer", Kind::Initializer),
        optional("beta_regularizer", Kind::Regularizer),
        optional("gamma_regularizer", Kind::Regularizer),
        optional("beta_constraint", Kind::Constraint),
        optional("gamma_constraint", Kind::Constraint),
        unsupported("renorm", &["false"]),
        unsupported("renorm_clipping", &["None"]),
        unsupported("renorm_momentum", &["0.99"]),
        unsupported("synchronized", &["false"]),
    ]).with_weights(),
    Row::new("LayerNormalization", &[
        optional("axis", Kind::Axes),
        optional("epsilon", Kind::Float),
        optional("center", Kind::Bool),
        optional("scale", Kind::Bool),
        optional("beta_initializer", Kind::Initializer),
        optional("gamma_initializer", Kind::Initializer),
        optional("beta_regularizer", Kind::Regularizer),
        optional("gamma_regularizer", Kind::Regularizer),
        optional("beta_constraint", Kind::Constraint),
        optional("gamma_constraint", Kind::Constraint),
    ]).with_weights(),
    Row::new("ActivityRegularization", &[
        optional("l1", Kind::Float),
        optional("l2", Kind::Float),
    ]),
    Row::new("AlphaDropout", &[
        required("rate", Kind::Float),
        unsupported("noise_shape", &["None"]),
        unsupported("seed", &["None"]),
    ]),
    Row::new("Dropout", &[
        required("rate", Kind::Float),
        unsupported("noise_shape", &["None"]),
        unsupported("seed", &["None"]),
    ]),
    Row::new("GaussianDropout", &[
        required("rate", Kind::Float),
        unsupported("seed", &["None"]),
    ]),
    Row::new("GaussianNoise", &[
        required("stddev", Kind::Float),
        unsupported("seed", &["None"]),
    ]),
    Row::new("SpatialDropout1D", &[
        required("rate", Kind::Float),
        unsupported("seed", &["None"]),
    ]),
    Row::new("SpatialDropout2D", &[
        required("rate", Kind::Float),
        unsupported("data_format", &["None", "\"channels_last\""]),
        unsupported("seed", &["None"]),
    ]),
    Row::new("Activation", &[
        required("activation", Kind::Activation),
    ]),
    Row::new("ELU", &[
        optional("alpha", Kind::Float),
    ]),
    Row::new("LeakyReLU", &[
        optional("negative_slope", Kind::Float),
    ]),
    Row::new("PReLU", &[
        optional("alpha_initializer", Kind::Initializer),
        optional("alpha_regularizer", Kind::Regularizer),
        optional("alpha_constraint", Kind::Constraint),
        optional("shared_axes", Kind::Axes),
    ]).with_weights(),
    Row::new("ReLU", &[
        optional("max_value", Kind::Float),
        optional("negative_slope", Kind::Float),
        optional("threshold", Kind::Float),
    ]),
    Row::new("Softmax", &[
        optional("axis", Kind::Axis),
    ]),
    Row::new("Cropping2D", &[
        optional("cropping", Kind::Border),
        unsupported("data_format", &["None", "\"channels_last\""]),
    ]),
    Row::new("Flatten", &[
        unsupported("data_format", &["None", "\"channels_last\""]),
    ]),
    Row::new("Permute", &[
        required("dims", Kind::Shape),
    ]),
    Row::new("RepeatVector", &[
        required("n", Kind::Integer),
    ]),
    Row::new("Reshape", &[
        required("target_shape", Kind::Shape),
    ]),
    Row::new("UpSampling2D", &[
        optional("size", Kind::Size),
        unsupported("data_format", &["None", "\"channels_last\""]),
        optional("interpolation", Kind::Interpolation),
    ]),
    Row::new("ZeroPadding2D", &[
        optional("padding", Kind::Border),
        unsupported("data_format", &["None", "\"channels_last\""]),
    ]),
    Row::new("Add", &[]).of_several(),
    Row::new("Average", &[]).of_several(),
    Row::new("Concatenate", &[
        optional("axis", Kind::Axis),
    ]).of_several(),
    Row::new("Dot", &[
        required("axes", Kind::AxisPair),
        optional("normalize", Kind::Bool),
    ]).of_several(),
    Row::new("Maximum", &[]).of_several(),
    Row::new("Minimum", &[]).of_several(),
    Row::new("Multiply", &[]).of_several(),
    Row::new("Subtract", &[]).of_several(),
    Row::new("Normalization", &[
        optional("axis", Kind::AxesOrNone),
        optional("mean", Kind::Floats),
        optional("variance", Kind::Floats),
        optional("invert", Kind::Bool),
    ]).with_weights(),
    Row::new("Rescaling", &[
        required("scale", Kind::Floats),
        optional("offset", Kind::Floats),
    ]),
    Row::new("TimeDistributed", &[
        required("layer", Kind::Layer),
    ]),
];
