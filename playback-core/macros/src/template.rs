//! Aliases: fixed text, or text with arguments in it such as `"db.get/{table}/{self.region}"`.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::{Error, Ident, LitStr, Member, Result};

use crate::arguments::Parameters;

/// The text of a string literal, in which `{name}` and `{name.field}` stand for arguments.
pub(crate) struct Template {
    span: Span,
    /// The text as it stands if nothing is captured.
    text: String,
    /// The text for `format!`: each capture is `{}` or `{:spec}`.
    format: String,
    captures: Vec<Capture>,
}

/// `name.field.0`: a parameter and the way into it.
struct Capture {
    root: String,
    fields: Vec<Member>,
    /// The text for `format!` of it alone.
    format: String,
}

impl Template {
    /// Reads a literal.
    pub(crate) fn new(literal: &LitStr) -> Result<Self> {
        let mut template =
            Self { span: literal.span(), text: String::new(), format: String::new(), captures: Vec::new() };
        template.read(&literal.value()).map_err(|why| Error::new(literal.span(), why))?;
        if template.format.trim().is_empty() {
            return Err(Error::new(
                literal.span(),
                "an alias cannot be empty; name what the function reads or writes",
            ));
        }
        Ok(template)
    }

    /// Whether there is nothing to capture.
    pub(crate) fn is_fixed(&self) -> bool {
        self.captures.is_empty()
    }

    /// The text as a literal; only of use if nothing is captured.
    pub(crate) fn fixed(&self) -> LitStr {
        LitStr::new(&self.text, self.span)
    }

