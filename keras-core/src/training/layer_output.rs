//! The outputs of inner layers: a model that ends at a layer, or starts after one, and gradients of what lies between.

use core::marker::PhantomData;

use super::{
    Gradients, InputGradients, Predictions,
    predict::check_no_state,
    run_data::{RunData, equal_counts},
    step::{Rows, Stepper},
};
use crate::{
    Error, Result,
    data::{Inputs, SampleWeight, Shapes, Tensor},
    kernels::parallel,
    model::{Model, Observer, Owned, TrainingProgram, check_cut},
    shape::Shape,
    tuples::for_tuples,
};

/// The output of a layer of a model, as Keras' `model.get_layer("conv2d").output`:
/// `layer_output!(Net, "conv2d")`. Whether there is such a layer is checked when the program is compiled, and the shape is part of the
/// type.
///
/// It is used with a model, of which it shares the weights, at inference: as the model that ends there (`predict`, `vjp`), as the model
/// that starts after it (`predict_rest`), and for the gradients between both (`gradients`). A layer that is called several times counts
/// by its first call. Layers of an inner model are those of the inner model: `layer_output!(Encoder, "conv2d")`, used with
/// `&net.encoder()`.
///
/// ```
/// use keras::{layer_output, prelude::*};
///
/// sequential! {
///     struct Net {
///         Input(8, 8, 1),
///         Conv2D(4, 3, activation = "relu"),
///         GlobalAveragePooling2D(name = "features"),
///         Dense(3, activation = "softmax"),
///     }
/// }
///
/// let (net, x) = (Net::with_seed(1), Tensor::from([[[[0.5]; 8]; 8]; 2]));
/// let features = layer_output!(Net, "features");
/// let values: Tensor<Shape1<4>> = features.predict(&net, &x)?;
/// assert_eq!(features.predict_rest(&net, &values)?, net.predict(&x)?);
/// # Ok::<(), keras::Error>(())
/// ```
///
/// ```compile_fail
/// use keras::{layer_output, prelude::*};
///
/// sequential! { struct Net { Input(4), Dense(3), Dense(2) } }
///
/// let hidden = layer_output!(Net, "dense_2"); // there are `dense` and `dense_1`
/// ```
pub struct LayerOutput<M, S, const TENSOR: usize>(PhantomData<fn() -> (M, S)>);

impl<M, S, const TENSOR: usize> Clone for LayerOutput<M, S, TENSOR> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, S, const TENSOR: usize> Copy for LayerOutput<M, S, TENSOR> {}

/// The output of a layer of a model, by its name: a [`LayerOutput`](crate::training::LayerOutput).
///
/// ```
/// use keras::{layer_output, prelude::*};
///
/// sequential! { struct Net { Input(2), Dense(3, kernel_initializer = "ones", name = "hidden"), Dense(1) } }
///
/// let hidden = layer_output!(Net, "hidden").predict(&Net::new(), &Tensor::from([[1.0, 2.0]]))?;
/// assert_eq!(hidden.values(), [3.0; 3]);
/// # Ok::<(), keras::Error>(())
/// ```
#[macro_export]
macro_rules! layer_output {
    ($model:ty, $layer:expr $(,)?) => {{
        const _: () = $crate::model::check_layer_output(<$model as $crate::model::Model>::DESCRIPTION, $layer);
        const TENSOR: usize = $crate::model::tensor_after(<$model as $crate::model::Model>::DESCRIPTION, $layer);
        const DIMS: $crate::shape::Dims = <$model as $crate::model::Model>::DESCRIPTION.dims(TENSOR);
        type Output = <$crate::shape::Rank<{ DIMS.rank() }> as $crate::shape::Pick<
            { DIMS.length(0) },
            { DIMS.length(1) },
            { DIMS.length(2) },
            { DIMS.length(3) },
            { DIMS.length(4) },
        >>::Out;
        $crate::training::LayerOutput::<$model, Output, TENSOR>::new()
    }};
}

