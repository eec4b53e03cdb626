use keras::prelude::*;

fn train<M>(model: &mut M, x: &Tensor<Shape1<4>>, y: &Tensor<Shape1<2>>) -> keras::Result<()> {
    model.compile(Adam::default(), MeanSquaredError::default(), ()).fit(x, y).run()?;
    Ok(())
}

fn main() {}
