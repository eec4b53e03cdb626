//! What a model is: a constant description, a plan of its memory, and three passes that the macros generate.

mod between;
mod call;
mod check;
mod composite;
mod configured;
mod description;
mod freezing;
mod graph;
mod incomplete;
mod inner;
mod named;
mod nested;
#[cfg(feature = "std")]
mod panels;
mod pass;
mod plan;
#[cfg(feature = "std")]
mod program;
mod state;
mod storage;
mod stored;
#[cfg(feature = "std")]
mod summary;
mod view;
mod walk;
mod weight_name;
mod weights;

pub use crate::layers::MAX_OUTPUTS;
#[doc(hidden)]
pub use between::{check_cut, check_layer_output, tensor_after};
pub use call::{argument, called};
#[cfg(feature = "std")]
pub(crate) use check::check_same_weights;
pub use check::{
    BuildResult, Unusable, built_or_empty, check, check_float_output, check_output, check_shared, check_stack,
    float_output, input_spec, nth_output, same_weights, with_outputs,
};
#[doc(hidden)]
pub use composite::{Composite, Parts, Ports, backward, composed, forward};
#[cfg(test)]
pub(crate) use configured::ANY_LAYER;
pub use description::{
    CallDescription, Connection, Description, InputDescription, LayerDescription, Memory, OutputDescription,
};
#[doc(hidden)]
pub use graph::Graph;
#[doc(hidden)]
pub use incomplete::{
    AnyBuild, AnyBuildOfList, Given, Then, WithoutBuild, WithoutLayer0, WithoutLayer1, WithoutLayer2, WithoutLayer3,
    layer_with_a_list_of_inputs, layer_with_one_input,
};
pub use incomplete::{HasBuild, HasLayer, PredictsOne};
#[cfg(feature = "std")]
pub use inner::ModelMut;
pub use inner::{HasViewMut, ViewMutOf};
#[doc(hidden)]
pub use nested::Listed;
pub use nested::Nested;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use panels::Panels;
pub use pass::{Inference, MAX_INPUTS, NonTrainableBlock, Observer, Training};
pub use plan::{CallPlan, Place, Places, Plan, TensorPlan};
#[cfg(feature = "std")]
pub(crate) use program::{Program, TrainingProgram};
#[cfg(feature = "std")]
pub use state::{State, with_own_state};
pub use state::{check_stateless, initial_state};
pub use storage::{Embedded, Owned, Storage};
pub use stored::{BFloat16, Float16, StoredFloat, Workspace};
#[cfg(feature = "std")]
pub use summary::Summary;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use view::{ToVec, array, array_mut};
pub use view::{View, ViewMut};
pub use walk::MAX_NESTING;
#[cfg(feature = "std")]
pub(crate) use walk::NestedLayer;
pub use weight_name::WeightName;
pub(crate) use weight_name::{HASH_START, equal, hash};
pub use weights::{NamedWeight, NamedWeights};

type Number<M> = <<M as Model>::Storage as Storage>::Number;

/// The outputs for one sample, in a workspace of at least as many floats as inference needs for one.
///
/// `None` if a length does not fit, or the model has state. Allocates nothing and has no panic path.
#[doc(hidden)]
pub fn infer_one<'w, M: Model, const N: usize>(
    model: &M,
    inputs: &[Elements<'_>],
    workspace: &'w mut [f32],
) -> Option<[&'w [f32]; N]> {
    infer_sample::<M, N>(model.storage(), Buffers::none(), inputs, workspace)
}

/// The same of a model with state, in memory of the caller's: `STATE` floats, which are read and changed.
#[doc(hidden)]
pub fn infer_one_with_state<'w, M: Model, const N: usize>(
    model: &M,
    inputs: &[Elements<'_>],
    state: &mut [f32],
    workspace: &'w mut [f32],
) -> Option<[&'w [f32]; N]> {
    let (per_sample, fixed) = state.split_at_mut_checked(M::DESCRIPTION.state.per_sample)?;
    infer_sample::<M, N>(model.storage(), Buffers { per_sample, fixed }, inputs, workspace)
}

