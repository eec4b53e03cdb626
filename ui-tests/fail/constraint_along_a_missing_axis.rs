use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Dense(4, bias_constraint = Constraint::max_norm(1.0, &[1])),
    }
}

fn main() {}
