//! What `loss!` becomes: the struct with its arguments, and `row`, which computes the loss of a position and its gradient.
//!
//! No row is kept: each reduction is a loop over the values, in which everything elementwise is computed, and on the way back
//! computed again with its gradient.
//!
//! ```text
//! let n3 = { … for at in 0..length { let n2 = n0 - n1; sum += n2 } sum };     // forward: a number
//! let mut d3 = factor; …                                                      // backward: its gradient
//! for at in 0..length { …; gradient[at] += d1; }
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use crate::{
    graph::{
        LayerParameter,
        loss::{Computed, Function, LossListing, Node, Reduced},
        snake_case,
    },
    parse::Operator,
};

/// Generates everything for a loss.
pub(crate) fn loss(listing: &LossListing) -> TokenStream {
    let LossListing { header, arguments, nodes, value } = listing;
    let (attributes, visibility, ident) = (&header.attributes, &header.visibility, &header.ident);
    let span = ident.span().resolved_at(Span::mixed_site());
    let names: Vec<&Ident> = arguments.iter().map(|it| &it.declared.name).collect();
    let types: Vec<TokenStream> = arguments.iter().map(|it| it.declared.of.to_token_stream()).collect();
    let required =
        || names.iter().zip(&types).zip(arguments).filter(|(_, it)| it.default.is_none()).map(|(pair, _)| pair);
    let (required_names, required_types): (Vec<&Ident>, Vec<&TokenStream>) =
        required().map(|(name, of)| (*name, of)).unzip();
    let values = arguments.iter().map(|LayerParameter { declared, default, .. }| {
        let name = &declared.name;
        default.clone().map_or_else(|| quote!(#name), |default| quote!(#name: #default))
    });
    let setters =
        names.iter().zip(&types).zip(arguments).filter(|(_, it)| it.default.is_some()).map(|((name, of), it)| {
            let (docs, doc) = (&it.declared.docs, format!(" Sets `{name}`."));
            quote_spanned! {span=>
                #[doc = #doc]
                #(#docs)*
                #[must_use]
                pub const fn #name(mut self, #name: #of) -> Self {
                    self.#name = #name;
                    self
                }
            }
        });
    let default = required_names.is_empty().then(|| {
        quote_spanned! {span=>
            impl ::core::default::Default for #ident {
                fn default() -> Self {
                    Self::new()
                }
            }
        }
    });
    let text = snake_case(&ident.to_string());
    let configured = names.iter().map(|name| {
        let text = name.to_string();
        quote_spanned!(span=> .with(#text, self.#name))
    });
    // The mean of what is computed for each value alone: rows may be joined.
    let reductions = nodes.iter().filter(|node| matches!(node.computed, Computed::Reduced(..))).count();
    let is_elementwise = reductions == 1 && matches!(nodes[*value].computed, Computed::Reduced(Reduced::Mean, _));
    let row = Row { nodes, span };
    let (forward, backward) = (row.forward(), row.backward(*value));
    let value = row.node(*value);
    quote_spanned! {span=>
        #(#attributes)*
        #[derive(Clone, Copy, Debug)]
        #visibility struct #ident {
            #(#names: #types,)*
            reduction: ::keras::losses::Reduction,
        }

        #[allow(dead_code, unreachable_pub, unused_mut, unused_variables, unused_parens, unused_assignments)]
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        const _: () = {
            impl #ident {
                /// The loss with these arguments.
                pub const fn new(#(#required_names: #required_types),*) -> Self {
                    Self { #(#values,)* reduction: ::keras::losses::Reduction::SumOverBatchSize }
                }

                #(#setters)*

                /// Reduction over the positions (default: `SumOverBatchSize`).
                #[must_use]
                pub const fn reduction(mut self, reduction: ::keras::losses::Reduction) -> Self {
                    self.reduction = reduction;
                    self
                }
            }

            #default

            impl ::keras::losses::Loss for #ident {
                type Target = ::keras::losses::Values;

                const ELEMENTWISE: bool = #is_elementwise;

                fn name(&self) -> &'static str {
                    #text
                }
                fn reduction(&self) -> ::keras::losses::Reduction {
                    self.reduction
                }
                fn config(&self) -> ::keras::config::Config {
                    ::keras::config::Config::of::<Self>()
                        .with("name", #text)
                        .with("reduction", self.reduction)
                        #(#configured)*
                }
                fn row(&self, row: ::keras::losses::Row<'_>, gradient: ::keras::losses::RowGradient<'_>) -> f32 {
                    let length = row.values.len();
                    #forward
                    if let ::core::option::Option::Some((gradient, factor)) = gradient {
                        gradient.fill(0.0);
                        #backward
                    }
                    #value
                }
            }
        };
    }
}

