//! What a model is, as a constant: the graph that the macro emits.

use core::fmt;

use super::{Graph, MAX_NESTING, configured::Configured, walk::NestedLayer};
use crate::{
    layers::{Built, Space, TensorSpec, Weight, Weights},
    model::check::check_elements,
    shape::{Dims, Dtype},
};

/// A model as a constant: its layers, calls, inputs and outputs. `Digits::DESCRIPTION` gives it, and a summary is made of it.
///
/// A layer stands once among the [layers](Self::layers), and once for each time it is called among the [calls](Self::calls).
/// Tensors are numbered: the inputs first, then the outputs of each call; [`connection`](Self::connection) says where one comes
/// from.
///
/// As [Keras' `model.layers`](https://keras.io/api/models/model/) and what its layers say of themselves; the inputs are no layers
/// here.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(8, 8, 1), Conv2D(4, 3), Flatten(), Dense(3, name = "scores") } }
///
/// let net = Net::DESCRIPTION;
/// for layer in net.layers {
///     println!("{}: a {}, output {}, {} weights", layer.name, layer.kind, layer.output_shape(), layer.count_params());
/// }
/// assert_eq!(net.layers.iter().map(|layer| layer.name).collect::<Vec<_>>(), ["conv2d", "flatten", "scores"]);
/// assert_eq!(net.count_params(), Net::PARAMETERS);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// The model's name, `Digits`.
    pub name: &'static str,
    /// Whether it was declared by `model!` (its summary shows what each layer is connected to).
    pub functional: bool,
    /// The inputs.
    pub inputs: &'static [InputDescription],
    /// The layers, in the order of their first mention.
    pub layers: &'static [LayerDescription],
    /// The calls of the layers, in the order in which they run.
    pub calls: &'static [CallDescription<'static>],
    /// The tensors that are the outputs.
    pub outputs: &'static [OutputDescription],
    /// The number of floats of the trainable weights.
    pub trainable: usize,
    /// The number of floats of the other weights.
    pub non_trainable: usize,
    /// The floats of the state that layers keep from call to call.
    pub state: Space,
    /// The number of levels of models in one another: 1 without an inner model.
    pub(crate) levels: usize,
}

/// An input of a model.
///
/// ```
/// use keras::{prelude::*, shape::Dims};
///
/// model! { struct Two(image: Input(8, 8, 1), numbers: Input(6)) { Concatenate()([Flatten()(image), numbers]) } }
///
/// let inputs = Two::DESCRIPTION.inputs;
/// assert_eq!((inputs[1].name, inputs[1].dims), ("numbers", Dims::new(&[6])));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct InputDescription {
    /// Its name.
    pub name: &'static str,
    /// The dimensions of one sample.
    pub dims: Dims,
    /// The type of its elements.
    pub dtype: Dtype,
}

/// A layer of a model.
///
/// ```
/// use keras::{prelude::*, shape::Dims};
///
/// sequential! { struct Net { Input(8), Dense(4, name = "hidden", trainable = false), Dense(2) } }
///
/// let hidden = Net::DESCRIPTION.get_layer("hidden").unwrap();
/// assert_eq!((hidden.kind, hidden.trainable), ("Dense", false));
/// assert_eq!((hidden.output_shape(), hidden.count_params()), (Dims::new(&[4]), 8 * 4 + 4));
/// let weights: Vec<&str> = hidden.weights().iter().map(|weight| weight.name).collect();
/// assert_eq!(weights, ["kernel", "bias"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LayerDescription {
    /// Its name, unique in the model: `conv2d_1`.
    pub name: &'static str,
    /// Its type, as written: `Conv2D`.
    pub kind: &'static str,
    /// What it is for the inputs of its first call.
    pub built: &'static Built,
    /// Whether training may change it: not if it was declared with `trainable = false`.
    pub trainable: bool,
    #[cfg_attr(not(feature = "std"), expect(dead_code, reason = "configurations are there with `std` alone"))]
    pub(super) layer: &'static dyn Configured,
}

/// A call of a layer: Keras' node. A layer that is called twice, and so has one set of weights for two places, has two.
///
/// ```
/// use keras::prelude::*;
///
/// model! {
///     struct Shared(a: Input(4), b: Input(4)) {
///         let encode = Dense(3, name = "encode");
///         Add()([encode(a), encode(b)])
///     }
/// }
///
/// let shared = Shared::DESCRIPTION;
/// let text: Vec<String> = shared.calls.iter().map(|call| {
///     let from: Vec<String> = call.inputs.iter().map(|&tensor| shared.connection(tensor).to_string()).collect();
///     format!("{} of {}", shared.layers[call.layer].name, from.join(", "))
/// }).collect();
/// assert_eq!(text, ["encode of a[0][0]", "encode of b[0][0]", "add of encode[0][0], encode[1][0]"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CallDescription<'a> {
    /// The index of the layer.
    pub layer: usize,
    /// What the layer is for this call's inputs (in a shared layer, the output's dimensions may differ).
    pub built: &'a Built,
    /// The tensors it takes.
    pub inputs: &'a [usize],
    /// The tensor that it makes; with several outputs, the first of them.
    pub output: usize,
}

