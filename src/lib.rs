//! Keras for Rust, resolved by the compiler.
//!
//! Declare a neural network as in [Keras](https://keras.io). The compiler checks every shape. Train the model with `compile`
//! and `fit`, and ship the trained struct inside a program.
//!
//! ```
//! use keras::prelude::*;
//!
//! sequential! {
//!     /// Classifies 8×8 handwritten digits.
//!     pub struct Digits {
//!         Input(8, 8, 1),
//!         Conv2D(8, 3, activation = "relu"),
//!         MaxPooling2D(2),
//!         Flatten(),
//!         Dense(10, activation = "softmax", name = "scores"),
//!     }
//! }
//!
//! let (train, test) = keras::datasets::digits()?;
//! let mut model = Digits::with_seed(1);
//! let mut compiled = model.compile(Adam::new(0.01), SparseCategoricalCrossentropy::default(), (Accuracy::default(),));
//! let history = compiled.fit(&train.x, &train.y).epochs(1).verbose(0).run()?;
//! assert!(history["loss"][0].is_finite());
//! assert!(compiled.evaluate(&test.x, &test.y)?["accuracy"] > 0.5);
//! # Ok::<(), keras::Error>(())
//! ```
//!
//! | topic | module |
//! |---|---|
//! | sequential models, functional models, embedded weights | [`sequential!`], [`model!`], [`embed!`] |
//! | layers, custom layers | [`layers`] |
//! | operations on tensors: `x / 2`, `exp(x)`, `sum(x, axis = 1)` | [`ops`] |
//! | activations, initializers, regularizers, constraints | [`activations`], [`initializers`], [`regularizers`], [`constraints`] |
//! | `compile`, `fit`, `evaluate`, `predict` | [`training`]: the trait [`Train`](training::Train) |
//! | `save`, `load` | [`saving`]: the trait [`Save`](saving::Save) |
//! | arguments of `compile` | [`optimizers`], [`losses`], [`metrics`] |
//! | arguments of `fit` | [`data`], [`callbacks`] |
//! | data sets | [`datasets`] |
//! | inspection of a model: layers, names, output shapes | [`model`](mod@model), [`Summary`] |
//! | shapes as types and as values | [`shape`](mod@shape) |
//!
//! Without default features the crate is `no_std`: layers, models and inference with embedded weights.
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

// Generated code refers to this crate as `keras`, in its own examples and tests as well.
extern crate self as keras;

pub use keras_core::model::{BFloat16, Embedded, Float16, Owned, View, ViewMut};
pub use keras_core::{activations, constraints, initializers, layers, ops, regularizers, schema, shape};
#[cfg(feature = "std")]
pub use keras_macros::standalone;
pub use keras_macros::{embed, layer, loss, model, sequential};

#[cfg(feature = "std")]
pub use keras_core::{
    Error, Result, callbacks, config, data, datasets, layer_output, losses, metrics,
    model::{ModelMut, State, Summary},
    optimizers, saving, training,
};

/// The common imports: `use keras::prelude::*;`.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Sum { Input(2), Dense(1, kernel_initializer = "ones") } }
/// assert_eq!(Sum::new().predict_one(&[1.0, 2.0]), [3.0]);
/// ```
pub mod prelude {
    #[cfg(feature = "std")]
    pub use crate::standalone;
    pub use crate::{BFloat16, Embedded, Float16, embed, layer, loss, model, sequential};
    pub use keras_core::constraints::Constraint;
    pub use keras_core::initializers::Initializer;
    pub use keras_core::layers::all::*;
    // Found where a program names a layer that is not available.
    #[doc(hidden)]
    pub use keras_core::layers::unavailable_names::*;
    pub use keras_core::regularizers::Regularizer;
    pub use keras_core::shape::{Shape, Shape0, Shape1, Shape2, Shape3, Shape4, Shape5};

    #[cfg(feature = "std")]
    pub use keras_core::{
        callbacks::{
            Callback, EarlyStopping, LearningRateScheduler, ModelCheckpoint, ReduceLROnPlateau, SwapEMAWeights,
            TerminateOnNaN,
        },
        data::{Batch, Dataset, Labels, Tensor},
        losses::{
            BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalFocalCrossentropy,
            CategoricalGeneralizedCrossEntropy, CategoricalHinge, CosineSimilarity, Dice, Hinge, Huber, KLDivergence,
            LogCosh, Loss, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredError,
            MeanSquaredLogarithmicError, Poisson, SparseCategoricalCrossentropy, SquaredHinge, Tversky,
        },
        metrics::{
            AUC, Accuracy, BinaryAccuracy, BinaryIoU, CategoricalAccuracy, ConcordanceCorrelation, F1Score, FBetaScore,
            FalseNegatives, FalsePositives, IoU, LogCoshError, MeanIoU, Metric, OneHotIoU, OneHotMeanIoU,
            PearsonCorrelation, Precision, PrecisionAtRecall, R2Score, Recall, RecallAtPrecision, RootMeanSquaredError,
            SensitivityAtSpecificity, SparseCategoricalAccuracy, SparseTopKCategoricalAccuracy,
            SpecificityAtSensitivity, TopKCategoricalAccuracy, TrueNegatives, TruePositives,
        },
        model::ToVec,
        optimizers::{
            Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, MultiOptimizer, Muon, Nadam,
            Optimizer, RMSprop, SGD, ScheduleFreeAdamW,
            schedules::{
                CosineDecay, CosineDecayRestarts, ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay,
                PolynomialDecay,
            },
        },
        saving::Save,
        training::{Evaluate, History, LayerOutputs, Predict, TestOnBatch, Train, TrainOnBatch, TrainableModel},
    };
}

