//! Both passes of the layers against their definitions, written as plain loops, over odd sizes.

mod convolution;
mod dense;
mod merging;
mod noise;
mod normalization;
mod pass;
mod pooling;
mod reshaping;
mod softmax;