/// An output of a model.
///
/// ```
/// use keras::{prelude::*, shape::Dims};
///
/// model! { struct Two(x: Input(4)) { (Dense(3, name = "class")(x), Dense(1, name = "score")(x)) } }
///
/// let two = Two::DESCRIPTION;
/// assert_eq!(two.outputs.iter().map(|output| output.name).collect::<Vec<_>>(), ["class", "score"]);
/// assert_eq!(two.dims(two.outputs[0].tensor), Dims::new(&[3]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OutputDescription {
    /// Its name: that of the layer that makes it.
    pub name: &'static str,
    /// The tensor.
    pub tensor: usize,
}

/// Where a tensor of a model comes from. It prints as in Keras' summaries: `dense[1][0]`.
///
/// ```
/// use keras::{model::Connection, prelude::*};
///
/// sequential! { struct Net { Input(8), Dense(4), Dense(2) } }
///
/// let net = Net::DESCRIPTION;
/// assert!(matches!(net.connection(0), Connection::Input(input) if input.name == "input_layer"));
/// assert!(matches!(net.connection(2), Connection::Output { layer, call: 0, output: 0 } if layer.name == "dense_1"));
/// assert_eq!(net.connection(2).to_string(), "dense_1[0][0]");
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Connection {
    /// It is an input of the model.
    Input(&'static InputDescription),
    /// It is an output of a layer.
    Output {
        /// The layer.
        layer: &'static LayerDescription,
        /// Of which call of the layer: 0 is the first.
        call: usize,
        /// Which output of that call.
        output: usize,
    },
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(input) => write!(f, "{}[0][0]", input.name),
            Self::Output { layer, call, output } => write!(f, "{}[{call}][{output}]", layer.name),
        }
    }
}

