use keras::prelude::*;

model! {
    pub struct Net(a: Input(8, 8, 2)) {
        fn conv(x, filters, act) { Conv2D(filters, 3, padding = "same", activation = act)(x) }
        fn pair(x, filters) { conv(conv(x, filters, "relu"), filters, "tanh") }
        let x = a;
        for filters in [2, 4] { x = pair(x, filters); }
        for i in 1..=2 { x = conv(x, i * 2, "linear"); }
        GlobalAveragePooling2D()(x)
    }
}

fn main() { assert_eq!(Net::new().predict_one(&[0.5; 128]).len(), 4); }
