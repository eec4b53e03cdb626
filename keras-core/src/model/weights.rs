//! The weights of a model by name: what a file of weights is compared with, and what training goes through.

#[cfg(feature = "std")]
use core::ops::Range;

use super::{
    Description,
    walk::{NestedLayer, NestedLayers},
    weight_name::WeightName,
};
use crate::{
    layers::{Weight, Weights},
    shape::Dims,
};

/// A weight of a model: its full name, its dimensions, and where it lies among the model's weights.
///
/// ```
/// use keras::{prelude::*, shape::Dims};
///
/// sequential! { struct Net { Input(8), Dense(4) } }
///
/// let net = Net::with_seed(1);
/// let kernel = Net::DESCRIPTION.named_weights().find(|weight| weight.name == "dense/kernel").unwrap();
/// assert_eq!((kernel.dims, kernel.offset), (Dims::new(&[8, 4]), 0));
/// assert!(kernel.declaration.trainable);
/// assert_eq!(net.weights()[kernel.offset..][..kernel.dims.size()], net.dense().trainable()[..32]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NamedWeight {
    /// The full name.
    pub name: WeightName,
    /// The dimensions.
    pub dims: Dims,
    /// Where its floats start in the model's buffer.
    pub offset: usize,
    /// What its layer declares: whether it is trainable, its initializer, regularizer and constraint.
    pub declaration: &'static Weight,
    /// The index of its layer among all layers, those of inner models included: that of its flag in
    /// [`Owned::frozen`](super::Owned::frozen).
    pub layer: usize,
}

#[cfg(feature = "std")]
impl NamedWeight {
    /// Where it lies in the model's buffer.
    pub(crate) fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.dims.size()
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
    layers: NestedLayers,
    /// The layer whose weights come next.
    layer: Option<NestedLayer>,
    weight: usize,
    /// Where the next trainable weight and the next other weight lie.
    offsets: [usize; 2],
}

impl NamedWeights {
    /// The next weight (`Iterator::next` for const evaluation).
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
        loop {
            if let Some(layer) = &self.layer
                && let Weights::Own(list, count) = &layer.layer.built.weights
                && self.weight < *count
            {
                let declaration = &list[self.weight];
                self.weight += 1;
                let offset = self.offsets[!declaration.trainable as usize];
                self.offsets[!declaration.trainable as usize] += declaration.dims.size();
                let (name, dims) =
                    (layer.path.within_scope(declaration.scope).push(declaration.name), declaration.dims);
                return Some(NamedWeight { name, dims, offset, declaration, layer: layer.index });
            }
            self.layer = self.layers.advance();
            let Some(layer) = &self.layer else { return None };
            (self.weight, self.offsets) = (0, layer.offsets);
        }
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
    ///     layers::{Built, Dense, Weight},
    ///     model::{Description, LayerDescription},
    ///     shape::Dims,
    /// };
    ///
    /// static DENSE: Built = Built::new(Dims::new(&[2]))
    ///     .weight(Weight::new("kernel", Dims::new(&[3, 2]), Initializer::Zeros))
    ///     .weight(Weight::new("bias", Dims::new(&[2]), Initializer::Zeros));
    /// static MODEL: Description = Description::new(
    ///     "Tiny", false, &[], &[LayerDescription::new("dense", "Dense", &DENSE, &const { Dense::layer(2) })], &[], &[],
    /// );
    ///
    /// let names: Vec<String> = MODEL.named_weights().map(|weight| weight.name.to_string()).collect();
    /// assert_eq!(names, ["dense/kernel", "dense/bias"]);
    /// ```
    pub const fn named_weights(&self) -> NamedWeights {
        NamedWeights { layers: self.nested_layers(), layer: None, weight: 0, offsets: [0; 2] }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::weight_name::{HASH_START, hash},
        *,
    };
    use crate::{
        initializers::Initializer,
        layers::{Built, Weight},
        model::{ANY_LAYER, LayerDescription, OutputDescription},
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
        &[LayerDescription::new("norm", "BatchNormalization", &NORM, ANY_LAYER)],
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
            LayerDescription::new("first", "BatchNormalization", &NORM, ANY_LAYER),
            LayerDescription::new("inner", "Inner", &NESTED, ANY_LAYER),
            LayerDescription::new("last", "BatchNormalization", &NORM, ANY_LAYER),
        ],
        &[],
        &[],
    );

    #[test]
    fn trainable_blocks_come_first_in_the_buffer() {
        let table: Vec<_> = OUTER
            .named_weights()
            .map(|weight| (weight.name.to_string(), weight.offset, weight.layer, weight.declaration.trainable))
            .collect();
        let expected = [
            ("first/gamma", 0, 0, true),
            ("first/moving_mean", 12, 0, false),
            ("first/beta", 2, 0, true),
            ("inner/norm/gamma", 4, 2, true),
            ("inner/norm/moving_mean", 14, 2, false),
            ("inner/norm/beta", 6, 2, true),
            ("last/gamma", 8, 3, true),
            ("last/moving_mean", 16, 3, false),
            ("last/beta", 10, 3, true),
        ];
        assert_eq!(table, expected.map(|(name, offset, layer, is)| (name.to_owned(), offset, layer, is)));
    }

    #[test]
    fn names_compare_as_texts() {
        for weight in OUTER.named_weights() {
            let text = weight.name.to_string();
            assert!(weight.name.equals(text.as_bytes()) && weight.name == *text && weight.name == text.as_str());
            assert!(weight.name != text[1..] && !weight.name.equals(b""));
            assert!(!weight.name.equals(&text.as_bytes()[1..]) && !weight.name.equals(format!("{text}s").as_bytes()));
            assert!(!weight.name.equals(text.split_at(text.len() - 1).0.as_bytes()));
            assert_eq!(weight.name.hash(), hash(HASH_START, text.as_bytes(), 0, text.len()));
            let bytes: Vec<u8> = (0..).map_while(|at| weight.name.get(at)).collect();
            assert_eq!(bytes, text.as_bytes());
        }
    }
}
