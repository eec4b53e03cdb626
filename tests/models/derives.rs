//! What a listing derives, as any struct does.

use keras::prelude::*;

sequential! {
    #[derive(Clone, Debug, PartialEq)]
    struct Net {
        Input(2),
        Dense(3, activation = "relu", name = "hidden"),
        Dense(1),
    }
}

model! {
    #[derive(Clone, Debug, PartialEq)]
    struct Graph<const UNITS: usize>(x: Input(2)) -> Shape1<UNITS> {
        Dense(UNITS)(x)
    }
}

#[test]
fn a_clone_is_equal_and_has_weights_of_its_own() {
    let net = Net::with_seed(1);
    let mut clone = net.clone();
    assert_eq!(clone, net);
    clone.hidden_mut().bias()[0] = 1.0;
    assert_ne!(clone, net);
    assert_eq!(net.hidden().bias()[0], 0.0);
}

#[test]
fn equality_is_that_of_the_weights() {
    let (one, two) = (Net::with_seed(1), Net::with_seed(2));
    assert_ne!(one, two);
    let mut copy = Net::with_seed(2);
    copy.weights_mut().copy_from_slice(one.weights());
    copy.freeze("hidden").unwrap();
    assert_eq!(copy, one, "seeds, and what is frozen, do not count");
    copy.weights_mut()[0] = f32::NAN;
    assert_ne!(copy, copy.clone(), "what is not a number is equal to nothing");
    assert_eq!(Graph::<2>::with_seed(1), Graph::<2>::with_seed(1));
}

#[test]
fn debug_shows_how_many_weights_there_are() {
    let net = Net::with_seed(7);
    assert_eq!(format!("{net:?}"), "Net { weights: Owned { weights: 13, seed: 7, .. } }");
    assert_eq!(format!("{:?}", Graph::<2>::with_seed(3)), "Graph { weights: Owned { weights: 6, seed: 3, .. } }");
    static WEIGHTS: &[f32] = &[0.5; 13];
    let embedded = Net::from_embedded(WEIGHTS);
    assert_eq!(format!("{embedded:?}"), "Net { weights: Embedded { weights: 13, .. } }");
    assert_eq!(embedded, Net::from_embedded(&[0.5; 13]));
}
