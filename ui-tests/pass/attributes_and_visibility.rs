use keras::prelude::*;

mod inner {
    use keras::prelude::*;

    sequential! {
        /// Documented.
        #[derive(Clone, Debug)]
        pub(crate) struct Net { Input(4,), Dense(2,), }
    }
}

fn main() {
    let net = inner::Net::with_seed(3);
    assert_eq!(net.clone().weights(), net.weights());
}
