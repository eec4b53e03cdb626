use keras::prelude::*;

sequential! {
    struct Net<const STEPS: usize> -> Shape1<2> {
        Input(STEPS, 3),
        Flatten(),
        Dense(2),
    }
}

fn main() {
    let _: Net<1> = Net::<4>::new().with_shape();
}
