use keras::prelude::*;

sequential! {
    struct Digits {
        Input(8, 8, 1),
        Flatten(),
        Dense(10, activation = "softmax"),
    }
}

fn main() -> keras::Result<()> {
    let (train, test) = keras::datasets::digits()?;
    let mut model = Digits::new();
    let history = model
        .compile("adam", SparseCategoricalCrossentropy::default(), (Accuracy::default(),))
        .fit(&train.x, &train.y)
        .epochs(10)
        .validation_data(&test.x, &test.y)
        .callbacks((EarlyStopping::new("val_loss"),))
        .run()?;
    println!("{:?}", history["loss"].last());
    model.save("digits.safetensors")
}
