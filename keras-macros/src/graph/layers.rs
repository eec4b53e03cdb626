//! Layers with their arguments: numbers and names, and other layers.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Error, Expr, ExprLit, Generics, Ident, Lit, LitStr, Path, PathArguments, Result, Visibility, parse_quote,
    spanned::Spanned,
};

use super::{
    LayerArgument, LayerNode,
    build::Builder,
    names::{identifier, reserved, snake_case},
};
use crate::{
    kinds::{Kind, Parameter},
    parse::{Argument, Arguments, Header, arguments_as_values},
    table::{self, Row},
};

/// What a name in a layer's arguments stands for in the listing.
pub(super) enum Bound {
    Layer(usize),
    Tensor,
    /// Nothing that the listing has: a constant of the program.
    Nothing,
}

/// Says what a name in a layer's arguments stands for.
pub(super) type Names<'a> = dyn Fn(&Ident) -> Bound + 'a;

/// The deepest that layers may be arguments of each other.
const DEPTH: usize = 4;

/// The arguments that every layer takes.
#[derive(Default)]
struct OfAnyLayer {
    name: Option<LitStr>,
    is_frozen: bool,
}

impl OfAnyLayer {
    /// Takes them out of a layer's arguments.
    fn take(arguments: &mut Arguments) -> Result<Self> {
        let mut found = Self::default();
        let (mut has_name, mut has_trainable) = (false, false);
        let mut rest = Vec::new();
        for argument in std::mem::take(&mut arguments.list) {
            match argument {
                Argument::Named(key, value) if key == "name" => {
                    if std::mem::replace(&mut has_name, true) {
                        return Err(Error::new(key.span(), "`name` is given twice; a layer has one name"));
                    }
                    match value {
                        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => found.name = Some(text),
                        other => return Err(Error::new_spanned(other, "`name` must be a string: name = \"scores\"")),
                    }
                }
                Argument::Named(key, value) if key == "trainable" => {
                    if std::mem::replace(&mut has_trainable, true) {
                        return Err(Error::new(key.span(), "`trainable` is given twice; remove one of them"));
                    }
                    match value {
                        Expr::Lit(ExprLit { lit: Lit::Bool(on), .. }) => found.is_frozen = !on.value,
                        other => return Err(Error::new_spanned(other, "`trainable` must be true or false")),
                    }
                }
                other => rest.push(other),
            }
        }
        arguments.list = rest;
        Ok(found)
    }
}

impl Builder {
    /// Adds a layer; what is wrong with its arguments becomes its constant's error.
    pub(super) fn layer(&mut self, path: &Path, arguments: &Group, names: &Names<'_>) -> usize {
        let node = self.node(path, arguments, names);
        self.graph.layers.push(node);
        self.graph.layers.len() - 1
    }

    /// Adds an operation on tensors: a layer without weights, of this type and expression, called as Keras calls it.
    pub(super) fn operation(
        &mut self,
        row: &'static Row,
        path: Path,
        paren: Span,
        expression: Result<TokenStream>,
    ) -> usize {
        let name_text = self.counter.next(&snake_case(row.name), |name| self.taken.contains(name));
        self.taken.insert(&name_text);
        let (expression, error) = match expression {
            Ok(expression) => (expression, None),
            Err(error) => (TokenStream::new(), Some(error)),
        };
        self.graph.layers.push(LayerNode {
            name: Ident::new(&identifier(&name_text), path.span()),
            name_text,
            kind: row.name.to_owned(),
            alias: None,
            span: path.span(),
            path,
            paren,
            built_in: Some(row),
            depends_on_generics: self.mentions_generics(expression.clone()),
            expression,
            positional: 0,
            trainable: true,
            docs: Vec::new(),
            call_parameters: Vec::new(),
            first_call: 0,
            calls: 0,
            layers: Vec::new(),
            argument_of: None,
            text: None,
            error,
        });
        self.graph.layers.len() - 1
    }

