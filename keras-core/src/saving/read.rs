//! Reads the weights of a model from a `safetensors` file.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use super::load::Matching;
use super::{Dtype, LoadError, Loaded, Mismatch, check_length, load::Rules};
use crate::{
    kernels::half::{from_bfloat16, from_float16},
    model::Description,
    weights_file::{self, Damage, Header, START, Tensor},
};

/// Reads the weights of a model from the bytes of a file.
///
/// Names, shapes and dtypes of all weights are validated first; on an error the weights are unchanged.
///
/// # Errors
/// If the bytes are not a complete `safetensors` file, or belong to another model.
///
/// # Panics
/// If the number of weights differs from that of the model.
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
pub fn from_bytes(model: &'static Description, weights: &mut [f32], mut bytes: &[u8]) -> Result<(), LoadError> {
    check_length(model, weights);
    let length = bytes.len();
    read(model, weights, &mut bytes, Some(length), Rules::default()).map(drop)
}

/// Reads the weights of a model from a file, whose length may be known.
///
/// The header is read first, and checked against the length of the file and against the model, so that no more memory
/// is allocated than for the header and the weights, whatever the file contains.
pub(super) fn read(
    model: &'static Description,
    weights: &mut [f32],
    file: &mut dyn Read,
    length: Option<usize>,
    rules: Rules,
) -> Result<Loaded, LoadError> {
    let io = |source| LoadError::Read { path: PathBuf::new(), source };
    let damaged = |source| LoadError::Damaged { path: None, source };

    let start = take(file, START).map_err(io)?;
    let start = <[u8; START]>::try_from(start)
        .map_err(|start| damaged(Damage::new(start.len(), "the file ends before its header")))?;
    let header_length = weights_file::header_length(start).map_err(damaged)?;
    let cut = |length| damaged(Damage::new(length, "the file ends within its header"));
    if let Some(length) = length.filter(|&length| length < START + header_length) {
        return Err(cut(length));
    }
    let header = take(file, header_length).map_err(io)?;
    if header.len() < header_length {
        return Err(cut(START + header.len()));
    }

    let mut tensors = tensors(&header).map_err(damaged)?;
    tensors.sort_by_key(|tensor| (tensor.start, tensor.end));
    let data_length = weights_file::data_length(&tensors).map_err(damaged)?;
    if let Some(length) = length {
        weights_file::check_length(header_length, data_length, length).map_err(damaged)?;
    }
    let names = by_name(&tensors).map_err(damaged)?;
    let (places, loaded) = compare(model, &tensors, names, rules).map_err(|mismatches| LoadError::Mismatch {
        path: None,
        model: model.name,
        mismatches,
    })?;

    let mut values = weights.to_vec();
    for (tensor, place) in tensors.iter().zip(places) {
        let bytes = tensor.end - tensor.start;
        let result = match place {
            None => skip(bytes, file),
            Some((offset, stored)) => {
                let values = &mut values[offset..][..bytes / stored.size()];
                match stored {
                    Stored::Float64 => read_numbers(values, |bytes| f64::from_le_bytes(bytes) as f32, file),
                    Stored::As(Dtype::Float32) => read_numbers(values, f32::from_le_bytes, file),
                    Stored::As(Dtype::Float16) => {
                        read_numbers(values, |bytes| from_float16(u16::from_le_bytes(bytes)), file)
                    }
                    Stored::As(Dtype::BFloat16) => {
                        read_numbers(values, |bytes| from_bfloat16(u16::from_le_bytes(bytes)), file)
                    }
                }
            }
        };
        result.map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                damaged(Damage::new(START + header_length + tensor.start, "the file ends within its data"))
            } else {
                io(error)
            }
        })?;
    }
    let more = take(file, 1).map_err(io)?.len();
    weights_file::check_length(header_length, data_length, START + header_length + data_length + more)
        .map_err(damaged)?;
    weights.copy_from_slice(&values);
    Ok(loaded)
}

/// A dtype of weights in files that are loaded; the weights of a model are 32-bit floats.
#[derive(Clone, Copy)]
enum Stored {
    /// A dtype in which weights are saved.
    As(Dtype),
    /// 64-bit floats, as NumPy writes them, which are rounded to nearest.
    Float64,
}

