//! A model's weights as the bytes of a `safetensors` file.

use std::{collections::BTreeMap, fmt::Write};

use safetensors::{Dtype, SafeTensors};

use super::{LoadError, Mismatch, check_length};
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
/// It is written here and not by the crate `safetensors`, which copies the weights into an order of its own and puts
/// the metadata into a random one: in this order the data is the model's buffer as it is, and equal models are equal
/// files.
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

/// Reads a model's weights from the bytes of a file.
///
/// Names, shapes and types of all weights are compared first; on an error the weights are as they were.
///
/// # Panics
/// If the number of weights is not the model's.
///
/// ```
/// use keras::{prelude::*, saving::{self, LoadError}};
/// use keras_core::model::Model;
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// let mut net = Net::with_seed(1);
/// let bytes = saving::to_bytes(<Net>::DESCRIPTION, &[0.5; 8]);
/// saving::from_bytes(<Net>::DESCRIPTION, net.weights_mut(), &bytes)?;
/// assert_eq!(net.weights(), [0.5; 8]);
/// let half = saving::from_bytes(<Net>::DESCRIPTION, net.weights_mut(), &bytes[..bytes.len() / 2]);
/// assert!(matches!(half, Err(LoadError::Damaged { .. })));
/// # Ok::<(), LoadError>(())
/// ```
#[track_caller]
pub fn from_bytes(model: &'static Description, weights: &mut [f32], bytes: &[u8]) -> Result<(), LoadError> {
    check_length(model, weights);
    let file = SafeTensors::deserialize(bytes).map_err(|source| LoadError::Damaged { path: None, source })?;
    let mut tensors: BTreeMap<_, _> = file.tensors().into_iter().collect();
    let mut mismatches = Vec::new();
    let mut pairs = Vec::new();
    for weight in model.named_weights() {
        let (name, expected) = (weight.name.to_string(), weight.dims);
        let Some(tensor) = tensors.remove(&name) else {
            mismatches.push(Mismatch::Missing { name, expected });
            continue;
        };
        if !expected.lengths().eq(tensor.shape().iter().copied()) {
            mismatches.push(Mismatch::Shape { name, expected, found: tensor.shape().to_vec() });
        } else if tensor.dtype() != Dtype::F32 {
            mismatches.push(Mismatch::Type { name, found: tensor.dtype().to_string() });
        } else {
            pairs.push((weight, tensor));
        }
    }
    mismatches.extend(
        tensors.into_iter().map(|(name, tensor)| Mismatch::Unexpected { name, found: tensor.shape().to_vec() }),
    );
    if !mismatches.is_empty() {
        return Err(LoadError::Mismatch { path: None, model: model.name, mismatches });
    }
    for (weight, tensor) in pairs {
        let values = &mut weights[weight.offset..][..weight.dims.size()];
        for (value, bytes) in values.iter_mut().zip(tensor.data().as_chunks().0) {
            *value = f32::from_le_bytes(*bytes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use safetensors::tensor::TensorView;

    use super::*;
    use crate::{
        initializers::Initializer,
        layers::{Built, Weight, Weights},
        model::LayerDescription,
        shape::Dims,
    };

    static NORM: Built = Built::new(Dims::new(&[3]))
        .weight(Weight::new("gamma", Dims::new(&[3]), Initializer::Ones))
        .weight(Weight::non_trainable("mean", Dims::new(&[3]), Initializer::Zeros));
    static DENSE: Built = Built::new(Dims::new(&[2]))
        .weight(Weight::new("kernel", Dims::new(&[3, 2]), Initializer::Zeros))
        .weight(Weight::new("scale", Dims::SCALAR, Initializer::Zeros));
    static INNER: Description = Description::new(
        "Inner",
        false,
        &[],
        &[LayerDescription { name: "norm", kind: "BatchNormalization", built: &NORM, trainable: true }],
        &[],
        &[],
    );
    static NESTED: Built = {
        let mut built = Built::new(Dims::new(&[3]));
        built.weights = Weights::Model(&INNER);
        built
    };
    static MODEL: Description = Description::new(
        "Model",
        false,
        &[],
        &[
            LayerDescription { name: "inner", kind: "Inner", built: &NESTED, trainable: true },
            LayerDescription { name: "dense", kind: "Dense", built: &DENSE, trainable: true },
        ],
        &[],
        &[],
    );
    static EMPTY: Description = Description::new("Empty", false, &[], &[], &[], &[]);

    fn values() -> Vec<f32> {
        (0..MODEL.count_params()).map(|at| at as f32 + 0.25).collect()
    }

    #[test]
    fn other_readers_find_names_shapes_and_values() {
        let bytes = to_bytes(&MODEL, &values());
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let kernel = file.tensor("dense/kernel").unwrap();
        assert_eq!((kernel.shape(), &kernel.data()[..4]), (&[3, 2][..], &3.25f32.to_le_bytes()[..]));
        let mean = file.tensor("inner/norm/mean").unwrap();
        assert_eq!((mean.shape(), &mean.data()[..4]), (&[3][..], &10.25f32.to_le_bytes()[..]));
        assert_eq!(file.tensor("dense/scale").unwrap().shape(), &[0; 0]);
        let (length, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        assert!((8 + length).is_multiple_of(ALIGNMENT));
        let metadata = metadata.metadata().as_ref().unwrap();
        assert_eq!((&*metadata["format"], &*metadata["model"]), ("keras-rust", "Model"));
    }

    #[test]
    fn any_order_is_read() {
        let (values, bytes) = (values(), to_bytes(&MODEL, &values()));
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let sorted_by_name = safetensors::serialize(file.tensors(), None).unwrap();
        let mut loaded = vec![0.0; values.len()];
        from_bytes(&MODEL, &mut loaded, &sorted_by_name).unwrap();
        assert_eq!(loaded, values);
        from_bytes(&EMPTY, &mut [], &to_bytes(&EMPTY, &[])).unwrap();
    }

    #[test]
    fn every_difference_is_listed_and_nothing_is_changed() {
        let data = [0; 64];
        let view = |dtype, shape: &[usize], bytes| TensorView::new(dtype, shape.to_vec(), &data[..bytes]).unwrap();
        let file = safetensors::serialize(
            [
                ("dense/kernel", view(Dtype::F32, &[3, 4], 48)),
                ("dense/scale", view(Dtype::F16, &[], 2)),
                ("inner/norm/mean", view(Dtype::F32, &[3], 12)),
                ("dense/bias", view(Dtype::F32, &[4], 16)),
            ],
            None,
        )
        .unwrap();
        let mut weights = values();
        let error = from_bytes(&MODEL, &mut weights, &file).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the data does not fit the model `Model`:\n  \
             `inner/norm/gamma` (3,) is missing\n  \
             `dense/kernel` is (3, 4) in the file, but the model's is (3, 2)\n  \
             `dense/scale` holds numbers of type F16, but a model's are F32\n  \
             `dense/bias` (4,) is not a weight of the model"
        );
        assert_eq!(weights, values());
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_another_number(at in 0usize..900, bit in 0u8..8, cut in 0usize..900) {
            let mut bytes = to_bytes(&MODEL, &values());
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let mut weights = values();
            let _ = from_bytes(&MODEL, &mut weights, &bytes);
            bytes[at] ^= 1 << bit;
            bytes.truncate(cut % bytes.len());
            let is_damaged = matches!(from_bytes(&MODEL, &mut weights, &bytes), Err(LoadError::Damaged { .. }));
            prop_assert!(is_damaged);
        }

        #[test]
        fn no_bytes_are_a_panic_and_no_error_changes_a_weight(
            changes in prop::collection::vec((0usize..900, any::<u8>()), 1..12), in_header: bool, more in 0usize..3,
        ) {
            let mut bytes = to_bytes(&MODEL, &values());
            let end = if in_header { bytes.len() - 4 * MODEL.count_params() } else { bytes.len() };
            for (at, byte) in changes {
                bytes[at % end] = byte;
            }
            bytes.extend(vec![0; more]);
            let mut weights = vec![-1.0; MODEL.count_params()];
            if from_bytes(&MODEL, &mut weights, &bytes).is_err() {
                prop_assert!(weights.iter().all(|weight| *weight == -1.0));
            }
        }
    }
}
