//! Writes the weights of a model as a `safetensors` file.

use std::io::{self, Write};

use super::{Dtype, check_length};
use crate::{
    config::Quoted,
    kernels::half::{to_bfloat16, to_float16},
    model::{Description, NamedWeight},
};

/// The data of a file starts at a multiple of this number of bytes, so that a memory-mapped file is aligned as the
/// buffer of a model is.
const ALIGNMENT: usize = 64;

/// The weights of a model as the bytes of a file.
///
/// The output is deterministic.
///
/// # Panics
/// If the number of weights differs from that of the model.
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
    let mut bytes = Vec::new();
    write(model, weights, Dtype::Float32, &mut bytes).expect("a Vec grows");
    bytes
}

/// Writes the header, and then the model's buffer in its order.
pub(super) fn write(
    model: &'static Description,
    weights: &[f32],
    dtype: Dtype,
    file: &mut dyn Write,
) -> io::Result<()> {
    file.write_all(&header(model, dtype))?;
    match dtype {
        Dtype::Float32 => write_numbers(weights, f32::to_le_bytes, file),
        Dtype::Float16 => write_numbers(weights, |value| to_float16(value).to_le_bytes(), file),
        Dtype::BFloat16 => write_numbers(weights, |value| to_bfloat16(value).to_le_bytes(), file),
    }
}

/// Writes values in chunks of a few thousand: the bytes of all of them would need as much memory as the weights
/// themselves.
fn write_numbers<const SIZE: usize>(
    weights: &[f32],
    convert: impl Fn(f32) -> [u8; SIZE],
    file: &mut dyn Write,
) -> io::Result<()> {
    let mut bytes = [[0; SIZE]; 4096];
    for block in weights.chunks(bytes.len()) {
        let bytes = &mut bytes[..block.len()];
        bytes.iter_mut().zip(block).for_each(|(bytes, &value)| *bytes = convert(value));
        file.write_all(bytes.as_flattened())?;
    }
    Ok(())
}

/// The first weight that is out of the range of a dtype.
pub(super) fn too_large(model: &'static Description, weights: &[f32], dtype: Dtype) -> Option<(String, f32)> {
    let is_infinite = |value: f32| match dtype {
        Dtype::Float32 => false,
        Dtype::Float16 => to_float16(value) & 0x7FFF == 0x7C00,
        Dtype::BFloat16 => to_bfloat16(value) & 0x7FFF == 0x7F80,
    };
    let at = weights.iter().position(|&value| value.is_finite() && is_infinite(value))?;
    let mut names = model.named_weights();
    let weight = names.find(|weight| (weight.offset..weight.offset + weight.dims.size()).contains(&at))?;
    Some((weight.name.to_string(), weights[at]))
}

/// The length of the header, and the header.
///
/// In this order the data is the model's buffer, and equal models give equal files.
fn header(model: &'static Description, dtype: Dtype) -> Vec<u8> {
    let mut weights: Vec<NamedWeight> = model.named_weights().collect();
    weights.sort_by_key(|weight| weight.offset);
    let mut json = format!(r#"{{"__metadata__":{{"format":"keras-rust","model":{}}}"#, Quoted(model.name));
    for weight in weights {
        let (start, end) = (weight.offset, weight.offset + weight.dims.size());
        let [start, end] = [start, end].map(|at| at * dtype.size());
        let name = weight.name.to_string();
        let name = Quoted(&name);
        let shape: Vec<usize> = weight.dims.lengths().collect();
        let dtype = dtype.name();
        json += &format!(r#",{name}:{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{start},{end}]}}"#);
    }
    json.push('}');
    while !(8 + json.len()).is_multiple_of(ALIGNMENT) {
        json.push(' ');
    }
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend(json.into_bytes());
    bytes
}
