use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8, 8, 1),
        Flatten(),
        Dense(1),
    }
}

fn main() -> keras::Result<()> {
    let (x, y) = (ndarray::Array3::<f32>::zeros((2, 8, 8)), Tensor::from([[0.0], [1.0]]));
    Net::new().compile(Adam::default(), MeanSquaredError::default(), ()).fit(&x, &y).epochs(2).run()?;
    Ok(())
}
