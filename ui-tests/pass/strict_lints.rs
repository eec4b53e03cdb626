//! What the macros make passes the strictest lints of the program that it stands in.
#![deny(
    warnings,
    future_incompatible,
    keyword_idents,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    unused,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    missing_docs,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]

use keras::prelude::*;

sequential! {
    struct Small { Input(8, 8, 1), Conv2D(4, 3, activation = "relu"), Flatten(), Dense(2, name = "scores") }
}
sequential! {
    struct Generic<const N: usize = 3> -> Shape1<N> { Input(4), Dense(N) }
}
model! {
    struct Graph(image: Input(8, 8, 1), b: Input(4)) {
        let small = Small();
        let (x, y) = (small(image), Generic::<2>()(b));
        (x + y, Dense(2, kernel_initializer = "he_normal")(y))
    }
}

fn main() {
    let (x, _) = Graph::with_seed(1).predict_one(&[0.0; 64], &[0.0; 4]);
    assert_eq!(x.len(), 2);
}
