//! What the macros of losses, metrics, optimizers and schedules declare (`keras-core/src/arguments.rs`), as the items that they
//! become: a type, its constructor, and a method for each argument.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Expr, Ident, ImplItem, Item, Token, Type, Visibility, braced,
    parse::{Parse, ParseStream, Parser},
    token,
};

use crate::here::last;

/// The macros, each with the arguments that it adds, and with the trait that it implements.
const MACROS: [(&str, &[&str], Option<&str>); 5] = [
    ("arguments", &[], None),
    ("loss", &["reduction"], None),
    ("metric", &[], Some("Metric")),
    ("trade_off", &["num_thresholds", "class_id"], Some("Metric")),
    ("optimizer", &[], None),
];

/// A file's items, those among them that its macros declare.
pub fn items(items: Vec<Item>) -> Vec<Item> {
    items.into_iter().flat_map(|item| declared(&item).unwrap_or_else(|| vec![item])).collect()
}

fn declared(item: &Item) -> Option<Vec<Item>> {
    let Item::Macro(item) = item else { return None };
    let name = last(&item.mac.path);
    let (_, added, of_trait) = MACROS.iter().find(|(known, ..)| *known == name)?;
    if item.ident.is_some() {
        return None; // the definition of such a macro
    }
    let declared = Declared::parse.parse2(item.mac.tokens.clone()).unwrap_or_else(|error| panic!("{name}!: {error}"));
    let mut structure: syn::ItemStruct = syn::parse_str(&format!("pub struct {};", declared.name)).unwrap();
    structure.attrs = declared.attributes;
    let mut implementation: syn::ItemImpl = syn::parse_str(&format!("impl {} {{}}", declared.name)).unwrap();
    let mut add = |signature: String, attributes: Vec<Attribute>| {
        let mut method: syn::ImplItemFn = syn::parse_str(&format!("pub fn {signature} -> Self {{}}")).unwrap();
        method.attrs = attributes;
        implementation.items.push(ImplItem::Fn(method));
    };
    if declared.given > 0 {
        let parameters: Vec<String> = (0..declared.given).map(|at| format!("p{at}: u8")).collect();
        add(format!("new({})", parameters.join(", ")), Vec::new());
    }
    for (name, attributes) in declared.set {
        add(format!("{name}(self, {name}: u8)"), attributes);
    }
    for name in *added {
        // The macro writes an example of it.
        let example = Attribute::parse_outer.parse_str("/// ```").unwrap();
        add(format!("{name}(self, {name}: u8)"), example);
    }
    let of_trait = of_trait.map(|name| syn::parse_str(&format!("impl {name} for {} {{}}", declared.name)).unwrap());
    Some([Item::Struct(structure), Item::Impl(implementation)].into_iter().chain(of_trait).collect())
}

/// The declaration of a type.
struct Declared {
    attributes: Vec<Attribute>,
    name: Ident,
    /// The number of parameters of its constructor.
    given: usize,
    /// The arguments that methods set, with their documentation.
    set: Vec<(Ident, Vec<Attribute>)>,
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = Attribute::parse_outer(input)?;
        input.parse::<Visibility>()?;
        input.parse::<Token![struct]>()?;
        let mut declared = Self { attributes, name: input.parse()?, given: 0, set: Vec::new() };
        while !input.peek(token::Brace) {
            input.parse::<TokenTree>()?;
        }
        let body;
        braced!(body in input);
        while !body.is_empty() {
            declared.add(&body)?;
        }
        input.parse::<TokenStream>()?; // what it keeps
        Ok(declared)
    }
}

impl Declared {
    /// Reads an argument.
    fn add(&mut self, body: ParseStream<'_>) -> syn::Result<()> {
        let attributes = Attribute::parse_outer(body)?;
        let is_fixed = body.parse::<Option<Token![const]>>()?.is_some();
        let mut name: Ident = body.parse()?;
        let is_given = name == "new" && body.peek(Ident);
        if is_given {
            name = body.parse()?;
        }
        if body.parse::<Option<Token![:]>>()?.is_some() {
            body.parse::<Type>()?;
        }
        if body.parse::<Option<Token![=>]>>()?.is_some() {
            body.parse::<Type>()?;
        }
        if body.parse::<Option<Token![=]>>()?.is_some() {
            body.parse::<Expr>()?;
        }
        body.parse::<Token![,]>()?;
        if is_given {
            self.given += 1;
        } else if !is_fixed {
            self.set.push((name, attributes));
        }
        Ok(())
    }
}
