//! The statements of `model!`.

use std::rc::Rc;

use proc_macro2::{Group, Span};
use syn::{Expr, Ident, Token, ext::IdentExt, parse::ParseStream, spanned::Spanned, token};

use super::values::{CONDITION, Parentheses, Value, after_a_value, named_outputs, starts_condition, value};

/// A statement.
pub(crate) enum Statement {
    /// `let x = value;`, `let (a, _) = value;`
    Let(Pattern, Value),
    /// `x = value;`
    Assign(Ident, Value),
    /// `for i in 0..3 { … }`
    For(Loop),
    /// `fn name(x, filters) { … }`
    Block(Rc<Block>),
    /// `add_loss(x);`
    AddLoss(Span, Parentheses),
    /// What a body ends with.
    Result(Value),
}

/// What a `let` binds.
pub(crate) enum Pattern {
    One(Ident),
    /// Names, `_` among them.
    Tuple(Vec<Ident>),
}

/// A loop: its body is unrolled.
pub(crate) struct Loop {
    pub(crate) variable: Option<Ident>,
    pub(crate) iterable: Iterable,
    pub(crate) body: Vec<Statement>,
    /// Of the `for`.
    pub(crate) span: Span,
}

/// What a loop runs over.
pub(crate) enum Iterable {
    /// From the first number, up to the second without it.
    Range(i64, i64),
    List(Vec<Expr>),
}

/// A block: inlined at each call.
pub(crate) struct Block {
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Ident>,
    pub(crate) body: Vec<Statement>,
}

/// Statements to the end of the input.
pub(crate) fn statements(input: ParseStream<'_>) -> syn::Result<Vec<Statement>> {
    let mut list = Vec::new();
    while !input.is_empty() {
        if let Some(Statement::Result(_)) = list.last() {
            let form = "a statement ends with `;`; only the output at the end of the model has none";
            return Err(input.error(after_a_value(input).unwrap_or(form)));
        }
        list.push(statement(input)?);
    }
    Ok(list)
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
            Pattern::Tuple(super::inside(&names, names_of_tensors)?)
        } else if input.peek(Token![_]) {
            return Err(
                input.error("a value bound to `_` is not used; give it a name and use it, or remove the statement")
            );
        } else {
            Pattern::One(name(input, "`let` binds a name, or names in parentheses: `let x = …;`, `let (a, b) = …;`")?)
        };
        if input.peek(Token![:]) {
            return Err(input.error("a tensor's type is inferred from its layer; write `let x = …;`"));
        }
        equals(input, "`let` gives a name to a value: `let x = …;`")?;
        let value = value(input)?;
        end(input)?;
        return Ok(Statement::Let(pattern, value));
    }
    if input.peek(Token![for]) {
        return for_loop(input).map(Statement::For);
    }
    if input.peek(Token![fn]) {
        input.parse::<Token![fn]>()?;
        return block(input).map(|block| Statement::Block(Rc::new(block)));
    }
    if starts_condition(input) {
        return Err(input.error(CONDITION));
    }
    if input.peek(Token![;]) {
        return Err(input.error("unnecessary `;`: a block and a loop end with their `}`; remove it"));
    }
    if input.peek(Token![return]) {
        return Err(input.error("a model ends with its output, without `return` and without `;`"));
    }
    if input.peek(Token![pub]) || input.peek(Token![const]) || input.peek(Token![static]) || input.peek(Token![use]) {
        return Err(input.error(
            "a model contains only `let`, `for` and `fn block(x) { … }`; write other Rust code before the macro",
        ));
    }
    if input.peek(Ident)
        && (input.peek2(Token![+=]) || input.peek2(Token![-=]) || input.peek2(Token![*=]) || input.peek2(Token![/=]))
    {
        return Err(input.error("a tensor cannot be modified in place; assign a new one: `x = x + …;`"));
    }
    if input.peek(Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let value = value(input)?;
        end(input)?;
        return Ok(Statement::Assign(name, value));
    }
    let result = match named_outputs(input)? {
        Some(outputs) => outputs,
        None => value(input)?,
    };
    if input.peek(Token![;]) {
        if let Some(statement) = added_loss(result) {
            input.parse::<Token![;]>()?;
            return Ok(statement);
        }
        return Err(input.error("this tensor is not used; bind it with `let`, or remove the `;` if it is the output"));
    }
    Ok(Statement::Result(result))
}

/// The statement that a call of `add_loss` is.
fn added_loss(value: Value) -> Option<Statement> {
    match value {
        Value::Call(callee, parentheses) => match *callee {
            Value::Path(path) if path.is_ident("add_loss") => Some(Statement::AddLoss(path.span(), parentheses)),
            _ => None,
        },
        _ => None,
    }
}

/// The names in the parentheses of a `let`.
fn names_of_tensors(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let mut names = Vec::new();
    while !input.is_empty() {
        names.push(if input.peek(Token![_]) {
            input.call(Ident::parse_any)?
        } else {
            name(input, "write names here, or `_` for an output that is not used: `let (a, _) = …;`")?
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
    let parameters = super::inside(&list, |list| parameters(list, &name))?;
    if !input.peek(token::Brace) {
        return Err(input.error(form));
    }
    let body: Group = input.parse()?;
    Ok(Block { name, parameters, body: super::inside(&body, statements)? })
}

/// The names in a block's parentheses.
fn parameters(list: ParseStream<'_>, block: &Ident) -> syn::Result<Vec<Ident>> {
    let mut parameters: Vec<Ident> = Vec::new();
    while !list.is_empty() {
        let parameter = name(list, "a block's parameters are names: `fn block(x, filters) { … }`")?;
        let before: String = parameters.iter().map(|earlier| format!("{earlier}, ")).collect();
        if list.peek(Token![=]) {
            return Err(list.error(format!(
                "a block's parameter cannot have a default; write `fn {block}({before}{parameter})`, and pass \
                 `{parameter}` in each call"
            )));
        }
        if list.peek(Token![:]) {
            return Err(list.error(format!("a block's parameter has no type; write `fn {block}({before}{parameter})`")));
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
            let form = "expected `;` before this";
            Err(syn::Error::new(error.span(), after_a_value(input).unwrap_or(form)))
        }
    }
}

/// What a loop looks like.
const FOR: &str = "a loop is written `for _ in 0..3 { … }`, or `for filters in [16, 32] { … }`";

fn for_loop(input: ParseStream<'_>) -> syn::Result<Loop> {
    let span = input.parse::<Token![for]>()?.span;
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
        let list = super::inside(&list, |list| list.parse_terminated(<Expr as syn::parse::Parse>::parse, Token![,]))?;
        Iterable::List(list.into_iter().collect())
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
        Iterable::Range(from, if inclusive { to.saturating_add(1) } else { to })
    };
    if !input.peek(token::Brace) {
        return Err(input.error("a loop's body goes in braces: `for _ in 0..3 { x = Dense(8)(x); }`"));
    }
    let body: Group = input.parse()?;
    Ok(Loop { variable, iterable, body: super::inside(&body, statements)?, span })
}
