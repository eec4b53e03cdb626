//! `embed!`: a model with its weights in the program.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{
    AngleBracketedGenericArguments, Error, GenericArgument, Lit, LitStr, Path, PathArguments, Token,
    parse::{Parse, ParseStream},
    parse_quote,
};

/// `Digits, "digits.safetensors"`
struct Embed {
    /// The model, without the argument that says where its weights are.
    model: Path,
    /// The file: tokens that `include_bytes!` understands.
    file: TokenStream,
}

impl Parse for Embed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let model: Path = input.parse()?;
        if input.is_empty() {
            return Err(Error::new_spanned(
                model,
                "a file is missing after the model: embed!(Digits, \"digits.safetensors\")",
            ));
        }
        input.parse::<Token![,]>()?;
        let mut file: Vec<TokenTree> = input.parse::<TokenStream>()?.into_iter().collect();
        if matches!(file.last(), Some(TokenTree::Punct(last)) if last.as_char() == ',') {
            file.pop();
        }
        match &file[..] {
            [] => Err(input.error("the path of a file is missing, such as \"digits.safetensors\"")),
            [TokenTree::Literal(literal)] if !matches!(Lit::new(literal.clone()), Lit::Str(_)) => {
                Err(Error::new(literal.span(), "the path of a file must be a string, such as \"digits.safetensors\""))
            }
            _ => Ok(Self { model, file: file.into_iter().collect() }),
        }
    }
}

/// Expands `embed!`.
pub fn expand(input: TokenStream) -> TokenStream {
    syn::parse2(input).map_or_else(Error::into_compile_error, |embed: Embed| embed.expand())
}

impl Embed {
    /// The expression. Its names are long, since the user's own tokens stand among them.
    fn expand(&self) -> TokenStream {
        if let Some(error) = self.missing() {
            return error.into_compile_error();
        }
        let model = &self.model;
        let embedded = self.embedded();
        let count = quote!(<#model as ::keras::__private::Model>::DESCRIPTION.count_params());
        let (read, gathered) = (self.read(), self.gathered());
        // The file is a constant, which does not reach the program unless something reads it when it runs; the weights
        // are a static, so that there is one copy of them however often the expression is used.
        quote! {{
            const EMBEDDED_FILE: &[::core::primitive::u8] = #read;
            const EMBEDDED_DTYPE: ::keras::__private::WeightDtype = ::keras::__private::dtype(EMBEDDED_FILE);
            #[allow(long_running_const_eval)]
            static EMBEDDED_WEIGHTS: ::keras::__private::AlignedBytes<{ EMBEDDED_DTYPE.size() * #count }> = #gathered;
            <#embedded>::from_embedded(::keras::__private::as_numbers(&EMBEDDED_WEIGHTS))
        }}
    }

    /// What to say if there is no such file: `include_bytes!` says that it could not read it, and not what to do. A path
    /// that is not a plain string is left to it.
    fn missing(&self) -> Option<Error> {
        let file: LitStr = syn::parse2(self.file.clone()).ok()?;
        let source = proc_macro::is_available().then(|| file.span().unwrap().local_file())??;
        let path = source.parent()?.join(file.value());
        let message = format!(
            "there is no file {:?} next to this source file; create it with `model.save(…)`, or give its path: \
             relative to this file, or concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/…\")",
            file.value()
        );
        (source.exists() && !path.exists()).then(|| Error::new(file.span(), message))
    }

    /// The bytes of the file; rustc underlines its path if there is no such file.
    fn read(&self) -> TokenStream {
        let file = &self.file;
        let (first, last) = ends(file);
        let include = quote_spanned!(first=> ::core::include_bytes!);
        let argument = quote_spanned!(last=> (#file));
        quote!(#include #argument)
    }

    /// The call that compares the file with the model. It has the span of the file's path: rustc underlines the whole of
    /// it when the comparison fails.
    fn gathered(&self) -> TokenStream {
        let Self { model, file } = self;
        let (first, last) = ends(file);
        let function = quote_spanned!(first=> ::keras::__private::gather);
        let description = quote!(<#model as ::keras::__private::Model>::DESCRIPTION);
        let arguments = quote_spanned!(last=> (EMBEDDED_FILE, #file, #description, EMBEDDED_DTYPE));
        quote!(#function #arguments)
    }

    /// The type of the model with its weights in the program: `Digits<Embedded>`, `Mlp<10, Embedded>`. The file says what they
    /// are stored as.
    fn embedded(&self) -> Path {
        let embedded: GenericArgument = parse_quote! {
            ::keras::Embedded<::keras::__private::Stored<{ EMBEDDED_DTYPE as ::core::primitive::usize }>>
        };
        let mut path = self.model.clone();
        if let Some(last) = path.segments.last_mut() {
            match &mut last.arguments {
                PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) => {
                    args.push(embedded);
                }
                arguments => *arguments = PathArguments::AngleBracketed(parse_quote!(<#embedded>)),
            }
        }
        path
    }
}

/// Where a path to a file starts and ends.
fn ends(file: &TokenStream) -> (Span, Span) {
    let mut spans = file.clone().into_iter().map(|token| token.span());
    let first = spans.next().unwrap_or_else(Span::call_site);
    (first, spans.last().unwrap_or(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(input: TokenStream) -> String {
        expand(input).to_string().split_whitespace().collect()
    }

    #[test]
    fn where_the_weights_are_is_the_last_argument() {
        let plain = expanded(quote!(models::Digits, "digits.safetensors"));
        assert!(plain.contains("<models::Digits<::keras::Embedded<::keras::__private::Stored<"), "{plain}");
        assert!(plain.contains("<models::Digitsas::keras::__private::Model>::DESCRIPTION"), "{plain}");
        let generic = expanded(quote!(Mlp<10>, "mlp.safetensors",));
        assert!(generic.contains("<Mlp<10,::keras::Embedded<::keras::__private::Stored<"), "{generic}");
        assert!(generic.contains("::core::include_bytes!(\"mlp.safetensors\")"), "{generic}");
    }

    #[test]
    fn any_tokens_of_a_path_pass_through() {
        let text = expanded(quote!(Digits, concat!(env!("CARGO_MANIFEST_DIR"), "/x.safetensors")));
        let tokens = "concat!(env!(\"CARGO_MANIFEST_DIR\"),\"/x.safetensors\")";
        assert!(text.contains(&format!("include_bytes!({tokens})")), "{text}");
        assert!(text.contains(&format!("gather(EMBEDDED_FILE,{tokens},")), "{text}");
    }

    #[test]
    fn mistakes_are_named() {
        assert!(expanded(quote!(Digits)).contains("afileismissing"));
        assert!(expanded(quote!(Digits,)).contains("thepathofafileismissing"));
        assert!(expanded(quote!(Digits, 7)).contains("mustbeastring"));
    }
}
