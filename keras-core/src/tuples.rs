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

/// The same for tuples of 0 to 64 elements, for traits of little code: passes the index of each element and one name.
macro_rules! for_long_tuples {
    ($each:ident) => {
        $each! {}
        for_long_tuples! { $each [] 0 T0, 1 T1, 2 T2, 3 T3, 4 T4, 5 T5, 6 T6, 7 T7, 8 T8, 9 T9, 10 T10, 11 T11, 12 T12,
            13 T13, 14 T14, 15 T15, 16 T16, 17 T17, 18 T18, 19 T19, 20 T20, 21 T21, 22 T22, 23 T23, 24 T24, 25 T25,
            26 T26, 27 T27, 28 T28, 29 T29, 30 T30, 31 T31, 32 T32, 33 T33, 34 T34, 35 T35, 36 T36, 37 T37, 38 T38,
            39 T39, 40 T40, 41 T41, 42 T42, 43 T43, 44 T44, 45 T45, 46 T46, 47 T47, 48 T48, 49 T49, 50 T50, 51 T51,
            52 T52, 53 T53, 54 T54, 55 T55, 56 T56, 57 T57, 58 T58, 59 T59, 60 T60, 61 T61, 62 T62, 63 T63, }
    };
    ($each:ident [$($done:tt)*]) => {};
    ($each:ident [$($done:tt)*] $at:tt $a:ident, $($rest:tt)*) => {
        $each! { $($done)* $at $a }
        for_long_tuples! { $each [$($done)* $at $a,] $($rest)* }
    };
}

pub(crate) use {for_long_tuples, for_tuples};
