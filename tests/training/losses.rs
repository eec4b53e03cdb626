//! Losses in models: their gradients through the last activation, and batches that are large enough to be taken in slices.

use keras::{metrics, prelude::*, training::LossList};

sequential! { struct Linear { Input(3), Dense(4, activation = "tanh"), Dense(3) } }
sequential! { struct Positive { Input(3), Dense(4, activation = "tanh"), Dense(3, activation = "softplus") } }
sequential! { struct Sigmoid { Input(3), Dense(4, activation = "tanh"), Dense(3, activation = "sigmoid") } }
sequential! { struct Softmax { Input(3), Dense(4, activation = "tanh"), Dense(3, activation = "softmax") } }

fn inputs(samples: usize) -> Tensor<Shape1<3>> {
    Tensor::from_vec((0..samples * 3).map(|at| ((at * 37) % 29) as f32 / 14.5 - 1.0).collect()).unwrap()
}

/// Numbers from 0 to 2.
fn numbers(samples: usize) -> Tensor<Shape1<3>> {
    Tensor::from_vec((0..samples * 3).map(|at| ((at * 17) % 23) as f32 / 11.5).collect()).unwrap()
}

/// 0 or 1.
fn flags(samples: usize) -> Tensor<Shape1<3>> {
    Tensor::from_vec((0..samples * 3).map(|at| (at * 7 % 5 % 2) as f32).collect()).unwrap()
}

fn one_hot(samples: usize) -> Tensor<Shape1<3>> {
    Tensor::from_vec((0..samples * 3).map(|at| f32::from(at % 3 == at / 3 % 3)).collect()).unwrap()
}

/// Compares the gradients of the weights with central differences.
fn check<M>(
    name: &str,
    y: &Tensor<Shape1<3>>,
    loss: impl LossList<Shape1<3>, Targets = keras::losses::Values>,
    mut model: M,
) where
    M: Train<Inputs = Shape1<3>, Outputs = Shape1<3>>,
{
    let x = inputs(y.len());
    let (_, gradients) = model.loss_and_gradients(&x, y, &loss).unwrap();
    for at in 0..model.weights().len() {
        let weight = model.weights()[at];
        let mut value = |by: f32| {
            model.weights_mut()[at] = weight + by;
            f64::from(model.loss_and_gradients(&x, y, &loss).unwrap().0)
        };
        let difference = (value(2e-3) - value(-2e-3)) / 4e-3;
        model.weights_mut()[at] = weight;
        let found = f64::from(gradients.values()[at]);
        assert!(
            (found - difference).abs() < 1e-2 * difference.abs().max(0.1),
            "{name} {at}: {found}, not {difference}"
        );
    }
}

#[test]
fn gradients_of_the_weights() {
    let samples = 7;
    macro_rules! check_each {
        ($targets:ident, $model:ident: $($loss:expr),*) => {
            $(check(stringify!($loss), &$targets(samples), $loss, $model::with_seed(3));)*
        };
    }
    check_each!(numbers, Linear: Huber::default().delta(0.5), LogCosh::default(), CosineSimilarity::default());
    check_each!(numbers, Positive: MeanSquaredLogarithmicError::default(), Poisson::default());
    check_each!(flags, Linear: Hinge::default(), SquaredHinge::default());
    check_each!(flags, Linear: BinaryFocalCrossentropy::default().from_logits(true));
    check_each!(flags, Sigmoid: BinaryFocalCrossentropy::default(), Dice::default(), Dice::default().axis(&[-1]));
    check_each!(flags, Sigmoid: BinaryFocalCrossentropy::default().apply_class_balancing(true).gamma(1.5));
    check_each!(flags, Sigmoid: Tversky::default().alpha(0.3).beta(0.7), Tversky::default().axis(&[0]));
    check_each!(one_hot, Linear: CategoricalHinge::default());
    check_each!(one_hot, Linear: CategoricalFocalCrossentropy::default().from_logits(true));
    check_each!(one_hot, Softmax: KLDivergence::default(), CategoricalFocalCrossentropy::default());
}

