//! Files that are saved and loaded, and files that are not weights files.

use std::{fs, path::PathBuf};

use proptest::prelude::*;
use safetensors::{Dtype as FileDtype, SafeTensors, tensor::TensorView};

use super::*;
use crate::kernels::half::{from_bfloat16, from_float16, to_bfloat16, to_float16};
use crate::{
    initializers::Initializer,
    layers::{Built, Weight, Weights},
    model::{ANY_LAYER, LayerDescription},
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
    &[LayerDescription::new("norm", "BatchNormalization", &NORM, ANY_LAYER)],
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
        LayerDescription::new("inner", "Inner", &NESTED, ANY_LAYER),
        LayerDescription::new("dense", "Dense", &DENSE, ANY_LAYER),
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
            ("dense/kernel", view(FileDtype::F32, &[3, 4], 48)),
            ("dense/scale", view(FileDtype::I16, &[], 2)),
            ("inner/norm/mean", view(FileDtype::F32, &[3], 12)),
            ("dense/bias", view(FileDtype::F32, &[4], 16)),
        ],
        None,
    )
    .unwrap();
    let mut weights = values();
    let error = from_bytes(&MODEL, &mut weights, &file).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the data does not match the model `Model`:\n  \
         `inner/norm/gamma` (3,) is missing\n  \
         `dense/kernel` is (3, 4) in the file, but the model's is (3, 2)\n  \
         `dense/scale` has dtype I16, but weights are F64, F32, F16 or BF16\n  \
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

/// A file whose tensors have these dtypes and bytes.
fn typed(tensors: &[(&str, FileDtype, &[usize], Vec<u8>)]) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| (*name, TensorView::new(*dtype, shape.to_vec(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn numbers_of_sixteen_bits_are_rounded_when_saved_and_exact_when_loaded() {
    let folder = folder("dtypes");
    let path = folder.join("model.safetensors");
    let odd = [0.1, -0.0, f32::INFINITY, 65519.0, 1e-7, 1.0 / 3.0, 1e-20];
    let weights: Vec<f32> = odd.iter().copied().chain(values()).take(13).collect();
    for (dtype, file_dtype) in
        [(Dtype::Float32, FileDtype::F32), (Dtype::Float16, FileDtype::F16), (Dtype::BFloat16, FileDtype::BF16)]
    {
        let rounded = |value| match dtype {
            Dtype::Float32 => value,
            Dtype::Float16 => from_float16(to_float16(value)),
            Dtype::BFloat16 => from_bfloat16(to_bfloat16(value)),
        };
        save_as(&MODEL, &weights, &path, dtype).unwrap();
        let bytes = fs::read(&path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert!(file.tensors().iter().all(|(_, tensor)| tensor.dtype() == file_dtype));
        let mut loaded = [0.0; 13];
        load(&MODEL, &mut loaded, &path).unwrap();
        let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&loaded), bits(&weights.iter().map(|&value| rounded(value)).collect::<Vec<_>>()), "{dtype}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_may_mix_types() {
    let file = typed(&[
        (
            "dense/kernel",
            FileDtype::F16,
            &[3, 2],
            [0x3C00u16, 0x4000, 0x4200, 0x4400, 0x4500, 0x0001].map(u16::to_le_bytes).concat(),
        ),
        ("dense/scale", FileDtype::F32, &[], 0.1f32.to_le_bytes().to_vec()),
        ("inner/norm/gamma", FileDtype::BF16, &[3], [0x3F80u16, 0xC000, 0x3DCD].map(u16::to_le_bytes).concat()),
        ("inner/norm/mean", FileDtype::F16, &[3], [0x7C00u16, 0x8000, 0x2E66].map(u16::to_le_bytes).concat()),
    ]);
    let mut weights = values();
    from_bytes(&MODEL, &mut weights, &file).unwrap();
    let expected =
        [1.0, -2.0, 0.100097656, 1.0, 2.0, 3.0, 4.0, 5.0, 5.9604645e-8, 0.1, f32::INFINITY, -0.0, 0.099975586];
    assert_eq!(weights, expected);
}

#[test]
fn a_weight_that_is_too_large_is_named_and_nothing_written() {
    let folder = folder("too-large");
    let path = folder.join("model.safetensors");
    let mut weights = values();
    weights[10] = -65520.0;
    let error = save_as(&MODEL, &weights, &path, Dtype::Float16).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the weight `inner/norm/mean` contains -65520, which is out of the range of float16; save the model as bfloat16, or as float32"
    );
    assert!(!path.exists());
    save_as(&MODEL, &weights, &path, Dtype::BFloat16).unwrap();
    weights[10] = f32::MAX;
    assert!(save_as(&MODEL, &weights, &path, Dtype::BFloat16).is_err());
    save(&MODEL, &weights, &path).unwrap();
    fs::remove_dir_all(folder).unwrap();
}
