use keras::prelude::*;

model! {
    pub struct Net<const CLASSES: usize>(a: Input(4)) -> (Shape1<CLASSES>, Shape1<2>) {
        (Dense(CLASSES)(a), Dense(1)(a))
    }
}

fn main() {
    let _ = Net::<5>::new();
}
