//! The macros of the `keras` crate: `sequential!`, `model!`, `embed!`.
//!
//! Tokens go through three steps, each in its folder: `parse` makes a tree of them, `graph` resolves its names into a flat
//! graph, `expand` generates the code. The macros know no shape rule: those are `const fn`s in `keras-core`.
#![forbid(unsafe_code)]

mod embed;
mod expand;
mod graph;
mod kinds;
mod operations;
mod parse;
mod signature;
mod spelling;
mod standalone;
mod suggestions;
mod table;
#[cfg(test)]
mod test_rows;
mod values;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use syn::parse::Parse;

use graph::{Failure, Graph};

/// Declares a model as a list of layers, each of which takes the output of the one before it: as
/// [Keras' `Sequential`](https://keras.io/api/models/sequential/).
///
/// ```
/// use keras::prelude::*;
///
/// sequential! {
///     /// Classifies 8×8 handwritten digits.
///     #[derive(Clone)]
///     pub struct Digits {
///         Input(8, 8, 1),
///         Conv2D(16, 3, activation = "relu"),
///         MaxPooling2D(2),
///         Flatten(),
///         Dense(10, activation = "softmax", name = "scores"),
///     }
/// }
///
/// let digits = Digits::with_seed(1);
/// assert_eq!(digits.predict_one(&[0.5; 64]).len(), 10);
/// assert_eq!(digits.scores().kernel().shape(), [144, 10]);
/// ```
///
/// The head is that of a struct: attributes, a visibility, a name, const parameters. With parameters, or as a check, the
/// output is stated; it is verified:
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Mlp<const CLASSES: usize = 10> -> Shape1<CLASSES> { Input(8), Dense(16), Dense(CLASSES) } }
///
/// assert_eq!(Mlp::<3>::PARAMETERS, 8 * 16 + 16 + 16 * 3 + 3);
/// let _: Mlp = Mlp::new(); // of ten classes
/// ```
///
/// The first layer is `Input(lengths…)`, or says the shape itself: `input_shape = (8, 8, 1)`, for a vector also
/// `input_dim = 8`. A layer is a call with Keras' arguments, positional or by name; any layer takes `name = "…"` and
/// `trainable = false`; a model is a layer of another, and so is a [type of one's own](https://keras.io/guides/making_new_layers_and_models_via_subclassing/).
/// An [operation](https://keras.io/api/ops/) of one tensor stands among the layers too: `mean(axis = 1)`. Arguments are constants, of
/// any expression:
///
/// ```
/// use keras::prelude::*;
///
/// const HIDDEN: usize = 2 * 16;
///
/// sequential! { struct Encoder { Dense(HIDDEN, activation = "relu", input_dim = 4), Dense({ HIDDEN / 4 }) } }
/// sequential! { struct Net { Input(4), Encoder(name = "encoder", trainable = false), Dense(2, name = "scores") } }
///
/// assert_eq!(Net::TRAINABLE_PARAMETERS, 8 * 2 + 2);
/// ```
///
/// A layer that does not fit is an error at the layer when the program is compiled:
///
/// ```compile_fail
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(3, 3, 1), Conv2D(8, 5) } } // a 5×5 kernel does not fit its input (3, 3, 1)
/// ```
///
/// # What it makes
/// `struct Digits<W = Owned>`: a model with its weights on the heap or, as the `Digits<Embedded>` that [`embed!`] makes, in the
/// program. It has
///
/// - `Digits::new()` and `with_seed(seed)`; `Digits::summary()`;
/// - the constants `DESCRIPTION`, to walk over the layers, `PARAMETERS`, `TRAINABLE_PARAMETERS`, `MACS`, `WORKSPACE`, `WORKSPACE_BYTES`;
/// - `predict_one(&[f32; …])`, and `predict_one_in` with the caller's workspace, which never panic, and never allocate, except that a
///   large model on several threads starts those that help it (with const parameters, `predict_one_in` alone, on slices);
/// - for each layer with weights, `scores()` and `scores_mut()`;
/// - by the traits `Train` and `Save` of the prelude: `compile`, `predict`, `freeze`, `weights`, `save`, `load` and more.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! { struct Net { Input(4), Dense(3, activation = "relu"), Dense(2) } }
///
/// const _: () = assert!(Net::WORKSPACE_BYTES < 1024); // a budget is a build error
/// assert_eq!((Net::PARAMETERS, Net::MACS), (4 * 3 + 3 + 3 * 2 + 2, 4 * 3 + 3 * 2));
///
/// let mut workspace = [0.0; Net::WORKSPACE];
/// let net = Net::with_seed(1);
/// assert_eq!(net.predict_one_in(&[0.5; 4], &mut workspace), &net.predict_one(&[0.5; 4]));
/// ```
#[proc_macro]
pub fn sequential(input: TokenStream) -> TokenStream {
    generate(input.into(), graph::sequential).into()
}

