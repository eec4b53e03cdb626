use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Conv2D(16, 3, activation = "relu"),
        MaxPooling2D(2),
        Conv2D(32, 5, activation = "relu"),
        Flatten(),
        Dense(10),
    }
}

fn main() {}
