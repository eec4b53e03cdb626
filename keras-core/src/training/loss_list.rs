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
#[derive(Clone, Copy, Debug, Default)]
pub struct LossValues {
    /// The weighted sum of the losses.
    pub total: f32,
    /// The unweighted loss of each output.
    pub each: [f32; MAX_OUTPUTS],
    /// The outputs whose gradient is that of the logits, one bit each.
    pub from_logits: u32,
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

/// Losses for a model with outputs `Outputs`: a single loss, or a tuple with one per output.
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
    note = "a model with one output takes one loss, a model with several outputs a tuple of as many losses"
)]
pub trait LossList<Outputs>: Sync {
    /// The kind of targets of each output: `ClassLabels` or `Values`, or a tuple of them.
    type Targets;

    /// Rejects, at compile time, losses that are incompatible with the length of an output.
    const FITS_THE_OUTPUTS: ();

    /// Whether one of the losses requires the [whole batch](Loss::WHOLE_BATCH).
    fn whole_batch(&self) -> bool;

    /// The names of the losses, and whether there is more than one.
    fn names(&self) -> Vec<String>;

    /// The reduction of the loss of an output.
    fn reduction(&self, output: usize) -> Reduction;

    /// Computes the losses of a batch, and their gradients if requested.
    fn evaluate(&self, batch: &LossBatch<'_>, gradients: &mut [&mut [f32]]) -> Result<LossValues, LossError>;
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

fn one<L: Loss>(
    loss: &L,
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

/// The factor of a mean over the positions that are not ignored depends on all of them.
fn needs_whole_batch<L: Loss>(loss: &L) -> bool {
    L::WHOLE_BATCH || loss.ignored_class().is_some()
}

/// Reported at the caller's line, so that the compiler's message does not point in here.
#[track_caller]
const fn check_last<L: Loss, S: Shape>() {
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

    fn whole_batch(&self) -> bool {
        needs_whole_batch(self)
    }

    fn names(&self) -> Vec<String> {
        vec![self.name().to_owned()]
    }

    fn reduction(&self, _: usize) -> Reduction {
        Loss::reduction(self)
    }

    fn evaluate(&self, batch: &LossBatch<'_>, gradients: &mut [&mut [f32]]) -> Result<LossValues, LossError> {
        let mut values = LossValues::default();
        one(self, 0, batch, gradients, &mut values)?;
        Ok(values)
    }
}

macro_rules! loss_tuples {
    ($($at:tt $loss:ident $shape:ident $unused:ident),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($loss: Loss, $shape: Shape),+> LossList<($($shape,)+)> for ($($loss,)+) {
            type Targets = ($($loss::Target,)+);

            const FITS_THE_OUTPUTS: () = { $(check_last::<$loss, $shape>();)+ };

            fn whole_batch(&self) -> bool {
                $(needs_whole_batch(&self.$at))||+
            }

            fn names(&self) -> Vec<String> {
                vec![$(self.$at.name().to_owned()),+]
            }

            fn reduction(&self, output: usize) -> Reduction {
                match output {
                    $($at => self.$at.reduction(),)+
                    _ => Reduction::default(),
                }
            }

            fn evaluate(
                &self,
                batch: &LossBatch<'_>,
                gradients: &mut [&mut [f32]],
            ) -> Result<LossValues, LossError> {
                let mut values = LossValues::default();
                $(one(&self.$at, $at, batch, gradients, &mut values)?;)+
                Ok(values)
            }
        }
    };
}

for_tuples!(loss_tuples);
