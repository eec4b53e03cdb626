//! What the macros make can be read, and does not grow beyond its layers.

use std::{fs, path::Path};

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

use crate::graph::{self, Graph};

/// The page that shows an expansion: a listing in its first block of code, what is made of it in its second.
fn page() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/expansion.md")
}

/// Says whether the page is to be written anew.
const RECORD: &str = "RECORD_EXPANSION";

#[test]
fn the_page_shows_what_is_made() {
    let page_text = fs::read_to_string(page()).unwrap();
    let blocks: Vec<&str> = page_text.split("```").collect();
    let [head, listing, between, shown, tail] = blocks[..] else { panic!("the page has two blocks of code") };
    let listing_code = listing.strip_prefix("rust\n").unwrap();
    let listing_macro: syn::ItemMacro = syn::parse_str(listing_code).unwrap();
    let graph = graph::sequential(syn::parse2(listing_macro.mac.tokens).unwrap()).ok().unwrap();
    let made = format!("rust,ignore\n{}", readable(super::expand(&graph)));
    if std::env::var_os(RECORD).is_some() {
        fs::write(page(), [head, listing, between, &made, tail].join("```")).unwrap();
    } else {
        assert!(
            made == shown,
            "{} is out of date; `{RECORD}=1 cargo test -p keras-macros` writes it anew",
            page().display()
        );
    }
}

/// Formatted, with short paths, and without the macro around what a program without `std` leaves out.
fn readable(tokens: TokenStream) -> String {
    let file = syn::parse2(without_macro(tokens)).unwrap();
    let mut text = prettyplease::unparse(&file);
    for path in ["::keras::__private::", "::keras::", "::core::option::", "::core::result::"] {
        text = text.replace(path, "");
    }
    // Shorter paths need fewer lines.
    prettyplease::unparse(&syn::parse_str(&text).unwrap())
}

fn without_macro(tokens: TokenStream) -> TokenStream {
    let mut result: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "with_std" => {
                // Before it stands `::keras::__private::`, after it `! { … }`.
                result.truncate(result.len() - 8);
                tokens.next();
                let Some(TokenTree::Group(items)) = tokens.next() else { panic!("a macro has a body") };
                result.extend(without_macro(items.stream()));
            }
            TokenTree::Group(group) => {
                result.push(Group::new(group.delimiter(), without_macro(group.stream())).into());
            }
            other => result.push(other),
        }
    }
    result.into_iter().collect()
}

/// A residual network of `4 · blocks` blocks: 50 convolutions, 174 layers in all, for 4.
fn residual_network(blocks: usize) -> Graph {
    let blocks = proc_macro2::Literal::usize_unsuffixed(blocks);
    let listing = quote! {
        struct ResNet(image: Input(224, 224, 3)) {
            fn convolution(x, filters, size, strides) {
                let x = Conv2D(filters, size, strides = strides, padding = "same", use_bias = false)(x);
                BatchNormalization()(x)
            }
            fn block(x, filters, wide) {
                let y = Activation("relu")(convolution(x, filters, 1, 1));
                let y = Activation("relu")(convolution(y, filters, 3, 1));
                Activation("relu")(Add()([convolution(y, wide, 1, 1), x]))
            }
            fn widening_block(x, filters, wide, strides) {
                let y = Activation("relu")(convolution(x, filters, 1, strides));
                let y = Activation("relu")(convolution(y, filters, 3, 1));
                Activation("relu")(Add()([convolution(y, wide, 1, 1), convolution(x, wide, 1, strides)]))
            }
            let x = Activation("relu")(convolution(image, 64, 7, 2));
            let x = MaxPooling2D(3, strides = 2, padding = "same")(x);
            let x = widening_block(x, 64, 256, 1);
            for _ in 1..#blocks { x = block(x, 64, 256); }
            let x = widening_block(x, 128, 512, 2);
            for _ in 1..#blocks { x = block(x, 128, 512); }
            let x = widening_block(x, 256, 1024, 2);
            for _ in 1..#blocks { x = block(x, 256, 1024); }
            let x = widening_block(x, 512, 2048, 2);
            for _ in 1..#blocks { x = block(x, 512, 2048); }
            Dense(1000, activation = "softmax")(GlobalAveragePooling2D()(x))
        }
    };
    let result = graph::functional(syn::parse2(listing).unwrap());
    result.unwrap_or_else(|failure| panic!("{:?}", failure.errors))
}

/// Bytes of code for each layer.
fn bytes_per_layer(graph: &Graph) -> usize {
    // Spaces are how a token stream is printed, not what rustc reads.
    let text = super::expand(graph).to_string().replace(' ', "");
    println!("{} layers: {} bytes, {} a layer", graph.layers.len(), text.len(), text.len() / graph.layers.len());
    text.len() / graph.layers.len()
}

#[test]
fn code_grows_with_the_layers_and_no_faster() {
    let network = residual_network(4);
    assert_eq!(network.layers.len(), 174);
    let (each, in_a_deep_one) = (bytes_per_layer(&network), bytes_per_layer(&residual_network(16)));
    assert!(each < 1400, "a layer takes {each} bytes");
    assert!(in_a_deep_one <= each + each / 20, "{each} bytes a layer become {in_a_deep_one} in a deep network");
}
