//! What stands in the parentheses of an attribute.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, LitStr, Path, Result, Token, parenthesized};

use crate::arguments::Selection;
use crate::refuse;
use crate::suggest::known_names;
use crate::template::Template;

/// Which of the three attributes it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Operation,
    Input,
    Output,
}

impl Kind {
    /// The option that a literal in front stands for.
    fn title(self) -> &'static str {
        if self == Self::Operation { "category" } else { "alias" }
    }

    /// Every option there is.
    fn known(self) -> &'static [&'static str] {
        match self {
            Self::Operation => &[
                "category",
                "skip",
                "args",
                "metadata",
                "recorder",
                "sampling_rate",
                "ignore_forced_sampling",
                "sampling_key",
                "skip_recording",
                "result_handler",
                "crate",
            ],
            Self::Input => {
                &["alias", "skip", "args", "handler", "fallback", "fallback_with", "missing", "crate"]
            }
            Self::Output => &[
                "alias",
                "skip",
                "args",
                "handler",
                "result_handler",
                "fallback",
                "fallback_with",
                "unrecorded",
                "crate",
            ],
        }
    }
}

/// The options of one attribute.
pub(crate) struct Options {
    /// The alias; the category of an operation, if it is stated.
    pub(crate) title: Option<LitStr>,
    pub(crate) selection: Selection,
    pub(crate) handler: Option<Expr>,
    pub(crate) result_handler: Option<Expr>,
    pub(crate) fallback: Vec<Template>,
    pub(crate) fallback_with: Option<Expr>,
    pub(crate) unanswered: Policy,
    pub(crate) metadata: Option<Expr>,
    pub(crate) recorder: Option<Expr>,
    pub(crate) sampling_rate: Option<Expr>,
    pub(crate) ignore_forced_sampling: bool,
    pub(crate) sampling_key: Option<Expr>,
    pub(crate) skip_recording: bool,
    /// Where `playback_core` is found, if not at its own name.
    pub(crate) path: Option<Path>,
}

/// What answers a call that the recording has no answer for.
pub(crate) enum Policy {
    /// Nothing: the replay fails.
    Fail,
    /// The body.
    Call,
    /// A value.
    Value(Expr),
    /// A function of the recorded arguments.
    With(Expr),
}

impl Options {
    /// Reads the options of an attribute of this kind.
    pub(crate) fn parse(kind: Kind, input: ParseStream) -> Result<Self> {
        let mut options = Self {
            title: None,
            selection: Selection::All,
            handler: None,
            result_handler: None,
            fallback: Vec::new(),
            fallback_with: None,
            unanswered: Policy::Fail,
            metadata: None,
            recorder: None,
            sampling_rate: None,
            ignore_forced_sampling: false,
            sampling_key: None,
            skip_recording: false,
            path: None,
        };
        let mut seen = Vec::new();
        if input.peek(LitStr) {
            options.title = Some(input.parse()?);
            seen.push(kind.title().to_owned());
            end_of_option(input)?;
        }
        while !input.is_empty() {
            let name = input.call(Ident::parse_any)?;
            let is_constant = input.peek(Token![::]) || name.to_string().starts_with(char::is_uppercase);
            if seen.is_empty() && is_constant {
                return Err(refuse::title_without_quotes(kind, name.span()));
            }
            check_name(kind, &name, &seen)?;
            options.read(kind, &name, input)?;
            seen.push(name.to_string());
            end_of_option(input)?;
        }
        if kind != Kind::Operation && options.title.is_none() {
            return Err(refuse::missing_alias());
        }
        Ok(options)
    }

    fn read(&mut self, kind: Kind, name: &Ident, input: ParseStream) -> Result<()> {
        match name.to_string().as_str() {
            "alias" | "category" => {
                expect_equals(name, input, "\"…\"")?;
                let title = input.parse();
                self.title = Some(title.map_err(|error| refuse::title_without_quotes(kind, error.span()))?);
            }
            "skip" => self.selection = Selection::Skip(names(name, input)?),
            "args" => self.selection = Selection::Only(names(name, input)?),
            "handler" => self.handler = Some(value(name, input, "expression")?),
            "result_handler" => self.result_handler = Some(value(name, input, "expression")?),
            "fallback" => self.fallback = fallback(name, input)?,
            "fallback_with" => self.fallback_with = Some(value(name, input, "path::to::function")?),
            "missing" | "unrecorded" => self.unanswered = policy(kind, name, input)?,
            "metadata" => self.metadata = Some(value(name, input, "path::to::function")?),
            "recorder" => self.recorder = Some(value(name, input, "expression")?),
            "sampling_rate" => self.sampling_rate = Some(refuse::sampling_rate(value(name, input, "0.1")?)?),
            "ignore_forced_sampling" => self.ignore_forced_sampling = flag(name, input)?,
            "sampling_key" => self.sampling_key = Some(value(name, input, "expression")?),
            "skip_recording" => self.skip_recording = flag(name, input)?,
            "crate" => {
                expect_equals(name, input, "path::to::playback_core")?;
                self.path = Some(input.call(Path::parse_mod_style)?);
            }
            // Names were checked before.
            _ => {}
        }
        Ok(())
    }
}

