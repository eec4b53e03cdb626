use keras::prelude::*;

model! {
    struct TwoTowers(image: Input(8, 8), numbers: Input(6)) {
        let x = Concatenate()([Flatten()(image), numbers]);
        (Dense(3, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
    }
}

fn main() -> keras::Result<()> {
    let (images, numbers) = (Tensor::<Shape2<8, 8>>::zeros(2), Tensor::<Shape1<6>>::zeros(2));
    let y = TwoTowersOutputs { class: Labels::try_from([0, 1])?, score: Tensor::from([[0.5], [1.0]]) };
    let mut model = TwoTowers::new();
    let x = TwoTowersInputs { image: &images, numbers: &numbers };
    let losses = TwoTowersOutputs { class: "mse", score: MeanSquaredError::default() };
    let history = model.compile(Adam::default(), losses, ()).fit(x, &y).epochs(2).run()?;
    println!("{:?}", history["loss"]);
    Ok(())
}
