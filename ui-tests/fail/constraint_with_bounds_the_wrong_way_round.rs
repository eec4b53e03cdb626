use keras::prelude::*;

sequential! {
    pub struct Net {
        Input(8),
        Dense(4, kernel_constraint = Constraint::min_max_norm(2.0, 1.0, 1.0, &[0])),
    }
}

fn main() {}