/// Declares a model as a graph: inputs, layers called with tensors, outputs. As
/// [Keras' functional API](https://keras.io/guides/functional_api/).
///
/// ```
/// use keras::prelude::*;
///
/// model! {
///     /// Looks at an image and at numbers.
///     pub struct TwoTowers(image: Input(8, 8, 1), numbers: Input(6)) {
///         let x = Conv2D(4, 3, activation = "relu")(image);
///         let x = GlobalAveragePooling2D()(x);
///         let joined = Concatenate()([x, Dense(4)(numbers)]);
///         (Dense(3, activation = "softmax", name = "class")(joined), Dense(1, name = "score")(joined))
///     }
/// }
///
/// let (class, score) = TwoTowers::with_seed(1).predict_one(&[0.5; 64], &[0.1; 6]);
/// assert_eq!((class.len(), score.len()), (3, 1));
/// ```
///
/// The head is a struct's, with the inputs in parentheses; const parameters and a stated output are as in [`sequential!`], and
/// so is what the macro makes. The statements are
///
/// - `let x = Layer(arguments)(tensors);`, where several tensors stand in a list or side by side, and a model of several outputs
///   is taken apart, `let (a, _) = Inner()(x);`
/// - `let encode = Dense(8);`, a layer without tensors: each call of it shares its weights;
/// - `x = …;`, another tensor by the same name;
/// - `x + y`, `x - y`, `x * y`, `x / y`, `x @ y`, `-x`: operations between tensors, and between tensors and numbers; and
///   `exp(x)`, `sum(x, axis = 1)`, `x[.., 0..3]`: [the operations](https://keras.io/api/ops/) of `keras::ops`;
/// - `for _ in 0..3 { … }`, `for filters in [16, 32] { … }`: literal bounds or a list, unrolled;
/// - `fn block(x, filters) { … }`: a block, inlined at each call, with arguments by their places or by name;
/// - at the end, the output, or a tuple of outputs.
///
/// A model has at most 10,000 calls of layers, its loops and blocks run at most 100,000 statements, and nothing in a listing is
/// nested more than 128 deep.
///
/// ```
/// use keras::prelude::*;
///
/// model! {
///     struct Residual(image: Input(8, 8, 1)) {
///         fn residual(x, filters) {
///             let y = Conv2D(filters, 3, padding = "same", activation = "relu")(x);
///             x + Conv2D(filters, 3, padding = "same")(y)
///         }
///         let x = image;
///         for filters in [4, 8] {
///             x = Conv2D(filters, 1)(x);
///             for _ in 0..2 { x = residual(x, filters); }
///         }
///         Dense(10, activation = "softmax")(GlobalAveragePooling2D()(x))
///     }
/// }
///
/// assert_eq!(Residual::summary().to_string().matches("(Conv2D)").count(), 2 * (1 + 2 * 2));
///
/// model! {
///     struct Siamese(a: Input(6), b: Input(6)) {
///         let encode = Dense(4, activation = "tanh", name = "encode");
///         let (left, right) = (encode(a), encode(b));
///         Dense(1, activation = "sigmoid")((left - right) * (left - right))
///     }
/// }
///
/// assert_eq!(Siamese::PARAMETERS, 6 * 4 + 4 + 4 + 1); // `encode` counts once
/// ```
///
/// What leads nowhere is an error at its name:
///
/// ```compile_fail
/// use keras::prelude::*;
///
/// model! { struct Net(a: Input(4), b: Input(4)) { Dense(2)(a) } } // `b` is not used
/// ```
#[proc_macro]
pub fn model(input: TokenStream) -> TokenStream {
    generate(input.into(), graph::functional).into()
}

