//! Callbacks, with [Keras' hooks](https://keras.io/api/callbacks/).
//!
//! | Keras' class | type |
//! |---|---|
//! | `EarlyStopping` | [`EarlyStopping`] |
//! | `ModelCheckpoint` | [`ModelCheckpoint`] |
//! | `LearningRateScheduler` | [`LearningRateScheduler`] |
//! | `ReduceLROnPlateau` | [`ReduceLROnPlateau`] |
//! | `SwapEMAWeights` | [`SwapEMAWeights`] |
//! | `TerminateOnNaN` | [`TerminateOnNaN`] |
//! | `Callback` | the trait [`Callback`], for custom callbacks |
//!
//! `fit` takes a tuple of callbacks, even for a single one; a callback passed by reference can be inspected after the
//! run:
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! { struct Line { Input(1), Dense(1) } }
//!
//! let (x, y) = (Tensor::from([[0.0], [1.0], [2.0]]), Tensor::from([[1.0], [3.0], [5.0]]));
//! let mut stopping = EarlyStopping::new("loss").patience(2).min_delta(1e-6);
//! let slower = LearningRateScheduler::new(|epoch, rate| if epoch < 20 { rate } else { 0.0 });
//! let history = Line::with_seed(1)
//!     .compile(SGD::new(0.1), MeanSquaredError::default(), ())
//!     .fit(&x, &y)
//!     .epochs(100)
//!     .callbacks((&mut stopping, slower))
//!     .verbose(0)
//!     .run()?;
//! // Epoch 20 still shows what epoch 19 learnt; the next two show no more.
//! assert_eq!((history.epochs(), stopping.stopped_epoch()), (23, Some(22)));
//! # Ok::<(), keras::Error>(())
//! ```

pub(crate) mod alias;
mod callback;
mod context;
mod early_stopping;
mod learning_rate_scheduler;
mod logs;
mod model_checkpoint;
mod monitor;
mod reduce_lr_on_plateau;
mod swap_ema_weights;
mod terminate_on_nan;

use crate::tuples::for_long_tuples;

pub use callback::Callback;
pub use context::Context;
pub use early_stopping::EarlyStopping;
pub use learning_rate_scheduler::LearningRateScheduler;
pub use logs::Logs;
pub use model_checkpoint::ModelCheckpoint;
pub use monitor::Mode;
pub use reduce_lr_on_plateau::ReduceLROnPlateau;
pub use swap_ema_weights::SwapEMAWeights;
pub use terminate_on_nan::TerminateOnNaN;

/// Callbacks: a tuple of up to 64, or any number as a `Vec<Box<dyn Callback>>`.
///
/// ```
/// use keras::{callbacks::Callbacks, prelude::*};
///
/// let mut stopping = EarlyStopping::new("val_loss");
/// let callbacks = (&mut stopping, TerminateOnNaN::default());
/// assert_eq!(callbacks.boxed().len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of callbacks",
    label = "a tuple of callbacks is needed",
    note = "write a tuple, even for a single callback: `(EarlyStopping::new(\"val_loss\"),)`",
    note = "a tuple has at most 64 callbacks; a `Vec<Box<dyn Callback>>` has any number"
)]
pub trait Callbacks<'a> {
    /// The callbacks, boxed.
    fn boxed(self) -> Vec<Box<dyn Callback + 'a>>;
}

/// Pairs of pairs of callbacks, which a tuple of them becomes.
#[doc(hidden)]
pub trait CallbackPairs<'a> {
    /// Appends the callbacks.
    fn push(self, into: &mut Vec<Box<dyn Callback + 'a>>);
}

impl<'a> CallbackPairs<'a> for () {
    fn push(self, _: &mut Vec<Box<dyn Callback + 'a>>) {}
}

impl<'a, Rest: CallbackPairs<'a>, C: Callback + 'a> CallbackPairs<'a> for (Rest, C) {
    fn push(self, into: &mut Vec<Box<dyn Callback + 'a>>) {
        self.0.push(into);
        into.push(Box::new(self.1));
    }
}

macro_rules! callback_tuples {
    ([$($callback:ident)*] $pairs:tt) => {
        impl<'a, $($callback),*> Callbacks<'a> for ($($callback,)*)
        where
            $pairs: CallbackPairs<'a>,
        {
            #[expect(non_snake_case, reason = "they are pairs of types, too")]
            fn boxed(self) -> Vec<Box<dyn Callback + 'a>> {
                let (($($callback,)*), mut callbacks) = (self, Vec::new());
                CallbackPairs::push($pairs, &mut callbacks);
                callbacks
            }
        }
    };
}

for_long_tuples!(callback_tuples);

impl<'a> Callbacks<'a> for () {
    fn boxed(self) -> Vec<Box<dyn Callback + 'a>> {
        Vec::new()
    }
}

impl<'a> Callbacks<'a> for Vec<Box<dyn Callback + 'a>> {
    fn boxed(self) -> Self {
        self
    }
}