/// The part of the tensors between the layers that one run looks at.
struct Between<'a> {
    /// The calls that run.
    from: usize,
    to: usize,
    looks: Vec<Look<'a>>,
}

/// What a run does at one tensor.
#[derive(Default)]
struct Look<'a> {
    /// The call that makes it, and which of its outputs it is.
    call: usize,
    output: usize,
    /// Values to put there instead of what the call computes.
    given: Option<&'a [f32]>,
    /// A gradient to add.
    added: Option<&'a [f32]>,
    values: Vec<f32>,
    gradient: Vec<f32>,
}

impl Observer for Between<'_> {
    fn runs(&self, call: usize) -> bool {
        (self.from..=self.to).contains(&call)
    }

    fn observes(&self, call: usize) -> bool {
        self.looks.iter().any(|look| look.call == call)
    }

    fn forward(&mut self, call: usize, output: usize, values: &mut [f32]) {
        for look in self.looks.iter_mut().filter(|look| (look.call, look.output) == (call, output)) {
            match look.given {
                Some(given) => values.copy_from_slice(given),
                None => values.clone_into(&mut look.values),
            }
        }
    }

    fn backward(&mut self, call: usize, output: usize, gradient: &mut [f32]) {
        for look in self.looks.iter_mut().filter(|look| (look.call, look.output) == (call, output)) {
            gradient.clone_into(&mut look.gradient);
            if let Some(added) = look.added {
                gradient.iter_mut().zip(added).for_each(|(gradient, added)| *gradient += added);
            }
        }
    }
}

/// The number of samples of a batch, as in `predict`.
const BATCH: usize = 32;

/// Outputs of inner layers of a model `M`: one [`LayerOutput`], or a tuple of them.
///
/// ```
/// use keras::{layer_output, prelude::*, training::{LayerOutputs, Samples}};
///
/// sequential! { struct Net { Input(2), Dense(3, name = "first"), Dense(4, name = "second"), Dense(1) } }
///
/// /// The values of inner layers.
/// fn values<L: LayerOutputs<Net>>(layers: L, x: &Samples<Net>) -> keras::Result<L::Tensors> {
///     layers.predict(&Net::with_seed(1), x)
/// }
///
/// let x = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
/// let (first, second) = values((layer_output!(Net, "first"), layer_output!(Net, "second")), &x)?;
/// assert_eq!((first.values().len(), second.values().len()), (2 * 3, 2 * 4));
/// # Ok::<(), keras::Error>(())
/// ```
pub trait LayerOutputs<M: Model<Storage = Owned>>: Copy {
    /// A tensor, or a tuple of them.
    type Tensors;

    /// The numbers of the tensors.
    #[doc(hidden)]
    fn numbers() -> Vec<usize>;

    /// The tensors of their values.
    #[doc(hidden)]
    fn tensors(values: Vec<Vec<f32>>) -> Result<Self::Tensors>;

    /// The outputs of these layers at inference. Layers after the last of them do not run.
    ///
    /// # Errors
    /// If the data are inconsistent.
    ///
    /// ```
    /// use keras::{layer_output, prelude::*, training::LayerOutputs};
    ///
    /// sequential! { struct Net { Input(2), Dense(3, name = "first"), Dense(4, name = "second"), Dense(1) } }
    ///
    /// let (net, x) = (Net::with_seed(1), Tensor::from([[1.0, 2.0]]));
    /// let (first, second) = (layer_output!(Net, "first"), layer_output!(Net, "second")).predict(&net, &x)?;
    /// assert_eq!(first, layer_output!(Net, "first").predict(&net, &x)?);
    /// assert_eq!(second.values().len(), 4);
    /// # Ok::<(), keras::Error>(())
    /// ```
    fn predict<X: Inputs<M::Inputs>>(self, model: &M, x: X) -> Result<Self::Tensors> {
        const { check_no_state(M::DESCRIPTION) };
        Self::tensors(values(model, &Self::numbers(), &RunData::without_targets(&x)?)?)
    }
}

