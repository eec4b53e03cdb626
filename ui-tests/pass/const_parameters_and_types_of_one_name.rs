//! A const parameter may have the name of a type, and a model that of a type parameter in generated code.

use keras::prelude::*;

sequential! { struct W { Input(8), Dense(2, kernel_initializer = "ones") } }
sequential! { struct T { Input(8), W(), Dense(1, kernel_initializer = "ones") } }

sequential! { struct Columns<const W: usize> -> Shape1<W> { Input(8), Dense(W) } }
model! {
    struct Rows<const T: usize, const W: usize>(x: Input(W)) -> Shape1<W> {
        let y = Dense(T, kernel_initializer = "ones")(x);
        Dense(W, kernel_initializer = "ones")(y)
    }
}
sequential! { struct Both<const T: usize, const W: usize> -> Shape1<W> { Input(W), Rows::<T, W>(), W() } }

fn main() {
    assert_eq!(T::new().predict_one(&[1.0; 8]), [16.0]);
    assert_eq!(Columns::<3>::PARAMETERS, 8 * 3 + 3);
    let mut workspace = [0.0; 64];
    assert_eq!(Rows::<3, 2>::new().predict_one_in(&[1.0, 2.0], &mut workspace).unwrap(), [&[9.0; 2]]);
}
