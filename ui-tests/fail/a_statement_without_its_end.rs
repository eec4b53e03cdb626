use keras::prelude::*;

model! {
    pub struct Net<const CLASSES: usize>(a: Input(4)) -> Shape1<CLASSES> {
        let x = Dense(3)(a)
        Dense(CLASSES)(x)
    }
}

sequential! { struct Outer { Input(4), Net<3>(), Softmax() } }

fn main() {
    let net = Net::<3>::with_seed(1);
    println!("{:?}", net.predict_one_in(&[0.0; 4], &mut [0.0; Net::<3>::WORKSPACE]));
}
