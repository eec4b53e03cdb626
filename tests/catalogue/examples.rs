//! Which public items lack an example, read from the source. (Of items that macros of the source make, only layers and those
//! that `declared.rs` knows are seen.)

use std::collections::{BTreeMap, BTreeSet};

use keras::{layers::schemas, schema::Form};
use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Expr, ExprLit, ImplItem, Item, Lit, Meta, Type, Visibility};

use crate::{
    here::{last, parse, rust_files},
    root,
};

/// Folders that programs cannot reach: the arithmetic, and what `embed!` expands to.
const INTERNAL: [&str; 2] = ["keras-core/src/kernels", "keras-core/src/embedding"];

/// The types, aliases, traits and functions without an example, the constructors that no example of their type
/// calls, and the methods with arguments that neither have one nor are called in one.
pub fn lacking() -> Vec<String> {
    let mut lacking = Vec::new();
    let mut files = rust_files(&root().join("keras-core/src"));
    files.extend(["src/lib.rs", "keras-macros/src/lib.rs"].map(|file| root().join(file)));
    for file in files {
        let path = file.strip_prefix(root()).unwrap().display().to_string();
        if !INTERNAL.iter().any(|folder| path.starts_with(folder)) {
            let items = parse(&file).items;
            let found = lacking_in(&items).into_iter().chain(items.iter().flat_map(lacking_of_layer));
            lacking.extend(found.map(|item| format!("{path}: {item}")));
        }
    }
    lacking
}

fn lacking_in(items: &[Item]) -> Vec<String> {
    let (mut lacking, mut shown) = (Vec::new(), BTreeSet::new());
    let (mut constructors, mut methods) = (Vec::new(), Vec::new());
    let mut docs = BTreeMap::<String, String>::new();
    for item in items {
        let (attributes, visibility, name) = match item {
            Item::Struct(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Enum(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Trait(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Type(item) => (&item.attrs, &item.vis, item.ident.to_string()),
            Item::Fn(item) => (&item.attrs, &item.vis, item.sig.ident.to_string()),
            Item::Impl(item) => {
                let Type::Path(path) = &*item.self_ty else { continue };
                let name = last(&path.path);
                for method in item.items.iter().filter_map(|item| match item {
                    ImplItem::Fn(method) if is_shown(&method.attrs, &method.vis) => Some(method),
                    _ => None,
                }) {
                    docs.entry(name.clone()).or_default().push_str(&text(&method.attrs));
                    if method.sig.receiver().is_none() {
                        constructors.push((name.clone(), method.sig.ident.to_string()));
                    } else if method.sig.inputs.len() > 1 && !text(&method.attrs).contains("```") {
                        methods.push((name.clone(), method.sig.ident.to_string()));
                    }
                }
                continue;
            }
            _ => continue,
        };
        if is_shown(attributes, visibility) {
            let text = text(attributes);
            if !text.contains("```") {
                lacking.push(name.clone());
            }
            docs.entry(name.clone()).or_default().push_str(&text);
            shown.insert(name);
        }
    }
    constructors.retain(|(owner, _)| shown.contains(owner));
    let is_called = |(owner, name): &(String, String)| {
        docs[owner].contains(&format!("::{name}(")) || docs[owner].contains(&format!("::{name}::<"))
    };
    lacking.extend(constructors.iter().filter(|it| !is_called(it)).map(|(owner, name)| format!("{owner}::{name}")));
    methods.retain(|(owner, _)| shown.contains(owner));
    let is_called = |(owner, name): &(String, String)| docs[owner].contains(&format!(".{name}("));
    lacking.extend(methods.iter().filter(|it| !is_called(it)).map(|(owner, name)| format!("{owner}::{name}")));
    lacking
}

/// What the examples of a layer's declaration do not show: that it is made, and each of its arguments.
fn lacking_of_layer(item: &Item) -> Vec<String> {
    let Item::Macro(declaration) = item else { return Vec::new() };
    if !declaration.mac.path.is_ident("layer") {
        return Vec::new();
    }
    let mut words = Vec::new();
    flatten(declaration.mac.tokens.clone(), &mut words);
    let name = words.iter().skip_while(|word| *word != "struct").nth(1).expect("a layer has a name");
    let schema = schemas().find(|schema| schema.class_name == name).expect("a layer has a schema");
    let docs = words.iter().filter(|word| word.starts_with('"')).map(|word| word.trim_matches('"'));
    let docs = docs.collect::<Vec<_>>().join("\n");
    let mut lacking = Vec::new();
    if !docs.contains(&format!("{name}::layer(")) {
        lacking.push(format!("{name}::layer"));
    }
    let optional = schema.arguments.iter().filter(|argument| matches!(argument.form, Form::Optional(..)));
    for argument in optional.map(|argument| argument.name) {
        let place = words.iter().rposition(|word| word == argument).expect("an argument has a place");
        let is_doc = |word: &&String| word.starts_with('"') || ["#", "doc", "="].contains(&word.as_str());
        let has_own = words[..place].iter().rev().take_while(is_doc).any(|word| word.contains("```"));
        let is_used = [format!("{argument} = "), format!(".{argument}(")].iter().any(|used| docs.contains(used));
        if !has_own && !is_used {
            lacking.push(format!("{name}::{argument}"));
        }
    }
    lacking
}

/// The tokens of a macro, one after the other.
fn flatten(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => flatten(group.stream(), words),
            token => words.push(token.to_string()),
        }
    }
}

/// Whether the documentation shows an item.
fn is_shown(attributes: &[Attribute], visibility: &Visibility) -> bool {
    let is_hidden = |attribute: &Attribute| {
        attribute.path().is_ident("doc")
            && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "hidden")
    };
    matches!(visibility, Visibility::Public(_)) && !attributes.iter().any(is_hidden)
}

/// What an item's documentation says.
fn text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(line) if line.path.is_ident("doc") => match &line.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value() + "\n"),
            _ => None,
        },
        _ => None,
    });
    lines.collect()
}
