//! The weights of a model by name: what a file of weights is compared with.

use core::fmt;

use super::Description;
use crate::{
    layers::Weights,
    shape::{Dims, Message},
};

/// How deep models may be nested in one another.
///
/// ```
/// assert_eq!(keras_core::model::MAX_NESTING, 8);
/// ```
pub const MAX_NESTING: usize = 8;

/// The full name of a weight: `conv2d/kernel`, in an inner model `mlp/dense/kernel`.
///
/// It is kept in parts, since const evaluation cannot join texts.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Encoder { Input(8), Dense(4) } }
/// sequential! { struct Net { Input(8), Encoder(name = "encoder") } }
///
/// let weights: Vec<_> = Net::DESCRIPTION.named_weights().collect();
/// assert_eq!(weights[1].name.to_string(), "encoder/dense/bias");
/// assert!(weights[1].name.equals(b"encoder/dense/bias")); // in `const` expressions too
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct WeightName {
    parts: [&'static str; MAX_NESTING + 1],
    count: usize,
}

impl WeightName {
    const fn push(mut self, part: &'static str) -> Self {
        self.parts[self.count] = part;
        self.count += 1;
        self
    }

    /// A byte of a part, or the `/` after it; `None` where the next part starts.
    const fn byte(&self, part: usize, at: usize) -> Option<u8> {
        let bytes = self.parts[part].as_bytes();
        if at < bytes.len() {
            Some(bytes[at])
        } else if at == bytes.len() && part + 1 < self.count {
            Some(b'/')
        } else {
            None
        }
    }

    /// Whether this is the name (`==` for const evaluation).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4, name = "scores") } }
    ///
    /// let name = Net::DESCRIPTION.named_weights().next().unwrap().name;
    /// assert!(name.equals(b"scores/kernel") && !name.equals(b"scores"));
    /// ```
    pub const fn equals(&self, name: &[u8]) -> bool {
        let (mut part, mut at, mut compared) = (0, 0, 0);
        while part < self.count {
            while let Some(byte) = self.byte(part, at) {
                if compared >= name.len() || name[compared] != byte {
                    return false;
                }
                at += 1;
                compared += 1;
            }
            (part, at) = (part + 1, 0);
        }
        compared == name.len()
    }

    /// A hash of the name: [`hash`] of its bytes.
    pub(crate) const fn hash(&self) -> u32 {
        let (mut part, mut at, mut hash) = (0, 0, HASH_START);
        while part < self.count {
            while let Some(byte) = self.byte(part, at) {
                hash = hash_byte(hash, byte);
                at += 1;
            }
            (part, at) = (part + 1, 0);
        }
        hash
    }

    /// Writes the name, in const evaluation.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Message};
    ///
    /// sequential! { struct Net { Input(8), Dense(4) } }
    ///
    /// let mut message = Message::new();
    /// Net::DESCRIPTION.named_weights().next().unwrap().name.write(&mut message);
    /// assert_eq!(message.as_str(), "dense/kernel");
    /// ```
    pub const fn write(&self, message: &mut Message) {
        let mut part = 0;
        while part < self.count {
            if part > 0 {
                message.text("/");
            }
            message.text(self.parts[part]);
            part += 1;
        }
    }
}

impl fmt::Display for WeightName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, part) in self.parts[..self.count].iter().enumerate() {
            if at > 0 {
                f.write_str("/")?;
            }
            f.write_str(part)?;
        }
        Ok(())
    }
}

impl fmt::Debug for WeightName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// FNV-1a: a multiplication a byte, which const evaluation does quickly enough.
const HASH_START: u32 = 0x811c_9dc5;

