//! Writing a model's weights as a `safetensors` file.

use std::fmt::Write;

use super::check_length;
use crate::model::{Description, NamedWeight};

/// The data of a file starts at a multiple of this many bytes, so that a file mapped into memory is aligned as a
/// model's buffer is.
const ALIGNMENT: usize = 64;

/// A model's weights as the bytes of a file.
///
/// The same weights give the same bytes.
///
/// # Panics
/// If the number of weights is not the model's.
///
/// ```
/// use keras::{prelude::*, saving};
/// use keras_core::model::Model;
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// let net = Net::with_seed(1);
/// let bytes = saving::to_bytes(<Net>::DESCRIPTION, net.weights());
/// let mut again = Net::new();
/// saving::from_bytes(<Net>::DESCRIPTION, again.weights_mut(), &bytes)?;
/// assert_eq!(again.weights(), net.weights());
/// # Ok::<(), saving::LoadError>(())
/// ```
#[track_caller]
pub fn to_bytes(model: &'static Description, weights: &[f32]) -> Vec<u8> {
    check_length(model, weights);
    let mut bytes = header(model);
    bytes.reserve_exact(4 * weights.len());
    bytes.extend(weights.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The length of the header, and the header.
///
/// In this order the data is the model's buffer as it is, and equal models are equal files.
pub(super) fn header(model: &'static Description) -> Vec<u8> {
    let mut weights: Vec<NamedWeight> = model.named_weights().collect();
    weights.sort_by_key(|weight| weight.offset);
    let mut json = format!(r#"{{"__metadata__":{{"format":"keras-rust","model":{}}}"#, quoted(model.name));
    for weight in weights {
        let (start, end) = (4 * weight.offset, 4 * (weight.offset + weight.dims.size()));
        let name = quoted(&weight.name.to_string());
        let shape: Vec<usize> = weight.dims.lengths().collect();
        write!(json, r#",{name}:{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#)
            .expect("a String grows");
    }
    json.push('}');
    while !(8 + json.len()).is_multiple_of(ALIGNMENT) {
        json.push(' ');
    }
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend(json.into_bytes());
    bytes
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
