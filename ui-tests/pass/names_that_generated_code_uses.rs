use keras::prelude::*;

sequential! {
    struct Chain {
        Input(4),
        Dense(4, name = "input"),
        Dense(4, name = "storage"),
        Dense(4, name = "pass"),
        Dense(4, name = "workspace"),
        Dense(4, name = "training"),
        Dense(4, name = "seed"),
        Dense(4, name = "error"),
        Dense(4, name = "plan"),
        Dense(4, name = "description"),
        Dense(4, name = "output_0"),
        Dense(4, name = "build_seed"),
    }
}
model! {
    struct Graph(input: Input(4), image: Input(4), workspace: Input(4)) {
        let weights = Dense(4, name = "storage")(input);
        let pass = Dense(4, name = "output_1")(image);
        (Dense(2, name = "output_0")(weights + pass), Dense(2, name = "built")(workspace))
    }
}
sequential! {
    struct Generic<const N: usize> -> Shape1<N> { Input(N), Dense(N, name = "input"), Dense(N, name = "error"), Chain(name = "training"), Dense(N, name = "storage") }
}

fn main() {
    let _ = Chain::new().predict_one(&[0.0; 4]);
    let _ = Graph::new().predict_one(&[0.0; 4], &[1.0; 4], &[2.0; 4]);
    let mut model = Generic::<4>::with_seed(1);
    model.storage_mut().freeze();
    assert!(model.storage().is_frozen());
}
