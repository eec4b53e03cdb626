//! The implementations for the structs of named inputs and outputs that are generated beside a model of several.
//!
//! `model! { struct Net(image: …, numbers: …) { … } }` comes with `NetInputs<Image, Numbers>`. With data in its fields it is given to
//! `fit` and `predict`; that of the outputs takes targets, losses, metrics and weights. The shapes of a model are a tuple; if the
//! model has more inputs or outputs than tuples have implementations, or if its listing ends in the struct, they are the struct too,
//! and so are samples of batches, and predictions. The macros below are called with `tuple` or with `named`, accordingly.

/// What a model has of several inputs or outputs: a tuple, or the struct.
#[doc(hidden)]
#[macro_export]
macro_rules! several {
    (tuple $name:ident $($of:ty),+) => { ($($of,)+) };
    (named $name:ident $($of:ty),+) => { $name<$($of),+> };
}

/// A number for a field.
#[doc(hidden)]
#[macro_export]
macro_rules! number_of_field {
    ($field:ident) => {
        f32
    };
}

/// What a struct of named inputs or outputs is made from and into.
#[doc(hidden)]
#[macro_export]
macro_rules! named {
    ($name:ident { $($at:tt $field:ident $own:ident),+ }) => {
        impl<$($own),+> ::core::convert::From<($($own,)+)> for $name<$($own),+> {
            fn from(tuple: ($($own,)+)) -> Self {
                Self { $($field: tuple.$at),+ }
            }
        }

        impl<$($own),+> $name<$($own),+> {
            /// The fields as a tuple, in their order.
            pub fn into_tuple(self) -> ($($own,)+) {
                ($(self.$field,)+)
            }
        }
    };
}

/// Implementations for a struct of named inputs: the index, the name and the type of each field, and a name for its shape.
#[doc(hidden)]
#[macro_export]
macro_rules! named_inputs {
    ($form:ident $name:ident { $($at:tt $field:ident $own:ident $shape:ident),+ }) => {
        $crate::named_input_shapes!($form $name { $($at $field $shape),+ });
    };
}

/// The shapes of inputs, if they are a struct.
#[doc(hidden)]
#[macro_export]
macro_rules! named_input_shapes {
    (tuple $($tokens:tt)*) => {};
    (named $name:ident { $($at:tt $field:ident $shape:ident),+ }) => {
        $crate::named_shapes!($name { $($at $field $shape),+ });

        impl<$($shape: $crate::data::InputShapes),+> $crate::data::InputShapes for $name<$($shape),+> {
            type Tensors = $name<$($shape::Tensors),+>;

            fn of_rows(inputs: &[$crate::data::Source<'_>], rows: &[usize]) -> $crate::Result<Self::Tensors> {
                ::core::result::Result::Ok($name {
                    $($field: $shape::of_rows(inputs.get($at..=$at).unwrap_or_default(), rows)?),+
                })
            }
        }
    };
}

/// Shapes, if they are a struct.
#[doc(hidden)]
#[macro_export]
macro_rules! named_shapes {
    ($name:ident { $($at:tt $field:ident $shape:ident),+ }) => {
        impl<$($shape: $crate::shape::Shape),+> $crate::data::Shapes for $name<$($shape),+> {
            type Tensors = $name<$($crate::data::Tensor<$shape>),+>;

            fn tensors(values: ::std::vec::Vec<::std::vec::Vec<f32>>) -> $crate::Result<Self::Tensors> {
                let mut values = values.into_iter();
                ::core::result::Result::Ok($name {
                    $($field: $crate::data::Tensor::from_vec(values.next().unwrap_or_default())?),+
                })
            }

            fn values(tensors: &Self::Tensors) -> ::std::vec::Vec<(usize, &[f32])> {
                ::std::vec![$((tensors.$field.len(), tensors.$field.values())),+]
            }
        }
    };
}

/// Implementations for a struct of named outputs: the index, the name and the type of each field, and names for its shape and for the
/// kind of its targets.
#[doc(hidden)]
#[macro_export]
macro_rules! named_outputs {
    ($form:ident $name:ident { $($at:tt $field:ident $own:ident $shape:ident $kind:ident),+ }) => {
        #[diagnostic::do_not_recommend]
        impl<$($shape: $crate::shape::Shape,)+ $($own: $crate::losses::Loss),+>
            $crate::training::LossList<$crate::several!($form $name $($shape),+)> for $name<$($own),+>
        {
            type Targets = $crate::several!($form $name $($own::Target),+);

            const FITS_THE_OUTPUTS: () = { $($crate::training::check_last::<$own, $shape>();)+ };

            fn each_loss(&self, visit: &mut dyn ::core::ops::FnMut(&dyn $crate::training::AnyLoss)) {
                $(visit(&self.$field);)+
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($shape: $crate::shape::Shape,)+ $($own: $crate::training::Metrics),+>
            $crate::training::MetricList<$crate::several!($form $name $($shape),+)> for $name<$($own),+>
        {
            fn boxed_each(
                self,
            ) -> ::std::vec::Vec<::std::vec::Vec<::std::boxed::Box<dyn $crate::metrics::Metric>>> {
                ::std::vec![$($crate::training::Metrics::boxed(self.$field)),+]
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($shape: $crate::shape::Shape),+>
            $crate::training::LossWeights<$crate::several!($form $name $($shape),+)>
            for $name<$($crate::number_of_field!($field)),+>
        {
            fn loss_weights(self) -> ::std::vec::Vec<f32> {
                ::std::vec![$(self.$field),+]
            }
        }

        impl<'a, $($own: $crate::data::IntoOutputWeight<'a>),+> ::core::convert::From<$name<$($own),+>>
            for $crate::data::SampleWeight<'a>
        {
            fn from(weights: $name<$($own),+>) -> Self {
                Self::of_outputs(::std::vec![$($crate::data::IntoOutputWeight::into_output_weight(weights.$field)),+])
            }
        }

        $crate::named_output_shapes!($form $name { $($at $field $shape $kind),+ });
    };
}

/// The shapes of outputs, if they are a struct.
#[doc(hidden)]
#[macro_export]
macro_rules! named_output_shapes {
    (tuple $($tokens:tt)*) => {};
    (named $name:ident { $($at:tt $field:ident $shape:ident $kind:ident),+ }) => {
        $crate::named_shapes!($name { $($at $field $shape),+ });

        impl<$($shape: $crate::shape::Shape,)+ $($kind: $crate::data::Kinds<$shape>),+> $crate::data::Kinds<$name<$($shape),+>>
            for $name<$($kind),+>
        {
            type Targets = $name<$($kind::Targets),+>;

            fn of_rows(targets: &[$crate::data::Target<'_>], rows: &[usize]) -> $crate::Result<Self::Targets> {
                ::core::result::Result::Ok($name {
                    $($field: $kind::of_rows(targets.get($at..=$at).unwrap_or_default(), rows)?),+
                })
            }
        }

        #[diagnostic::do_not_recommend]
        impl<$($shape: $crate::shape::Shape),+> $crate::training::MetricList<$name<$($shape),+>> for () {
            fn boxed_each(
                self,
            ) -> ::std::vec::Vec<::std::vec::Vec<::std::boxed::Box<dyn $crate::metrics::Metric>>> {
                ::std::vec::Vec::new()
            }
        }
    };
}
