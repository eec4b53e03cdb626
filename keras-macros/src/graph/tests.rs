//! What listings become, and what is said of those that become nothing.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::*;

fn sequential_errors(tokens: TokenStream) -> Vec<String> {
    match sequential(syn::parse2(tokens).unwrap()) {
        Ok(graph) => graph.layers.iter().filter_map(|layer| layer.error.as_ref().map(ToString::to_string)).collect(),
        Err(failure) => failure.errors.iter().map(ToString::to_string).collect(),
    }
}

fn functional_graph(tokens: TokenStream) -> Result<Graph, Vec<String>> {
    functional(syn::parse2(tokens).unwrap()).map_err(|failure| failure.errors.iter().map(ToString::to_string).collect())
}

#[test]
fn layers_get_keras_names() {
    let parsed = syn::parse2(quote! {
        struct M { Input(4), Dense(3), Dense(2, name = "dense_1"), Dense(1), ReLU() }
    });
    let graph = sequential(parsed.unwrap()).ok().unwrap();
    let names: Vec<_> = graph.layers.iter().map(|layer| layer.name_text.as_str()).collect();
    assert_eq!(names, ["dense", "dense_1", "dense_2", "re_lu"]);
}

#[test]
fn a_wrong_argument_is_the_layers_own_error() {
    let errors = sequential_errors(quote!(struct M { Input(4), Dense(3, activation = "rleu"), Dense() }));
    assert!(errors[0].contains("did you mean `relu`?"), "{errors:?}");
    assert!(errors[1].contains("Dense needs `units`"), "{errors:?}");
}

#[test]
fn a_listing_starts_with_its_input() {
    assert!(sequential_errors(quote!(struct M { Dense(3) }))[0].contains("starts with its input"));
    assert!(sequential_errors(quote!(struct M { Dense(3, input_dim = 4) })).is_empty());
    assert!(
        sequential_errors(quote!(
            struct M {}
        ))[0]
            .contains("empty")
    );
}

#[test]
fn blocks_and_loops_are_unrolled() {
    let graph = functional_graph(quote! {
        struct M(x: Input(4)) {
            fn block(x, units) { let y = Dense(units)(x); Add()([x, y]) }
            for _ in 0..3 { x = block(x, 4); }
            x
        }
    })
    .unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(graph.layers.len(), 6);
    assert_eq!(graph.layers[2].expression.to_string(), quote!(<Dense>::layer(4)).to_string());
    assert_eq!(graph.calls[1].inputs, [0, 1]);
}

#[test]
fn a_shared_layer_is_one_layer() {
    let graph = functional_graph(quote! {
        struct M(a: Input(4), b: Input(4)) { let d = Dense(2); d(a) + d(b) }
    })
    .unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!((graph.layers.len(), graph.calls.len()), (2, 3));
}

#[test]
fn what_leads_nowhere_is_an_error() {
    let errors = |tokens| functional_graph(tokens).err().unwrap();
    assert!(errors(quote!(struct M(a: Input(4), b: Input(4)) { Dense(2)(a) }))[0].contains("`b` is not used"));
    let unused = errors(quote!(struct M(a: Input(4)) { let x = Dense(1)(a); Dense(2)(a) }));
    assert!(unused[0].contains("the output of `dense` is not used"), "{unused:?}");
    assert!(errors(quote!(struct M(abc: Input(4)) { Dense(2)(abd) }))[0].contains("did you mean `abc`?"));
    let recursive = errors(quote!(struct M(a: Input(4)) { fn f(x) { f(x) } f(a) }));
    assert!(recursive[0].contains("calls itself"), "{recursive:?}");
}

/// The only error of a listing.
fn one_error(tokens: TokenStream) -> String {
    let mut errors = functional_graph(tokens).err().unwrap();
    assert_eq!(errors.len(), 1, "{errors:?}");
    errors.remove(0)
}

