use keras::prelude::*;

sequential! { struct Net<const CLASSES: usize> -> Shape1<CLASSES> { Input(4), Dense(CLASSES) } }

fn main() {
    println!("{:?}", Net::<3>::new().predict_one(&[0.0, 1.0, 2.0]));
}
