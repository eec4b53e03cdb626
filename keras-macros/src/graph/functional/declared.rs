//! `layer!`: the body is resolved as that of `model!`, with arguments as constants, and weights.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Error, Expr, ExprLit, Lit, Type, spanned::Spanned};

use super::{Binding, Resolver, constants::Constant, values};
use crate::{
    graph::{Dtype, Failure, Graph, arrange::Arranged, build::Builder, limits::Budget},
    kinds::{Kind, Parameter},
    operations::{self, Operation},
    parse::{Argument, Arguments, Declared, DeclaredArgument, Operator, Parentheses, Value},
};

/// A layer that is declared: its graph, and its arguments.
pub(crate) struct Composition {
    pub(crate) graph: Graph,
    pub(crate) arguments: Vec<LayerParameter>,
}

/// An argument of a layer that is declared.
pub(crate) struct LayerParameter {
    pub(crate) declared: DeclaredArgument,
    /// What it can be, if the macros know its type.
    pub(crate) kind: Option<Kind>,
    /// The default, as an expression.
    pub(crate) default: Option<TokenStream>,
}

/// What the body of a layer has beside that of a model.
#[derive(Default)]
pub(super) struct Body {
    weights: Vec<WeightNode>,
    /// The weights that are used in several ways, and so are tensors that each sample has a copy of.
    as_tensors: HashSet<usize>,
    /// The weights that are no bias of a product, or have none: one of both is used by itself too.
    apart: HashSet<usize>,
    /// What turned out to be used so, and was not known before.
    found: Found,
    /// The operation that is being resolved, as it is written.
    pub(super) text: Option<String>,
}

/// Weights that are used in several ways.
#[derive(Clone, Default, PartialEq, Eq)]
struct Found {
    as_tensors: HashSet<usize>,
    apart: HashSet<usize>,
}

/// `weight("w", (last(x), units), "random_normal")`.
struct WeightNode {
    span: Span,
    name: String,
    /// `Weight::new(…)`.
    expression: TokenStream,
    /// The lengths of its axes, as they are written.
    lengths: Vec<String>,
    trainable: bool,
    /// How it is used, and the layer that has it.
    home: Option<(Use, usize)>,
}

