//! Random numbers.

use crate::{
    kernels::random::Random,
    layers::{Backward, Built, Forward, Layer, StateVariable},
    shape::{Dims, ShapeError},
};

/// Fills the output of a pass: in training from the numbers of the step, at inference from those of each sample.
fn fill(pass: Forward<'_>, stateful: bool, fill: impl Fn(Random, &mut [f32])) {
    let ([output], [dims]) = (pass.outputs.array(), pass.output_dims.array());
    let mut random = pass.random;
    if stateful
        && let [count] = pass.states.array()
        && let [count] = count
    {
        random = Random::new(random.number(u64::MAX - 2), u64::from(count.to_bits()));
        *count = f32::from_bits(count.to_bits().wrapping_add(1));
    }
    if pass.training {
        fill(random, output);
        return;
    }
    for (at, sample) in output.chunks_exact_mut(dims.size().max(1)).enumerate() {
        fill(random.of_sample(pass.first_sample + at), sample);
    }
}

/// No gradient flows back: the numbers do not depend on the tensor.
fn no_gradient(pass: Backward<'_>) {
    if let [Some(gradient)] = pass.input_gradients.array() {
        gradient.fill(0.0);
    }
}

macro_rules! random {
    (
        $(#[$docs:meta])*
        $name:ident($first:ident = $first_default:literal, $first_doc:literal; $second:ident = $second_default:literal, $second_doc:literal)
        $operation:literal $fill:ident
    ) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name {
            $first: f32,
            $second: f32,
            stateful: bool,
        }

        impl $name {
            /// Creates the operation.
            ///
            /// ```
            #[doc = concat!("use keras::{ops::", stringify!($name), ", shape::Dims};")]
            ///
            #[doc = concat!("let built = ", stringify!($name), "::layer().build(Dims::new(&[3]))?;")]
            /// assert_eq!(built.output(), Dims::new(&[3]));
            /// # Ok::<(), keras::shape::ShapeError>(())
            /// ```
            pub const fn layer() -> Self {
                Self { $first: $first_default, $second: $second_default, stateful: false }
            }

            #[doc = concat!($first_doc, " (default: `", stringify!($first_default), "`).")]
            ///
            /// ```
            /// use keras::prelude::*;
            ///
            #[doc = concat!("model! { struct Net(x: Input(2)) { ", $operation, "(x, ", stringify!($first), " = 0.5) } }")]
            /// assert_eq!(Net::PARAMETERS, 0);
            /// ```
            pub const fn $first(mut self, $first: f32) -> Self {
                self.$first = $first;
                self
            }

            #[doc = concat!($second_doc, " (default: `", stringify!($second_default), "`).")]
            ///
            /// ```
            /// use keras::prelude::*;
            ///
            #[doc = concat!("model! { struct Net(x: Input(2)) { ", $operation, "(x, ", stringify!($second), " = 2.0) } }")]
            /// assert_eq!(Net::PARAMETERS, 0);
            /// ```
            pub const fn $second(mut self, $second: f32) -> Self {
                self.$second = $second;
                self
            }

            /// Whether the numbers at inference differ from call to call (default: `false`). The number of the call is state, so that
            /// the model predicts by `predict_stateful`, and a call after `reset_states` repeats the first one.
            ///
            /// ```
            /// use keras::prelude::*;
            ///
            #[doc = concat!("model! { struct Net(x: Input(2)) { ", $operation, "(x, stateful = true) } }")]
            ///
            /// let (mut net, x) = (Net::with_seed(1), Tensor::from([[0.0, 0.0]]));
            /// let first = net.predict_stateful(&x)?;
            /// assert_ne!(net.predict_stateful(&x)?, first);
            /// net.reset_states();
            /// assert_eq!(net.predict_stateful(&x)?, first);
            /// # Ok::<(), keras::Error>(())
            /// ```
            pub const fn stateful(mut self, stateful: bool) -> Self {
                self.stateful = stateful;
                self
            }

            /// Builds the operation for an input of this shape; any shape is accepted.
            ///
            /// # Errors
            /// Never.
            ///
            /// ```
            #[doc = concat!("use keras::{ops::", stringify!($name), ", shape::Dims};")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($name), "::layer().build(Dims::new(&[3]))?.output(), Dims::new(&[3]));")]
            /// # Ok::<(), keras::shape::ShapeError>(())
            /// ```
            pub const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
                let built = Built::new(input);
                if self.stateful { built.state(StateVariable::new("calls", Dims::new(&[1]))).ok() } else { built.ok() }
            }
        }

        impl Layer for $name {
            fn forward(&self, pass: Forward<'_>) {
                let Self { $first, $second, stateful } = *self;
                fill(pass, stateful, |random, values| random.$fill($first, $second, values));
            }

            fn backward(&self, pass: Backward<'_>) {
                no_gradient(pass);
            }
        }
    };
}

random! {
    /// Normal random numbers, as many as the elements of a tensor, whose values do not matter.
    ///
    /// In a model: `random_normal(x)`, `random_normal(x, mean = 0.0, stddev = 1.0)`. See [Keras'
    /// `random.normal`](https://keras.io/api/random/random_ops/#normal-function), whose numbers differ.
    ///
    /// The numbers are a function of the seed of the model. In training they are drawn anew in each step. At inference each sample has its own,
    /// the same in every call, whatever the batch and the number of threads, so that predictions can be repeated; with `stateful = true`
    /// they are drawn anew in each call.
    ///
    /// # Shapes
    /// Output of the same shape as the input.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Noisy(x: Input(2)) { x + random_normal(x, stddev = 0.1) } }
    ///
    /// let (noisy, x) = (Noisy::with_seed(1), Tensor::from([[1.0, 1.0], [1.0, 1.0]]));
    /// let y = noisy.predict(&x)?;
    /// assert!(y[0] != y[1] && y.values().iter().all(|value| (value - 1.0).abs() < 0.6));
    /// assert_eq!(noisy.predict(&x)?, y);
    /// # Ok::<(), keras::Error>(())
    /// ```
    RandomNormal(mean = 0.0, "Mean"; stddev = 1.0, "Standard deviation") "random_normal" fill_normal
}

random! {
    /// Uniform random numbers, as many as the elements of a tensor, whose values do not matter.
    ///
    /// In a model: `random_uniform(x)`, `random_uniform(x, minval = 0.0, maxval = 1.0)`. See [Keras'
    /// `random.uniform`](https://keras.io/api/random/random_ops/#uniform-function), whose numbers differ, and [`RandomNormal`] for
    /// what they depend on.
    ///
    /// # Shapes
    /// Output of the same shape as the input.
    ///
    /// ```
    /// use keras::prelude::*;
    ///
    /// model! { struct Noise(x: Input(4)) { random_uniform(x, minval = -1.0) } }
    ///
    /// let noise = Noise::with_seed(1).predict_one(&[0.0; 4]);
    /// assert!(noise.iter().all(|value| (-1.0..1.0).contains(value)));
    /// ```
    RandomUniform(minval = 0.0, "Lower bound"; maxval = 1.0, "Upper bound, which is not reached") "random_uniform" fill_uniform
}
