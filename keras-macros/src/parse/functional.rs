//! The statements of `model!`.

use proc_macro2::{Group, Span, TokenStream};
use syn::{
    Expr, Ident, Path, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token,
};

/// A statement.
pub(crate) enum Statement {
    /// `let x = value;`, `let (a, _) = value;`
    Let(Pattern, Value),
    /// `x = value;`
    Assign(Ident, Value),
    /// `for i in 0..3 { … }`
    For(Option<Ident>, Iterable, Vec<Statement>),
    /// `fn name(x, filters) { … }`
    Block(Block),
    /// What a body ends with.
    Result(Value),
}

/// What a `let` binds.
#[derive(Clone)]
pub(crate) enum Pattern {
    One(Ident),
    /// Names, `_` among them.
    Tuple(Vec<Ident>),
}

/// What a loop runs over.
pub(crate) enum Iterable {
    Range(i64, i64),
    List(Vec<Expr>),
}

/// A block: inlined at each call.
pub(crate) struct Block {
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Ident>,
    pub(crate) body: TokenStream,
}

/// An operator between tensors, or a tensor and a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `x @ y`.
    Matmul,
    /// `maximum(x, y)`.
    Maximum,
    /// `minimum(x, y)`.
    Minimum,
}

/// What stands for tensors or layers.
pub(crate) enum Value {
    /// A name, or a layer's path before its arguments.
    Path(Path),
    /// A call: of a layer's path with arguments, of a layer with tensors, of a block.
    Call(Box<Callee>, Group),
    /// `[x, y]`, the tensors of one input list.
    List(Vec<Value>, Span),
    /// `(class, score)`.
    Tuple(Vec<Value>, Span),
    /// `x + y`.
    Binary(Operator, Span, Box<Value>, Box<Value>),
    /// `-x`.
    Negative(Span, Box<Value>),
    /// `x[.., 0..3]`.
    Item(Box<Value>, Group),
    /// A literal.
    Constant(Expr),
}

/// What is called.
pub(crate) struct Callee(pub(crate) Value);

/// Statements to the end of the input.
pub(crate) fn statements(input: ParseStream<'_>) -> syn::Result<Vec<Statement>> {
    let mut list = Vec::new();
    while !input.is_empty() {
        if let Some(Statement::Result(_)) = list.last() {
            let form = "a statement ends with `;`; only the output at the end of the listing has none";
            return Err(input.error(after_a_value(input).unwrap_or(form)));
        }
        list.push(statement(input)?);
    }
    Ok(list)
}

const CONDITION: &str = "a listing has no conditions and no open loops: its graph is fixed when the program is compiled; \
                         use `for` with literal bounds, or two models";

fn starts_condition(input: ParseStream<'_>) -> bool {
    input.peek(Token![if]) || input.peek(Token![while]) || input.peek(Token![loop]) || input.peek(Token![match])
}

