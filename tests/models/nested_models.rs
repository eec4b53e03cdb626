//! A model as a layer of another does what its layers would do in its place.

use keras::prelude::*;

sequential! {
    struct Classifier { Input(3), Dense(5, activation = "tanh"), Dense(4, activation = "softmax") }
}
sequential! {
    struct Wrapped { Input(3), Classifier() }
}
sequential! {
    struct WrappedTwice { Input(3), Wrapped() }
}

model! {
    struct Heads(x: Input(3)) {
        let hidden = Dense(5, activation = "tanh")(x);
        (Dense(4, activation = "softmax", name = "class")(hidden), Dense(1, activation = "sigmoid", name = "flag")(hidden))
    }
}
model! {
    struct WrappedHeads(x: Input(3)) {
        let (class, flag) = Heads()(x);
        (class, flag)
    }
}
model! {
    struct Swapped(x: Input(3)) {
        let (class, flag) = WrappedHeads(name = "inner")(x);
        (flag, class)
    }
}

sequential! {
    struct Scores<const CLASSES: usize> -> Shape1<CLASSES> { Input(3), Dense(CLASSES, activation = "softmax") }
}
model! {
    struct Split<const SMALL: usize>(x: Input(3)) -> (Shape1<SMALL>, Shape1<2>) {
        (Scores::<SMALL>()(x), Dense(2, name = "rest")(x))
    }
}
model! {
    struct Joined(x: Input(3)) {
        let (small, rest) = Split::<3>()(x);
        Concatenate()([rest, small])
    }
}

fn samples() -> Tensor<Shape1<3>> {
    Tensor::from([[1.0, 2.0, 3.0], [0.0, -1.0, 1.0], [0.5, 0.5, -2.0]])
}

fn labels() -> Labels {
    Labels::try_from(vec![0u8, 3, 2]).unwrap()
}

/// So far from the targets that a probability would round to 0 in single precision.
fn make_extreme(weights: &mut [f32]) {
    weights.iter_mut().for_each(|weight| *weight *= 400.0);
}

#[test]
fn a_crossentropy_starts_from_the_logits_of_an_inner_model() {
    let loss = SparseCategoricalCrossentropy::default();
    macro_rules! run {
        ($($model:ident),*) => {
            [$({
                let mut model = $model::with_seed(5);
                make_extreme(model.weights_mut());
                let (loss, gradients) = model.loss_and_gradients(&samples(), &labels(), &loss).unwrap();
                (loss, gradients.values().to_vec())
            }),*]
        };
    }
    let [flat, once, twice] = run!(Classifier, Wrapped, WrappedTwice);
    assert!(flat.0 > 100.0, "a loss of probabilities is at most 16: {}", flat.0);
    assert_eq!(flat, once);
    assert_eq!(flat, twice);
}

#[test]
fn so_it_does_with_several_outputs() {
    let flags = Tensor::from([[1.0], [0.0], [1.0]]);
    let losses = (SparseCategoricalCrossentropy::default(), BinaryCrossentropy::default());
    let mut flat = Heads::with_seed(5);
    let mut nested = WrappedHeads::with_seed(5);
    let mut swapped = Swapped::with_seed(5);
    make_extreme(flat.weights_mut());
    make_extreme(nested.weights_mut());
    make_extreme(swapped.weights_mut());
    let expected = flat.loss_and_gradients(&samples(), (&labels(), &flags), &losses).unwrap();
    assert!(expected.0 > 100.0);
    assert_eq!(nested.loss_and_gradients(&samples(), (&labels(), &flags), &losses).unwrap(), expected);
    let losses = (losses.1, losses.0);
    let (loss, gradients) = swapped.loss_and_gradients(&samples(), (&flags, &labels()), &losses).unwrap();
    assert_eq!(gradients, expected.1);
    assert!((loss - expected.0).abs() < 1e-4 * loss);
}

#[test]
fn predictions_are_those_of_the_layers() {
    let (flat, nested, swapped) = (Heads::with_seed(5), WrappedHeads::with_seed(5), Swapped::with_seed(5));
    let (class, flag) = flat.predict(samples()).unwrap();
    assert_eq!(nested.predict(samples()).unwrap(), (class.clone(), flag.clone()));
    assert_eq!(swapped.predict(samples()).unwrap(), (flag, class));
    assert_eq!(flat.predict_one(&[1.0, 2.0, 3.0]), nested.predict_one(&[1.0, 2.0, 3.0]));
}

#[test]
fn a_generic_model_of_two_outputs_is_a_layer() {
    let mut model = Joined::with_seed(2);
    let [.., a, b, c] = model.predict_one(&[0.5, -1.0, 2.0]);
    assert!((a + b + c - 1.0).abs() < 1e-6);
    assert_eq!(model.split_mut().weight("scores/dense/kernel").unwrap().1.to_string(), "(3, 3)");
}

