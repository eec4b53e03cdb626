use keras::{losses::{ClassLabels, Row, RowGradient}, prelude::*};

#[derive(Clone)]
struct Miss;

impl Loss for Miss {
    type Target = ClassLabels;

    fn name(&self) -> &'static str {
        "miss"
    }

    fn row(&self, row: Row<'_>, _: RowGradient<'_>) -> f32 {
        1.0 - row.values[row.target.number(0) as usize]
    }
}

sequential! { struct Net { Input(2), Dense(3, activation = "softmax") } }

fn main() {
    let (x, y) = (Tensor::from([[0.0, 1.0]]), Tensor::from([[0.0, 1.0, 0.0]]));
    Net::new().compile(SGD::default(), Miss, ()).fit(&x, &y).run().unwrap();
}