fn infer_sample<'w, M: Model, const N: usize>(
    storage: &M::Storage,
    state: Buffers<'_>,
    inputs: &[Elements<'_>],
    workspace: &'w mut [f32],
) -> Option<[&'w [f32]; N]> {
    let space = M::MEMORY.inference;
    let (samples, rest) = workspace.split_at_mut_checked(space.per_sample)?;
    let (fixed, rest) = rest.split_at_mut_checked(space.fixed)?;
    let widened = rest.get_mut(..Number::<M>::floats(const { M::DESCRIPTION.largest_layer() }))?;
    let (trainable, non_trainable) = storage.weights().split_at_checked(M::DESCRIPTION.trainable)?;
    let wanted = M::DESCRIPTION.inputs;
    if inputs.len() != wanted.len() || inputs.iter().zip(wanted).any(|(it, wanted)| it.len() != wanted.dims.size()) {
        return None;
    }
    let mut pass = Inference {
        batch: 1,
        trainable,
        panels: &[],
        non_trainable,
        state,
        inputs,
        samples,
        fixed,
        widened,
        seed: storage.inference_seed(),
        first_sample: 0,
        added_loss: None,
        invalid_id: None,
    };
    #[cfg(feature = "std")]
    crate::kernels::parallel::enter_sample(const { M::DESCRIPTION.macs() }, &mut || M::infer(&mut pass));
    #[cfg(not(feature = "std"))]
    M::infer(&mut pass);
    let samples: &'w [f32] = samples;
    let mut outputs = [&samples[..0]; N];
    for (output, place) in outputs.iter_mut().zip(M::outputs(Mode::Inference)) {
        *output = samples.get(place.offset..)?.get(..place.length)?;
    }
    Some(outputs)
}

use crate::{
    layers::{Buffers, Built, Elements, TensorSpec},
    shape::ShapeError,
};

/// The kind of forward pass, like Keras' argument `training` of a call.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::{Mode, Model};
///
/// sequential! { struct Net { Input(8), Dense(4), Dense(2) } }
///
/// let [training, inference] = [Mode::Training, Mode::Inference].map(|mode| Net::<Embedded>::outputs(mode)[0].length);
/// assert_eq!((training, inference), (2, 2)); // floats a sample
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Dropout and the like do nothing, and nothing is kept.
    Inference,
    /// A step of training, before its backward pass.
    Training,
}

/// A model: what `sequential!` and `model!` generate, and everything generic is written over.
///
/// It is not meant to be implemented by hand; its methods are the passes, called by `fit`, `predict` and models that
/// contain this one.
///
/// ```
/// use keras::prelude::*;
/// use keras_core::model::{Model, Storage};
///
/// sequential! { struct Net { Input(8), Dense(4), Dense(2) } }
///
/// /// Code for every model, wherever its weights are.
/// fn largest_weight<M: Model<Storage: Storage<Number = f32>>>(model: &M) -> f32 {
///     model.storage().weights().iter().fold(0.0, |most, weight| most.max(weight.abs()))
/// }
///
/// assert!(largest_weight(&Net::with_seed(1)) > 0.0);
/// assert_eq!(Net::<Embedded>::OUTPUTS[0].dims.size(), 2);
/// ```
pub trait Model: Sized + Send + Sync + 'static {
    /// The shape of the input, or a tuple of shapes.
    type Inputs;
    /// The shape of the output, or a tuple of shapes.
    type Outputs;
    /// Where the weights are: [`Owned`] or [`Embedded`].
    type Storage: Storage;

    /// The graph.
    const DESCRIPTION: &'static Description;
    /// The memory of the passes.
    const MEMORY: Memory;
    /// The outputs, and where their logits lie in training.
    const OUTPUTS: &'static [TensorSpec];
    /// The model as a layer of another one.
    const BUILT: Result<Built, ShapeError>;
    /// Where const parameters decide: reports what does not fit, at its place in the listing.
    const CHECK: () = ();

    /// A model with these weights.
    fn from_storage(weights: Self::Storage) -> Self;
    /// The weights.
    fn storage(&self) -> &Self::Storage;
    /// The weights alone.
    fn into_storage(self) -> Self::Storage;
    /// The weights, to change.
    fn storage_mut(&mut self) -> &mut Self::Storage;

    /// Where the inputs go, in training. At inference they are read where they are.
    fn inputs() -> &'static [Place];
    /// Where the outputs are.
    fn outputs(mode: Mode) -> &'static [Place];
    /// Where the masks of the outputs are; empty places of those that have none.
    fn output_masks(mode: Mode) -> &'static [Place];
    /// Where the gradients of the inputs are.
    fn input_gradients() -> &'static [Place];
    /// Where the gradients of the outputs go.
    fn output_gradients() -> &'static [Place];

    /// The forward pass at inference.
    fn infer<N: StoredFloat>(pass: &mut Inference<'_, N>);
    /// The forward pass of a training step.
    fn forward(pass: &mut Training<'_>);
    /// The backward pass of a training step.
    fn backward(pass: &mut Training<'_>);
}