/// The code of a position.
struct Row<'a> {
    nodes: &'a [Node],
    span: Span,
}

impl Row<'_> {
    /// The variable of a node, and that of its gradient.
    fn node(&self, at: usize) -> Ident {
        format_ident!("n{at}", span = self.span)
    }

    fn gradient(&self, at: usize) -> Ident {
        format_ident!("d{at}", span = self.span)
    }

    /// All numbers, in order.
    fn forward(&self) -> TokenStream {
        (0..self.nodes.len())
            .filter(|&at| !self.nodes[at].is_row)
            .map(|at| {
                let (name, value) = (self.node(at), self.number(at));
                quote_spanned!(self.span=> let #name: f32 = #value;)
            })
            .collect()
    }

    /// A number.
    fn number(&self, at: usize) -> TokenStream {
        let Computed::Reduced(reduced, of) = &self.nodes[at].computed else { return self.expression(at) };
        let (elements, element) = (self.elements(*of), self.node(*of));
        let span = self.span;
        let (start, step, end) = match reduced {
            Reduced::Sum => (
                quote_spanned!(span=> 0f64),
                quote_spanned!(span=> result += f64::from(#element);),
                quote_spanned!(span=> result as f32),
            ),
            Reduced::Mean => (
                quote_spanned!(span=> 0f64),
                quote_spanned!(span=> result += f64::from(#element);),
                quote_spanned!(span=> (result / length as f64) as f32),
            ),
            Reduced::Max => (
                quote_spanned!(span=> f32::NEG_INFINITY),
                quote_spanned!(span=> result = result.max(#element);),
                quote_spanned!(span=> result),
            ),
            Reduced::Min => (
                quote_spanned!(span=> f32::INFINITY),
                quote_spanned!(span=> result = result.min(#element);),
                quote_spanned!(span=> result),
            ),
        };
        quote_spanned! {span=> {
            let mut result = #start;
            for at in 0..length {
                #elements
                #step
            }
            #end
        }}
    }

    /// The rows that a row is computed from, itself the last.
    fn rows(&self, of: usize) -> Vec<usize> {
        let (mut needed, mut list) = (vec![false; of + 1], Vec::new());
        needed[of] = true;
        for at in (0..=of).rev() {
            if !needed[at] || !self.nodes[at].is_row {
                continue;
            }
            list.push(at);
            for operand in operands(&self.nodes[at].computed) {
                needed[operand] = true;
            }
        }
        list.reverse();
        list
    }

    /// Statements that compute the elements of a row at a place.
    fn elements(&self, of: usize) -> TokenStream {
        let element = |at: usize| {
            let (name, value) = (self.node(at), self.expression(at));
            quote_spanned!(self.span=> let #name: f32 = #value;)
        };
        self.rows(of).into_iter().map(element).collect()
    }

    /// The expression of a node that is no reduction.
    fn expression(&self, at: usize) -> TokenStream {
        let name = |at: usize| self.node(at);
        let span = self.span;
        match &self.nodes[at].computed {
            Computed::Target => quote_spanned!(span=> row.target.number(at)),
            Computed::Prediction => quote_spanned!(span=> row.values[at]),
            Computed::Number(number) => number.clone(),
            Computed::Binary(operator, a, b) => {
                let (a, b) = (name(*a), name(*b));
                match operator {
                    Operator::Add => quote_spanned!(span=> #a + #b),
                    Operator::Subtract => quote_spanned!(span=> #a - #b),
                    Operator::Multiply => quote_spanned!(span=> #a * #b),
                    Operator::Divide | Operator::Matmul => quote_spanned!(span=> #a / #b),
                    Operator::Maximum => quote_spanned!(span=> if #a >= #b { #a } else { #b }),
                    Operator::Minimum => quote_spanned!(span=> if #a <= #b { #a } else { #b }),
                }
            }
            Computed::Unary(function, a) => {
                let a = name(*a);
                match function {
                    Function::Absolute => quote_spanned!(span=> #a.abs()),
                    Function::Exp => quote_spanned!(span=> #a.exp()),
                    Function::Log => quote_spanned!(span=> #a.ln()),
                    Function::Negative => quote_spanned!(span=> -#a),
                    Function::Reciprocal => quote_spanned!(span=> 1.0 / #a),
                    Function::Relu => quote_spanned!(span=> #a.max(0.0)),
                    Function::Rsqrt => quote_spanned!(span=> 1.0 / #a.sqrt()),
                    Function::Sigmoid => quote_spanned!(span=> 1.0 / (1.0 + (-#a).exp())),
                    Function::Softplus => quote_spanned!(span=> #a.max(0.0) + (-#a.abs()).exp().ln_1p()),
                    Function::Sqrt => quote_spanned!(span=> #a.sqrt()),
                    Function::Square => quote_spanned!(span=> #a * #a),
                    Function::Tanh => quote_spanned!(span=> #a.tanh()),
                }
            }
            Computed::Reduced(..) => self.number(at),
        }
    }

    /// The gradients of all numbers and of the predictions, from the last node to the first.
    fn backward(&self, value: usize) -> TokenStream {
        let mut code = TokenStream::new();
        for at in (0..self.nodes.len()).filter(|&at| !self.nodes[at].is_row) {
            let gradient = self.gradient(at);
            let start = if at == value { quote_spanned!(self.span=> f64::from(factor)) } else { quote!(0f64) };
            code.extend(quote_spanned!(self.span=> let mut #gradient: f64 = #start;));
        }
        for at in (0..=value).rev().filter(|&at| !self.nodes[at].is_row) {
            let gradient = self.gradient(at);
            let pushed = match &self.nodes[at].computed {
                Computed::Reduced(reduced, of) => self.reduced_backward(at, *reduced, *of),
                _ => self.pushed(at),
            };
            code.extend(quote_spanned! {self.span=> {
                let d = #gradient as f32;
                #pushed
            }});
        }
        code
    }

    /// The gradients of the elements of a row that was reduced.
    fn reduced_backward(&self, at: usize, reduced: Reduced, of: usize) -> TokenStream {
        let (rows, elements, result, element) = (self.rows(of), self.elements(of), self.node(at), self.node(of));
        let span = self.span;
        let (before, share) = match reduced {
            Reduced::Sum => (TokenStream::new(), quote_spanned!(span=> d)),
            Reduced::Mean => (TokenStream::new(), quote_spanned!(span=> d / length as f32)),
            // Equal ones share it.
            Reduced::Max | Reduced::Min => {
                let before = quote_spanned! {span=>
                    let mut equal = 0usize;
                    for at in 0..length {
                        #elements
                        equal += usize::from(#element == #result);
                    }
                };
                (before, quote_spanned!(span=> if #element == #result { d / equal as f32 } else { 0.0 }))
            }
        };
        let starts = rows.iter().map(|&row| {
            let gradient = self.gradient(row);
            let start = if row == of { share.clone() } else { quote!(0f32) };
            quote_spanned!(span=> let mut #gradient: f32 = #start;)
        });
        let pushed = rows.iter().rev().map(|&row| {
            let (gradient, pushed) = (self.gradient(row), self.pushed(row));
            quote_spanned!(span=> { let d = #gradient; #pushed })
        });
        quote_spanned! {span=>
            #before
            for at in 0..length {
                #elements
                #(#starts)*
                #(#pushed)*
            }
        }
    }

    /// Hands the gradient `d` of a node to those that it is computed from.
    fn pushed(&self, at: usize) -> TokenStream {
        let (span, result) = (self.span, self.node(at));
        let add = |to: usize, term: TokenStream| {
            let gradient = self.gradient(to);
            match (&self.nodes[to].computed, self.nodes[to].is_row) {
                (Computed::Target | Computed::Number(_), _) => TokenStream::new(),
                (_, true) => quote_spanned!(span=> #gradient += #term;),
                (_, false) => quote_spanned!(span=> #gradient += f64::from(#term);),
            }
        };
        match &self.nodes[at].computed {
            Computed::Prediction => quote_spanned!(span=> gradient[at] += d;),
            Computed::Target | Computed::Number(_) | Computed::Reduced(..) => TokenStream::new(),
            Computed::Binary(operator, a, b) => {
                let (left, right) = (self.node(*a), self.node(*b));
                let (to_left, to_right) = match operator {
                    Operator::Add => (quote_spanned!(span=> d), quote_spanned!(span=> d)),
                    Operator::Subtract => (quote_spanned!(span=> d), quote_spanned!(span=> -d)),
                    Operator::Multiply => (quote_spanned!(span=> d * #right), quote_spanned!(span=> d * #left)),
                    Operator::Divide | Operator::Matmul => {
                        (quote_spanned!(span=> d / #right), quote_spanned!(span=> -d * #result / #right))
                    }
                    Operator::Maximum => (
                        quote_spanned!(span=> if #left >= #right { d } else { 0.0 }),
                        quote_spanned!(span=> if #left >= #right { 0.0 } else { d }),
                    ),
                    Operator::Minimum => (
                        quote_spanned!(span=> if #left <= #right { d } else { 0.0 }),
                        quote_spanned!(span=> if #left <= #right { 0.0 } else { d }),
                    ),
                };
                let (left, right) = (add(*a, to_left), add(*b, to_right));
                quote_spanned!(span=> #left #right)
            }
            Computed::Unary(function, a) => {
                let x = self.node(*a);
                let slope = match function {
                    Function::Absolute => {
                        quote_spanned!(span=> if #x > 0.0 { d } else if #x < 0.0 { -d } else { 0.0 })
                    }
                    Function::Exp => quote_spanned!(span=> d * #result),
                    Function::Log => quote_spanned!(span=> d / #x),
                    Function::Negative => quote_spanned!(span=> -d),
                    Function::Reciprocal => quote_spanned!(span=> -d * #result * #result),
                    Function::Relu => quote_spanned!(span=> if #x > 0.0 { d } else { 0.0 }),
                    Function::Rsqrt => quote_spanned!(span=> -0.5 * d * #result / #x),
                    Function::Sigmoid => quote_spanned!(span=> d * #result * (1.0 - #result)),
                    Function::Softplus => quote_spanned!(span=> d / (1.0 + (-#x).exp())),
                    Function::Sqrt => quote_spanned!(span=> 0.5 * d / #result),
                    Function::Square => quote_spanned!(span=> 2.0 * d * #x),
                    Function::Tanh => quote_spanned!(span=> d * (1.0 - #result * #result)),
                };
                add(*a, slope)
            }
        }
    }
}

/// The nodes that one is computed from.
fn operands(computed: &Computed) -> Vec<usize> {
    match computed {
        Computed::Target | Computed::Prediction | Computed::Number(_) => Vec::new(),
        Computed::Binary(_, a, b) => vec![*a, *b],
        Computed::Unary(_, a) | Computed::Reduced(_, a) => vec![*a],
    }
}
