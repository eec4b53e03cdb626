//! Layers for the tests of calls and arguments: of every kind of input and of layers, whatever the built-in layers take.

use crate::{
    kinds::Kind,
    signature::{Input, Signature},
    table::{Row, optional, required},
};

/// As Keras' `MultiHeadAttention`.
const ATTENTION: Signature = Signature {
    inputs: &[
        Input::required("query"),
        Input::required("value"),
        Input::optional("key"),
        Input::optional("attention_mask"),
    ],
    arguments: &[optional("use_causal_mask", Kind::Bool), optional("training", Kind::Bool)],
};

/// As Keras' `LSTM`.
const RECURRENT: Signature = Signature {
    inputs: &[Input::required("sequences"), Input::optional("initial_state").list(), Input::optional("mask")],
    arguments: &[optional("training", Kind::Bool)],
};

pub(crate) const TEST_ROWS: &[Row] = &[
    Row::new("TestAttention", &[required("num_heads", Kind::Integer), required("key_dim", Kind::Integer)])
        .call(ATTENTION),
    Row::new("TestRecurrent", &[required("units", Kind::Integer)]).call(RECURRENT),
    // As Keras' `Bidirectional`.
    Row::new("TestBidirectional", &[required("layer", Kind::Layer), optional("backward_layer", Kind::Layer)]),
];
