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

pub(crate) use for_tuples;
