use keras::prelude::*;

model! {
    pub struct Net<const CLASSES: usize>(a: Input(4)) -> Shape1<CLASSES> {
        (Dense(CLASSES)(a), Dense(1)(a))
    }
}

fn main() {}
