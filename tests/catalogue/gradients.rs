//! What `tests/gradients` checks, read from its source.

use std::{collections::BTreeSet, fs};

use proc_macro2::{TokenStream, TokenTree};

use crate::root;

/// What the checked listings are made of.
#[derive(Default)]
pub struct Checked {
    /// The words of the listings of checked models, and of the list of losses.
    pub words: BTreeSet<String>,
    /// The strings in them, and those of the list of activations.
    pub strings: BTreeSet<String>,
    /// Every word, within listings and without: a listing may name a constant.
    pub all: BTreeSet<String>,
}

impl Checked {
    pub fn read() -> Self {
        let mut invocations = Vec::new();
        let mut checked = Self::default();
        for entry in fs::read_dir(root().join("tests/gradients")).unwrap() {
            let tokens: TokenStream = fs::read_to_string(entry.unwrap().path()).unwrap().parse().unwrap();
            find(tokens.clone(), &mut invocations);
            add(tokens, &mut checked.all, &mut BTreeSet::new());
        }
        // `check!(Net, …)` of `model! { struct Net … }`.
        let models: BTreeSet<String> =
            invocations.iter().filter(|(name, _)| name == "check").filter_map(|(_, body)| first(body, 0)).collect();
        for (name, body) in invocations {
            let is_checked = match name.as_str() {
                "model" | "sequential" => (0..3).filter_map(|at| first(&body, at)).any(|word| models.contains(&word)),
                "activations" | "losses" => true,
                _ => false,
            };
            if is_checked {
                add(body, &mut checked.words, &mut checked.strings);
            }
        }
        assert!(checked.words.contains("Dense") && checked.strings.contains("tanh"), "the checks have another form");
        checked
    }
}

/// The word at this place.
fn first(tokens: &TokenStream, at: usize) -> Option<String> {
    match tokens.clone().into_iter().nth(at) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

/// Every `name! (…)`, those within others too.
fn find(tokens: TokenStream, invocations: &mut Vec<(String, TokenStream)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for at in 0..tokens.len() {
        let TokenTree::Group(group) = &tokens[at] else { continue };
        if let [.., TokenTree::Ident(name), TokenTree::Punct(mark)] = &tokens[..at]
            && mark.as_char() == '!'
        {
            invocations.push((name.to_string(), group.stream()));
        }
        find(group.stream(), invocations);
    }
}

fn add(tokens: TokenStream, words: &mut BTreeSet<String>, strings: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => add(group.stream(), words, strings),
            TokenTree::Ident(ident) => {
                words.insert(ident.to_string());
            }
            TokenTree::Literal(literal) => {
                strings.insert(literal.to_string().trim_matches('"').to_owned());
            }
            TokenTree::Punct(_) => {}
        }
    }
}