const fn hash_byte(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

/// The hash of a name that was read from a file.
pub(crate) const fn hash(name: &[u8]) -> u32 {
    let (mut at, mut hash) = (0, HASH_START);
    while at < name.len() {
        hash = hash_byte(hash, name[at]);
        at += 1;
    }
    hash
}

/// Whether two texts are the same (`==` for const evaluation).
pub(crate) const fn equal(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// A weight of a model: its full name, its dimensions, and where it lies among the model's weights.
///
/// ```
/// use keras::{prelude::*, shape::Dims};
///
/// sequential! { struct Net { Input(8), Dense(4) } }
///
/// let net = Net::with_seed(1);
/// let kernel = Net::DESCRIPTION.named_weights().find(|weight| weight.name.equals(b"dense/kernel")).unwrap();
/// assert_eq!((kernel.dims, kernel.offset), (Dims::new(&[8, 4]), 0));
/// assert_eq!(net.weights()[kernel.offset..][..kernel.dims.size()], net.dense().trainable()[..32]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedWeight {
    /// The full name.
    pub name: WeightName,
    /// The dimensions.
    pub dims: Dims,
    /// Where its floats start in the model's buffer.
    pub offset: usize,
}

/// A model whose layers are being walked through.
#[derive(Clone, Copy)]
struct Frame {
    model: &'static Description,
    layer: usize,
    weight: usize,
    /// Where the next trainable weight and the next other weight lie.
    offsets: [usize; 2],
    name: WeightName,
}

impl Frame {
    const fn new(model: &'static Description, offsets: [usize; 2], name: WeightName) -> Self {
        Self { model, layer: 0, weight: 0, offsets, name }
    }
}

/// The weights of a model one after another, those of inner models included; an iterator, in const evaluation too.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(8), Dense(4), BatchNormalization() } }
///
/// let names: Vec<String> = Net::DESCRIPTION.named_weights().map(|weight| weight.name.to_string()).collect();
/// assert_eq!(names[..3], ["dense/kernel", "dense/bias", "batch_normalization/gamma"]);
/// ```
#[derive(Clone, Copy)]
pub struct NamedWeights {
    frames: [Frame; MAX_NESTING],
    depth: usize,
}

impl NamedWeights {
    /// The next weight (`Iterator::next` for const evaluation).
    ///
    /// # Panics
    /// If models are nested more than [`MAX_NESTING`] deep.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4) } }
    ///
    /// /// How many weights the model has.
    /// const COUNT: usize = {
    ///     let (mut weights, mut count) = (Net::DESCRIPTION.named_weights(), 0);
    ///     while weights.advance().is_some() {
    ///         count += 1;
    ///     }
    ///     count
    /// };
    /// assert_eq!(COUNT, 2);
    /// ```
    pub const fn advance(&mut self) -> Option<NamedWeight> {
        while self.depth > 0 {
            let frame = &mut self.frames[self.depth - 1];
            if frame.layer == frame.model.layers.len() {
                self.depth -= 1;
                continue;
            }
            let layer = &frame.model.layers[frame.layer];
            match &layer.built.weights {
                Weights::Own(list, count) if frame.weight < *count => {
                    let weight = &list[frame.weight];
                    let offset = &mut frame.offsets[!weight.trainable as usize];
                    let named = NamedWeight {
                        name: frame.name.push(layer.name).push(weight.name),
                        dims: weight.dims,
                        offset: *offset,
                    };
                    *offset += weight.dims.size();
                    frame.weight += 1;
                    return Some(named);
                }
                Weights::Own(..) => {
                    frame.layer += 1;
                    frame.weight = 0;
                }
                Weights::Model(inner) => {
                    let below = Frame::new(inner, frame.offsets, frame.name.push(layer.name));
                    frame.offsets[0] += inner.trainable;
                    frame.offsets[1] += inner.non_trainable;
                    frame.layer += 1;
                    assert!(self.depth < MAX_NESTING, "models are nested more than 8 deep");
                    self.frames[self.depth] = below;
                    self.depth += 1;
                }
            }
        }
        None
    }
}

impl Iterator for NamedWeights {
    type Item = NamedWeight;

    fn next(&mut self) -> Option<NamedWeight> {
        self.advance()
    }
}

impl Description {
    /// All weights by their full names, in the order of the layers.
    ///
    /// In the model's buffer the trainable weights come first, so that offsets do not grow from one weight to the next.
    ///
    /// ```
    /// use keras_core::{
    ///     initializers::Initializer,
    ///     layers::{Built, Weight},
    ///     model::{Description, LayerDescription},
    ///     shape::Dims,
    /// };
    ///
    /// static DENSE: Built = Built::new(Dims::new(&[2]))
    ///     .weight(Weight::new("kernel", Dims::new(&[3, 2]), Initializer::Zeros))
    ///     .weight(Weight::new("bias", Dims::new(&[2]), Initializer::Zeros));
    /// static MODEL: Description = Description::new(
    ///     "Tiny", false, &[], &[LayerDescription { name: "dense", kind: "Dense", built: &DENSE, trainable: true }], &[], &[],
    /// );
    ///
    /// let names: Vec<String> = MODEL.named_weights().map(|weight| weight.name.to_string()).collect();
    /// assert_eq!(names, ["dense/kernel", "dense/bias"]);
    /// ```
    pub const fn named_weights(&'static self) -> NamedWeights {
        let unnamed = WeightName { parts: [""; MAX_NESTING + 1], count: 0 };
        NamedWeights { frames: [Frame::new(self, [0, self.trainable], unnamed); MAX_NESTING], depth: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        initializers::Initializer,
        layers::{Built, Weight},
        model::{LayerDescription, OutputDescription},
    };

    const fn weight(name: &'static str, trainable: bool, length: usize) -> Weight {
        let dims = Dims::new(&[length]);
        if trainable {
            Weight::new(name, dims, Initializer::Zeros)
        } else {
            Weight::non_trainable(name, dims, Initializer::Zeros)
        }
    }

    static NORM: Built = Built::new(Dims::new(&[2]))
        .weight(weight("gamma", true, 2))
        .weight(weight("moving_mean", false, 2))
        .weight(weight("beta", true, 2));
    static INNER: Description = Description::new(
        "Inner",
        false,
        &[],
        &[LayerDescription { name: "norm", kind: "BatchNormalization", built: &NORM, trainable: true }],
        &[],
        &[OutputDescription { name: "norm", tensor: 0 }],
    );
    static NESTED: Built = {
        let mut built = Built::new(Dims::new(&[2]));
        built.weights = Weights::Model(&INNER);
        built
    };
    static OUTER: Description = Description::new(
        "Outer",
        false,
        &[],
        &[
            LayerDescription { name: "first", kind: "BatchNormalization", built: &NORM, trainable: true },
            LayerDescription { name: "inner", kind: "Inner", built: &NESTED, trainable: true },
            LayerDescription { name: "last", kind: "BatchNormalization", built: &NORM, trainable: true },
        ],
        &[],
        &[],
    );

    #[test]
    fn trainable_blocks_come_first_in_the_buffer() {
        let table: Vec<(String, usize)> = OUTER.named_weights().map(|w| (w.name.to_string(), w.offset)).collect();
        let expected = [
            ("first/gamma", 0),
            ("first/moving_mean", 12),
            ("first/beta", 2),
            ("inner/norm/gamma", 4),
            ("inner/norm/moving_mean", 14),
            ("inner/norm/beta", 6),
            ("last/gamma", 8),
            ("last/moving_mean", 16),
            ("last/beta", 10),
        ];
        assert_eq!(table, expected.map(|(name, offset)| (name.to_owned(), offset)));
    }

    #[test]
    fn names_compare_as_texts() {
        for weight in OUTER.named_weights() {
            let text = weight.name.to_string();
            assert!(weight.name.equals(text.as_bytes()));
            assert!(!weight.name.equals(&text.as_bytes()[1..]) && !weight.name.equals(format!("{text}s").as_bytes()));
            assert!(!weight.name.equals(text.split_at(text.len() - 1).0.as_bytes()));
            assert_eq!(weight.name.hash(), hash(text.as_bytes()));
        }
    }
}