impl Description {
    /// A model of these parts.
    ///
    /// # Panics
    /// If there are more levels of models in one another than [`MAX_NESTING`]: a compile error.
    /// With words for more weights than a model can have: a compile error.
    #[doc(hidden)]
    #[track_caller]
    pub const fn new(
        name: &'static str,
        functional: bool,
        inputs: &'static [InputDescription],
        layers: &'static [LayerDescription],
        calls: &'static [CallDescription<'static>],
        outputs: &'static [OutputDescription],
    ) -> Self {
        let (mut trainable, mut non_trainable, mut levels, mut at): (usize, usize, _, _) = (0, 0, 1, 0);
        let mut state = Space::NONE;
        while at < layers.len() {
            let within = layers[at].built.weights.levels();
            if levels <= within {
                levels = within + 1;
            }
            trainable = trainable.saturating_add(layers[at].built.weights.trainable_size());
            non_trainable = non_trainable.saturating_add(layers[at].built.weights.non_trainable_size());
            state = state.plus(layers[at].built.state_space());
            at += 1;
        }
        assert!(levels <= MAX_NESTING, "models are nested more than 8 levels deep");
        check_elements("weights", trainable.saturating_add(non_trainable));
        check_elements("numbers of state", state.per_sample.saturating_add(state.fixed));
        Self { name, functional, inputs, layers, calls, outputs, trainable, non_trainable, state, levels }
    }

    /// A layer by its name; one of an inner model by its path, `encoder/conv2d`. As
    /// [Keras' `get_layer`](https://keras.io/api/models/model/#get_layer-method).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Encoder { Input(8), Dense(4) } }
    /// sequential! { struct Net { Input(8), Encoder(), Dense(2) } }
    ///
    /// let net = Net::DESCRIPTION;
    /// assert_eq!(net.get_layer("dense").map(|layer| layer.count_params()), Some(4 * 2 + 2));
    /// assert_eq!(net.get_layer("encoder/dense").map(|layer| layer.count_params()), Some(8 * 4 + 4));
    /// assert!(net.get_layer("dense_1").is_none());
    /// ```
    pub fn get_layer(&self, path: &str) -> Option<&'static LayerDescription> {
        self.find(path).map(|found| found.layer)
    }

    /// A layer by its path, among [all layers](Self::nested_layers).
    pub(crate) fn find(&self, path: &str) -> Option<NestedLayer> {
        // A layer's own name may have slashes, so it is the whole path that is compared.
        self.nested_layers().find(|found| found.path.equals(path.as_bytes()))
    }

    /// The path of a layer by its place among [all layers](Self::nested_layers).
    #[cfg(feature = "std")]
    pub(crate) fn path_of(&self, place: usize) -> String {
        self.nested_layers().nth(place).map(|found| found.path.to_string()).unwrap_or_default()
    }

    /// Where a tensor comes from.
    ///
    /// # Panics
    /// If there is no such tensor: numbers come from [calls](Self::calls) and [outputs](Self::outputs).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Net(x: Input(4)) { Add()([Dense(4)(x), x]) } }
    ///
    /// let net = Net::DESCRIPTION;
    /// let add = net.calls.last().unwrap();
    /// assert_eq!(add.inputs.iter().map(|&it| net.connection(it).to_string()).collect::<Vec<_>>(), ["dense[0][0]", "x[0][0]"]);
    /// ```
    pub fn connection(&self, tensor: usize) -> Connection {
        if tensor < self.inputs.len() {
            return Connection::Input(&self.inputs[tensor]);
        }
        let (call, output) = self.graph().maker(tensor);
        let layer = self.calls[call].layer;
        let earlier = self.calls[..call].iter().filter(|call| call.layer == layer).count();
        Connection::Output { layer: &self.layers[layer], call: earlier, output }
    }

    /// The dimensions of one sample of a tensor.
    ///
    /// # Panics
    /// If there is no such tensor.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// sequential! { struct Net { Input(8, 8, 1), Conv2D(4, 3), Flatten() } }
    ///
    /// let net = Net::DESCRIPTION;
    /// assert_eq!((net.dims(0), net.dims(1)), (Dims::new(&[8, 8, 1]), Dims::new(&[6, 6, 4])));
    /// ```
    pub const fn dims(&self, tensor: usize) -> Dims {
        self.graph().spec(tensor).dims
    }

    /// The graph: what a plan is made of.
    #[doc(hidden)]
    pub const fn graph(&self) -> Graph<'static> {
        Graph { inputs: self.inputs, calls: self.calls, outputs: self.outputs, of_a_model: true }
    }

    /// The number of layers, those of inner models and these models themselves included.
    ///
    /// In this order, each inner model before its layers, a model's storage says which are frozen.
    pub(crate) const fn all_layers(&self) -> usize {
        let (mut layers, mut at) = (0, 0);
        while at < self.layers.len() {
            layers += self.layers[at].all_layers();
            at += 1;
        }
        layers
    }

    /// The number of weights' floats. As
    /// [Keras' `count_params`](https://keras.io/api/models/model/).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4, trainable = false), Dense(2) } }
    ///
    /// let net = Net::DESCRIPTION;
    /// assert_eq!((net.count_params(), net.trainable_parameters(), net.macs()), (36 + 10, 10, 32 + 8));
    /// ```
    pub const fn count_params(&self) -> usize {
        self.trainable + self.non_trainable
    }

    /// The number of weights of the layer that has the most; an inner model is one layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4), Dense(2) } }
    ///
    /// assert_eq!(Net::DESCRIPTION.largest_layer(), 8 * 4 + 4);
    /// ```
    pub const fn largest_layer(&self) -> usize {
        let (mut largest, mut at) = (0, 0);
        while at < self.layers.len() {
            let size = self.layers[at].count_params();
            largest = if size > largest { size } else { largest };
            at += 1;
        }
        largest
    }

    /// The number of floats that training changes: without the layers declared `trainable = false`.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4, trainable = false), BatchNormalization(), Dense(2) } }
    ///
    /// const _: () = assert!(Net::DESCRIPTION.trainable_parameters() == (4 + 4) + (4 * 2 + 2)); // no moving average
    /// ```
    pub const fn trainable_parameters(&self) -> usize {
        let (mut floats, mut at) = (0, 0);
        while at < self.layers.len() {
            if self.layers[at].trainable {
                floats += match &self.layers[at].built.weights {
                    Weights::Model(model) | Weights::Wrapped(model, _) => model.trainable_parameters(),
                    own => own.trainable_size(),
                };
            }
            at += 1;
        }
        floats
    }

    /// The cost of a training step in multiply-accumulate operations: forward, backward for inputs and weights, and an
    /// update that takes about as long as 32 of them for each weight.
    #[cfg(feature = "std")]
    pub(crate) fn training_macs(&self, batch: usize) -> u64 {
        self.macs().saturating_mul(3).saturating_mul(batch as u64).saturating_add(32 * self.trainable as u64)
    }

    /// Multiply-accumulate operations of one sample's forward pass.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(28, 28, 1), Conv2D(32, 3), Flatten() } }
    ///
    /// assert_eq!(Net::DESCRIPTION.macs(), 26 * 26 * 32 * 9);
    /// ```
    pub const fn macs(&self) -> u64 {
        self.graph().macs()
    }

    /// Whether, in training, a batch is taken in one piece: a sample's output depends on the other samples of its batch, or
    /// batches change a state.
    #[cfg(feature = "std")]
    pub(crate) const fn whole_batch(&self) -> bool {
        self.graph().whole_batch()
    }

    /// The model as a layer of another: its outputs, its two blocks of weights, its memory.
    #[doc(hidden)]
    pub const fn as_layer(&'static self, outputs: &'static [TensorSpec], memory: Memory) -> Built {
        let mut built = self.graph().built(Built::with_outputs(outputs), memory);
        built.weights = Weights::Model(self);
        built
    }
}

