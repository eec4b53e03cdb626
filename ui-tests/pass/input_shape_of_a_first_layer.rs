use keras::prelude::*;

sequential! { struct A { Conv2D(2, 3, input_shape = (8, 8, 1)), Flatten() } }
sequential! { struct B { Dense(2, activation = "relu", input_dim = 5) } }

fn main() {
    assert_eq!(A::PARAMETERS + B::PARAMETERS, 20 + 12);
}
