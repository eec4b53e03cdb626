//! Weights in operators of every kind, broadcast in every way.

use keras::prelude::*;

use crate::support::values;

layer! {
    struct Rows(x) {
        let (a, b, c) = (weight("a", shape(x), "uniform"), weight("b", (last(x),), "uniform"), weight("c", (1,), "uniform"));
        let y = (x + a) * (weight("one", (last(x),), "ones") + b) - c;
        let y = weight("d", (dim(x, 2),), "uniform") - y / weight("e", shape(x), "ones");
        y + weight("f", (1,), "ones") / (square(x) + 3) + weight("g", (last(x),), "ones") / (square(y) + 2)
    }
}

layer! {
    /// Weights that are broadcast, and broadcast the tensor.
    struct Broadcast(x) {
        let y = x * weight("columns", (dim(x, 1), 1), "uniform") + weight("more", (3, 1, last(x)), "uniform");
        let y = weight("large", (2, 3, 1, 1), "uniform") - y / weight("ones", (dim(y, 2), 1), "ones");
        weight("over", (1, 1, 2, 1), "ones") / (square(y) + 2)
    }
}

layer! {
    /// Weights that are tensors: each is used in several ways.
    struct Several(units: usize)(x) {
        let w = weight("w", (last(x), units), "uniform", regularizer = "l2");
        let tied = x @ w @ transpose(w, (0, 2, 1));
        let v = weight("v", (last(x),), "uniform");
        let constant = weight("constant", (last(x),), "ones", trainable = false);
        tied * v + exp(v) - v * constant + maximum(x, weight("m", (last(x),), "uniform")) + (-weight("n", (1,), "ones"))
    }
}

layer! {
    /// Products of the same weights with and without a bias.
    struct Shared(units: usize)(x) {
        let (w, b) = (weight("w", (last(x), units), "uniform"), weight("b", (units,), "uniform"));
        (x @ w + b) * (square(x) @ w + b) + x @ w
    }
}

#[test]
fn rows() {
    sequential! { struct Net { Input(3, 4), Dense(4), Rows(), Flatten(), Dense(2) } }
    check!(Net, values::<Shape2<3, 4>>(5, 1), values::<Shape1<2>>(5, 2));
    sequential! { struct Vectors { Input(2), Dense(4), RepeatVector(1), Rows(), Flatten(), Dense(2) } }
    check!(Vectors, values::<Shape1<2>>(5, 1), values::<Shape1<2>>(5, 2));
}

#[test]
fn broadcast() {
    sequential! { struct Net { Input(2, 4), Dense(3), Broadcast(), Flatten(), Dense(2) } }
    check!(Net, values::<Shape2<2, 4>>(4, 1), values::<Shape1<2>>(4, 2));
}

#[test]
fn used_in_several_ways() {
    sequential! { struct Net { Input(2, 4), Dense(3), Several(2), Flatten(), Dense(2) } }
    check!(Net, values::<Shape2<2, 4>>(4, 1), values::<Shape1<2>>(4, 2));
    assert_eq!(Net::DESCRIPTION.non_trainable, 3);
    sequential! { struct Twice { Input(4), Dense(3), Shared(2), Dense(2) } }
    check!(Twice, values::<Shape1<4>>(4, 1), values::<Shape1<2>>(4, 2));
    assert_eq!(Twice::PARAMETERS, (4 * 3 + 3) + (3 * 2 + 2) + (2 * 2 + 2));
}

#[test]
fn what_is_computed() {
    layer! {
        struct All(x) {
            let w = weight("w", (2,), Initializer::constant(4.0));
            let v = weight("v", (2,), Initializer::constant(4.0));
            let u = weight("u", (2,), Initializer::constant(4.0));
            let t = weight("t", (2,), Initializer::constant(4.0));
            Concatenate()([x + w, x - v, u - x, x * weight("s", (2,), Initializer::constant(4.0)), x / t, weight("r", (2,), Initializer::constant(4.0)) / x])
        }
    }
    sequential! { struct Net { Input(2), All() } }
    assert_eq!(Net::new().predict_one(&[1.0, 2.0]), [5.0, 6.0, -3.0, -2.0, 3.0, 2.0, 4.0, 8.0, 0.25, 0.5, 4.0, 2.0]);
}
