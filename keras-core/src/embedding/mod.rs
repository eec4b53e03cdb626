//! Weights compiled into a program: the implementation of `embed!`.
//!
//! The weights file is read in const evaluation: its header is parsed and checked against the model, then each tensor
//! is copied to its place as a whole. The program contains only the numbers, in the order of the model. No operation is
//! done per number or per byte of the data, so that a hundred megabytes take seconds.

#![expect(clippy::result_large_err, reason = "const evaluation puts messages together in an array")]

mod file;
mod table;

use file::File;
use table::Table;

use crate::{
    model::{BFloat16, Description, Float16, StoredFloat},
    shape::Message,
    weights_file::{Dtype, attempt},
};

/// The bytes of a model's weights, aligned to a cache line as all weight buffers are.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct AlignedBytes<const N: usize>(pub [u8; N]);

impl<const N: usize> core::fmt::Debug for AlignedBytes<N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "AlignedBytes({N} bytes)")
    }
}

/// The bytes as weights.
///
/// ```
/// use keras_core::{embedding::{AlignedBytes, as_numbers}, model::Float16};
///
/// static BYTES: AlignedBytes<8> = AlignedBytes([0, 0, 128, 63, 0, 0, 0, 64]);
/// let floats: &[f32] = as_numbers(&BYTES);
/// assert_eq!(floats, [1.0, 2.0]);
/// let halves: &[Float16] = as_numbers(&BYTES);
/// assert_eq!(halves.len(), 4);
/// ```
pub const fn as_numbers<N: StoredFloat, const BYTES: usize>(bytes: &'static AlignedBytes<BYTES>) -> &'static [N] {
    const {
        assert!(cfg!(target_endian = "little"), "weights can be embedded for little-endian processors only");
        assert!(BYTES.is_multiple_of(size_of::<N>()), "a weight takes as many bytes as its type");
    }
    // SAFETY: the bytes are initialized, `'static`, never changed, and aligned to 64, which no number exceeds; so many
    // numbers take at most `BYTES` bytes; every pattern of bits is a number: `StoredFloat` is sealed, for `f32` and for
    // `repr(transparent)` over `u16`.
    unsafe { core::slice::from_raw_parts(bytes.0.as_ptr().cast(), BYTES / size_of::<N>()) }
}

/// The number type of a dtype.
///
/// ```
/// use keras_core::{embedding::{AlignedBytes, Stored, as_numbers}, saving::Dtype};
///
/// static BYTES: AlignedBytes<2> = AlignedBytes([0, 0x3C]);
/// let weights: &[Stored<{ Dtype::Float16 as usize }>] = as_numbers(&BYTES);
/// assert_eq!(weights[0].to_f32(), 1.0);
/// ```
pub type Stored<const DTYPE: usize> = <OfDtype<DTYPE> as HasNumber>::Number;

/// A [`Dtype`] as a type.
#[derive(Debug)]
pub struct OfDtype<const DTYPE: usize>;

/// The implementation of [`Stored`].
///
/// ```
/// use keras_core::{embedding::{HasNumber, OfDtype}, saving::Dtype};
///
/// fn bytes<const DTYPE: usize>() -> usize
/// where
///     OfDtype<DTYPE>: HasNumber,
/// {
///     size_of::<<OfDtype<DTYPE> as HasNumber>::Number>()
/// }
/// assert_eq!(bytes::<{ Dtype::BFloat16 as usize }>(), 2);
/// ```
pub trait HasNumber {
    /// The number type.
    type Number: StoredFloat;
}

impl HasNumber for OfDtype<{ Dtype::Float32 as usize }> {
    type Number = f32;
}

impl HasNumber for OfDtype<{ Dtype::Float16 as usize }> {
    type Number = Float16;
}

impl HasNumber for OfDtype<{ Dtype::BFloat16 as usize }> {
    type Number = BFloat16;
}

/// The dtype of a file's weights: that of the first listed tensor. If the file is invalid, [`gather`] reports it.
///
/// ```
/// use keras::{prelude::*, saving::{Dtype, to_bytes}};
/// use keras_core::embedding::dtype;
///
/// sequential! { struct Net { Input(3), Dense(2) } }
///
/// assert_eq!(dtype(&to_bytes(Net::DESCRIPTION, &[0.0; 8])), Dtype::Float32);
/// ```
pub const fn dtype(file: &[u8]) -> Dtype {
    if let Ok(file) = File::new(file, "")
        && let Some(dtype) = file.first_dtype()
    {
        return dtype;
    }
    Dtype::Float32
}

/// The weights of a model from the bytes of a `safetensors` file, in the model's order.
///
/// `path` is the name of the file in errors, and `dtype` the required dtype of its tensors.
///
/// # Panics
/// If the file is not a complete `safetensors` file with at most 2048 tensors and a header of at most 256 KiB, or does
/// not match the model: if a weight is missing or has a different shape or dtype, or if the model does not have such a
/// weight. In const evaluation this is a compile error at the call.
#[track_caller]
pub const fn gather<const N: usize>(
    file: &[u8],
    path: &str,
    model: &'static Description,
    dtype: Dtype,
) -> AlignedBytes<N> {
    assert!(N == dtype.size() * model.count_params(), "the bytes are not as many as the model's weights take");
    let mut bytes = AlignedBytes([0; N]);
    if let Err(message) = fill(&mut bytes.0, file, path, model, dtype) {
        panic!("{}", message.as_str())
    }
    bytes
}

/// Writes the weights to their places.
pub(crate) const fn fill(
    bytes: &mut [u8],
    file: &[u8],
    path: &str,
    model: &'static Description,
    dtype: Dtype,
) -> Result<(), Message> {
    let file = attempt!(File::new(file, path));
    let mut table = Table::new();
    attempt!(file.list(&mut table));

    let mut weights = model.named_weights();
    let mut found = 0;
    while let Some(weight) = weights.advance() {
        let Some(tensor) = table.take(&weight.name) else { return Err(file.missing(&weight, model)) };
        let values = attempt!(file.values(&tensor, &weight, dtype));
        let (_, place) = bytes.split_at_mut(dtype.size() * weight.offset);
        place.split_at_mut(values.len()).0.copy_from_slice(values);
        found += 1;
    }
    if found < table.count() { Err(file.unexpected(&table, model)) } else { Ok(()) }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::{
        initializers::Initializer,
        layers::{Built, Weight},
        model::{ANY_LAYER, LayerDescription},
        saving,
        shape::Dims,
    };

    const fn dense(units: usize) -> Built {
        Built::new(Dims::new(&[units]))
            .weight(Weight::new("kernel", Dims::new(&[2, units]), Initializer::Zeros))
            .weight(Weight::non_trainable("mean", Dims::new(&[units]), Initializer::Zeros))
    }

    static ONE: Built = dense(1);
    static TWO: Built = dense(2);
    static BIAS: Built = Built::new(Dims::new(&[2])).weight(Weight::new("bias", Dims::new(&[2]), Initializer::Zeros));

    const fn model(layers: &'static [LayerDescription]) -> Description {
        Description::new("Model", false, &[], layers, &[], &[])
    }

    const fn layer(name: &'static str, built: &'static Built) -> LayerDescription {
        LayerDescription::new(name, "Dense", built, ANY_LAYER)
    }

    static MODEL: Description = model(&[layer("a", &ONE), layer("b", &TWO)]);
    static OTHER: Description = model(&[layer("a", &TWO), layer("b", &TWO)]);
    static SMALLER: Description = model(&[layer("a", &ONE)]);
    static RENAMED: Description = model(&[layer("a", &ONE), layer("c", &TWO)]);
    static BIASED: Description = model(&[layer("b", &BIAS)]);

    fn file() -> Vec<u8> {
        saving::to_bytes(&MODEL, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    }

    /// The error message for a file.
    #[track_caller]
    fn refusal(file: &[u8], model: &'static Description) -> String {
        let mut bytes = vec![0; 4 * model.count_params()];
        fill(&mut bytes, file, "some/digits.safetensors", model, Dtype::Float32).unwrap_err().as_str().to_owned()
    }

    /// A file with this header and the given number of data bytes.
    fn custom(json: &str, data: usize) -> Vec<u8> {
        [&(json.len() as u64).to_le_bytes(), json.as_bytes(), &vec![0; data]].concat()
    }

    #[test]
    fn any_order_is_gathered() {
        let file = file();
        let sorted_by_name =
            safetensors::serialize(safetensors::SafeTensors::deserialize(&file).unwrap().tensors(), None).unwrap();
        for file in [file, sorted_by_name] {
            let bytes = gather::<36>(&file, "digits.safetensors", &MODEL, Dtype::Float32);
            let floats: Vec<f32> = bytes.0.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            assert_eq!(floats, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        }
    }

    #[test]
    fn numbers_of_sixteen_bits_keep_them() {
        const FILE: &[u8] = b"\x3e\0\0\0\0\0\0\0{\"b/bias\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}   \x00\x3c\x55\x35";
        const DTYPE: Dtype = dtype(FILE);
        static BYTES: AlignedBytes<4> = gather(FILE, "bias.safetensors", &BIASED, DTYPE);
        let weights: &[Stored<{ DTYPE as usize }>] = as_numbers(&BYTES);
        assert_eq!(weights.iter().map(|weight| weight.to_f32()).collect::<Vec<f32>>(), [1.0, 0.333_251_95]);

        let whole = custom(r#"{"b/bias":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#, 4);
        assert_eq!(dtype(&whole), Dtype::BFloat16);
        // Invalid files are reported by `gather`.
        assert_eq!([dtype(&whole[..9]), dtype(&custom("{}", 0)), dtype(b"")], [Dtype::Float32; 3]);
    }

    #[test]
    fn it_is_done_when_compiled() {
        const FILE: &[u8] = b"\x88\0\0\0\0\0\0\0{ \"__metadata__\" : {\"a\\\"}\": \"b\"},\n\
            \"\\u0062\\/bias\": {\"data_offsets\": [0, 8], \"shape\":[2], \"later\": [{}, null, -1.5e3], \"dtype\":\"F32\"}}    \
            \0\0\x80\x3f\0\0\0\x40";
        static BYTES: AlignedBytes<8> = gather(FILE, "bias.safetensors", &BIASED, Dtype::Float32);
        assert_eq!(as_numbers::<f32, 8>(&BYTES), [1.0, 2.0]);
    }

    #[test]
    fn a_file_of_another_model_is_refused() {
        let file = file();
        assert_eq!(
            refusal(&file, &OTHER),
            "digits.safetensors: weight `a/kernel` is (2, 1) in the file, but the model's is (2, 2); embed a file that this model \
             has saved"
        );
        assert_eq!(
            refusal(&file, &RENAMED),
            "digits.safetensors: weight `c/kernel` (2, 2) of the model `Model` is not in the file; embed a file that this model \
             has saved"
        );
        assert_eq!(
            refusal(&file, &SMALLER),
            "digits.safetensors: the file has a tensor `b/kernel`, but the model `Model` has no such weight; embed a file that this model \
             has saved"
        );
        let whole = custom(r#"{"b/bias":{"dtype":"I16","shape":[2],"data_offsets":[0,4]}}"#, 4);
        assert_eq!(
            refusal(&whole, &BIASED),
            "digits.safetensors: weight `b/bias` has dtype I16, but weights are F32, F16 or BF16"
        );
        let half = custom(r#"{"b/bias":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#, 4);
        assert_eq!(
            refusal(&half, &BIASED),
            "digits.safetensors: weight `b/bias` has dtype F16, and others have dtype F32; embed a file of one dtype"
        );
        let many = custom(r#"{"b/bias":{"dtype":"F32","shape":[1,1,1,1,1,2],"data_offsets":[0,8]}}"#, 8);
        assert_eq!(
            refusal(&many, &BIASED),
            "digits.safetensors: weight `b/bias` has 6 axes in the file, but the model's is (2,); embed a file that this model \
             has saved"
        );
    }

    #[test]
    fn a_damaged_file_is_refused() {
        const DAMAGED: &str = "digits.safetensors: this is not a complete safetensors file: ";
        let whole = file();
        for length in 0..whole.len() {
            let words = refusal(&whole[..length], &MODEL);
            assert!(words.starts_with(DAMAGED), "{length}: {words}");
        }
        let longer = [&whole[..], b"\0"].concat();
        assert_eq!(
            refusal(&longer, &MODEL),
            format!("{DAMAGED}at byte {}, the file continues after its data", whole.len())
        );
        let entry = r#""b/bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#;
        let empty = entry.replace("[2]", "[0]").replace("0,8", "0,0");
        let doubled = custom(&format!("{{{empty},{entry}}}"), 8);
        assert_eq!(refusal(&doubled, &BIASED), format!("{DAMAGED}at byte 68, two tensors have the same name"));
    }

    #[test]
    fn a_header_that_would_take_long_is_refused() {
        let entry = r#""b/bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#;
        let described =
            |length| custom(&format!(r#"{{"__metadata__":{{"text":"{}"}},{entry}}}"#, "x".repeat(length)), 8);
        assert!(fill(&mut [0; 8], &described(250_000), "bias.safetensors", &BIASED, Dtype::Float32).is_ok());
        assert_eq!(
            refusal(&described(1_000_000), &BIASED),
            "digits.safetensors: the file's header takes 1000086 bytes, and at most 262144 can be embedded; save the weights with \
             less metadata"
        );
        let tensors: Vec<String> = (0..2049).map(|at| entry.replace("bias", &at.to_string())).collect();
        let many = custom(&format!("{{{}}}", tensors.join(",")), 8);
        assert!(refusal(&many, &BIASED).contains("more than 2048 tensors"));
    }

    #[test]
    fn tensors_come_in_any_order() {
        // Numbers in an order that is far from sorted, with an empty tensor between any two.
        let place = |at: usize| (at * 1031) % 2048;
        let tensors: Vec<String> = (0..2048)
            .map(|at| {
                let (place, empty) = (place(at) / 2, place(at) % 2);
                let (start, end) = (4 * (place + empty), 4 * (place + 1));
                format!(r#""{at}":{{"dtype":"F32","shape":[{}],"data_offsets":[{start},{end}]}}"#, 1 - empty)
            })
            .collect();
        let whole = custom(&format!("{{{}}}", tensors.join(",")), 4096);
        let words = refusal(&whole, &BIASED);
        assert!(words.contains("weight `b/bias` (2,) of the model `Model` is not in the file"), "{words}");
        let moved = custom(&format!("{{{}}}", tensors.join(",").replace("[4,8]", "[8,12]")), 4096);
        let words = refusal(&moved, &BIASED);
        assert!(words.contains("a tensor's data overlaps another's"), "{words}");
    }
}
