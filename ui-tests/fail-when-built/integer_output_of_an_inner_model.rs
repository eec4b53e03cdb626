use keras::prelude::*;

model! {
    struct Ids<const N: usize>(x: Input(N, dtype = "int32")) -> Shape1<N> {
        Identity()(x)
    }
}

model! {
    struct Scaled(x: Input(2, dtype = "int32")) {
        let x = Ids::<2>()(x);
        Rescaling(0.5)(x)
    }
}

fn main() {}