impl Stored {
    /// The dtype by its name in the format; `None` if weights cannot have it.
    fn of(name: &str) -> Option<Self> {
        if name == "F64" { Some(Self::Float64) } else { Dtype::of(name).map(Self::As) }
    }

    /// The size of a number in bytes.
    fn size(self) -> usize {
        match self {
            Self::As(dtype) => dtype.size(),
            Self::Float64 => 8,
        }
    }
}

/// Skips a tensor of the file.
fn skip(bytes: usize, file: &mut dyn Read) -> io::Result<()> {
    let skipped = io::copy(&mut file.take(bytes as u64), &mut io::sink())?;
    if skipped == bytes as u64 { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The given number of bytes, or as many as there are.
pub(crate) fn take(file: &mut dyn Read, count: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(count as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All tensors of a header.
fn tensors(header: &[u8]) -> Result<Vec<Tensor<'_>>, Damage> {
    let (mut header, mut tensors) = (Header::new(header), Vec::new());
    while let Some(tensor) = header.advance()? {
        tensors.push(tensor);
    }
    Ok(tensors)
}

/// The names of all tensors in alphabetical order, with the index of each.
fn by_name(tensors: &[Tensor<'_>]) -> Result<Vec<(String, usize)>, Damage> {
    let name = |tensor: &Tensor<'_>| {
        let name: Vec<u8> = tensor.name.bytes().collect();
        String::from_utf8_lossy(&name).into_owned()
    };
    let mut names: Vec<_> = tensors.iter().enumerate().map(|(at, tensor)| (name(tensor), at)).collect();
    names.sort_unstable();
    match names.array_windows().find(|[(name, _), (next, _)]| name == next) {
        Some(&[_, (_, at)]) => Err(Damage::doubled(tensors[at].name)),
        None => Ok(names),
    }
}

/// The destination of each tensor in the model's buffer, and its dtype, or nothing for those that are not loaded; or the
/// differences between model and file that the rules do not permit.
#[expect(clippy::type_complexity, reason = "the two halves of a result")]
fn compare(
    model: &'static Description,
    tensors: &[Tensor<'_>],
    names: Vec<(String, usize)>,
    rules: Rules,
) -> Result<(Vec<Option<(usize, Stored)>>, Loaded), Vec<Mismatch>> {
    let mut places: Vec<Option<(usize, Stored)>> = tensors.iter().map(|_| None).collect();
    let mut is_known = vec![false; tensors.len()];
    let mut matching = Matching::default();
    for weight in model.named_weights() {
        let (name, expected) = (weight.name.to_string(), weight.dims);
        let Ok(found) = names.binary_search_by(|(known, _)| known.cmp(&name)) else {
            matching.differs(weight.layer, Mismatch::Missing { name, expected });
            continue;
        };
        let at = names[found].1;
        let tensor = &tensors[at];
        is_known[at] = true;
        if !tensor.has_dims(expected) {
            matching.differs(weight.layer, Mismatch::Shape { name, expected, found: tensor.shape() });
        } else if let Some(stored) = Stored::of(tensor.dtype) {
            matching.matches(weight.layer, name, at);
            places[at] = Some((weight.offset, stored));
        } else {
            matching.differs(weight.layer, Mismatch::Type { name, found: tensor.dtype.to_owned() });
        }
    }
    let unexpected = names.into_iter().filter(|&(_, at)| !is_known[at]);
    let unexpected = unexpected.map(|(name, at)| Mismatch::Unexpected { name, found: tensors[at].shape() }).collect();
    let (loaded, left) = matching.finish(unexpected, rules)?;
    for at in left {
        places[at] = None;
    }
    Ok((places, loaded))
}

/// Reads values in chunks of a few thousand.
fn read_numbers<const SIZE: usize>(
    values: &mut [f32],
    convert: impl Fn([u8; SIZE]) -> f32,
    file: &mut dyn Read,
) -> io::Result<()> {
    let mut bytes = [[0; SIZE]; 4096];
    for block in values.chunks_mut(bytes.len()) {
        let bytes = &mut bytes[..block.len()];
        file.read_exact(bytes.as_flattened_mut())?;
        block.iter_mut().zip(bytes).for_each(|(value, bytes)| *value = convert(*bytes));
    }
    Ok(())
}
