//! Merging layers.

mod add;
mod average;
pub(crate) mod broadcast;
mod concatenate;
mod dot;
mod extremum;
mod maximum;
mod minimum;
mod multiply;
mod subtract;

family! {
    add::Add,
    average::Average,
    concatenate::Concatenate,
    dot::Dot,
    maximum::Maximum,
    minimum::Minimum,
    multiply::Multiply,
    subtract::Subtract,
}
