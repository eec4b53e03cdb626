//! The walk over all layers of a model, those of inner models included.

use super::{Description, LayerDescription, weight_name::WeightName};
use crate::layers::Space;

/// How many levels of models there may be in one another, the outermost included; more are an error when the program is compiled.
///
/// ```
/// assert_eq!(keras_core::model::MAX_NESTING, 8);
/// ```
pub const MAX_NESTING: usize = 8;

/// A layer of a model or of a model in it, as the walk over all layers meets it.
#[derive(Clone, Copy)]
pub(crate) struct NestedLayer {
    /// Its path: `conv2d`, in an inner model `encoder/conv2d`.
    pub(crate) path: WeightName,
    pub(crate) layer: &'static LayerDescription,
    /// How many of all layers come before it: where its flag is among those that say which layers are frozen.
    pub(crate) index: usize,
    /// Where its trainable weights and its other weights start in the model's buffer.
    pub(crate) offsets: [usize; 2],
    /// Where its state starts in both blocks of the model's.
    pub(crate) state: Space,
}

/// A model whose layers are being walked over.
#[derive(Clone, Copy)]
struct Frame {
    layers: &'static [LayerDescription],
    /// The next of them.
    next: usize,
    path: WeightName,
}

/// All layers of a model, each model before the layers in it; an iterator, in const evaluation too.
#[derive(Clone, Copy)]
pub(crate) struct NestedLayers {
    frames: [Frame; MAX_NESTING],
    depth: usize,
    index: usize,
    offsets: [usize; 2],
    state: Space,
}

impl NestedLayers {
    /// The next layer (`Iterator::next` for const evaluation).
    pub(crate) const fn advance(&mut self) -> Option<NestedLayer> {
        while self.depth > 0 {
            let frame = &mut self.frames[self.depth - 1];
            if frame.next == frame.layers.len() {
                self.depth -= 1;
                continue;
            }
            let layer = &frame.layers[frame.next];
            frame.next += 1;
            let path = frame.path.push(layer.name);
            let found = NestedLayer { path, layer, index: self.index, offsets: self.offsets, state: self.state };
            self.index += 1;
            match layer.built.weights.model() {
                // A description of more levels than there are frames cannot be made.
                Some((inner, scope)) => {
                    self.frames[self.depth] = Frame { layers: inner.layers, next: 0, path: path.within(scope) };
                    self.depth += 1;
                }
                None => {
                    self.offsets[0] += layer.built.weights.trainable_size();
                    self.offsets[1] += layer.built.weights.non_trainable_size();
                    self.state = self.state.plus(layer.built.state_space());
                }
            }
            return Some(found);
        }
        None
    }
}

impl Iterator for NestedLayers {
    type Item = NestedLayer;

    fn next(&mut self) -> Option<NestedLayer> {
        self.advance()
    }
}

impl Description {
    /// All layers, those of inner models included, in the order in which a model's storage says which are frozen.
    pub(crate) const fn nested_layers(&self) -> NestedLayers {
        let outermost = Frame { layers: self.layers, next: 0, path: WeightName::EMPTY };
        NestedLayers {
            frames: [outermost; MAX_NESTING],
            depth: 1,
            index: 0,
            offsets: [0, self.trainable],
            state: Space::NONE,
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use crate::{
        initializers::Initializer,
        layers::{Built, Dtypes, TensorSpec, Weight, Weights},
        model::{InputDescription, Unusable, called},
        shape::{Dims, Dtype},
    };

    fn leaked<T>(value: T) -> &'static T {
        Box::leak(Box::new(value))
    }

    fn model(name: &'static str, built: Built) -> &'static Description {
        let layer = LayerDescription::new(name, "", leaked(built), crate::model::ANY_LAYER);
        leaked(Description::new("", false, &[], leaked([layer]), &[], &[]))
    }

    /// The model as a layer, without memory or outputs of its own.
    fn layer(model: &'static Description) -> Built {
        let mut built = Built::new(Dims::SCALAR);
        built.weights = Weights::Model(model);
        built
    }

    /// A layer in models in models: this number of levels.
    fn nested(levels: usize) -> &'static Description {
        let bias = Weight::new("bias", Dims::new(&[3]), Initializer::Zeros);
        let innermost = model("dense", Built::new(Dims::new(&[3])).weight(bias));
        (1..levels).fold(innermost, |inner, _| model("inner", layer(inner)))
    }

    #[test]
    fn as_many_levels_as_there_may_be_are_walked_through() {
        let model = nested(MAX_NESTING);
        let paths: Vec<String> = model.nested_layers().map(|found| found.path.to_string()).collect();
        assert_eq!((paths.len(), paths[0].as_str(), paths[1].as_str()), (8, "inner", "inner/inner"));
        let weights: Vec<_> = model.named_weights().collect();
        assert_eq!(weights[0].name.to_string(), format!("{}dense/bias", "inner/".repeat(7)));
        assert_eq!((weights.len(), weights[0].layer, weights[0].range()), (1, 7, 0..3));
    }

    #[test]
    fn more_levels_are_refused_in_words() {
        assert!(called(&(Unusable, Ok(layer(nested(MAX_NESTING - 1)))), &[], 1).is_ok());
        let error = called(&(Unusable, Ok(layer(nested(MAX_NESTING)))), &[], 1).unwrap_err();
        let words = "models are nested 9 levels deep here, but at most 8 levels are supported; replace the call of one \
                     of these models with its layers";
        assert_eq!(error.to_string(), words);
    }

    /// A model that is an argument of a layer, or of such a layer's argument.
    #[test]
    fn models_as_arguments_are_walked_through() {
        let wrapped = |levels: usize, path: &'static [&'static str]| layer(nested(levels)).in_scope(path);
        let model = model("steps", wrapped(2, &["inner", "encoder"]));
        let paths: Vec<String> = model.nested_layers().map(|found| found.path.to_string()).collect();
        assert_eq!(paths, ["steps", "steps/inner/encoder/inner", "steps/inner/encoder/inner/dense"]);
        assert_eq!((model.levels, model.layers[0].all_layers(), model.layers[0].model().is_none()), (5, 3, true));
        let names: Vec<String> = model.named_weights().map(|weight| weight.name.to_string()).collect();
        assert_eq!(names, ["steps/inner/encoder/inner/dense/bias"]);
        let mut input = TensorSpec::new(Dims::new(&[3]));
        let described = InputDescription { name: "x", dims: Dims::new(&[3]), dtype: Dtype::Float32 };
        let takes_one = |levels: usize| {
            let inner = layer(nested(levels));
            let layers = leaked([LayerDescription::new("inner", "", leaked(inner), crate::model::ANY_LAYER)]);
            layer(leaked(Description::new("", false, leaked([described]), layers, &[], &[]))).in_scope(&["encoder"])
        };
        assert!(called(&(Unusable, Ok(takes_one(MAX_NESTING - 3))), &[input], 1).is_ok());
        let error = called(&(Unusable, Ok(takes_one(MAX_NESTING - 2))), &[input], 1).unwrap_err().to_string();
        assert!(error.starts_with("models are nested 9 levels deep"), "{error}");
        input.dtype = Dtype::Int32;
        let error = called(&(Unusable, Ok(takes_one(1).dtypes(Dtypes::Numbers))), &[input], 1).unwrap_err().to_string();
        assert_eq!(error, "this model takes float32, but its input 0 has another dtype");
    }

    #[test]
    #[should_panic(expected = "models are nested more than 8 levels deep")]
    fn no_description_has_more_levels() {
        nested(MAX_NESTING + 1);
    }
}