/// As many blocks as are wanted, each of which calls the one before it twice.
fn doubling(first: TokenStream, blocks: usize) -> TokenStream {
    let names: Vec<_> = (0..blocks).map(|at| format_ident!("block{at}")).collect();
    let (last, pairs) = (names.last(), names.iter().zip(&names[1..]));
    let pairs = pairs.map(|(before, name)| quote!(fn #name(x) { #before(#before(x)) }));
    quote!(struct M(x: Input(4)) { fn block0(x) { #first } #(#pairs)* #last(x) })
}

#[test]
fn a_model_has_a_limit_of_calls() {
    let unrolled = |rounds: usize| {
        let rounds = Literal::usize_unsuffixed(rounds);
        quote!(struct M(x: Input(4)) { for _ in 0..#rounds { x = Dense(4)(x); } x })
    };
    assert_eq!(functional_graph(unrolled(10_000)).ok().unwrap().calls.len(), 10_000);
    let too_many = "a model has at most 10,000 calls of layers";
    for listing in
        [unrolled(10_001), unrolled(1_000_000_000), doubling(quote!(Dense(4)(x)), 40), doubling(quote!(-x), 40)]
    {
        let error = one_error(listing);
        assert!(error.starts_with(too_many), "{error}");
    }
    let layers = vec![quote!(ReLU()); 10_001];
    let errors = sequential_errors(quote!(struct M { Input(4), #(#layers),* }));
    assert!(errors.len() == 1 && errors[0].starts_with(too_many), "{errors:?}");
}

#[test]
fn what_runs_without_a_layer_has_a_limit() {
    let nested = (0..100).fold(quote!(y = x;), |body, _| quote!(for _ in 0..4 { #body }));
    for listing in [
        quote!(struct M(x: Input(4)) { for _ in 0..1000000000 { } ReLU()(x) }),
        quote!(struct M(x: Input(4)) { for _ in 0..=9223372036854775807 { } ReLU()(x) }),
        quote!(struct M(x: Input(4)) { let y = x; #nested ReLU()(y) }),
        quote!(struct M(x: Input(4)) { let y = x; for _ in 0..60 { y = [y, y]; } Add()(y) }),
        doubling(quote!(x), 40),
    ] {
        let error = one_error(listing);
        assert!(error.contains("run more than 100,000 statements"), "{error}");
    }
}

#[test]
fn constants_have_a_limit_of_tokens() {
    let names: Vec<_> = (0..60).map(|at| format_ident!("block{at}")).collect();
    let (last, pairs) = (names.last(), names.iter().zip(&names[1..]));
    let pairs = pairs.map(|(before, name)| quote!(fn #name(x, n) { #before(x, n + n) }));
    for listing in [
        quote!(struct M(x: Input(4)) { let n = 1; for _ in 0..60 { n = n + n; } Dense(n)(x) }),
        quote!(struct M(x: Input(4)) { let n = 1; for _ in 0..60 { n = n + n; } x * n }),
        quote!(struct M(x: Input(4)) { fn block0(x, n) { Dense(n)(x) } #(#pairs)* #last(x, 1) }),
    ] {
        let error = one_error(listing);
        assert!(error.contains("come to more than 1,000,000 tokens"), "{error}");
    }
}

#[test]
fn values_have_a_limit_of_depth() {
    // Blocks that call each other within parentheses: deeper than each of them is.
    let names: Vec<_> = (0..60).map(|at| format_ident!("block{at}")).collect();
    let (last, pairs) = (names.last(), names.iter().zip(&names[1..]));
    let deep = |value: TokenStream| (0..100).fold(value, |value, _| quote!([#value]));
    let pairs = pairs.map(|(before, name)| {
        let value = deep(quote!(#before(x)));
        quote!(fn #name(x) { Add()(#value) })
    });
    let error = one_error(quote!(struct M(x: Input(4)) { fn block0(x) { x } #(#pairs)* #last(x) }));
    assert!(error.contains("nested more than 256 deep"), "{error}");
}

#[test]
fn a_long_sum_is_not_deep() {
    let terms = vec![quote!(x); 5000];
    let graph = functional_graph(quote!(struct M(x: Input(4)) { #(#terms)+* })).ok().unwrap();
    assert_eq!(graph.calls.len(), 4999);
}

#[test]
fn blocks_take_arguments_by_name() {
    let listing = |call: TokenStream| quote!(struct M(x: Input(4)) { fn block(x, units, rate) { Dropout(rate)(Dense(units)(x)) } #call });
    let graph = functional_graph(listing(quote!(block(x, rate = 0.5, units = 3)))).ok().unwrap();
    assert_eq!(graph.layers[0].expression.to_string(), quote!(<Dense>::layer(3)).to_string());
    for (call, error) in [
        (quote!(block(x, rate = 0.5)), "takes 3 arguments, not 2; call it as block(x, units, rate)"),
        (quote!(block(x, 3, rat = 0.5)), "has no parameter `rat`; did you mean `rate`?"),
        (quote!(block(x, 3, units = 4)), "`units` is given twice"),
        (quote!(block(x, units = 3, 0.5)), "stands before what has one"),
    ] {
        let found = one_error(listing(call));
        assert!(found.contains(error), "{found}");
    }
}

#[test]
fn what_may_be_nested_fits_the_stack() {
    // In tests a thread's stack is 2 MiB; rustc's are 8.
    let nested = |open: &str, value: &str, close: &str, times: usize| -> TokenStream {
        format!("{}{value}{}", open.repeat(times), close.repeat(times)).parse().unwrap()
    };
    let deepest = crate::parse::NESTING - 6;
    let units = nested("(", "4", ")", deepest);
    for body in [
        nested("(", "ReLU()(x)", ")", deepest),
        nested("-", "x", "", deepest),
        nested("ReLU()(", "x", ")", deepest / 2),
        quote!(Dense(#units)(x)),
        quote!(fn block(x, n) { Dense(n)(x) } block(x, #units)),
    ] {
        let listing = quote!(struct M(x: Input(4)) { #body });
        assert!(crate::parse::too_deep(listing.clone()).is_none(), "{listing}");
        let graph = functional_graph(listing).unwrap_or_else(|errors| panic!("{errors:?}"));
        crate::expand::expand(&graph);
    }
}