/// What to say of Rust that may follow a value, but not in a listing.
fn after_a_value(input: ParseStream<'_>) -> Option<&'static str> {
    if input.peek(Token![?]) {
        return Some("a call in a listing gives no `Result`; leave out the `?`");
    }
    if input.peek(Token![!]) && !input.peek(Token![!=]) {
        return Some("a listing calls layers, blocks and operations, and no macros; remove this one");
    }
    let is_operator = input.peek(Token![%])
        || input.peek(Token![^])
        || input.peek(Token![&])
        || input.peek(Token![|])
        || input.peek(Token![<])
        || input.peek(Token![>])
        || input.peek(Token![==])
        || input.peek(Token![!=])
        || input.peek(Token![as]);
    is_operator.then_some(
        "between tensors stand `+`, `-`, `*`, `/` and `@`; what else there is of operations is called: `maximum(x, y)`",
    )
}

fn statement(input: ParseStream<'_>) -> syn::Result<Statement> {
    // A statement has no documentation to go to: its comments are for who reads the listing.
    super::docs(input)?;
    if input.peek(Token![let]) {
        input.parse::<Token![let]>()?;
        if input.peek(Token![mut]) {
            input.parse::<Token![mut]>()?;
        }
        let pattern = if input.peek(token::Paren) {
            let names: Group = input.parse()?;
            Pattern::Tuple(names_of_tensors.parse2(names.stream())?)
        } else if input.peek(Token![_]) {
            return Err(
                input.error("what is bound to `_` is not used; give it a name and use it, or remove the statement")
            );
        } else {
            Pattern::One(name(input, "`let` binds a name, or names in parentheses: `let x = …;`, `let (a, b) = …;`")?)
        };
        if input.peek(Token![:]) {
            return Err(input.error("a tensor's type is its layer's business; write `let x = …;`"));
        }
        equals(input, "`let` gives a name to a value: `let x = …;`")?;
        let value = value(input)?;
        end(input)?;
        return Ok(Statement::Let(pattern, value));
    }
    if input.peek(Token![for]) {
        return for_loop(input);
    }
    if input.peek(Token![fn]) {
        input.parse::<Token![fn]>()?;
        return block(input).map(Statement::Block);
    }
    if starts_condition(input) {
        return Err(input.error(CONDITION));
    }
    if input.peek(Token![;]) {
        return Err(input.error("no statement ends here; remove this `;`: a block and a loop end with their `}`"));
    }
    if input.peek(Token![return]) {
        return Err(input.error("a listing ends with its output, without `return` and without `;`"));
    }
    if input.peek(Token![pub]) || input.peek(Token![const]) || input.peek(Token![static]) || input.peek(Token![use]) {
        return Err(input.error(
            "a listing has `let`, `for` and `fn block(x) { … }` alone; what else Rust has stands before the macro",
        ));
    }
    if input.peek(Ident)
        && (input.peek2(Token![+=]) || input.peek2(Token![-=]) || input.peek2(Token![*=]) || input.peek2(Token![/=]))
    {
        return Err(input.error("a tensor does not change; give its name to another one: `x = x + …;`"));
    }
    if input.peek(Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = value(input)?;
        end(input)?;
        return Ok(Statement::Assign(name, value));
    }
    let result = value(input)?;
    if input.peek(Token![;]) {
        return Err(input.error("this tensor is not used; bind it by `let`, or leave out the `;` if it is the output"));
    }
    Ok(Statement::Result(result))
}

/// The names in the parentheses of a `let`.
fn names_of_tensors(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let mut names = Vec::new();
    while !input.is_empty() {
        names.push(if input.peek(Token![_]) {
            input.call(Ident::parse_any)?
        } else {
            name(input, "names stand here, or `_` for what nothing takes: `let (a, _) = …;`")?
        });
        if !input.is_empty() {
            super::comma(input, "names are separated by commas")?;
        }
    }
    Ok(names)
}

/// A block, after its `fn`.
fn block(input: ParseStream<'_>) -> syn::Result<Block> {
    let form = "a block is written as a function without types: `fn block(x, filters) { … }`";
    let name = name(input, form)?;
    if !input.peek(token::Paren) {
        return Err(input.error(form));
    }
    let list: Group = input.parse()?;
    let parameters = (|list: ParseStream<'_>| parameters(list, &name)).parse2(list.stream())?;
    if !input.peek(token::Brace) {
        return Err(input.error(form));
    }
    let body: Group = input.parse()?;
    Ok(Block { name, parameters, body: body.stream() })
}

/// The names in a block's parentheses.
fn parameters(list: ParseStream<'_>, block: &Ident) -> syn::Result<Vec<Ident>> {
    let mut parameters: Vec<Ident> = Vec::new();
    while !list.is_empty() {
        let parameter = name(list, "a block's parameters are names: `fn block(x, filters) { … }`")?;
        let before: String = parameters.iter().map(|earlier| format!("{earlier}, ")).collect();
        if list.peek(Token![=]) {
            return Err(list.error(format!(
                "a block's parameter has no default; write `fn {block}({before}{parameter})`, and give `{parameter}` at each call"
            )));
        }
        if list.peek(Token![:]) {
            return Err(list.error(format!(
                "a block's parameter has no type, it takes what each call gives; write `fn {block}({before}{parameter})`"
            )));
        }
        if parameters.contains(&parameter) {
            let message = format!("there are two parameters called `{parameter}`; rename one");
            return Err(syn::Error::new(parameter.span(), message));
        }
        parameters.push(parameter);
        if !list.is_empty() {
            super::comma(list, "parameters are separated by commas")?;
        }
    }
    Ok(parameters)
}

/// A name, or else this message.
fn name(input: ParseStream<'_>, message: &str) -> syn::Result<Ident> {
    if input.peek(Ident) { input.parse() } else { Err(input.error(message)) }
}

/// An equals sign, or else this message.
fn equals(input: ParseStream<'_>, message: &str) -> syn::Result<()> {
    if input.peek(Token![=]) { input.parse::<Token![=]>().map(drop) } else { Err(input.error(message)) }
}

fn end(input: ParseStream<'_>) -> syn::Result<()> {
    match input.parse::<Token![;]>() {
        Ok(_) => Ok(()),
        Err(error) => {
            let form = "a statement ends with `;`, before this";
            Err(syn::Error::new(error.span(), after_a_value(input).unwrap_or(form)))
        }
    }
}

/// What a loop looks like.
const FOR: &str = "a loop is written `for _ in 0..3 { … }`, or `for filters in [16, 32] { … }`";

fn for_loop(input: ParseStream<'_>) -> syn::Result<Statement> {
    input.parse::<Token![for]>()?;
    let variable = if input.peek(Token![_]) {
        input.parse::<Token![_]>()?;
        None
    } else {
        Some(name(input, FOR)?)
    };
    if !input.peek(Token![in]) {
        return Err(input.error(FOR));
    }
    input.parse::<Token![in]>()?;
    let iterable = if input.peek(token::Bracket) {
        let list: Group = input.parse()?;
        let parse = |list: ParseStream<'_>| list.parse_terminated(<Expr as syn::parse::Parse>::parse, Token![,]);
        Iterable::List(parse.parse2(list.stream())?.into_iter().collect())
    } else {
        let bounds = "a loop runs over literal bounds, `0..3`, or over a list, `[16, 32]`";
        let start: syn::LitInt = input.parse().map_err(|error| syn::Error::new(error.span(), bounds))?;
        let inclusive = input.peek(Token![..=]);
        if inclusive {
            input.parse::<Token![..=]>()?;
        } else {
            input.parse::<Token![..]>().map_err(|error| syn::Error::new(error.span(), bounds))?;
        }
        let end: syn::LitInt = input.parse().map_err(|error| syn::Error::new(error.span(), bounds))?;
        let (from, to): (i64, i64) = (start.base10_parse()?, end.base10_parse()?);
        Iterable::Range(from, if inclusive { to + 1 } else { to })
    };
    if !input.peek(token::Brace) {
        return Err(input.error("a loop's body stands in braces: `for _ in 0..3 { x = Dense(8)(x); }`"));
    }
    let body;
    syn::braced!(body in input);
    let statements = statements(&body);
    super::drain(&body);
    Ok(Statement::For(variable, iterable, statements?))
}

/// A value to the end of the tokens.
pub(crate) fn value_of(tokens: TokenStream) -> syn::Result<Value> {
    (|input: ParseStream<'_>| {
        let value = value(input)?;
        if input.is_empty() {
            Ok(value)
        } else {
            Err(input.error("a comma, or the end of the parentheses, is expected here"))
        }
    })
    .parse2(tokens)
}

fn value(input: ParseStream<'_>) -> syn::Result<Value> {
    let mut left = product(input)?;
    loop {
        let operator = if input.peek(Token![+]) {
            Operator::Add
        } else if input.peek(Token![-]) {
            Operator::Subtract
        } else {
            return Ok(left);
        };
        let span = input.span();
        input.parse::<proc_macro2::Punct>()?;
        left = Value::Binary(operator, span, Box::new(left), Box::new(product(input)?));
    }
}

fn product(input: ParseStream<'_>) -> syn::Result<Value> {
    let mut left = signed(input)?;
    loop {
        let operator = if input.peek(Token![*]) {
            Operator::Multiply
        } else if input.peek(Token![/]) {
            Operator::Divide
        } else if input.peek(Token![@]) {
            Operator::Matmul
        } else {
            return Ok(left);
        };
        let span = input.span();
        input.parse::<proc_macro2::Punct>()?;
        left = Value::Binary(operator, span, Box::new(left), Box::new(signed(input)?));
    }
}

fn signed(input: ParseStream<'_>) -> syn::Result<Value> {
    if input.peek(Token![-]) && !input.peek2(syn::Lit) {
        let span = input.parse::<Token![-]>()?.span;
        return Ok(Value::Negative(span, Box::new(signed(input)?)));
    }
    call(input)
}

fn call(input: ParseStream<'_>) -> syn::Result<Value> {
    let mut value = primary(input)?;
    loop {
        if input.peek(token::Paren) {
            let group: Group = input.parse()?;
            value = Value::Call(Box::new(Callee(value)), group);
        } else if input.peek(token::Bracket) {
            value = Value::Item(Box::new(value), input.parse()?);
        } else if input.peek(Token![.]) {
            return Err(dotted(&value, input));
        } else {
            return Ok(value);
        }
    }
}

/// What to say of `x.mean()`, and of `ops.exp(x)`.
fn dotted(value: &Value, input: ParseStream<'_>) -> syn::Error {
    let error = input.error("a tensor has no methods; call what computes with it: `relu(x)`");
    let is_module =
        matches!(value, Value::Path(path) if ["keras", "layers", "ops", "tf"].iter().any(|name| path.is_ident(name)));
    if !is_module {
        return error;
    }
    let mut last = None;
    while input.parse::<Token![.]>().is_ok() {
        last = input.call(Ident::parse_any).ok();
    }
    last.map_or(error, |name| syn::Error::new(name.span(), format!("it is called by its name alone: `{name}(…)`")))
}

fn list(group: &Group) -> syn::Result<Vec<Value>> {
    (|input: ParseStream<'_>| {
        let mut values = Vec::new();
        while !input.is_empty() {
            values.push(value(input)?);
            if input.peek(Token![=]) {
                return Err(input.error(
                    "tensors stand here; a layer's arguments stand in its own parentheses: `Dense(10, activation = \"relu\")(x)`",
                ));
            }
            if !input.is_empty() {
                super::comma(input, "values are separated by commas")?;
            }
        }
        Ok(values)
    })
    .parse2(group.stream())
}