/// How a weight is used.
#[derive(Clone, PartialEq, Eq)]
enum Use {
    /// `x @ w`.
    Product,
    /// `x + w`, `x * w`, …: the variant of `WeightOperator`.
    Operator(&'static str),
    /// As the bias of a product, which has it.
    Bias(usize),
    Tensor,
}

/// The graph of a layer; or its header, and what is wrong.
pub(crate) fn declared(parsed: Declared) -> Result<Composition, Box<Failure>> {
    let Declared { header, arguments, inputs, body } = parsed;
    let body = match body {
        Ok(body) => body,
        Err(error) => return Err(Failure::new(header, vec![error])),
    };
    let layer = header.ident.to_string();
    let (mut parameters, mut errors) = (Vec::new(), Vec::new());
    for declared in arguments {
        match parameter(&layer, declared) {
            Ok(parameter) => parameters.push(parameter),
            Err(error) => errors.push(error),
        }
    }
    if inputs.is_empty() {
        let message = "a layer needs an input: `struct Double(x) { x + x }`";
        errors.push(Error::new(header.ident.span(), message));
    }
    if !errors.is_empty() {
        return Err(Failure::new(header, errors));
    }
    let mut found = Found::default();
    // A weight that is used in several ways is known when the body has been resolved once.
    loop {
        let state = Body { as_tensors: found.as_tensors.clone(), apart: found.apart.clone(), ..Body::default() };
        let mut resolver = Resolver {
            builder: Builder::new(header.clone()),
            scopes: vec![HashMap::new()],
            blocks: HashMap::new(),
            calling: Vec::new(),
            depth: 0,
            budget: Budget::default(),
            layer: Some(state),
        };
        for LayerParameter { declared, .. } in &parameters {
            let name = &declared.name;
            resolver.scopes[0].insert(name.to_string(), Binding::Constant(Constant::new(name.to_token_stream())));
        }
        for input in &inputs {
            let name = input.to_string();
            if resolver.scopes[0].contains_key(&name) {
                let message = format!("`{name}` is an argument and an input; rename one");
                resolver.builder.error(input.span(), message);
            }
            let tensor = resolver.builder.input_of(
                input.clone(),
                name.clone(),
                Vec::new(),
                Dtype::default(),
                input.span(),
                input.span(),
            );
            resolver.scopes[0].insert(name, Binding::Tensor(tensor));
        }
        let span = header.ident.span();
        let result = resolver.run(&body, &[span]);
        let outputs = match result {
            Some((binding @ (Binding::Tensor(_) | Binding::Weight(_)), value)) => match resolver.tensor_of(binding) {
                Binding::Tensor(tensor) => vec![(tensor, value.span())],
                _ => Vec::new(),
            },
            Some((Binding::Tensors(tensors), value)) => values::places(value, tensors),
            Some((Binding::Unknown, _)) => Vec::new(),
            Some((_, value)) => {
                resolver.builder.error(value.span(), "the output must be a tensor; call the layer: `Dense(10)(x)`");
                Vec::new()
            }
            None if !resolver.builder.errors.is_empty() => Vec::new(),
            None => {
                let message = "the layer has no output; end it with a tensor, or a tuple of tensors, without `;`";
                resolver.builder.error(span, message);
                Vec::new()
            }
        };
        let Some(state) = resolver.layer.take() else { continue };
        if state.found != Found::default() {
            found.as_tensors.extend(state.found.as_tensors);
            found.apart.extend(state.found.apart);
            continue;
        }
        for weight in &state.weights {
            if weight.home.is_none() {
                let message = format!("the weight `{}` is not used; use it, or remove it", weight.name);
                resolver.builder.error(weight.span, message);
            }
        }
        let graph = resolver.builder.finish(outputs)?;
        let errors: Vec<Error> = graph.layers.iter().flat_map(|layer| layer.error.clone()).collect();
        if !errors.is_empty() {
            return Err(Failure::new(graph.header, errors));
        }
        if let Some(frozen) = graph.layers.iter().find(|layer| !layer.trainable) {
            let message = "a layer is frozen as a whole, where it is called: `Linear(8, trainable = false)`";
            let error = Error::new(frozen.span, message);
            return Err(Failure::new(graph.header, vec![error]));
        }
        return Ok(Composition { graph, arguments: parameters });
    }
}

/// The names that functions of every layer have.
const RESERVED: &[&str] = &["layer", "build", "forward", "backward", "config", "ports", "infer", "clone"];

/// An argument, with its default as an expression.
pub(in crate::graph) fn parameter(layer: &str, declared: DeclaredArgument) -> syn::Result<LayerParameter> {
    let name = declared.name.to_string();
    if RESERVED.contains(&&*name) || matches!(&*name, "name" | "trainable") {
        let message = format!("`{name}` is there in every layer; give the argument another name");
        return Err(Error::new(declared.name.span(), message));
    }
    let kind = match &declared.of {
        Type::Path(path) => path.path.segments.last().and_then(|last| kind(&last.ident.to_string())),
        _ => None,
    };
    let default = match (&declared.default, kind) {
        (Some(value), Some(kind)) => Some(value_of(&name, kind, layer, value)?),
        (Some(value), None) => Some(value.to_token_stream()),
        (None, _) => None,
    };
    Ok(LayerParameter { declared, kind, default })
}

/// What an argument of a type can be.
fn kind(of: &str) -> Option<Kind> {
    Some(match of {
        "usize" => Kind::Integer,
        "isize" => Kind::Axis,
        "f32" => Kind::Float,
        "bool" => Kind::Bool,
        "Activation" => Kind::Activation,
        "Initializer" => Kind::Initializer,
        "Regularizer" => Kind::Regularizer,
        "Constraint" => Kind::Constraint,
        "Padding" => Kind::Padding,
        _ => return None,
    })
}

/// The expression of a value of a kind, which may be a name in quotes.
fn value_of(name: &str, kind: Kind, layer: &str, value: &Expr) -> syn::Result<TokenStream> {
    // The names of arguments are few, and live as long as the compiler.
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    Parameter { name, kind, required: true }.value(layer, value)
}

/// The dimensions of a tensor, in the generated code.
pub(crate) fn tensor_ident(tensor: usize, span: Span) -> Ident {
    format_ident!("tensor_{tensor}", span = span)
}

impl Resolver {
    fn body(&mut self) -> &mut Body {
        self.layer.get_or_insert_default()
    }