/// Refuses a name that is unknown, out of place, given twice, or at odds with one before it.
fn check_name(kind: Kind, name: &Ident, seen: &[String]) -> Result<()> {
    let text = name.to_string();
    let refused = |message: String| Err(Error::new(name.span(), message));
    if !kind.known().contains(&text.as_str()) {
        let known: Vec<_> = kind.known().iter().map(|&known| known.to_owned()).collect();
        return refused(match refuse::option_of_another(kind, &text) {
            Some(instead) => instead.to_owned(),
            None => format!("there is no option `{text}`; {}", known_names(&text, &known)),
        });
    }
    if seen.contains(&text) {
        return refused(format!("`{text}` is given twice; leave one out"));
    }
    let opposites = [("skip", "args"), ("fallback", "fallback_with")];
    let opposite = opposites.iter().find_map(|&(one, other)| match text.as_str() {
        text if text == one => Some(other),
        text if text == other => Some(one),
        _ => None,
    });
    match opposite.filter(|&opposite| seen.iter().any(|name| name == opposite)) {
        Some("skip" | "args") => refused(
            "`skip` and `args` exclude each other: `skip` leaves arguments out, `args` names the only ones to record"
                .to_owned(),
        ),
        Some(_) => refused(
            "`fallback` and `fallback_with` exclude each other: have the function return all the old aliases"
                .to_owned(),
        ),
        None => Ok(()),
    }
}

fn end_of_option(input: ParseStream) -> Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

fn expect_equals(name: &Ident, input: ParseStream, example: &str) -> Result<()> {
    if input.peek(Token![=]) {
        return input.parse::<Token![=]>().map(drop);
    }
    Err(Error::new(name.span(), format!("`{name}` takes a value: write `{name} = {example}`")))
}

fn value<T: Parse>(name: &Ident, input: ParseStream, example: &str) -> Result<T> {
    expect_equals(name, input, example)?;
    input.parse()
}

fn flag(name: &Ident, input: ParseStream) -> Result<bool> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(true);
    }
    Err(Error::new(name.span(), format!("`{name}` takes no value: write `{name}` alone, or leave it out")))
}

/// `(a, b)`.
fn names(name: &Ident, input: ParseStream) -> Result<Vec<Ident>> {
    if !input.peek(syn::token::Paren) {
        return Err(Error::new(
            name.span(),
            format!("`{name}` takes names of parameters: write `{name}(a, b)`"),
        ));
    }
    let content;
    parenthesized!(content in input);
    let names: Vec<Ident> =
        Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)?
            .into_iter()
            .collect();
    for (at, one) in names.iter().enumerate() {
        if names.iter().take(at).any(|before| before.unraw() == one.unraw()) {
            return Err(Error::new(one.span(), format!("`{one}` is named twice; leave one out")));
        }
    }
    Ok(names)
}

/// `("old.alias", "older/{table}")`.
fn fallback(name: &Ident, input: ParseStream) -> Result<Vec<Template>> {
    let refused =
        |span: Span| Error::new(span, "`fallback` takes old aliases: write `fallback(\"old.alias\")`");
    if !input.peek(syn::token::Paren) {
        return Err(refused(name.span()));
    }
    let content;
    parenthesized!(content in input);
    let mut aliases = Vec::new();
    while !content.is_empty() {
        let literal: LitStr = content.parse().map_err(|_| refused(content.span()))?;
        aliases.push(Template::new(&literal)?);
        end_of_option(&content)?;
    }
    if aliases.is_empty() { Err(refused(name.span())) } else { Ok(aliases) }
}