#[test]
fn outputs_have_names_of_their_own() {
    model! {
        struct Same(x: Input(3)) {
            let (class, flag) = Heads()(x);
            (class, flag)
        }
    }
    let flags = Tensor::from([[1.0], [0.0], [1.0]]);
    let mut model = Same::with_seed(5);
    let losses = (SparseCategoricalCrossentropy::default(), BinaryCrossentropy::default());
    let evaluation = model.compile(Adam::default(), losses, ()).evaluate(&samples(), (&labels(), &flags)).unwrap();
    let names: Vec<&str> = evaluation.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loss", "heads_loss", "heads_1_loss"]);
}

#[test]
fn weights_of_an_inner_model_are_found_by_their_paths() {
    let mut model = Swapped::with_seed(1);
    let (kernel, dims) = model.inner().weight("heads/class/kernel").unwrap();
    assert_eq!((kernel.len(), dims.to_string().as_str()), (20, "(5, 4)"));
    assert!(model.inner().weight("heads/class").is_none());
    model.inner_mut().weight("heads/flag/bias").unwrap().0[0] = 100.0;
    assert_eq!(model.predict_one(&[0.0; 3]).0, [1.0]);
}

#[test]
fn normalizations_are_measured_at_any_depth() {
    sequential! { struct Inner { Input(2), Dense(2, kernel_initializer = "identity"), Normalization(name = "scale") } }
    sequential! { struct Middle { Input(2), Inner(name = "inner"), Dense(1), Normalization(mean = 0, variance = 1, name = "given") } }
    sequential! { struct Outer { Input(2), BatchNormalization(), Middle(name = "middle"), Normalization() } }
    let x = Tensor::from([[1.0, 10.0], [3.0, 50.0], [5.0, 30.0]]);
    let mut outer = Outer::with_seed(1);
    let before = outer.weights().to_vec();
    outer.adapt("middle/inner/scale", &x).unwrap();
    let mut alone = Inner::with_seed(1);
    alone.scale_mut().adapt(&x).unwrap();
    let measured: Vec<f32> = alone.scale().mean().iter().chain(&alone.scale().variance()).copied().collect();
    assert_eq!(measured[..2], [3.0, 30.0]);
    // The four numbers that have changed are those of the one layer.
    let changed: Vec<f32> =
        (0..before.len()).map(|at| (before[at], outer.weights()[at])).filter(|(a, b)| a != b).map(|(_, b)| b).collect();
    assert_eq!(changed, measured);

    let error = |found: keras::Result<()>| found.unwrap_err().to_string();
    assert_eq!(
        error(outer.adapt("middle/given", &Tensor::from([[1.0], [2.0]]))),
        "`layer` is `middle/given` of kind Normalization, but must be a Normalization without a given mean and variance"
    );
    assert!(error(outer.adapt("scale", &x)).contains("did you mean `middle/inner/scale`?"));
    assert_eq!(
        error(outer.adapt("middle/inner", &x)),
        "`layer` is `middle/inner` of kind Inner, but must be a Normalization without a given mean and variance"
    );
    let wrong = outer.adapt("middle/inner/scale", &Tensor::from([[1.0], [2.0]]));
    assert_eq!(error(wrong), "samples of shape (2,) are expected, but these have shape (1,)");
}

#[test]
fn weights_of_a_view_are_those_of_a_model() {
    sequential! { struct Part { Input(2), BatchNormalization(), Dense(1) } }
    sequential! { struct Whole { Input(2), Dense(2), Part(name = "part"), BatchNormalization() } }
    let mut whole = Whole::with_seed(1);
    whole.weights_mut().iter_mut().enumerate().for_each(|(at, weight)| *weight = at as f32);
    // The trainable ones lie first: 6 of Dense, 7 of Part, 2 of the last layer; then the averages.
    let expected: Vec<f32> = (6..13).chain(15..19).map(|at| at as f32).collect();
    assert_eq!(whole.part().weights(), expected);
    assert_eq!(whole.batch_normalization().weights(), [13.0, 14.0, 19.0, 20.0]);
    let mut part = Part::new();
    part.weights_mut().copy_from_slice(&whole.part().weights());
    assert_eq!(
        (part.batch_normalization().weights(), part.dense().weights()),
        (vec![6.0, 7.0, 8.0, 9.0, 15.0, 16.0, 17.0, 18.0], vec![10.0, 11.0, 12.0],)
    );
}

#[test]
fn weights_of_any_number_of_axes_are_vectors() {
    sequential! { struct Net { Input(2, 2, 1), Conv2D(2, 1), Flatten(), Dense(1) } }
    let mut net = Net::new();
    net.weights_mut().iter_mut().enumerate().for_each(|(at, weight)| *weight = at as f32);
    assert_eq!((net.conv2d().kernel().to_vec(), net.conv2d().bias().to_vec()), (vec![0.0, 1.0], vec![2.0, 3.0]));
    assert_eq!(net.dense().kernel().to_vec(), (4..12).map(|at| at as f32).collect::<Vec<_>>());
}
