use keras::prelude::*;

sequential! { struct Line { Input(1), Dense(1) } }

fn main() {
    let (x, y) = (Tensor::from([[0.0], [1.0]]), Tensor::from([[1.0], [3.0]]));
    let mut line = Line::new();
    let mut compiled = line.compile(SGD::default(), MeanSquaredError::default(), ());
    let _ = compiled.fit(&x, &y).sample_weight("balanced").run();
}
