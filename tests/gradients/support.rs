//! The comparison.

use keras::prelude::*;

/// Compares the gradients of all trainable weights with central differences.
///
/// - `check!(Net, x, y)`: with the mean squared error, from weights of a fixed seed.
/// - `check!(Net, x, y, frozen)`: the same, but these weights are frozen, and have no gradient.
/// - `check!(Net, make, x, y, loss)`: from the weights that `make()` gives.
macro_rules! check {
    ($model:ident, $x:expr, $y:expr) => {
        check!($model, $x, $y, 0..0)
    };
    ($model:ident, $x:expr, $y:expr, $frozen:expr) => {
        check!($model, || $model::with_seed(11), $x, $y, MeanSquaredError::default(), $frozen)
    };
    ($model:ident, $make:expr, $x:expr, $y:expr, $loss:expr) => {
        check!($model, $make, $x, $y, $loss, 0..0)
    };
    ($model:ident, $make:expr, $x:expr, $y:expr, $loss:expr, $frozen:expr) => {{
        let (make, x, y, loss, frozen) = ($make, $x, $y, $loss, $frozen);
        // Every evaluation is the first step of a new model: what is random in a step is the same.
        let evaluate = |at: usize, by: f32| {
            let mut model: $model = make();
            model.weights_mut()[at] += by;
            model.loss_and_gradients(&x, &y, &loss).unwrap()
        };
        let (_, gradients) = evaluate(0, 0.0);
        let count = gradients.values().len();
        assert!(count > 0);
        let (mut worst, mut norm) = (0.0f64, 1e-3f64);
        for at in (0..count).step_by(1 + count / 60) {
            let gradient = gradients.values()[at];
            if frozen.contains(&at) {
                assert_eq!(gradient, 0.0);
                continue;
            }
            let step = 1e-3;
            let value_at = |by: f32| f64::from(evaluate(at, by).0);
            let difference = (value_at(step) - value_at(-step)) / (2.0 * f64::from(step));
            worst = worst.max((difference - f64::from(gradient)).abs());
            norm = norm.max(difference.abs());
        }
        assert!(worst < 2e-2 * norm, "{}: off by {worst} of {norm}", stringify!($model));
    }};
}

/// Makes a model whose layers give these numbers, or nearly: their bias, and a small share of an input of one small number.
macro_rules! biased {
    ($model:ident, $($layer:ident: $values:expr),+) => {
        || {
            let mut model = $model::with_seed(11);
            $({
                let mut layer = model.$layer();
                layer.kernel().fill(0.3);
                layer.bias().iter_mut().zip($values).for_each(|(bias, value)| *bias = value);
            })+
            model
        }
    };
}

/// Numbers from -1 to 1 in no order.
pub fn values<S: Shape>(samples: usize, salt: usize) -> Tensor<S> {
    Tensor::from_vec((0..samples * S::LEN).map(|at| ((at * 37 + salt * 11) % 29) as f32 / 14.5 - 1.0).collect())
        .unwrap()
}
