//! Core layers: dense, embedding, masking, identity.

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
