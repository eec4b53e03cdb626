use keras::prelude::*;

model! {
    struct TwoTowers(image: Input(8, 8), numbers: Input(6)) {
        let x = Concatenate()([Flatten()(imgae), numbers]);
        TwoTowersOutputs { class: Dense(3, activation = "softmax")(x), score: Dense(1)(x) }
    }
}

fn main() -> keras::Result<()> {
    let (images, numbers) = (Tensor::<Shape2<8, 8>>::zeros(2), Tensor::<Shape1<6>>::zeros(2));
    let losses =
        TwoTowersOutputs { class: SparseCategoricalCrossentropy::default(), score: MeanSquaredError::default() };
    let mut model = TwoTowers::new();
    let x = TwoTowersInputs { image: &images, numbers: &numbers };
    let y = TwoTowersOutputs { class: Labels::try_from([0, 1])?, score: Tensor::from([[0.5], [1.0]]) };
    model.compile(Adam::default(), losses, ()).fit(x, &y).run()?;
    let TwoTowersOutputs { class, score } = model.predict(x)?;
    println!("{class:?} {score:?}");
    Ok(())
}