#[test]
fn a_loss_of_the_whole_batch_sees_it_whole() {
    let samples = 20_000;
    let (x, mut y) = (inputs(samples), flags(samples).into_values());
    // The second half of the batch is all 1: the losses of parts would not be the loss of the whole.
    y[samples * 3 / 2..].fill(1.0);
    let y = Tensor::<Shape1<3>>::from_vec(y).unwrap();
    let mut model = Sigmoid::with_seed(3);
    let prediction = model.predict(&x).unwrap();
    let rows = |tensor: &Tensor<Shape1<3>>| tensor.values().as_chunks::<3>().0.to_vec();
    let expected = Dice::default().value(&rows(&y)[..], &rows(&prediction)).unwrap();
    let (found, _) = model.loss_and_gradients(&x, &y, &Dice::default()).unwrap();
    assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
    let halves = [0, 1].map(|half| {
        let half = half * samples / 2..(half + 1) * samples / 2;
        Dice::default().value(&rows(&y)[half.clone()], &rows(&prediction)[half]).unwrap()
    });
    assert!(((halves[0] + halves[1]) / 2.0 - expected).abs() > 1e-3, "halves tell the difference");
}

#[test]
fn a_loss_of_rows_may_be_taken_in_slices() {
    let samples = 20_000;
    let (x, y) = (inputs(samples), flags(samples));
    let mut model = Sigmoid::with_seed(3);
    let prediction = model.predict(&x).unwrap();
    let rows = |tensor: &Tensor<Shape1<3>>| tensor.values().as_chunks::<3>().0.to_vec();
    let loss = BinaryFocalCrossentropy::default();
    let expected = loss.value(&rows(&y)[..], &rows(&prediction)).unwrap();
    let (found, _) = model.loss_and_gradients(&x, &y, &loss).unwrap();
    assert!((found - expected).abs() < 1e-5, "{found} is not {expected}");
}

#[test]
fn a_class_that_is_certain_and_wrong_leaves_the_weights_finite() {
    sequential! { struct Certain { Input(1), Dense(2, activation = "softmax") } }
    fn step(loss: impl LossList<Shape1<2>, Targets = keras::losses::ClassLabels>) -> [f32; 2] {
        let mut model = Certain::new();
        model.weights_mut().copy_from_slice(&[255.0, 0.0, 0.0, 0.0]);
        let (x, y) = (Tensor::from([[1.0]]), Labels::try_from([1]).unwrap());
        let (loss, gradients) = model.loss_and_gradients(&x, &y, &loss).unwrap();
        assert!(loss.is_finite());
        [gradients.values()[0], gradients.values()[1]]
    }
    assert_eq!(step(SparseCategoricalCrossentropy::default()), [1.0, -1.0]);
    // √p is 0 as a float
    let [kernel, other] = step(CategoricalGeneralizedCrossEntropy::default());
    assert!(kernel.abs() < 1e-30 && other.abs() < 1e-30, "{kernel}, {other}");
}

/// As many outputs as there may be, each with a loss, a target, a metric and a weight of its samples.
#[test]
fn sixteen_outputs_are_trained() {
    model! {
        struct Net(x: Input(1)) {
            (
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
                Dense(1, kernel_initializer = "ones", use_bias = false)(x),
            )
        }
    }

    let (x, y) = (Tensor::from([[1.0], [2.0]]), Tensor::from([[3.0], [5.0]]));
    let (y, loss) = (&y, MeanSquaredError::default);
    let weight: &[f32] = &[1.0, 0.0];
    let losses = (
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
        loss(),
    );
    let of_last =
        ((), (), (), (), (), (), (), (), (), (), (), (), (), (), (), (metrics::MeanAbsoluteError::default(),));
    let mut net = Net::new();
    let mut compiled = net.compile(SGD::new(0.0), losses, of_last);
    let fit = compiled
        .fit(&x, (y, y, y, y, y, y, y, y, y, y, y, y, y, y, y, y))
        .sample_weight(((), (), (), (), (), (), (), (), (), (), (), (), (), (), (), weight))
        .shuffle(false)
        .verbose(0);
    let history = fit.run().unwrap();
    // Without weights of samples, ((3 - 1)² + (5 - 2)²) / 2; the last output counts its first sample only.
    assert_eq!(
        (history["dense_loss"][0], history["dense_15_loss"][0], history["loss"][0]),
        (6.5, 2.0, 15.0 * 6.5 + 2.0)
    );
    assert_eq!(history["dense_15_mean_absolute_error"][0], 2.5);
    let predictions = net.predict(&x).unwrap();
    assert_eq!(predictions.15.values(), [1.0, 2.0]);
}