/// Descriptions of models: layers, names, output shapes, weights and connections.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(28, 28, 1), Conv2D(8, 3), Flatten(), Dense(10, name = "scores") } }
///
/// for layer in Net::DESCRIPTION.layers {
///     println!("{} ({}): {}", layer.name, layer.kind, layer.output_shape());
/// }
/// assert_eq!(Net::DESCRIPTION.get_layer("scores").map(|layer| layer.count_params()), Some(26 * 26 * 8 * 10 + 10));
/// ```
///
/// Descriptions are constants: they can be used in const evaluation, and without the standard library.
pub mod model {
    // Bounds of generic code: rustc proposes a bound by its path, which is to be one that programs can name.
    pub use keras_core::model::{
        CallDescription, Connection, Description, HasBuild, HasLayer, HasViewMut, InputDescription, LayerDescription,
        NamedWeight, NamedWeights, OutputDescription, PredictsOne, ViewMutOf, WeightName,
    };
    pub use keras_core::model::{Model, Storage, StoredFloat};
    // Public, since they appear in the compiler's errors about custom layers that lack a function.
    pub use keras_core::model::{WithoutBuild, WithoutLayer0, WithoutLayer1, WithoutLayer2, WithoutLayer3};
}

/// Implementation details of generated code. Not part of the public API.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "std")]
    pub use keras_core::data::{InputFields, Inputs, Source, Target, TargetFields, Targets};
    pub use keras_core::embedding::{AlignedBytes, Stored, as_numbers, dtype, gather};
    pub use keras_core::layers::{Backward, Built, Forward, Layer, Numbers, TensorSpec, Weight, elements};
    #[cfg(feature = "std")]
    pub use keras_core::model::with_own_state;
    pub use keras_core::model::{
        AnyBuild, AnyBuildOfList, BuildResult, CallDescription, CallPlan, Composite, Description, Graph, Inference,
        InputDescription, LayerDescription, Listed, Memory, Mode, Model, Nested, OutputDescription, Parts, Place, Plan,
        Ports, Storage, StoredFloat, Training, Unusable, Workspace, argument, backward, built_or_empty, called, check,
        check_float_output, check_output, check_shared, check_stack, check_stateless, composed, float_output, forward,
        infer_one, infer_one_with_state, initial_state, input_spec, layer_with_a_list_of_inputs, layer_with_one_input,
        nth_output, same_weights, with_outputs,
    };
    pub use keras_core::shape::{
        Dims, Dtype, Pick, Rank, Shape, Shape0, Shape1, Shape2, Shape3, Shape4, Shape5, ShapeError, Text, Typed,
    };
    pub use keras_core::{Random, WeightDtype};
    pub use keras_core::{named, with_std};
    #[cfg(feature = "std")]
    pub use keras_core::{named_inputs, named_outputs};
}

/// The code examples of the README and the guide, as doctests.
#[cfg(all(doctest, feature = "std"))]
mod guide {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/guide/sequential.md")]
    struct Sequential;
    #[doc = include_str!("../docs/guide/functional.md")]
    struct Functional;
    #[doc = include_str!("../docs/guide/models-inside-models.md")]
    struct ModelsInsideModels;
    #[doc = include_str!("../docs/guide/custom-layers.md")]
    struct CustomLayers;
    #[doc = include_str!("../docs/guide/training.md")]
    struct Training;
    #[doc = include_str!("../docs/guide/data-in-and-out.md")]
    struct DataInAndOut;
    #[doc = include_str!("../docs/guide/custom-training.md")]
    struct CustomTraining;
    #[doc = include_str!("../docs/guide/losses-and-metrics.md")]
    struct LossesAndMetrics;
    #[doc = include_str!("../docs/guide/optimizers-and-schedules.md")]
    struct OptimizersAndSchedules;
    #[doc = include_str!("../docs/guide/saving-and-embedding.md")]
    struct SavingAndEmbedding;
    #[doc = include_str!("../docs/guide/generic-code.md")]
    struct GenericCode;
}