/// The values of tensors, in batches.
fn values<M: Model<Storage = Owned>>(model: &M, tensors: &[usize], data: &RunData<'_>) -> Result<Vec<Vec<f32>>> {
    let (program, mut stepper) = (TrainingProgram::of::<M>(), Stepper::new(M::DESCRIPTION));
    let makers: Vec<_> = tensors.iter().map(|&tensor| M::DESCRIPTION.graph().maker(tensor)).collect();
    let (to, sample_weight) = (makers.iter().map(|&(call, _)| call).max().unwrap_or_default(), SampleWeight::default());
    let mut found = vec![Vec::new(); tensors.len()];
    for rows in data.all().chunks(BATCH) {
        let looks = makers.iter().map(|&(call, output)| Look { call, output, ..Look::default() }).collect();
        let mut between = Between { from: 0, to, looks };
        run(model, rows.len(), || {
            let batch = data.rows(rows, &sample_weight);
            stepper.observe_inference(&program, model.storage(), &batch, &mut Some(&mut between))
        })?;
        found.iter_mut().zip(between.looks).for_each(|(found, look)| found.extend(look.values));
    }
    Ok(found)
}

fn run<M: Model<Storage = Owned>, R: Send>(_: &M, rows: usize, work: impl FnOnce() -> R + Send) -> R {
    parallel::enter(parallel::TRAINING, M::DESCRIPTION.training_macs(rows), work)
}

impl<M: Model<Storage = Owned>, S: Shape, const TENSOR: usize> LayerOutputs<M> for LayerOutput<M, S, TENSOR> {
    type Tensors = Tensor<S>;

    fn numbers() -> Vec<usize> {
        vec![TENSOR]
    }

    fn tensors(values: Vec<Vec<f32>>) -> Result<Tensor<S>> {
        Tensor::from_vec(values.into_iter().next().unwrap_or_default())
    }
}

macro_rules! layer_output_tuples {
    ($($at:tt $layer:ident $a:ident $b:ident),+) => {
        impl<M: Model<Storage = Owned>, $($layer: LayerOutputs<M>),+> LayerOutputs<M> for ($($layer,)+) {
            type Tensors = ($($layer::Tensors,)+);

            fn numbers() -> Vec<usize> {
                [$($layer::numbers()),+].concat()
            }

            fn tensors(values: Vec<Vec<f32>>) -> Result<Self::Tensors> {
                let mut values = values.into_iter();
                Ok(($($layer::tensors(values.by_ref().take($layer::numbers().len()).collect())?,)+))
            }
        }
    };
}

for_tuples!(layer_output_tuples);

impl<M, S, const TENSOR: usize> LayerOutput<M, S, TENSOR> {
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M: Model<Storage = Owned>, S: Shape, const TENSOR: usize> LayerOutput<M, S, TENSOR> {
    /// The output of the layer at inference: the model that ends there. Layers after it do not run.
    ///
    /// # Errors
    /// If the data are inconsistent.
    ///
    /// ```
    /// use keras::{layer_output, prelude::*};
    ///
    /// sequential! { struct Net { Input(2), Dense(3, kernel_initializer = "ones", name = "hidden"), Dropout(0.5), Dense(1) } }
    ///
    /// let hidden = layer_output!(Net, "hidden");
    /// assert_eq!(hidden.predict(&Net::new(), &Tensor::from([[1.0, 2.0]]))?.values(), [3.0; 3]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn predict<X: Inputs<M::Inputs>>(self, model: &M, x: X) -> Result<Tensor<S>> {
        LayerOutputs::predict(self, model, x)
    }

