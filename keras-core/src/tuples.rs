//! Implementations for tuples: of losses, targets, shapes for the outputs of a model, and so on.

/// Implements a trait for tuples of 2 to [`MAX_OUTPUTS`](crate::model::MAX_OUTPUTS) elements: passes the index of each
/// element and three names for its type parameters to a macro. `for_tuples!(mine)` calls
/// `mine! { 0 A0 B0 C0, 1 A1 B1 C1 }` and so on.
macro_rules! for_tuples {
    ($each:ident) => {
        for_tuples! { $each 0 A0 B0 C0; 1 A1 B1 C1, 2 A2 B2 C2, 3 A3 B3 C3, 4 A4 B4 C4, 5 A5 B5 C5, 6 A6 B6 C6, 7 A7 B7 C7,
            8 A8 B8 C8, 9 A9 B9 C9, 10 A10 B10 C10, 11 A11 B11 C11, 12 A12 B12 C12, 13 A13 B13 C13, 14 A14 B14 C14,
            15 A15 B15 C15, }
    };
    ($each:ident $($at:tt $a:ident $b:ident $c:ident),+;) => {};
    ($each:ident $($at:tt $a:ident $b:ident $c:ident),+; $next:tt $d:ident $e:ident $f:ident, $($rest:tt)*) => {
        $each! { $($at $a $b $c,)+ $next $d $e $f }
        for_tuples! { $each $($at $a $b $c,)+ $next $d $e $f; $($rest)* }
    };
}

/// Implements a trait for tuples of 1 to 64 elements by pairs of pairs: passes a name for each element, and the pairs of them, for
/// instance `mine! { [T0 T1] (((), T0), T1) }`. A trait is asked of the pairs as a whole: rustc would look for that of each of 64
/// elements among 64.
macro_rules! for_long_tuples {
    ($each:ident) => {
        for_long_tuples! { $each [] () T0 T1 T2 T3 T4 T5 T6 T7 T8 T9 T10 T11 T12 T13 T14 T15 T16 T17 T18 T19 T20 T21 T22 T23
            T24 T25 T26 T27 T28 T29 T30 T31 T32 T33 T34 T35 T36 T37 T38 T39 T40 T41 T42 T43 T44 T45 T46 T47 T48 T49 T50 T51
            T52 T53 T54 T55 T56 T57 T58 T59 T60 T61 T62 T63 }
    };
    ($each:ident [$($done:ident)*] $pairs:tt) => {};
    ($each:ident [$($done:ident)*] $pairs:tt $next:ident $($rest:ident)*) => {
        $each! { [$($done)* $next] ($pairs, $next) }
        for_long_tuples! { $each [$($done)* $next] ($pairs, $next) $($rest)* }
    };
}

pub(crate) use {for_long_tuples, for_tuples};