    /// An expression of type `String`.
    pub(crate) fn string(&self, parameters: &Parameters) -> Result<TokenStream> {
        let span = Span::mixed_site().located_at(self.span);
        if self.is_fixed() {
            let text = LitStr::new(&self.text, span);
            return Ok(quote_spanned!(span=> ::std::borrow::ToOwned::to_owned(#text)));
        }
        let format = LitStr::new(&self.format, span);
        let captures = self.captures.iter().map(|capture| self.captured(capture, parameters));
        let captures = captures.collect::<Result<Vec<_>>>()?;
        Ok(quote_spanned!(span=> ::std::format!(#format, #(#captures),*)))
    }

    /// Expressions for what it is made of: the way to each value that is captured, and its text.
    pub(crate) fn parts(&self, parameters: &Parameters) -> Result<Vec<TokenStream>> {
        let span = Span::mixed_site().located_at(self.span);
        let parts = self.captures.iter().map(|capture| {
            let fields = capture.fields.iter().map(|field| match field {
                Member::Named(name) => name.unraw().to_string(),
                Member::Unnamed(index) => index.index.to_string(),
            });
            let path: Vec<String> = std::iter::once(capture.root.clone()).chain(fields).collect();
            let path = LitStr::new(&path.join("."), span);
            let format = LitStr::new(&capture.format, span);
            let captured = self.captured(capture, parameters)?;
            Ok(quote_spanned!(span=> (#path, ::std::format!(#format, #captured))))
        });
        parts.collect()
    }

    fn captured(&self, capture: &Capture, parameters: &Parameters) -> Result<TokenStream> {
        let Capture { root, fields, .. } = capture;
        let mut root = parameters.named(root).map_err(|why| Error::new(self.span, why))?;
        // The name as the parameter spells it, found where the literal is.
        root.set_span(self.span.resolved_at(root.span()));
        let fields = fields.iter();
        Ok(quote_spanned!(self.span=> #root #(.#fields)*))
    }

    fn read(&mut self, text: &str) -> std::result::Result<(), String> {
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            self.push(before);
            if let Some(after) = from.strip_prefix("{{") {
                self.push("{");
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                self.push("}");
                rest = after;
            } else {
                let inside = from
                    .strip_prefix('{')
                    .ok_or("a `}` without a `{`; write `}}` for a brace in an alias")?;
                let (inside, after) = inside
                    .split_once('}')
                    .ok_or("a `{` without a `}`; write `{{` for a brace in an alias")?;
                self.capture(inside)?;
                rest = after;
            }
        }
        self.push(rest);
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.format.push_str(&text.replace('{', "{{").replace('}', "}}"));
    }

    fn capture(&mut self, inside: &str) -> std::result::Result<(), String> {
        let (path, spec) = inside.split_once(':').unwrap_or((inside, ""));
        if spec.contains(['$', '*', '{']) {
            return Err(format!(
                "the format `{spec}` takes another argument; write its width and precision as numbers"
            ));
        }
        let mut parts = path.trim().split('.');
        let root = parts.next().unwrap_or_default();
        let refused = |_| {
            format!(
                "`{{{inside}}}` is neither an argument nor a field of one: an alias holds `{{name}}` and \
                 `{{name.field}}`; compute anything else before, and pass it as an argument"
            )
        };
        let fields = parts.map(syn::parse_str::<Member>).collect::<Result<Vec<_>>>().map_err(refused)?;
        if root != "self" {
            syn::parse_str::<Ident>(root)
                .or_else(|_| syn::parse_str::<Ident>(&format!("r#{root}")))
                .map_err(refused)?;
        }
        let format = if spec.is_empty() { "{}".to_owned() } else { format!("{{:{spec}}}") };
        self.format.push_str(&format);
        self.captures.push(Capture { root: root.trim_start_matches("r#").to_owned(), fields, format });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Result<Template> {
        Template::new(&LitStr::new(text, Span::call_site()))
    }

    fn expanded(text: &str) -> String {
        let signature = syn::parse_quote!(fn f(&self, table: &str, request: Request, r#type: u8));
        template(text).and_then(|it| it.string(&Parameters::of(&signature))).unwrap().to_string()
    }

    #[test]
    fn text_without_captures_is_fixed() {
        for (text, fixed) in [("a.b", "a.b"), ("{{a}}", "{a}"), ("}}{{", "}{")] {
            let template = template(text).unwrap();
            assert!(template.is_fixed());
            assert_eq!(template.fixed().value(), fixed);
        }
    }

    #[test]
    fn names_fields_and_formats_are_captured() {
        let cases = [
            ("db/{table}", r#":: std :: format ! ("db/{}" , table)"#),
            ("{self.region}", r#":: std :: format ! ("{}" , self . region)"#),
            ("{request.pair.0:04}-{{}}", r#":: std :: format ! ("{:04}-{{}}" , request . pair . 0)"#),
            ("{ table }{type}", r#":: std :: format ! ("{}{}" , table , r#type)"#),
            ("{r#type:?}", r#":: std :: format ! ("{:?}" , r#type)"#),
            ("{TABLE}", r#":: std :: format ! ("{}" , TABLE)"#),
        ];
        for (text, tokens) in cases {
            assert_eq!(expanded(text), tokens, "{text}");
        }
    }

    #[test]
    fn each_part_is_told_by_its_way_and_its_own_format() {
        let signature = syn::parse_quote!(fn f(&self, request: Request, r#type: u8));
        let template = template("{request.pair.0:04}/{self.region}/{r#type}").unwrap();
        let parts = template.parts(&Parameters::of(&signature)).unwrap();
        assert_eq!(
            parts.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                r#"("request.pair.0" , :: std :: format ! ("{:04}" , request . pair . 0))"#,
                r#"("self.region" , :: std :: format ! ("{}" , self . region))"#,
                r##"("type" , :: std :: format ! ("{}" , r#type))"##
            ]
        );
    }

    #[test]
    fn what_cannot_be_captured_is_refused() {
        let cases = [
            ("{", "without a `}`"),
            ("a}", "without a `{`"),
            ("{}", "neither an argument"),
            ("{0}", "neither an argument"),
            ("{f()}", "neither an argument"),
            ("{a.b()}", "neither an argument"),
            ("{a..b}", "neither an argument"),
            ("{id:width$}", "takes another argument"),
            ("{id:.*}", "takes another argument"),
            ("", "cannot be empty"),
            ("  ", "cannot be empty"),
        ];
        for (text, why) in cases {
            let error = template(text).map(drop).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