    /// The outputs of the model for an output of the layer, at inference: the model that starts after the layer. That the rest of the
    /// model needs no other tensor from before is checked when the program is compiled.
    ///
    /// # Errors
    /// If the output of the layer cannot be replaced: that of a BatchNormalization which a ReLU follows, and which is computed together
    /// with it; use the output of the ReLU.
    ///
    /// ```
    /// use keras::{layer_output, prelude::*};
    ///
    /// sequential! { struct Net { Input(2), Dense(3, name = "code"), Dense(2, kernel_initializer = "ones") } }
    ///
    /// let code = layer_output!(Net, "code");
    /// assert_eq!(code.predict_rest(&Net::new(), &Tensor::from([[1.0, 2.0, 3.0]]))?.values(), [6.0, 6.0]);
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn predict_rest(self, model: &M, values: &Tensor<S>) -> Result<Predictions<M>>
    where
        M::Outputs: Shapes,
    {
        const { check_no_state(M::DESCRIPTION) };
        const { check_cut(M::DESCRIPTION, TENSOR) };
        let (call, output) = Self::maker()?;
        let (program, mut stepper) = (TrainingProgram::of::<M>(), Stepper::new(M::DESCRIPTION));
        let (mut found, sample_weight) = (vec![Vec::new(); M::DESCRIPTION.outputs.len()], SampleWeight::default());
        if values.is_empty() {
            return Err(Error::NoSamples);
        }
        for batch in values.values().chunks(BATCH * S::LEN) {
            let look = Look { call, output, given: Some(batch), ..Look::default() };
            let mut between = Between { from: call + 1, to: M::DESCRIPTION.calls.len(), looks: vec![look] };
            // The inputs of the model are read by no call that runs.
            let rows: Vec<usize> = vec![0; batch.len() / S::LEN];
            let outputs = run(model, rows.len(), || {
                let data = Rows { inputs: &[], targets: &[], rows: &rows, sample_weight: &sample_weight };
                stepper.observe_inference(&program, model.storage(), &data, &mut Some(&mut between))
            })?;
            found.iter_mut().zip(outputs).for_each(|(found, output)| found.extend(output));
        }
        M::Outputs::tensors(found)
    }

    /// The vector-Jacobian product of the model that ends at the layer, at inference: given the gradient of the layer's output, that
    /// output and the gradients of all trainable weights and of the inputs. Those of layers after it are 0. See
    /// [`Train::vjp`](super::Train::vjp).
    ///
    /// # Errors
    /// If the data are inconsistent, or if the layer is a BatchNormalization which a ReLU follows, and which is computed together
    /// with it; use the output of the ReLU.
    ///
    /// ```
    /// use keras::{layer_output, prelude::*};
    ///
    /// sequential! { struct Net { Input(2), Dense(3, kernel_initializer = "ones", name = "hidden"), Dense(1) } }
    ///
    /// // The input, changed so that a unit of the hidden layer gets larger.
    /// let (net, mut x, unit) = (Net::new(), Tensor::from([[1.0, 2.0]]), Tensor::from([[0.0, 1.0, 0.0]]));
    /// let (hidden, _, by_x) = layer_output!(Net, "hidden").vjp(&net, &x, &unit)?;
    /// x.values_mut().iter_mut().zip(by_x.values()).for_each(|(x, gradient)| *x += 0.5 * gradient);
    /// assert_eq!((hidden.values(), x.values()), (&[3.0; 3][..], &[1.5, 2.5][..]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn vjp<X>(self, model: &M, x: X, gradient: &Tensor<S>) -> Result<(Tensor<S>, Gradients, InputGradients<M>)>
    where
        X: Inputs<M::Inputs>,
        M::Inputs: Shapes,
    {
        const { check_no_state(M::DESCRIPTION) };
        let data = RunData::without_targets(&x)?;
        equal_counts(data.samples(), [("gradients", gradient.len())].into_iter())?;
        let zeros: Vec<Vec<f32>> =
            M::OUTPUTS.iter().map(|output| vec![0.0; output.dims.size() * data.samples()]).collect();
        let zeros: Vec<(usize, &[f32])> = zeros.iter().map(|zeros| (data.samples(), zeros.as_slice())).collect();
        let (_, look, stepper) = Self::differentiate(model, &data, &zeros, Some(gradient.values()))?;
        let by_weights = Gradients::new(stepper.gradients().to_vec(), M::DESCRIPTION);
        Ok((Tensor::from_vec(look.values)?, by_weights, M::Inputs::tensors(stepper.input_gradients())?))
    }

