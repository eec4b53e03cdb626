use keras::prelude::*;

model! {
    struct TwoTowers(image: Input(8, 8), numbers: Input(6)) {
        let x = Concatenate()([Flatten()(image), numbers]);
        (Dense(3, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
    }
}

fn main() {
    let mut model = TwoTowers::new();
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let metrics = TwoTowersOutputs { class: Accuracy::default(), score: () };
    let compiled = model.compile(Adam::default(), losses, metrics);
    drop(compiled);
}
