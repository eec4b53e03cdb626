//! The losses that `compile` takes: one, or a tuple with one per output.

use core::{borrow::Borrow, marker::PhantomData};

use crate::{
    losses::{GradientAt, Loss, LossError, Prediction, Reduction, TargetView},
    model::MAX_OUTPUTS,
    shape::{Message, Shape},
    tuples::for_tuples,
};

/// The losses of a batch.
///
/// ```
/// use keras::{losses::Prediction, prelude::*, shape::Dims, training::{LossBatch, LossList}};
///
/// let predictions = [Prediction { values: &[1.0, 3.0], dims: Dims::new(&[1]), count: 2, logits: None }];
/// let batch = LossBatch {
///     targets: &[(&[[0.0], [0.0]]).into()],
///     predictions: &predictions,
///     sample_weights: &[],
///     loss_weights: &[0.5],
/// };
/// let values = LossList::<Shape1<1>>::evaluate(&MeanSquaredError::default(), &batch, &mut [])?;
/// assert_eq!((values.total, values.each[0], values.from_logits), (2.5, 5.0, 0));
/// # Ok::<(), keras::losses::LossError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LossValues {
    /// The weighted sum of the losses.
    pub total: f32,
    /// The unweighted loss of each output.
    pub each: [f32; MAX_OUTPUTS],
    /// The outputs whose gradient is that of the logits, one bit each.
    pub from_logits: u64,
}

impl Default for LossValues {
    fn default() -> Self {
        Self { total: 0.0, each: [0.0; MAX_OUTPUTS], from_logits: 0 }
    }
}

/// The input of the losses: targets and predictions of each output of a batch.
///
/// ```
/// use keras::{losses::Prediction, prelude::*, shape::Dims, training::{LossBatch, LossList}};
///
/// let (scores, level) = ([0.25, 0.75], [2.0]);
/// let batch = LossBatch {
///     targets: &[(&[1]).into(), (&[[1.0]]).into()],
///     predictions: &[
///         Prediction { values: &scores, dims: Dims::new(&[2]), count: 1, logits: None },
///         Prediction { values: &level, dims: Dims::new(&[1]), count: 1, logits: None },
///     ],
///     sample_weights: &[],
///     loss_weights: &[],
/// };
/// let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
/// let values = LossList::<(Shape1<2>, Shape1<1>)>::evaluate(&losses, &batch, &mut [])?;
/// assert!((values.total - (-0.75f32.ln() + 1.0)).abs() < 1e-6);
/// # Ok::<(), keras::losses::LossError>(())
/// ```
#[derive(Clone, Copy)]
pub struct LossBatch<'a> {
    /// The targets of each output.
    pub targets: &'a [TargetView<'a>],
    /// The predictions of each output.
    pub predictions: &'a [Prediction<'a>],
    /// Weights of the samples or positions of each output; `None` if there are none.
    pub sample_weights: &'a [Option<&'a [f32]>],
    /// The weight of each output's loss; 1 if missing.
    pub loss_weights: &'a [f32],
}

/// A loss of any type.
#[doc(hidden)]
pub trait AnyLoss: Sync {
    /// Whether it requires the whole batch.
    fn whole_batch(&self) -> bool;

    /// See [`Loss::name`].
    fn name(&self) -> &str;

    /// See [`Loss::reduction`].
    fn reduction(&self) -> Reduction;

    /// See [`Loss::evaluate`].
    fn evaluate(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        gradient: Option<&mut [f32]>,
    ) -> Result<(f32, GradientAt), LossError>;
}

impl<L: Loss> AnyLoss for L {
    /// The factor of a mean over the positions that are not ignored depends on all of them.
    fn whole_batch(&self) -> bool {
        self.properties().whole_batch || self.ignored_class().is_some()
    }

    fn name(&self) -> &str {
        Loss::name(self)
    }

    fn reduction(&self) -> Reduction {
        Loss::reduction(self)
    }

    fn evaluate(
        &self,
        target: TargetView<'_>,
        prediction: &Prediction<'_>,
        sample_weight: Option<&[f32]>,
        gradient: Option<&mut [f32]>,
    ) -> Result<(f32, GradientAt), LossError> {
        Loss::evaluate(self, target, prediction, sample_weight, gradient)
    }
}