    /// The outputs of the model at inference, the output of the layer, and its gradient, given the gradients of the outputs: which parts
    /// of a feature map matter for a class (Grad-CAM, [Selvaraju et al. 2017](https://arxiv.org/abs/1610.02391)).
    ///
    /// # Errors
    /// If the data are inconsistent, or if the layer is a BatchNormalization which a ReLU follows, and which is computed together
    /// with it; use the output of the ReLU.
    ///
    /// ```
    /// use keras::{layer_output, prelude::*};
    ///
    /// sequential! {
    ///     struct Net { Input(2), Dense(3, kernel_initializer = "ones", name = "hidden"), Dense(1, kernel_initializer = "ones") }
    /// }
    ///
    /// let (net, x) = (Net::new(), Tensor::from([[1.0, 2.0]]));
    /// let (outputs, hidden, gradient) = layer_output!(Net, "hidden").gradients(&net, &x, &Tensor::from([[5.0]]))?;
    /// assert_eq!((outputs.values(), hidden.values(), gradient.values()), (&[9.0][..], &[3.0; 3][..], &[5.0; 3][..]));
    /// # Ok::<(), keras::Error>(())
    /// ```
    pub fn gradients<X>(
        self,
        model: &M,
        x: X,
        output_gradients: &Predictions<M>,
    ) -> Result<(Predictions<M>, Tensor<S>, Tensor<S>)>
    where
        X: Inputs<M::Inputs>,
        M::Outputs: Shapes,
    {
        const { check_no_state(M::DESCRIPTION) };
        let (data, gradients) = (RunData::without_targets(&x)?, M::Outputs::values(output_gradients));
        let (outputs, look, _) = Self::differentiate(model, &data, &gradients, None)?;
        Ok((M::Outputs::tensors(outputs)?, Tensor::from_vec(look.values)?, Tensor::from_vec(look.gradient)?))
    }

    fn differentiate<'a>(
        model: &M,
        data: &RunData<'_>,
        gradients: &[(usize, &[f32])],
        added: Option<&'a [f32]>,
    ) -> Result<(Vec<Vec<f32>>, Look<'a>, Stepper)> {
        let (call, output) = Self::maker()?;
        let look = Look { call, output, added, ..Look::default() };
        let mut between = Between { from: 0, to: M::DESCRIPTION.calls.len(), looks: vec![look] };
        let (program, mut stepper) = (TrainingProgram::of::<M>(), Stepper::new(M::DESCRIPTION));
        let (rows, sample_weight) = (data.all(), SampleWeight::default());
        let outputs = run(model, rows.len(), || {
            let batch = data.rows(&rows, &sample_weight);
            stepper.differentiate_inference(&program, model.storage(), &batch, gradients, Some(&mut between))
        })?;
        Ok((outputs, between.looks.pop().unwrap_or_default(), stepper))
    }

    /// The call that makes the tensor, where the tensor can be replaced, and its gradient exists.
    fn maker() -> Result<(usize, usize)> {
        let (call, output) = M::DESCRIPTION.graph().maker(TENSOR);
        if M::DESCRIPTION.is_rectified_in_place(call) {
            let name = M::DESCRIPTION.layers[M::DESCRIPTION.calls[call].layer].name;
            let expected = "another one: it is computed together with the ReLU after it, whose output can be used";
            return Err(Error::argument("layer_output", format!("`{name}`"), expected));
        }
        Ok((call, output))
    }
}
