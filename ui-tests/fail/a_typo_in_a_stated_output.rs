use keras::prelude::*;

sequential! {
    pub struct Net<const CLASSES: usize> -> Shape1<CLASES> {
        Input(8),
        Dense(CLASSES),
    }
}

fn main() {
    let net: Net<3> = Net::new();
    println!("{}", net.weights().len());
}
