use keras::prelude::*;

sequential! {
    pub struct Net<cost CLASSES: usize> -> Shape1<CLASSES> {
        Input(8),
        Dense(CLASSES),
    }
}

sequential! { pub struct Outer { Input(8), Net::<4>(), Dense(2) } }

fn main() {
    let net: Net<3> = Net::new();
    println!("{} {}", net.weights().len(), Net::<4>::PARAMETERS);
}
