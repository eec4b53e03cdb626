use keras::prelude::*;

model! {
    struct TwoTowers(image: Input(8, 8), numbers: Input(6)) {
        let x = Concatenate()([Flatten()(image), numbers]);
        (Dense(3, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
    }
}

fn main() -> keras::Result<()> {
    let (images, numbers) = (Tensor::<Shape2<8, 8>>::zeros(2), Tensor::<Shape1<6>>::zeros(2));
    let (class, score) = (Labels::try_from([0, 1])?, Tensor::from([[0.5], [1.0]]));
    let mut model = TwoTowers::new();
    let x = TwoTowersInputs { image: &images, numbers: &numbers };
    let losses = (SparseCategoricalCrossentropy::default(), MeanSquaredError::default());
    let mut compiled = model.compile(Adam::default(), losses, ());
    let history = compiled.fit(x, TwoTowersOutputs { class: &score, score: &class }).epochs(2).run()?;
    println!("{:?}", history["loss"]);
    Ok(())
}