/// Declares a custom layer as an expression of operations and layers; its gradients are generated. As
/// [a subclass of Keras' `Layer`](https://keras.io/guides/making_new_layers_and_models_via_subclassing/).
///
/// ```
/// use keras::prelude::*;
///
/// layer! {
///     /// A densely connected layer.
///     pub struct Linear(units: usize, scale: f32 = 1.0)(x) {
///         let w = weight("w", (last(x), units), "random_normal");
///         (x @ w + weight("b", (units,), "zeros")) * scale
///     }
/// }
///
/// sequential! { struct Net { Input(3), Linear(4, scale = 0.5), Linear(1, name = "score") } }
///
/// let net = Net::with_seed(1);
/// assert_eq!(Net::PARAMETERS, 3 * 4 + 4 + 4 + 1);
/// let (w, dims) = net.score().weight("w").unwrap();
/// assert_eq!((w.len(), dims.to_string().as_str()), (4, "(4, 1)"));
/// ```
///
/// The arguments come first, in parentheses of their own that are left out if there are none; those with a default are given by name
/// where the layer is used. Their types are `usize`, `isize`, `f32`, `bool`, `Activation`, `Initializer`, `Regularizer`,
/// `Constraint` and `Padding`, whose defaults may be names in quotes, or any other that is `Copy`. The inputs follow, and the
/// statements of [`model!`], in which
///
/// - `weight("w", shape, initializer)` is a weight, also with `regularizer`, `constraint` and `trainable`; operators take it on
///   either side, and it may be used in any other way, too;
/// - `last(x)`, `dim(x, 1)`, `rank(x)`, `size(x)` are numbers, and `shape(x)` the shape of a weight;
/// - layers, models and other layers declared by `layer!` are called as in a model.
///
/// What does not fit is one error where the layer is used:
///
/// ```compile_fail
/// use keras::prelude::*;
///
/// layer! { struct Twice(x) { x + weight("w", (2,)) } }
/// sequential! { struct Net { Input(3), Twice() } } // in `x + weight(…)`: (3,) and (2,) cannot be broadcast together
/// ```
#[proc_macro]
pub fn layer(input: TokenStream) -> TokenStream {
    let generated = generate_with(input.into(), graph::declared, expand::composite);
    generated.into()
}

/// Declares a custom loss as an expression of targets and predictions; its gradient is generated. As
/// [a function that Keras' `compile` takes](https://keras.io/api/losses/#creating-custom-losses).
///
/// ```
/// use keras::prelude::*;
///
/// loss! {
///     /// The contrastive loss of distances: 1 for a pair of the same kind, 0 for others.
///     struct Contrastive(margin: f32 = 1.0)(y_true, y_pred) {
///         let near = square(y_pred);
///         let far = square(maximum(margin - y_pred, 0));
///         mean(y_true * near + (1 - y_true) * far, axis = -1)
///     }
/// }
///
/// let loss = Contrastive::default().margin(2.0);
/// assert_eq!(loss.value(&[[1.0], [0.0]], &[[0.5], [0.5]])?, (0.25 + 2.25) / 2.0);
/// assert_eq!(loss.value_and_gradient(&[[0.0]], &[[0.5]])?.1, [[-3.0]]);
///
/// sequential! { struct Net { Input(2), Dense(1, activation = "softplus") } }
/// let (x, y) = (Tensor::from([[0.0, 1.0], [1.0, 0.0]]), Tensor::from([[1.0], [0.0]]));
/// let mut net = Net::with_seed(1);
/// let history = net.compile(Adam::new(0.05), loss, ()).fit(&x, &y).epochs(50).verbose(0).run()?;
/// assert!(history["loss"].last() < history["loss"].first());
/// # Ok::<(), keras::Error>(())
/// ```
///
/// The arguments are numbers; `new` takes those without a default. The body computes the loss of one position, a row of the output's
/// last axis: with operators, the elementwise operations of [`model!`], and the reductions `sum`, `mean`, `max` and `min` of a row. If
/// it ends with a row, the loss is its mean. `keras::metrics::MeanLoss` makes a metric of it.
#[proc_macro]
pub fn loss(input: TokenStream) -> TokenStream {
    generate_with(input.into(), graph::loss, expand::loss).into()
}