    /// `last(x)`, `dim(x, 1)`, `rank(x)`, `size(x)`, `shape(x)` in the body of a layer, where `x` is a tensor.
    pub(super) fn length(&self, function: &str, group: &Group) -> Option<TokenStream> {
        self.layer.as_ref()?;
        let mut tokens = group.stream().into_iter();
        let TokenTree::Ident(name) = tokens.next()? else { return None };
        let Binding::Tensor(tensor) = self.find(&name.to_string())? else { return None };
        let (rest, span) = (tokens.collect::<TokenStream>(), Span::mixed_site());
        let tensor = tensor_ident(tensor, span);
        match (function, rest.is_empty()) {
            ("last", true) => Some(quote_spanned!(span=> #tensor.dims.last())),
            ("rank", true) => Some(quote_spanned!(span=> #tensor.dims.rank())),
            ("size", true) => Some(quote_spanned!(span=> #tensor.dims.size())),
            ("shape", true) => Some(quote_spanned!(span=> #tensor.dims)),
            ("dim", false) => {
                let axis: TokenStream = rest.into_iter().skip(1).collect();
                let mut size = 0;
                let axis = self.substitute(axis, &mut size);
                Some(quote_spanned!(span=> #tensor.dims.keras_length((#axis) as isize)))
            }
            _ => None,
        }
    }

    /// `weight("w", (last(x), units), "random_normal")`.
    pub(super) fn weight(&mut self, at: Span, parentheses: &Parentheses) -> Binding {
        match self.weight_node(at, &parentheses.group) {
            Ok(node) => {
                let weights = &mut self.body().weights;
                weights.push(node);
                Binding::Weight(weights.len() - 1)
            }
            Err(error) => {
                self.builder.errors.push(error);
                Binding::Unknown
            }
        }
    }

    fn weight_node(&mut self, at: Span, group: &Group) -> syn::Result<WeightNode> {
        const NAMES: [&str; 6] = ["name", "shape", "initializer", "regularizer", "constraint", "trainable"];
        let form =
            "a weight has a name, a shape and an initializer: weight(\"w\", (last(x), units), \"glorot_uniform\")";
        let written = self.arguments(group);
        let mut given: [Option<Expr>; 6] = [const { None }; 6];
        for (place, argument) in Arguments::from_tokens(written.stream())?.list.into_iter().enumerate() {
            let (slot, value, span) = match argument {
                Argument::Positional(value) => (Some(place).filter(|place| *place < 3), value.clone(), value.span()),
                Argument::Named(name, value) => (NAMES.iter().position(|known| name == known), value, name.span()),
            };
            let Some(slot) = slot else {
                return Err(Error::new(
                    span,
                    format!("{form}; and `regularizer`, `constraint` and `trainable` by name"),
                ));
            };
            given[slot] = Some(value);
        }
        let [name, shape, initializer, regularizer, constraint, trainable] = given;
        let Some(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) = name else {
            return Err(Error::new(group.span(), form));
        };
        let Some(shape) = shape else { return Err(Error::new(group.span(), form)) };
        let text = text.value();
        if text.is_empty() || text.contains('/') {
            return Err(Error::new(at, "the name of a weight is not empty, and has no slash"));
        }
        let taken: HashSet<String> = self.body().weights.iter().map(|weight| weight.name.clone()).collect();
        let mut name = text.clone();
        let mut count = 0;
        while taken.contains(&name) {
            count += 1;
            name = format!("{text}_{count}");
        }
        let layer = self.builder.graph.header.ident.to_string();
        let named = |value: Option<Expr>, name: &'static str, kind| {
            value.map(|value| Parameter { name, kind, required: true }.value("weight", &value)).transpose()
        };
        let initializer = named(initializer, "initializer", Kind::Initializer)?
            .unwrap_or_else(|| quote!(::keras::initializers::Initializer::GLOROT_UNIFORM));
        let regularizer = named(regularizer, "regularizer", Kind::Regularizer)?.map(|it| quote!(.regularizer(#it)));
        let constraint = named(constraint, "constraint", Kind::Constraint)?.map(|it| quote!(.constraint(#it)));
        let trainable = match trainable {
            None => true,
            Some(Expr::Lit(ExprLit { lit: Lit::Bool(on), .. })) => on.value,
            Some(other) => return Err(Error::new_spanned(other, "`trainable` must be true or false")),
        };
        let span = Span::mixed_site();
        let (dims, lengths) = match &shape {
            Expr::Tuple(tuple) => {
                let lengths: Vec<&Expr> = tuple.elems.iter().collect();
                let texts = lengths.iter().map(|length| length.to_token_stream().to_string()).collect();
                let lengths = lengths
                    .iter()
                    .map(|length| quote_spanned!(length.span()=> { let length: usize = #length; length }));
                (quote_spanned!(span=> ::keras::__private::Dims::new(&[#(#lengths),*])), texts)
            }
            Expr::Field(dims) => (dims.to_token_stream(), vec![dims.to_token_stream().to_string()]),
            Expr::Paren(inner) => {
                let length = &inner.expr;
                let message = format!("a shape of one axis has a comma: `({},)`", length.to_token_stream());
                return Err(Error::new_spanned(length, message));
            }
            length => {
                let message = format!(
                    "the shape of a weight of {layer} must be a tuple of lengths, `({},)`, or `shape(x)`",
                    length.to_token_stream()
                );
                return Err(Error::new_spanned(length, message));
            }
        };
        let new = if trainable { quote!(new) } else { quote!(non_trainable) };
        let expression = quote_spanned!(span=> ::keras::__private::Weight::#new(#name, #dims, #initializer) #regularizer #constraint);
        Ok(WeightNode { span: at, name, expression, lengths, trainable, home: None })
    }

    /// The layer that has a weight and uses it like this; `None` if it is used in another way too, and so is a tensor.
    fn home(&mut self, weight: usize, of: Use, make: impl FnOnce(&mut Self, TokenStream) -> usize) -> Option<usize> {
        let body = self.body();
        if (body.as_tensors.contains(&weight) || !body.weights[weight].trainable) && of != Use::Tensor {
            return None;
        }
        match &body.weights[weight].home {
            Some((before, layer)) if *before == of => Some(*layer),
            Some((Use::Bias(_), _)) if matches!(of, Use::Product | Use::Operator("Add")) => {
                body.found.apart.insert(weight);
                None
            }
            Some(_) => {
                body.found.as_tensors.insert(weight);
                None
            }
            None => {
                let expression = body.weights[weight].expression.clone();
                let layer = make(self, expression);
                self.body().weights[weight].home = Some((of, layer));
                Some(layer)
            }
        }
    }

    /// A tensor in the place of a weight, of which each sample gets a copy.
    pub(super) fn tensor_of(&mut self, binding: Binding) -> Binding {
        let Binding::Weight(weight) = binding else { return binding };
        let span = self.body().weights[weight].span;
        let layer = self.home(weight, Use::Tensor, |this, expression| {
            let path = syn::parse_quote_spanned!(span=> ::keras::ops::weighted::WeightTensor);
            let expression = Ok(quote_spanned!(span=> <#path>::layer(#expression)));
            this.builder.operation(&operations::WEIGHT, path, span, expression)
        });
        match layer {
            Some(layer) => {
                let arranged = Arranged { inputs: Vec::new(), takes_list: true, named_inputs: Vec::new() };
                Binding::Tensor(self.builder.arranged_call(&[span], layer, arranged, Vec::new(), span).start)
            }
            // It is one when the body is resolved again.
            None => Binding::Unknown,
        }
    }

    /// An operator between a tensor and a weight, if there is a layer for it.
    pub(super) fn with_weight(
        &mut self,
        operation: &'static Operation,
        operator: Operator,
        span: Span,
        (tensor, weight): (usize, usize),
        weight_is_first: bool,
    ) -> Option<Binding> {
        let layer = match (operator, weight_is_first) {
            (Operator::Matmul, false) => self.home(weight, Use::Product, |this, expression| {
                let path = syn::parse_quote_spanned!(span=> ::keras::ops::weighted::WeightProduct);
                let expression = Ok(quote_spanned!(span=> <#path>::layer(#expression)));
                this.builder.operation(&operation.row, path, span, expression)
            }),
            (Operator::Matmul | Operator::Maximum | Operator::Minimum, _) => return None,
            (operator, is_first) => {
                let name = match (operator, is_first) {
                    (Operator::Add, _) => "Add",
                    (Operator::Multiply, _) => "Multiply",
                    (Operator::Subtract, false) => "Subtract",
                    (Operator::Subtract, true) => "SubtractFrom",
                    (Operator::Divide, false) => "Divide",
                    _ => "DivideInto",
                };
                if name == "Add"
                    && let Some(product) = self.bias(tensor, weight)
                {
                    return Some(product);
                }
                self.home(weight, Use::Operator(name), |this, expression| {
                    let path = syn::parse_quote_spanned!(span=> ::keras::ops::weighted::WithWeight);
                    let variant = Ident::new(name, span);
                    let expression = Ok(quote_spanned!(span=>
                        <#path>::layer(::keras::ops::weighted::WeightOperator::#variant, #expression)
                    ));
                    this.builder.operation(&operation.row, path, span, expression)
                })
            }
        };
        let Some(layer) = layer else {
            let body = self.body();
            let is_tensor = body.as_tensors.contains(&weight) || !body.weights[weight].trainable;
            // It is known how it is used when the body is resolved again.
            return (!is_tensor).then_some(Binding::Unknown);
        };
        Some(self.call_with_text(layer, tensor, span))
    }

    /// Makes a weight the bias of the product that a tensor is: `x @ w + b`, where nothing else reads the product.
    fn bias(&mut self, tensor: usize, weight: usize) -> Option<Binding> {
        let body = self.layer.as_ref()?;
        if body.as_tensors.contains(&weight) || body.apart.contains(&weight) || !body.weights[weight].trainable {
            return None;
        }
        let (call, _) = self.builder.graph.tensors[tensor].maker?;
        // The product was computed just now, for this sum, and has no name.
        let (layer, is_last) = (self.builder.graph.calls[call].layer, call + 1 == self.builder.graph.calls.len());
        let kernel = body.weights.iter().position(|it| it.home == Some((Use::Product, layer)))?;
        let lengths = &body.weights[kernel].lengths;
        let fits = lengths.len() == 2 && body.weights[weight].lengths == lengths[1..] && !body.apart.contains(&kernel);
        let is_named =
            self.scopes.iter().flat_map(HashMap::values).any(|it| matches!(it, Binding::Tensor(of) if *of == tensor));
        let is_shared = self.builder.graph.calls[call].ordinal > 0 || body.weights[weight].home.is_some();
        if !is_last || is_named || is_shared || !fits {
            return None;
        }
        let expression = body.weights[weight].expression.clone();
        let node = &mut self.builder.graph.layers[layer];
        let before = node.expression.clone();
        node.expression = quote_spanned!(node.span=> #before.bias(#expression));
        // A later product with the same kernel would have the bias too.
        for part in [kernel, weight] {
            self.body().weights[part].home = Some((Use::Bias(layer), layer));
        }
        Some(Binding::Tensor(tensor))
    }
}

/// A value as it is written, in short.
pub(super) fn text(value: &Value) -> String {
    let text = match value {
        Value::Path(path) => path.to_token_stream().to_string().replace(' ', ""),
        Value::Constant(literal) => literal.to_token_stream().to_string(),
        Value::Call(callee, _) => format!("{}(…)", text(callee)),
        Value::Item(value, _) => format!("{}[…]", text(value)),
        Value::Negative(_, value) => format!("-{}", text(value)),
        Value::List(..) => "[…]".to_owned(),
        Value::Tuple(..) => "(…)".to_owned(),
        Value::Fields(name, _) => format!("{name} {{ … }}"),
        Value::Operators(first, more) => {
            let mut all = text(first);
            for (operator, _, value) in more {
                all = format!("{all} {} {}", operator.sign(), text(value));
            }
            all
        }
    };
    if text.chars().count() > 40 { "…".to_owned() } else { text }
}
