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
    let too_many = "a model has at most 10,000 layer calls";
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
        assert!(error.contains("have more than 1,000,000 tokens"), "{error}");
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
        (quote!(block(x, units = 3, 0.5)), "positional arguments must come before named ones"),
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

/// A listing with tensors `x`, `y`, `h` and `c`, and with a call that makes its output.
fn with_call(call: TokenStream) -> TokenStream {
    quote! {
        struct M(x: Input(5, 4), y: Input(5, 4), h: Input(8), c: Input(8)) {
            let all = Concatenate()([Flatten()(x), Flatten()(y), h, c]);
            let result = #call;
            Concatenate()([all, Flatten()(result)])
        }
    }
}

#[test]
fn inputs_are_given_by_place_or_by_name() {
    let (x, y, h, c) = (0, 1, 2, 3);
    for (call, inputs, rule, named) in [
        (quote!(TestAttention(4, 16)(x, y)), vec![x, y], vec![x, y], vec![]),
        (quote!(TestAttention(4, 16)(value = y, query = x)), vec![x, y], vec![x, y], vec![]),
        (quote!(TestAttention(4, 16)(x, y, x)), vec![x, y, x], vec![x, y], vec!["key"]),
        (
            quote!(TestAttention(4, 16)(x, attention_mask = c, value = y, key = h)),
            vec![x, y, h, c],
            vec![x, y],
            vec!["key", "attention_mask"],
        ),
        (quote!(TestRecurrent(8)(x)), vec![x], vec![x], vec![]),
        (quote!(TestRecurrent(8)(x, initial_state = [h, c])), vec![x, h, c], vec![x], vec!["initial_state"]),
        (quote!(TestRecurrent(8)(x, mask = c)), vec![x, c], vec![x], vec!["mask"]),
        (quote!(Dropout(0.5)(inputs = x)), vec![x], vec![x], vec![]),
        (quote!(Add()(inputs = [x, y])), vec![x, y], vec![x, y], vec![]),
    ] {
        let graph = functional_graph(with_call(call.clone())).unwrap_or_else(|errors| panic!("{call}: {errors:?}"));
        let found = &graph.calls[graph.calls.len() - 3];
        assert_eq!((&found.inputs, found.rule_inputs()), (&inputs, &rule[..]), "{call}");
        assert_eq!(found.named_inputs.iter().map(|input| input.name).collect::<Vec<_>>(), named, "{call}");
    }
}

#[test]
fn arguments_of_calls_reach_the_layer() {
    let listing = quote! {
        struct M(x: Input(5, 4), m: Input(5)) {
            fn block(x, causal) { TestAttention(4, 16)(x, x, use_causal_mask = causal) }
            let shared = TestRecurrent(8);
            let y = block(shared(x, training = true), true);
            let z = shared(y, mask = m);
            Add()([y, z])
        }
    };
    let graph = functional_graph(listing).unwrap_or_else(|errors| panic!("{errors:?}"));
    let code = crate::expand::expand(&graph).to_string().replace(' ', "");
    for expected in [
        "constfnbuild_test_recurrent(input:::keras::__private::Dims,given_training:::core::option::Option<::core::primitive::bool>,\
         given_mask:::core::option::Option<::keras::__private::Dims>)",
        "letlayer=matchgiven_training{::core::option::Option::Some(given)=>layer.training(given),::core::option::Option::None=>layer,};",
        "build_test_recurrent(x.dims,::core::option::Option::Some(true),::core::option::Option::None)",
        "build_test_recurrent(test_attention.output(),::core::option::Option::None,::core::option::Option::Some(m.dims))",
        "build_test_attention(&[test_recurrent.output(),test_recurrent.output()],::core::option::Option::Some(true))",
    ] {
        assert!(code.contains(expected), "{expected}");
    }
}

