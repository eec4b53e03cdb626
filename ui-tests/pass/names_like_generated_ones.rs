//! Names of layers, inputs, constants and types that could be those of something generated.

use keras::{
    layers::{Backward, Built, Forward, Layer},
    prelude::*,
    shape::{Dims, ShapeError},
};

#[allow(non_upper_case_globals)]
const dense: usize = 4;
const STATED_OUTPUT: usize = 4;

model! {
    struct Graph(x: Input(4), x_dims: Input(dense)) -> Shape1<STATED_OUTPUT> {
        let shared = Dense(STATED_OUTPUT, name = "shared");
        let twice = shared(x) + shared(x_dims);
        let x = Dense(4, name = "shared_call_2")(twice);
        let x = Dense(4, name = "shared_call_2_")(x);
        let x = Dense(4, name = "build_shared")(x);
        let x = Dense(4, name = "reach_shared")(x);
        Dense(dense)(x)
    }
}

sequential! {
    struct With<const N: usize> -> Shape1<N> {
        Input(N),
        Dense(N),
        Dense(N, name = "dense_result"),
        Dense(N, name = "dense_built"),
        Dense(N, name = "dense_or_empty"),
    }
}

/// Types of a generated one's name.
#[derive(Clone, Copy)]
struct OuterWith;
type LayerType0 = OuterWith;

impl OuterWith {
    const fn layer() -> Self {
        Self
    }

    const fn build(&self, input: Dims) -> Result<Built, ShapeError> {
        Ok(Built::new(input))
    }
}

impl Layer for OuterWith {
    fn forward(&self, pass: Forward<'_>) {
        let ([input], [output]) = (pass.inputs.array(), pass.outputs.array());
        output.copy_from_slice(input);
    }

    fn backward(&self, _: Backward<'_>) {}
}

sequential! {
    struct Outer<const N: usize> -> Shape1<N> { Input(N), LayerType0(), OuterWith(), Dense(N) }
}

// What the generated type parameters are called otherwise.
sequential! {
    struct Averaged<const T: usize> -> Shape1<4> { Input(T, 4), GlobalAveragePooling1D() }
}

sequential! {
    struct Stored<const StoredAs: usize, const W: usize> -> Shape1<W> {
        Input(StoredAs),
        Dense(W, name = "T", kernel_initializer = "ones"),
    }
}

/// A constant, which a generic model's input and output mention.
const W: usize = 2;

sequential! {
    struct Stated<const LENGTH: usize> -> Shape1<W> {
        Input(W, LENGTH),
        Flatten(),
        Dense(W, name = "StoredAs", kernel_initializer = "ones"),
    }
}

sequential! {
    struct Plain -> Shape1<W> { Input(W), Dense(W, name = "W", kernel_initializer = "ones") }
}

fn main() {
    let steps = [1.0, 2.0, 3.0, 4.0, 3.0, 4.0, 5.0, 6.0];
    let mut workspace = [0.0; 64];
    assert_eq!(Averaged::<2>::new().predict_one_in(&steps, &mut workspace).unwrap(), [&[2.0, 3.0, 4.0, 5.0]]);
    assert_eq!(Stored::<3, 2>::new().predict_one_in(&[1.0, 2.0, 4.0], &mut workspace).unwrap(), [&[7.0; 2]]);
    assert_eq!(Stored::<3, 2>::new().T().kernel().shape(), [3, 2]);
    assert_eq!(Stated::<1>::new().predict_one_in(&[1.0, 2.0], &mut workspace).unwrap(), [&[3.0; 2]]);
    assert_eq!(Plain::new().predict_one(&[1.0, 2.0]), [3.0; 2]);

    let graph = Graph::new();
    let _ = graph.predict_one(&[0.0; 4], &[1.0; 4]);
    assert_eq!(graph.shared_call_2().kernel().shape(), [4, 4]);
    let with = With::<3>::with_seed(1);
    assert_eq!(with.dense_result().kernel().shape(), [3, 3]);
    assert!(Outer::<2>::with_seed(1).predict_one_in(&[1.0; 2], &mut [0.0; 64]).is_some());
}
