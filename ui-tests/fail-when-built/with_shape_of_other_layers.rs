use keras::prelude::*;

sequential! {
    struct Net<const STEPS: usize> -> Shape1<2> { Input(STEPS, 3), GlobalAveragePooling1D(), Dense(2) }
}

sequential! {
    struct Noisy<const STEPS: usize> -> Shape1<2> { Input(STEPS, 3), GlobalAveragePooling1D(), Dropout(0.5), Dense(2) }
}

fn main() {
    let _: Noisy<1> = Net::<4>::new().with_shape();
}
