//! The function under an attribute, read as far as an attribute has to understand it.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Error, LitStr, Result, ReturnType, Signature, Token, Type, Visibility};

/// A function with a body. The body stays tokens: nothing in it is looked at, so nothing in it can go wrong.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `#![…]` at the top of the body.
    pub(crate) inner_attributes: Vec<Attribute>,
    /// The body with its braces.
    pub(crate) body: Group,
}

impl Function {
    /// The type that is returned; none stands for `()`.
    pub(crate) fn returned(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    /// Where an error about what is returned belongs.
    pub(crate) fn returned_span(&self) -> Span {
        self.returned().map_or_else(|| self.signature.ident.span(), Spanned::span)
    }

    /// The function with another body, `statements` without braces.
    pub(crate) fn with_body(&self, statements: &TokenStream) -> TokenStream {
        let Self { attributes, visibility, signature, inner_attributes, body } = self;
        let content = inner_attributes.iter().map(ToTokens::to_token_stream).chain([statements.clone()]);
        let mut block = Group::new(Delimiter::Brace, content.collect());
        block.set_span(body.span());
        quote::quote!(#(#attributes)* #visibility #signature #block)
    }
}

impl Parse for Function {
    fn parse(input: ParseStream) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !is_function(input) {
            let message = "this attribute goes on a function with a body; \
                           for a type, a trait or an `impl`, put it on the functions inside";
            return Err(input.error(message));
        }
        let signature: Signature = input.parse()?;
        if input.peek(Token![;]) {
            let message =
                "this function has no body to record; put the attribute on the function in each `impl`";
            return Err(Error::new(signature.ident.span(), message));
        }
        let TokenTree::Group(body) = input.parse()? else {
            return Err(Error::new(signature.ident.span(), "this function has no body to record"));
        };
        let (inner_attributes, content) = syn::parse::Parser::parse2(
            |content: ParseStream| {
                Ok((content.call(Attribute::parse_inner)?, content.parse::<TokenStream>()?))
            },
            body.stream(),
        )?;
        let mut rest = Group::new(Delimiter::Brace, content);
        rest.set_span(body.span());
        Ok(Self { attributes, visibility, signature, inner_attributes, body: rest })
    }
}

/// Whether a function begins here: `fn`, after any of the words that may stand before it.
fn is_function(input: ParseStream) -> bool {
    let ahead = input.fork();
    loop {
        if ahead.peek(Token![fn]) {
            return true;
        }
        let qualifier = ahead.peek(Token![const])
            || ahead.peek(Token![async])
            || ahead.peek(Token![unsafe])
            || ahead.peek(Token![extern])
            || ahead.peek(LitStr);
        if !qualifier || ahead.parse::<TokenTree>().is_err() {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_attributes_are_told_from_the_body() {
        let function: Function = syn::parse_quote!(
            fn f() {
                #![allow(unused)]
                let x = 1;
            }
        );
        assert_eq!(function.inner_attributes.len(), 1);
        assert_eq!(function.body.to_string(), "{ let x = 1 ; }");
        assert_eq!(
            function.with_body(&quote::quote!(g())).to_string(),
            "fn f () { # ! [allow (unused)] g () }"
        );
    }

    #[test]
    fn every_qualifier_of_a_function_is_known() {
        for text in
            ["fn f() {}", "const fn f() {}", "pub(crate) async unsafe fn f() {}", "extern \"C\" fn f() {}"]
        {
            assert!(syn::parse_str::<Function>(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_function_is_refused_by_name() {
        for text in ["struct S;", "const X: u8 = 1;", "impl S {}", "unsafe impl Send for S {}", "trait T {}"]
        {
            let error = syn::parse_str::<Function>(text).map(drop).unwrap_err();
            assert!(error.to_string().contains("goes on a function"), "{text}: {error}");
        }
    }
}
