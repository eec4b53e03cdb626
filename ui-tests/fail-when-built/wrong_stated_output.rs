use keras::prelude::*;

sequential! {
    pub struct Net<const CLASSES: usize> -> Shape1<3> {
        Input(4),
        Dense(CLASSES),
    }
}

fn main() {
    let _ = Net::<5>::new();
}