/// `fail`, `call`, `value(expression)` or `with(path)`, as far as the kind has them.
fn policy(kind: Kind, name: &Ident, input: ParseStream) -> Result<Policy> {
    let example = if kind == Kind::Input {
        "`fail`, `call`, `value(expression)` or `with(path::to::function)`"
    } else {
        "`fail` or `value(expression)`"
    };
    if !input.peek(Token![=]) {
        return Err(Error::new(name.span(), format!("`{name}` takes a value: {example}")));
    }
    input.parse::<Token![=]>()?;
    let policy = input
        .call(Ident::parse_any)
        .map_err(|error| Error::new(error.span(), format!("`{name}` is one of {example}")))?;
    let inside = || {
        if !input.peek(syn::token::Paren) {
            return Err(Error::new(
                policy.span(),
                format!("write it as `{policy}(…)`: `{name}` is one of {example}"),
            ));
        }
        let content;
        parenthesized!(content in input);
        let expression = content.parse::<Expr>()?;
        if content.is_empty() { Ok(expression) } else { Err(content.error("expected one expression")) }
    };
    match (policy.to_string().as_str(), kind) {
        ("fail", _) => Ok(Policy::Fail),
        ("call", Kind::Input) => Ok(Policy::Call),
        ("value", _) => Ok(Policy::Value(inside()?)),
        ("with", Kind::Input) => Ok(Policy::With(inside()?)),
        ("call", _) => {
            let message = "an output is never sent on replay, so there is no `call`; \
                           give the answer that the caller is to see: `unrecorded = value(expression)`";
            Err(Error::new(policy.span(), message))
        }
        _ => Err(Error::new(policy.span(), format!("`{policy}` is none of {example}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse::Parser;

    fn parse(kind: Kind, text: &str) -> Result<Options> {
        (|input: ParseStream| Options::parse(kind, input)).parse_str(text)
    }

    #[test]
    fn a_literal_in_front_is_the_title() {
        for (kind, text) in [
            (Kind::Input, "\"a\""),
            (Kind::Input, "alias = \"a\","),
            (Kind::Operation, "category = \"a\""),
            (Kind::Operation, "\"a\", skip_recording"),
        ] {
            let title = parse(kind, text).unwrap().title.map(|title| title.value());
            assert_eq!(title.as_deref(), Some("a"), "{text}");
        }
        assert!(parse(Kind::Operation, "").unwrap().title.is_none());
    }

    #[test]
    fn every_known_option_is_read() {
        let all = [
            (
                Kind::Operation,
                "category = \"a\", skip(a), metadata = f, recorder = r(), sampling_rate = 0.1, \
                 ignore_forced_sampling, sampling_key = a, skip_recording, result_handler = h, crate = p",
            ),
            (Kind::Input, "alias = \"a\", skip(a), handler = h, fallback(\"b\"), missing = fail, crate = p"),
            (
                Kind::Output,
                "\"a\", args(a), handler = h, result_handler = h, fallback_with = f, unrecorded = value(1)",
            ),
        ];
        for (kind, text) in all {
            assert!(parse(kind, text).is_ok(), "{text}");
        }
        for kind in [Kind::Operation, Kind::Input, Kind::Output] {
            for name in kind.known() {
                // Known, so that what is wrong is the value.
                let error = parse(kind, &format!("{name} 5")).map(drop).unwrap_err().to_string();
                assert!(!error.contains("there is no option"), "{name}: {error}");
            }
        }
    }

    #[test]
    fn every_policy_is_read() {
        let policy = |text: &str| parse(Kind::Input, &format!("\"a\", missing = {text}")).unwrap().unanswered;
        assert!(matches!(policy("fail"), Policy::Fail));
        assert!(matches!(policy("call"), Policy::Call));
        assert!(matches!(policy("value(Vec::new())"), Policy::Value(_)));
        assert!(matches!(policy("with(f::g)"), Policy::With(_)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let cases = [
            (Kind::Input, "", "needs an alias"),
            (Kind::Input, "alias", "`alias` takes a value: write `alias = \"…\"`"),
            (Kind::Input, "alias = a", "an alias is a string literal"),
            (Kind::Input, "ALIAS", "an alias is a string literal"),
            (Kind::Operation, "consts::NAME, skip_recording", "a category is a string literal"),
            (Kind::Input, "\"a\", alias = \"b\"", "`alias` is given twice"),
            (Kind::Input, "\"a\", handler = a, handler = b", "`handler` is given twice"),
            (Kind::Input, "\"a\", skip(a), args(b)", "exclude each other"),
            (Kind::Input, "\"a\", fallback_with = f, fallback(\"b\")", "exclude each other"),
            (Kind::Input, "\"a\", skip = a", "write `skip(a, b)`"),
            (Kind::Input, "\"a\", skip(a, a)", "`a` is named twice"),
            (Kind::Input, "\"a\", fallback = \"b\"", "write `fallback(\"old.alias\")`"),
            (Kind::Input, "\"a\", fallback()", "write `fallback(\"old.alias\")`"),
            (Kind::Input, "\"a\", handlr = h", "did you mean `handler`?"),
            (Kind::Input, "\"a\", missing = panic", "`panic` is none of `fail`, `call`"),
            (Kind::Input, "\"a\", missing = value", "write it as `value(…)`"),
            (Kind::Input, "\"a\", unrecorded = fail", "write `missing = "),
            (Kind::Output, "\"a\", missing = fail", "write `unrecorded = "),
            (Kind::Output, "\"a\", unrecorded = call", "never sent on replay"),
            (Kind::Output, "\"a\", unrecorded = with(f)", "`with` is none of `fail` or `value(expression)`"),
            (Kind::Operation, "skip_recording = true", "takes no value"),
            (Kind::Operation, "sampling_rate = 1.5", "between 0 and 1"),
            (Kind::Operation, "sampling_rate = -1", "between 0 and 1"),
            (Kind::Operation, "handler = h", "result_handler"),
            (Kind::Operation, "alias = \"a\"", "category"),
        ];
        for (kind, text, why) in cases {
            let error = parse(kind, text).map(drop).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
