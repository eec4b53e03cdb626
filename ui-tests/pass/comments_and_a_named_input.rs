#![deny(missing_docs, unused_doc_comments)]
//! Comments stand before layers and statements, and an input has a name.

use keras::prelude::*;

sequential! {
    /// A chain.
    pub struct Chain {
        /// What it looks at.
        Input(shape = (4,), name = "features"),
        /// Finds patterns.
        Dense(3, name = "patterns"),
        Dense(2, name = "scores"),
    }
}
model! {
    /// A graph.
    pub struct Graph(
        /// What it looks at.
        x: Input(4),
    ) {
        /// A hidden layer.
        let h = Dense(3)(x);
        /// Twice.
        for _ in 0..2 {
            /// Again.
            h = Dense(3)(h);
        }
        /// The scores.
        Dense(2)(h)
    }
}

fn main() {
    assert_eq!(Chain::new().patterns().kernel().shape(), [4, 3]);
    let _ = Graph::new().predict_one(&[0.0; 4]);
}