/// Losses for a model with outputs `Outputs`: a single loss, or a tuple or a struct of named outputs with one per output, or `()` for
/// none.
///
/// ```
/// use keras::{prelude::*, training::LossList};
///
/// /// The names of the losses of a model with these outputs.
/// fn names<Outputs>(losses: impl LossList<Outputs>) -> Vec<String> {
///     losses.names()
/// }
///
/// assert_eq!(names::<Shape1<10>>(SparseCategoricalCrossentropy::default()), ["sparse_categorical_crossentropy"]);
/// let two = names::<(Shape1<10>, Shape1<1>)>((CategoricalCrossentropy::default(), MeanAbsoluteError::default()));
/// assert_eq!(two, ["categorical_crossentropy", "mean_absolute_error"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "the losses `{Self}` do not fit a model whose outputs are `{Outputs}`",
    label = "one loss for each output is needed",
    note = "a model with one output takes one loss; a model with several outputs takes a tuple of as many losses (up to 16), or its \
            struct of named outputs: `NetOutputs {{ class: SparseCategoricalCrossentropy::default(), … }}`"
)]
pub trait LossList<Outputs>: Sync {
    /// The kind of targets of each output: `ClassLabels` or `Values`, or a tuple of them.
    type Targets;

    /// Rejects, at compile time, losses that are incompatible with the length of an output.
    const FITS_THE_OUTPUTS: ();

    /// Calls a function with each loss, in the order of the outputs.
    #[doc(hidden)]
    fn each_loss(&self, visit: &mut dyn FnMut(&dyn AnyLoss));

    /// Whether one of the losses requires the [whole batch](Loss::WHOLE_BATCH).
    fn whole_batch(&self) -> bool {
        let mut whole_batch = false;
        self.each_loss(&mut |loss| whole_batch |= loss.whole_batch());
        whole_batch
    }

    /// The names of the losses, and whether there is more than one.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.each_loss(&mut |loss| names.push(loss.name().to_owned()));
        names
    }

    /// The reduction of the loss of an output.
    fn reduction(&self, output: usize) -> Reduction {
        let (mut at, mut reduction) = (0, Reduction::default());
        self.each_loss(&mut |loss| {
            if at == output {
                reduction = loss.reduction();
            }
            at += 1;
        });
        reduction
    }

    /// Computes the losses of a batch, and their gradients if requested.
    fn evaluate(&self, batch: &LossBatch<'_>, gradients: &mut [&mut [f32]]) -> Result<LossValues, LossError> {
        let (mut at, mut values, mut result) = (0, LossValues::default(), Ok(()));
        self.each_loss(&mut |loss| {
            if result.is_ok() {
                result = one(loss, at, batch, gradients, &mut values);
            }
            at += 1;
        });
        result.map(|()| values)
    }
}

/// The losses of a model, whatever their types.
pub(crate) trait Losses: Sync {
    /// See [`LossList::whole_batch`].
    fn whole_batch(&self) -> bool;

    /// See [`LossList::reduction`].
    fn reduction(&self, output: usize) -> Reduction;

    /// See [`LossList::evaluate`].
    fn evaluate(&self, batch: &LossBatch<'_>, gradients: &mut [&mut [f32]]) -> Result<LossValues, LossError>;
}

/// Losses, owned or borrowed, for a model with outputs `Outputs`.
pub(crate) struct TypedLosses<B, L, Outputs>(B, PhantomData<fn() -> (L, Outputs)>);

impl<B: Borrow<L>, L: LossList<Outputs>, Outputs> TypedLosses<B, L, Outputs> {
    pub(crate) fn new(losses: B) -> Self {
        Self(losses, PhantomData)
    }
}

impl<B: Borrow<L> + Sync, L: LossList<Outputs>, Outputs> Losses for TypedLosses<B, L, Outputs> {
    fn whole_batch(&self) -> bool {
        self.0.borrow().whole_batch()
    }

