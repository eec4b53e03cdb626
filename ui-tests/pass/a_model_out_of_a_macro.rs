use keras::prelude::*;

/// The name, a size and an activation come from outside; the rest is the macro's.
macro_rules! models {
    ($($name:ident $generic:ident $graph:ident $units:expr, $activation:literal;)*) => {$(
        sequential! {
            pub struct $name { Input(4), Dense($units, activation = $activation), Dense(2, name = "scores") }
        }
        sequential! {
            pub struct $generic<const N: usize> -> Shape1<N> { Input(4), Dense($units), Dense(N) }
        }
        model! {
            pub struct $graph(a: Input(4), b: Input(4)) {
                let inner = $name();
                let x = inner(a) + inner(b);
                for _ in 0..2 { x = Dense($units)(x); }
                ($generic::<3>()(a), x)
            }
        }
    )*};
}

models! {
    Small SmallGeneric SmallGraph 3, "relu";
    Large LargeGeneric LargeGraph 2 * 8, "tanh";
}

/// The whole listing comes from outside.
macro_rules! pass_on {
    ($($listing:tt)*) => { sequential! { $($listing)* } };
}

pass_on! { pub struct Passed { Input(4), Dense(3), BatchNormalization() } }

/// The name is the macro's own.
macro_rules! fixed {
    ($units:expr) => { sequential! { pub struct Fixed { Input(4), Dense($units) } } };
}

fixed!(5);

fn main() {
    assert_eq!(Small::with_seed(1).predict_one(&[0.0; 4]), [0.0; 2]);
    let (three, x) = LargeGraph::with_seed(1).predict_one(&[0.0; 4], &[0.0; 4]);
    assert_eq!((three, x), ([0.0; 3], [0.0; 16]));
    assert_eq!(SmallGeneric::<7>::PARAMETERS, 15 + 28);
    assert_eq!(Large::new().scores().kernel().shape(), [16, 2]);
    assert_eq!(Passed::new().dense_mut().kernel().shape(), [4, 3]);
    assert_eq!(Fixed::PARAMETERS, 25);
}
