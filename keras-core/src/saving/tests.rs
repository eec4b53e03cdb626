//! Files that are written and read, and what is no file of weights.

use std::{fs, path::PathBuf};

use proptest::prelude::*;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

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
    assert!((8 + length).is_multiple_of(64));
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

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("keras-saving-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn what_is_saved_is_loaded() {
    let folder = folder("round-trip");
    let path = folder.join("model.safetensors");
    let weights: Vec<f32> = values().iter().map(|value| value - 0.5).collect();
    save(&MODEL, &[0.0; 13], &path).unwrap();
    save(&MODEL, &weights, &path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), to_bytes(&MODEL, &weights));
    let mut loaded = [0.0; 13];
    load(&MODEL, &mut loaded, &path).unwrap();
    assert_eq!(loaded[..], weights);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing but the file is left");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn errors_name_the_file() {
    let folder = folder("errors");
    let mut weights = [0.0; 13];
    let missing = folder.join("none.safetensors");
    let error = load(&MODEL, &mut weights, &missing).unwrap_err();
    assert!(error.to_string().contains("none.safetensors"), "{error}");
    let damaged = folder.join("damaged.safetensors");
    fs::write(&damaged, b"not a file of weights").unwrap();
    let error = load(&MODEL, &mut weights, &damaged).unwrap_err();
    assert!(matches!(&error, LoadError::Damaged { path: Some(path), .. } if *path == damaged), "{error}");
    let error = save(&MODEL, &weights, folder.join("no-folder/model.safetensors")).unwrap_err();
    assert!(error.to_string().contains("no-folder"), "{error}");
    fs::remove_dir_all(folder).unwrap();
}
