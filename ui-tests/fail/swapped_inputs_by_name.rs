use keras::prelude::*;

model! {
    struct TwoTowers(image: Input(8, 8), numbers: Input(6)) {
        let x = Concatenate()([Flatten()(image), numbers]);
        (Dense(3, activation = "softmax", name = "class")(x), Dense(1, name = "score")(x))
    }
}

fn main() -> keras::Result<()> {
    let (images, numbers) = (Tensor::<Shape2<8, 8>>::zeros(2), Tensor::<Shape1<6>>::zeros(2));
    let predictions = TwoTowers::new().predict(TwoTowersInputs { image: &numbers, numbers: &images })?;
    println!("{:?}", predictions.0);
    Ok(())
}
