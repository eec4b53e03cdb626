//! Dense and embedding layers, and the identity.

mod dense;
mod embedding;
mod identity;
mod masking;

family! {
    dense::Dense,
    embedding::Embedding,
    identity::Identity,
    masking::Masking,
}