#[test]
fn what_is_wrong_with_a_call_is_said() {
    for (call, error) in [
        (
            quote!(TestAttention(4, 16)(x)),
            "TestAttention needs `value`; its call takes query, value, key, attention_mask, use_causal_mask, training",
        ),
        (quote!(TestAttention(4, 16)(x, query = y)), "`query` is given twice, by position and by name"),
        (quote!(TestAttention(4, 16)(query = x, query = y)), "`query` is given twice, both times by name"),
        (
            quote!(TestAttention(4, 16)(x, y, h, c, x)),
            "TestAttention takes at most 4 tensors by position; its call takes query",
        ),
        (
            quote!(TestAttention(4, 16)(x, valeu = y)),
            "a call of TestAttention has no argument `valeu`; did you mean `value`? (its call takes query",
        ),
        (quote!(TestAttention(4, 16)(value = y, x)), "positional arguments must come before named ones"),
        (
            quote!(TestAttention(4, 16)(x, value = 3)),
            "`value` of TestAttention must be a tensor, but this is a constant",
        ),
        (
            quote!(TestAttention(4, 16)(x, value = Dense(4))),
            "`value` of TestAttention must be a tensor, but this is a layer",
        ),
        (quote!(TestAttention(4, 16)(x, value = [x, y])), "`value` of TestAttention must be one tensor, not a list"),
        (
            quote!(TestAttention(4, 16)(x, y, use_causal_mask = x)),
            "`use_causal_mask` of TestAttention must be true or false, not a tensor",
        ),
        (
            quote!(TestAttention(4, 16)(x, y, use_causal_mask = 3)),
            "`use_causal_mask` of TestAttention must be true or false",
        ),
        (
            quote!(TestAttention(4, 16)(x, y, use_causal_mask = CAUSAL)),
            "of a call of TestAttention must be a literal: true or false",
        ),
        (quote!(TestAttention(4, 16)(x, y, training = true, training = true)), "`training` is given twice"),
        (quote!(TestAttention(4, 16)(x, y, true)), "pass an argument of the call by name: use_causal_mask = …"),
        (
            quote!(TestAttention(4, 16)(x, y, num_heads = 3)),
            "`num_heads` is an argument of the layer, and goes in the layer's parentheses: TestAttention(…, num_heads \
             = …)(x)",
        ),
        (
            quote!(TestRecurrent(8)(x, initial_state = h)),
            "`initial_state` of TestRecurrent must be a list of tensors: initial_state = [x, y]",
        ),
        (quote!(TestRecurrent(8)(x, mask = )), "`mask` has no value"),
        (quote!(Dense(8)(x, 3)), "this is a constant, but a tensor is needed"),
        (quote!(Dense(8)(Dense(8))), "this is a layer, but a tensor is needed; call it first"),
        (quote!(Dense(8)([x])), "`inputs` of Dense must be one tensor, not a list"),
        (quote!(Dense(8)(x, y)), "Dense takes one input, but 2 are given; join them first"),
        (quote!(Add()(x)), "Add takes a list of at least 2 inputs: Add()([x, y])"),
        (quote!(Mine(8)(x, mask = y)), "take tensors by position; write it without a name"),
    ] {
        let errors = match functional_graph(with_call(call.clone())) {
            Ok(graph) => {
                graph.layers.iter().filter_map(|layer| layer.error.as_ref().map(ToString::to_string)).collect()
            }
            Err(errors) => errors,
        };
        assert!(errors.len() == 1 && errors[0].contains(error), "{call}: {errors:?}");
    }
}

#[test]
fn a_layer_of_two_inputs_has_no_place_in_a_row() {
    let errors = sequential_errors(quote!(struct M { Input(5, 4), TestAttention(4, 16) }));
    assert!(errors[0].contains("TestAttention needs `value`"), "{errors:?}");
}