/// The code of a listing; or what is wrong with it.
fn generate<Listing: Parse>(listing: Tokens, graph: fn(Listing) -> Result<Graph, Box<Failure>>) -> Tokens {
    generate_with(listing, graph, expand::expand)
}

/// The same of any listing that is resolved, and expanded.
fn generate_with<Listing: Parse, Resolved>(
    listing: Tokens,
    graph: fn(Listing) -> Result<Resolved, Box<Failure>>,
    expand: fn(&Resolved) -> Tokens,
) -> Tokens {
    if let Some(literal) = parse::unreadable(listing.clone()) {
        return expand::reported(listing, &literal);
    }
    let parsed = match parse::too_deep(listing.clone()) {
        Some(error) => Err(error),
        None => syn::parse2(listing.clone()),
    };
    match parsed.map(graph) {
        Ok(Ok(resolved)) => expand(&resolved),
        Ok(Err(failure)) => expand::mistaken(&failure.header, failure.errors, failure.fields),
        Err(error) => expand::without_header(listing, error),
    }
}

/// A model whose weights are in the program: an expression for a `static` or a `const`.
///
/// ```
/// use keras::prelude::*;
///
/// sequential! {
///     struct Digits {
///         Input(8, 8, 1),
///         Conv2D(8, 3, activation = "relu"),
///         MaxPooling2D(2),
///         Flatten(),
///         Dense(32, activation = "relu"),
///         Dense(10, activation = "softmax"),
///     }
/// }
///
/// static DIGITS: Digits<Embedded> =
///     embed!(Digits, concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/weights/digits.safetensors"));
///
/// let (_, test) = keras::datasets::digits()?;
/// let scores = DIGITS.predict_one(test.x[0].first_chunk().unwrap());
/// let best = (0..10).max_by(|&a, &b| scores[a].total_cmp(&scores[b]));
/// assert_eq!(best, Some(test.y.values()[0] as usize));
/// # Ok::<(), keras::Error>(())
/// ```
///
/// The path is that of a file that `save` wrote (or any other writer of `safetensors` files), relative to the source
/// file as with `include_bytes!`; `concat!` and `env!` work as above. The names, shapes and types of all weights are compared
/// with the model's when the program is compiled, and a difference is a compile error at the path. Only the numbers reach the
/// program:
///
/// ```compile_fail
/// use keras::prelude::*;
///
/// sequential! { struct Other { Input(4), Dense(3) } }
///
/// static OTHER: Other<Embedded> =
///     embed!(Other, concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/weights/digits.safetensors"));
/// ```
#[proc_macro]
pub fn embed(input: TokenStream) -> TokenStream {
    embed::expand(input.into()).into()
}

/// A layer by itself, without a model: a [`Standalone`](https://docs.rs/keras/latest/keras/layers/struct.Standalone.html). The layer is
/// written as in a listing, or as an expression; then come the shape of its input, without the batch axis, and the seed of its weights
/// and random numbers, without which they differ from run to run.
///
/// ```
/// use keras::prelude::*;
///
/// let mut dense = standalone!(Dense(2, activation = "relu", kernel_initializer = "ones"), (3,), 7)?;
/// assert_eq!(dense.call(&[&[1.0, 2.0, 3.0]])?, [6.0, 6.0]);
///
/// let convolution = standalone!(Conv2D(4, (3, 3), padding = "same"), (8, 8, 1), 7)?;
/// assert_eq!(convolution.call(&[&[0.5; 64]])?.len(), 8 * 8 * 4);
///
/// let add = standalone!(Add(), [(2,), (2,)], 7)?; // two inputs
/// assert_eq!(add.call(&[&[1.0, 2.0], &[10.0, 20.0]])?, [11.0, 22.0]);
///
/// let half = standalone!(Rescaling::layer(&[0.5]), [2])?; // an expression; nothing of it is random
/// assert_eq!(half.call(&[&[1.0, 2.0]])?, [0.5, 1.0]);
///
/// // A listing would not compile; here it is an error.
/// let error = standalone!(Conv2D(16, 3), (2, 2, 1), 7).unwrap_err();
/// assert!(matches!(error, keras::Error::Shape(_)));
/// # Ok::<(), keras::Error>(())
/// ```
#[proc_macro]
pub fn standalone(input: TokenStream) -> TokenStream {
    standalone::expand(input.into()).into()
}