    /// A layer that is not in the graph yet.
    fn node(&mut self, path: &Path, arguments: &Group, names: &Names<'_>) -> LayerNode {
        let row = table::find(path);
        let mut path = row.map_or_else(|| path.clone(), |row| row.path(path));
        arguments_as_values(&mut path, |ident| self.mentions_generics(ident.to_token_stream()));
        let path = &path;
        let class = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let kind = row.map_or_else(|| class.clone(), |row| row.name.to_owned());
        let mentions_generics = self.mentions_generics(quote!(#path #arguments));
        let names_no_parameter = !self.mentions_generics(path.to_token_stream());
        let alias = (row.is_none() && names_no_parameter).then(|| self.alias(path));
        let (mut of_any, mut positional, mut layers) = (OfAnyLayer::default(), 0, Vec::new());
        let expression = Arguments::from_tokens(arguments.stream()).and_then(|mut arguments_list| {
            of_any = OfAnyLayer::take(&mut arguments_list)?;
            positional = arguments_list.list.iter().filter(|given| matches!(given, Argument::Positional(_))).count();
            if let Some(error) = function_of_a_type(path) {
                return Err(error);
            }
            match row {
                Some(row) => self.built_in(row, path, arguments.span(), &arguments_list, names, &mut layers),
                None => {
                    if let Some(error) = table::unavailable(path) {
                        return Err(error);
                    }
                    if let Some(error) = arguments_list.list.iter().find_map(layer_in_a_layer) {
                        if !table::is_unavailable(path) {
                            return Err(error);
                        }
                        // It is not available, and says so, whatever it is given.
                        (arguments_list, positional) = (Arguments::default(), 0);
                    }
                    let alias = alias.clone().map(|mut alias| {
                        alias.set_span(path.span().resolved_at(alias.span()));
                        alias
                    });
                    let path = alias.map_or_else(|| path.clone(), Path::from);
                    passed_on(&class, &path, arguments.span(), &arguments_list)
                }
            }
        });
        let (expression, mut error) = match expression {
            Ok(expression) => (expression, None),
            Err(error) => (TokenStream::new(), Some(error)),
        };
        let name_text = self.name(of_any.name, &class, &kind, &mut error);
        let given = || layers.iter().flatten().map(|argument: &LayerArgument| &argument.node);
        let depends_on_generics = mentions_generics || given().any(|layer| layer.depends_on_generics);
        // A layer whose weights are those of its arguments is frozen as they are.
        let frozen = given().filter(|layer| !layer.trainable).count();
        if frozen > 0 && frozen < given().count() {
            let message = "the layers among the arguments must be frozen together; set `trainable = false` for each, \
                           or for this layer";
            error.get_or_insert(Error::new(path.span(), message));
        }
        let trainable = !of_any.is_frozen && frozen == 0;
        LayerNode {
            name: Ident::new(&identifier(&name_text), path.span()),
            name_text,
            kind,
            path: path.clone(),
            alias,
            span: path.span(),
            paren: arguments.span(),
            built_in: row,
            expression,
            positional,
            trainable,
            depends_on_generics,
            docs: Vec::new(),
            call_parameters: Vec::new(),
            first_call: 0,
            calls: 0,
            layers,
            argument_of: None,
            text: None,
            error,
        }
    }

    /// The name of a layer: the given one, or one after its type.
    fn name(&mut self, given: Option<LitStr>, class: &str, kind: &str, error: &mut Option<Error>) -> String {
        let name = match given {
            Some(text) => {
                let name = text.value();
                if name.is_empty() || self.taken.contains(&name) {
                    let message = if name.is_empty() {
                        "a name must not be empty; without one, the layer gets Keras' default name".to_owned()
                    } else {
                        format!("the name \"{name}\" is already used; every layer of a model needs a unique name")
                    };
                    error.get_or_insert(Error::new(text.span(), message));
                    self.counter.next(&snake_case(class), |name| self.taken.contains(name))
                } else if let Some(what) = reserved(&name) {
                    error.get_or_insert(Error::new(
                        text.span(),
                        format!("\"{name}\" is the name of a {what} of every model; give the layer another name"),
                    ));
                    self.counter.next(&snake_case(class), |name| self.taken.contains(name))
                } else {
                    name
                }
            }
            None => self.counter.next(&snake_case(kind), |name| self.taken.contains(name) || reserved(name).is_some()),
        };
        self.taken.insert(&name);
        name
    }

    /// The expression of a built-in layer. The layers among its arguments become variables of their own.
    fn built_in(
        &mut self,
        row: &'static Row,
        path: &Path,
        paren: Span,
        arguments: &Arguments,
        names: &Names<'_>,
        layers: &mut Vec<Option<LayerArgument>>,
    ) -> Result<TokenStream> {
        let mut found: Vec<(&str, LayerArgument)> = Vec::new();
        let mut path = path.clone();
        // The type of an optional one follows from the method that sets it.
        let types = row.layer_parameters().filter(|parameter| parameter.required).map(|_| quote!(_));
        if row.layer_parameters().next().is_some()
            && let Some(last) = path.segments.last_mut()
        {
            last.arguments = PathArguments::AngleBracketed(parse_quote!(<#(#types),*>));
        }
        let expression = row.expression(&path, paren, arguments, &mut |parameter, value| {
            if parameter.kind == Kind::Layer {
                let layer = self.layer_argument(row, parameter, value, names)?;
                let variable = layer.variable.to_token_stream();
                found.push((parameter.name, layer));
                return Ok(Some(variable));
            }
            match refers_to(value).map(|ident| (ident, names(ident))) {
                Some((_, Bound::Nothing)) | None => Ok(None),
                Some((ident, Bound::Tensor)) => Err(row.not_constant(parameter, ident, false)),
                Some((ident, Bound::Layer(_))) => Err(row.not_constant(parameter, ident, true)),
            }
        })?;
        for parameter in row.layer_parameters() {
            let at = found.iter().position(|(name, _)| *name == parameter.name);
            layers.push(at.map(|at| found.swap_remove(at).1));
        }
        if depth(layers) > DEPTH {
            return Err(Error::new(paren, format!("layers are nested in arguments at most {DEPTH} levels deep")));
        }
        Ok(expression)
    }

    /// A layer that is an argument of another.
    fn layer_argument(
        &mut self,
        outer: &'static Row,
        parameter: &Parameter,
        value: &Expr,
        names: &Names<'_>,
    ) -> Result<LayerArgument> {
        let wrong = |more: &str| {
            let message = format!("`{}` of {} must be a layer, such as Dense(8){more}", parameter.name, outer.name);
            Err(Error::new_spanned(value, message))
        };
        let node = match value {
            Expr::Paren(value) => return self.layer_argument(outer, parameter, &value.expr, names),
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) if is_class(&path.path) => {
                    let mut arguments = Group::new(Delimiter::Parenthesis, call.args.to_token_stream());
                    arguments.set_span(call.paren_token.span.join());
                    self.node(&path.path, &arguments, names)
                }
                Expr::Path(path) if path.path.get_ident().is_some_and(|it| matches!(names(it), Bound::Layer(_))) => {
                    return wrong(", but this is a tensor; leave out the parentheses after the layer's name");
                }
                Expr::Call(_) => return wrong(", but this is a tensor; leave out the second parentheses"),
                _ => return wrong(""),
            },
            other => match refers_to(other).map(|ident| (ident, names(ident))) {
                Some((ident, Bound::Layer(layer))) => {
                    let node = &mut self.graph.layers[layer];
                    if node.argument_of.replace(outer.name).is_some() {
                        return Err(Error::new(ident.span(), twice(&node.name_text, outer.name)));
                    }
                    node.clone()
                }
                Some((ident, Bound::Tensor)) => return wrong(&format!(", but `{ident}` is a tensor")),
                Some((ident, Bound::Nothing)) if is_class(&Path::from(ident.clone())) => {
                    return Err(Error::new(ident.span(), format!("a layer needs parentheses: `{ident}()`")));
                }
                _ => return wrong(""),
            },
        };
        if let Some(error) = node.error {
            return Err(error);
        }
        if let Some(row) = node.built_in.filter(|row| !row.call.takes_one()) {
            let message = format!("{} takes several inputs, but {} calls its layer with one", row.name, outer.name);
            return Err(Error::new(node.span, message));
        }
        let variable = format_ident!("wrapped_{}", self.unique(), span = self.graph.header.ident.span());
        Ok(LayerArgument { node, variable, required: parameter.required })
    }
}

/// A layer without a model, with its arguments; or what is wrong with them.
pub(crate) fn alone(path: &Path, arguments: &Group) -> Result<LayerNode> {
    let header = Header {
        attributes: Vec::new(),
        visibility: Visibility::Inherited,
        ident: Ident::new("Alone", Span::mixed_site()),
        generics: Generics::default(),
        output: None,
        functional: false,
    };
    let node = Builder::new(header).node(path, arguments, &|_| Bound::Nothing);
    match node.error {
        Some(error) => Err(error),
        None => Ok(node),
    }
}

/// What to say of a layer that is an argument, and stands somewhere else too.
pub(super) fn twice(name: &str, outer: &str) -> String {
    format!("the layer `{name}` is an argument of {outer}, and cannot be used again; create a layer for each use")
}

/// How deep layers are arguments of each other.
fn depth(layers: &[Option<LayerArgument>]) -> usize {
    layers.iter().flatten().map(|argument| 1 + depth(&argument.node.layers)).max().unwrap_or(0)
}

/// The name that an expression is.
fn refers_to(value: &Expr) -> Option<&Ident> {
    match value {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

/// Whether a path is written as a layer's is.
fn is_class(path: &Path) -> bool {
    path.segments.last().is_some_and(|segment| segment.ident.to_string().starts_with(char::is_uppercase))
}

/// What to say of `Dense::new(10)`.
fn function_of_a_type(path: &Path) -> Option<Error> {
    let mut segments = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let (function, class) = (segments.next()?, segments.next()?);
    let is_class = class.starts_with(char::is_uppercase) && !function.starts_with(char::is_uppercase);
    is_class.then(|| Error::new_spanned(path, format!("a layer is called by its name alone: `{class}(…)`")))
}

/// What to say of `Mine(Dense(10))`, and of `Sequential([Dense(10)])`.
fn layer_in_a_layer(argument: &Argument) -> Option<Error> {
    let (Argument::Positional(value) | Argument::Named(_, value)) = argument;
    table::layer_in(value).map(|layer| {
        let message = "a custom layer or a model cannot take a layer as an argument; declare the layers as a separate \
                       model, which can be a layer of this one";
        Error::new_spanned(layer, message)
    })
}

/// A layer that the macros do not know: positional arguments to `layer`, the others to methods of their names. A name in quotes is what
/// it is in layers of Keras, by the name of the argument: `activation = "relu"`, `w_initializer = "zeros"`.
fn passed_on(class: &str, path: &Path, paren: Span, arguments: &Arguments) -> Result<TokenStream> {
    let (mut positional, mut builders) = (Vec::new(), Vec::new());
    for argument in &arguments.list {
        match argument {
            Argument::Positional(value) => positional.push(value),
            Argument::Named(name, value) => {
                let text = name.to_string();
                let value = match (value, Kind::by_name(&text)) {
                    (Expr::Lit(ExprLit { lit: Lit::Str(_), .. }), Some((name, kind))) => {
                        Parameter { name, kind, required: false }.value(class, value)?
                    }
                    _ => value.to_token_stream(),
                };
                builders.push(quote_spanned!(paren=> .#name(#value)));
            }
        }
    }
    // On the path's own span: what it has no `layer` for is reported there.
    let layer = quote_spanned!(path.span()=> <#path>::layer);
    Ok(quote_spanned!(paren=> #layer(#(#positional),*) #(#builders)*))
}
