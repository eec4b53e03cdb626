use keras::prelude::*;

sequential! {
    /// Classifies.
    pub struct Net<const CLASSES: usize = 10> -> Shape1<CLASSES> {
        Input(4),
        Dense(7),
        Dense(CLASSES),
    }
}

fn main() {
    let net = Net::<3>::with_seed(1);
    let mut workspace = vec![0.0; Net::<3>::WORKSPACE];
    assert_eq!(net.predict_one_in(&[0.0; 4], &mut workspace).unwrap()[0].len(), 3);
    let _: Net = Net::new();
}