impl LayerDescription {
    /// A layer that training may change.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        kind: &'static str,
        built: &'static Built,
        layer: &'static dyn Configured,
    ) -> Self {
        Self { name, kind, built, trainable: true, layer }
    }

    /// The same layer, declared with `trainable = false`.
    #[doc(hidden)]
    #[must_use]
    pub const fn frozen(mut self) -> Self {
        self.trainable = false;
        self
    }

    /// The names and values of the layer's arguments, as [Keras' `get_config`](https://keras.io/api/layers/base_layer/).
    ///
    /// ```
    /// use keras::{config::ConfigValue, prelude::*};
    ///
    /// sequential! { struct Net { Input(8), Dense(4, activation = "relu"), Dropout(0.5) } }
    ///
    /// let layers = Net::DESCRIPTION.layers;
    /// assert_eq!(layers[0].config().get("units"), Some(&ConfigValue::Integer(4)));
    /// assert_eq!(layers[1].config(), Dropout::layer(0.5).config());
    /// ```
    #[cfg(feature = "std")]
    pub fn config(&self) -> crate::config::Config {
        self.layer.config()
    }

    /// The dimensions of one sample of its output, in its first call: of the first output, if it has several. As
    /// [Keras' `layer.output.shape`](https://keras.io/api/layers/base_layer/), without the batch axis.
    ///
    /// ```
    /// use keras::{prelude::*, shape::Dims};
    ///
    /// sequential! { struct Net { Input(8, 8, 1), MaxPooling2D(2) } }
    ///
    /// assert_eq!(Net::DESCRIPTION.layers[0].output_shape(), Dims::new(&[4, 4, 1]));
    /// ```
    pub const fn output_shape(&self) -> Dims {
        self.built.output()
    }

    /// The number of its weights' floats; of a model used as a layer, of all that is in it. As
    /// [Keras' `count_params`](https://keras.io/api/layers/base_layer/).
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), Dense(4), BatchNormalization() } }
    ///
    /// let params: Vec<usize> = Net::DESCRIPTION.layers.iter().map(|layer| layer.count_params()).collect();
    /// assert_eq!(params, [8 * 4 + 4, 4 * 4]);
    /// ```
    pub const fn count_params(&self) -> usize {
        self.built.weights.trainable_size() + self.built.weights.non_trainable_size()
    }

    /// Its own weights: names, dimensions, first values; none of a model used as a layer.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// sequential! { struct Net { Input(8), BatchNormalization() } }
    ///
    /// let weights = Net::DESCRIPTION.layers[0].weights();
    /// let state: Vec<&str> = weights.iter().filter(|weight| !weight.trainable).map(|weight| weight.name).collect();
    /// assert_eq!(state, ["moving_mean", "moving_variance"]);
    /// ```
    pub fn weights(&self) -> &'static [Weight] {
        self.built.weights.list()
    }

    /// The model, if it is one that is used as a layer.
    ///
    /// ```
    /// use keras::{model::Description, prelude::*};
    ///
    /// sequential! { struct Encoder { Input(8), Dense(4), ReLU() } }
    /// sequential! { struct Net { Input(8), Encoder(), Dense(2) } }
    ///
    /// /// The number of layers, those of inner models counted in their models' place.
    /// fn layers(model: &Description) -> usize {
    ///     model.layers.iter().map(|layer| layer.model().map_or(1, layers)).sum()
    /// }
    /// assert_eq!(layers(Net::DESCRIPTION), 3);
    /// ```
    pub const fn model(&self) -> Option<&'static Description> {
        match &self.built.weights {
            Weights::Own(..) | Weights::Wrapped(..) => None,
            Weights::Model(model) => Some(model),
        }
    }

    /// The number of layers that this one is: 1, and those of a model within.
    pub(crate) const fn all_layers(&self) -> usize {
        self.built.weights.all_layers()
    }
}

/// The memory that a model's passes work in.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::Model;
///
/// sequential! { struct Net { Input(2), Dense(3), Dense(1) } }
///
/// let memory = Net::<Embedded>::MEMORY;
/// assert_eq!(memory.inference.per_sample + memory.inference.fixed, Net::WORKSPACE);
/// assert!(memory.training.per_sample >= memory.inference.per_sample); // gradients lie there too
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// For inference.
    pub inference: Space,
    /// For a training step.
    pub training: Space,
}
