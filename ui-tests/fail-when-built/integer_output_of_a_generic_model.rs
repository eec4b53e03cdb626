use keras::prelude::*;

model! {
    struct Ids<const N: usize>(x: Input(N, dtype = "int32")) -> Shape1<N> {
        Identity()(x)
    }
}

fn main() {
    let _ = Ids::<2>::new();
}