/// The parts of a layer's type and expression that its arguments are.
fn with_arguments(layer: TokenStream) -> (String, String) {
    let graph =
        functional_graph(quote!(struct M(x: Input(4)) { #layer(x) })).unwrap_or_else(|errors| panic!("{errors:?}"));
    let layer = &graph.layers[0];
    assert!(layer.error.is_none(), "{:?}", layer.error);
    let path = layer.path();
    (quote!(#path).to_string().replace(' ', ""), layer.expression.to_string().replace(' ', ""))
}

#[test]
fn layers_are_arguments() {
    let (path, expression) = with_arguments(quote!(TimeDistributed(TimeDistributed(Dense(3)))));
    assert_eq!(path, "TimeDistributed<TimeDistributed<Dense>>");
    assert_eq!(expression, "<TimeDistributed<_>>::layer(wrapped_1)");
    let (path, expression) = with_arguments(quote!(TestBidirectional(TestRecurrent(3))));
    assert_eq!(path, "TestBidirectional<TestRecurrent>");
    assert_eq!(expression, "<TestBidirectional<_>>::layer(wrapped_0)");
    let (path, expression) = with_arguments(quote!(TestBidirectional(TestRecurrent(3), backward_layer = Dense(3))));
    assert_eq!(path, "TestBidirectional<TestRecurrent,Dense>");
    assert_eq!(expression, "<TestBidirectional<_>>::layer(wrapped_0).backward_layer(wrapped_1)");
    let (path, _) = with_arguments(quote!(TimeDistributed(TimeDistributed(Mlp<10>(), name = "of_steps"))));
    assert!(path.starts_with("TimeDistributed<TimeDistributed<__LayerType"), "{path}");
    let first =
        quote!(struct M { TimeDistributed(Mlp<10>(), input_shape = (5, 4)), TimeDistributed(layer = Dense(2)) });
    assert_eq!(sequential_errors(first), [""; 0]);
    let (path, _) = with_arguments(quote!(TestBidirectional(layer = TestRecurrent(3), backward_layer = None)));
    assert_eq!(path, "TestBidirectional<TestRecurrent>");
}

#[test]
fn layers_that_are_arguments_have_names_of_the_model() {
    let graph = functional_graph(quote! {
        struct M(x: Input(4)) {
            let layer = Dense(3);
            let y = TimeDistributed(layer)(Dense(2)(x));
            TestBidirectional(TestRecurrent(3, name = "there"), TestRecurrent(3), name = "both")(y)
        }
    });
    let graph = graph.unwrap_or_else(|errors| panic!("{errors:?}"));
    let name = |layer: &LayerNode| layer.name_text.clone();
    let names: Vec<String> = graph.layers.iter().flat_map(LayerNode::with_arguments).map(name).collect();
    assert_eq!(names, ["dense_1", "time_distributed", "dense", "both", "there", "test_recurrent"]);
    assert_eq!(graph.layers.len(), 3);
}

/// What `build` is given: the declaration of each argument, of an optional one as an option.
#[test]
fn build_is_given_the_declarations_of_arguments() {
    let code = |layer: TokenStream| {
        let graph =
            functional_graph(quote!(struct M(x: Input(4)) { #layer(x) })).unwrap_or_else(|errors| panic!("{errors:?}"));
        crate::expand::expand(&graph).to_string().replace(' ', "")
    };
    let one = code(quote!(TestBidirectional(TestRecurrent(3))));
    assert!(one.contains("layer.build(input,wrapped_0_built,::core::option::Option::None)"), "{one}");
    let both = code(quote!(TestBidirectional(TestRecurrent(3), TestRecurrent(3, name = "back"))));
    assert!(
        both.contains("layer.build(input,wrapped_0_built,::core::option::Option::Some(wrapped_1_built))"),
        "{both}"
    );
    assert!(both.contains(r#"wrapped_1_input,&["back"]"#), "{both}");
    let twice = code(quote!(TimeDistributed(TimeDistributed(Dense(3)))));
    assert!(twice.contains(r#"wrapped_1.inner_input(wrapped_1_input)"#), "{twice}");
    assert!(twice.contains(r#"wrapped_0_input,&["time_distributed","dense"]"#), "{twice}");
}

#[test]
fn what_is_wrong_with_a_layer_as_an_argument_is_said() {
    let said = |body: TokenStream| match functional_graph(quote!(struct M(x: Input(5, 4)) { #body })) {
        Ok(graph) => graph.layers.into_iter().find_map(|layer| layer.error).expect("an error").to_string(),
        Err(errors) => errors.join("; "),
    };
    for (body, words) in [
        (
            quote!(TimeDistributed(x)(x)),
            "`layer` of TimeDistributed must be a layer, such as Dense(8), but `x` is a tensor",
        ),
        (quote!(TimeDistributed(Dense(3)(x))(x)), "but this is a tensor; leave out the second parentheses"),
        (quote!(let d = Dense(3); TimeDistributed(d(x))(x)), "but this is a tensor; leave out the parentheses after"),
        (quote!(TimeDistributed(3)(x)), "`layer` of TimeDistributed must be a layer, such as Dense(8)"),
        (quote!(TimeDistributed(Dense)(x)), "a layer needs parentheses: `Dense()`"),
        (quote!(TimeDistributed()(x)), "TimeDistributed needs `layer`"),
        (quote!(TimeDistributed(Add())(x)), "Add takes several inputs, but TimeDistributed calls its layer with one"),
        (quote!(TimeDistributed(Dense(units = 3, name = 4))(x)), "`name` must be a string"),
        (quote!(let d = Dense(3); TimeDistributed(d)(d(x))), "the layer `dense` is an argument of TimeDistributed"),
        (
            quote!(let d = Dense(3); TimeDistributed(d)(TimeDistributed(d)(x))),
            "the layer `dense` is an argument of TimeDistributed",
        ),
        (quote!(let d = Dense(3); Dense(d)(x)), "`units` of Dense must be a constant, but `d` is a layer"),
        (quote!(Dense(x)(x)), "`units` of Dense must be a constant, but `x` is a tensor"),
        // One that nothing calls is not reported by a constant of its own.
        (quote!(let d = Dense(3, activation = "rleu"); x + x), "the layer `dense` is never called"),
        (quote!(let d = TimeDistributed(3); x + x), "the layer `time_distributed` is never called"),
        (quote!(Dropout(Dense(3))(x)), "`rate` of Dropout must be a constant, not a layer"),
        (quote!(Mine(Dense(3))(x)), "a custom layer or a model cannot take a layer as an argument"),
        (
            quote!(TestBidirectional(Dense(3, trainable = false), Dense(3))(x)),
            "the layers among the arguments must be frozen together",
        ),
        (
            quote!(TimeDistributed(TimeDistributed(TimeDistributed(TimeDistributed(TimeDistributed(Dense(3))))))(x)),
            "layers are nested in arguments at most 4 levels deep",
        ),
    ] {
        let error = said(body);
        assert!(error.contains(words), "{error}");
    }
}