    fn reduction(&self, output: usize) -> Reduction {
        self.0.borrow().reduction(output)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, gradients: &mut [&mut [f32]]) -> Result<LossValues, LossError> {
        self.0.borrow().evaluate(batch, gradients)
    }
}

fn one(
    loss: &dyn AnyLoss,
    at: usize,
    batch: &LossBatch<'_>,
    gradients: &mut [&mut [f32]],
    values: &mut LossValues,
) -> Result<(), LossError> {
    let weight = batch.loss_weights.get(at).copied().unwrap_or(1.0);
    let sample_weight = batch.sample_weights.get(at).copied().flatten();
    let gradient = gradients.get_mut(at).map(|gradient| &mut **gradient);
    let (value, gradient_at) = loss.evaluate(batch.targets[at], &batch.predictions[at], sample_weight, gradient)?;
    if weight != 1.0
        && let Some(gradient) = gradients.get_mut(at)
    {
        gradient.iter_mut().for_each(|g| *g *= weight);
    }
    if gradient_at == GradientAt::Logits {
        values.from_logits |= 1 << at;
    }
    values.total += weight * value;
    values.each[at] = value;
    Ok(())
}

/// Reported at the caller's line, so that the compiler's message does not point in here.
#[doc(hidden)]
#[track_caller]
pub const fn check_last<L: Loss, S: Shape>() {
    if S::DIMS.last() < L::MINIMUM_LAST {
        let mut message = Message::new();
        message.text("this loss needs at least ");
        message.integer(L::MINIMUM_LAST);
        message.text(" classes, but the model's output has shape ");
        message.dims(S::DIMS);
        message.text(
            "; for one score use BinaryCrossentropy or MeanSquaredError, for classes give the last layer one unit per \
             class",
        );
        panic!("{}", message.as_str())
    }
}

#[diagnostic::do_not_recommend]
impl<L: Loss, S: Shape> LossList<S> for L {
    type Targets = L::Target;

    const FITS_THE_OUTPUTS: () = check_last::<L, S>();

    fn each_loss(&self, visit: &mut dyn FnMut(&dyn AnyLoss)) {
        visit(self);
    }
}

/// No losses: custom steps compute them.
#[diagnostic::do_not_recommend]
impl<Outputs> LossList<Outputs> for () {
    type Targets = ();

    const FITS_THE_OUTPUTS: () = ();

    fn each_loss(&self, _: &mut dyn FnMut(&dyn AnyLoss)) {}
}

macro_rules! loss_tuples {
    ($($at:tt $loss:ident $shape:ident $unused:ident),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($loss: Loss, $shape: Shape),+> LossList<($($shape,)+)> for ($($loss,)+) {
            type Targets = ($($loss::Target,)+);

            const FITS_THE_OUTPUTS: () = { $(check_last::<$loss, $shape>();)+ };

            fn each_loss(&self, visit: &mut dyn FnMut(&dyn AnyLoss)) {
                $(visit(&self.$at);)+
            }
        }
    };
}

for_tuples!(loss_tuples);

/// The weights of the losses in the total loss: a number for each output, as a slice, or a struct of named outputs.
///
/// ```
/// use keras::{prelude::*, training::LossWeights};
///
/// model! { struct Two(x: Input(1)) { (Dense(1, name = "a")(x), Dense(1, name = "b")(x)) } }
///
/// /// The sum of the weights of a model with these outputs.
/// fn sum<Outputs>(weights: impl LossWeights<Outputs>) -> f32 {
///     weights.loss_weights().iter().sum()
/// }
///
/// assert_eq!(sum::<(Shape1<1>, Shape1<1>)>(&[1.0, 0.5]), 1.5);
/// assert_eq!(sum::<(Shape1<1>, Shape1<1>)>(TwoOutputs { a: 1.0, b: 0.5 }), 1.5);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the weights of the losses of a model whose outputs are `{Outputs}`",
    label = "one number for each output is needed",
    note = "weights of losses are a slice with one number for each output, `&[1.0, 0.5]`, or the model's struct of named outputs: \
            `NetOutputs {{ class: 1.0, score: 0.5 }}`"
)]
pub trait LossWeights<Outputs> {
    /// The weights, in the order of the outputs.
    fn loss_weights(self) -> Vec<f32>;
}

macro_rules! slices {
    ($(($($generics:tt)*) $kind:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<Outputs, $($generics)*> LossWeights<Outputs> for $kind {
            fn loss_weights(self) -> Vec<f32> {
                self.to_vec()
            }
        }
    )*};
}

slices! {
    () &[f32];
    () &Vec<f32>;
    () Vec<f32>;
    (const N: usize) &[f32; N];
    (const N: usize) [f32; N];
}