fn primary(input: ParseStream<'_>) -> syn::Result<Value> {
    if input.peek(token::Bracket) {
        let group: Group = input.parse()?;
        return Ok(Value::List(list(&group)?, group.span()));
    }
    if input.peek(token::Paren) {
        let group: Group = input.parse()?;
        let mut values = list(&group)?;
        return Ok(if values.len() == 1 { values.swap_remove(0) } else { Value::Tuple(values, group.span()) });
    }
    if input.peek(syn::Lit) || input.peek(Token![-]) {
        let negative = input.peek(Token![-]);
        if negative {
            let minus: Token![-] = input.parse()?;
            let literal: syn::ExprLit = input.parse()?;
            return Ok(Value::Constant(syn::parse_quote!(#minus #literal)));
        }
        return Ok(Value::Constant(Expr::Lit(input.parse()?)));
    }
    if starts_condition(input) {
        return Err(input.error(CONDITION));
    }
    if input.peek(Token![&]) {
        return Err(input.error("a tensor is given by its name, without `&`"));
    }
    if !super::starts_path(input) {
        return Err(input.error("a tensor, a layer or a number is expected here: `Dense(10)(x)`"));
    }
    Ok(Value::Path(input.parse()?))
}

/// The values of a call's parentheses.
pub(crate) fn values(group: &Group) -> syn::Result<Vec<Value>> {
    list(group)
}
