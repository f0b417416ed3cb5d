//! What cannot work, each with what to write instead.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Abi, Error, Expr, ExprLit, ExprUnary, Lit, LitFloat, Result, Signature, Type, UnOp};

use crate::arguments::{Argument, Selection};
use crate::options::{Kind, Options};
use crate::returned::{Part, find, future_output};

/// Refuses functions that cannot be recorded whatever they return.
pub(crate) fn signature(signature: &Signature) -> Result<()> {
    if let Some(constness) = &signature.constness {
        let message = "a `const fn` cannot be recorded: at compile time there is nothing to record it; \
                       remove `const`, or put the attribute on a function that calls this one";
        return Err(Error::new(constness.span(), message));
    }
    match &signature.abi {
        Some(abi) if !unwinds(abi) => {
            let message = "a replay ends a call that has no answer by unwinding, which aborts the process at this ABI; \
                           put the attribute on a Rust function that this one calls";
            Err(Error::new(abi.span(), message))
        }
        _ => Ok(()),
    }
}

/// Refuses an input that may bring something in by writing to an argument: only its result is recorded. Naming the
/// arguments is saying that one knows.
pub(crate) fn written(kind: Kind, selection: &Selection, recorded: &[Argument]) -> Result<()> {
    let written = recorded.iter().find(|argument| argument.mutable);
    match (kind, selection, written) {
        (Kind::Input, Selection::All | Selection::Skip(_), Some(Argument { ident, .. })) => {
            let message = format!(
                "`{ident}` is a `&mut`, and on replay nothing writes to it: only the result of an input comes back; \
                 return what it brings in, or leave it out with `skip({ident})` if it brings in nothing"
            );
            Err(Error::new(ident.span(), message))
        }
        _ => Ok(()),
    }
}

fn unwinds(abi: &Abi) -> bool {
    abi.name.as_ref().map(syn::LitStr::value).is_some_and(|name| name == "Rust" || name.ends_with("-unwind"))
}

/// Refuses what a function returns, or its future resolves to, if it cannot be recorded or rebuilt.
pub(crate) fn returned(kind: Kind, options: &Options, ty: &Type) -> Result<()> {
    if matches!(ty, Type::Never(_)) {
        let message = "this function never returns, so it has no result to record; \
                       put the attribute on what it calls";
        return Err(Error::new(ty.span(), message));
    }
    if let Some(Part::ImplTrait(hidden)) = find(ty, &|part| matches!(part, Part::ImplTrait(_))) {
        let message = if hidden.bounds.iter().any(|bound| future_output(bound).is_some()) {
            "a returned `impl Future` hides when the work is done; \
             write an `async fn` that returns what the future resolves to"
        } else {
            "what is recorded needs a type with a name, and `impl Trait` has none; \
             return a concrete type, such as `Vec<T>` for `impl Iterator<Item = T>`"
        };
        return Err(Error::new(hidden.span(), message));
    }
    // The result of an operation is written down, and never rebuilt.
    let handler = match kind {
        Kind::Operation => return Ok(()),
        Kind::Input => &options.handler,
        Kind::Output => &options.result_handler,
    };
    let impossible = |part: &Part<'_>| match part {
        Part::ImplTrait(_) => false,
        // A handler may have what it needs for ever.
        Part::Reference(_) => !part.is_static() || handler.is_none(),
        // `Cow<'static, str>` and the like are rebuilt as what they own.
        Part::Lifetime(_) => !part.is_static(),
    };
    match find(ty, &impossible) {
        None => Ok(()),
        Some(part) => {
            let message = if part.is_static() {
                "on replay the result is read from the recording, which cannot make a `&'static`; \
                 return an owned value or a `Cow<'static, _>`, or give a handler that restores it"
            } else {
                "on replay the result is read from the recording, so there is nothing to borrow it from; \
                 return an owned value, such as `String` for `&str` and `Vec<T>` for `&[T]`, \
                 or put the attribute on a function inside that does"
            };
            Err(Error::new(ty.span(), message))
        }
    }
}

/// The refusal of an interception without a name.
pub(crate) fn missing_alias() -> Error {
    let message = "an interception needs an alias, the name under which it is found in the recording: \
                   write it first, as in `(\"db.customer\")`";
    Error::new(Span::call_site(), message)
}

/// The refusal of an alias or a category that is no literal.
pub(crate) fn title_without_quotes(kind: Kind, span: Span) -> Error {
    let message = match kind {
        Kind::Operation => "a category is a string literal: write `category = \"…\"`",
        Kind::Input | Kind::Output => {
            "an alias is a string literal; a constant is captured by it: write `alias = \"{ALIAS}\"`"
        }
    };
    Error::new(span, message)
}

/// What to write instead of an option that one of the other attributes has.
pub(crate) fn option_of_another(kind: Kind, option: &str) -> Option<&'static str> {
    Some(match (kind, option) {
        (Kind::Operation, "alias") => "an operation has a category: write `category = \"…\"`",
        (Kind::Operation, "handler") => {
            "`handler` belongs to inputs and outputs; the result of an operation has a `result_handler = …`, \
             and arguments that cannot be recorded are left out with `skip(…)`"
        }
        (Kind::Operation, "missing" | "unrecorded" | "fallback" | "fallback_with") => {
            "this option belongs to inputs and outputs; an operation runs on replay, and needs no answer"
        }
        (Kind::Input, "unrecorded") => {
            "`unrecorded` belongs to outputs; for an input write `missing = fail`, `missing = call`, \
             `missing = value(expression)` or `missing = with(path::to::function)`"
        }
        (Kind::Input, "result_handler") => {
            "the handler of an input is for its result as it is: write `handler = …`"
        }
        (Kind::Output, "missing") => {
            "`missing` belongs to inputs; for an output write `unrecorded = fail` or `unrecorded = value(expression)`"
        }
        (Kind::Input | Kind::Output, "category") => "an interception has an alias: write `alias = \"…\"`",
        (
            Kind::Input | Kind::Output,
            "metadata"
            | "recorder"
            | "sampling_rate"
            | "ignore_forced_sampling"
            | "sampling_key"
            | "skip_recording",
        ) => "this option belongs on the `#[operation]` in which the interception runs",
        _ => return None,
    })
}

/// A sampling rate as it is handed on, unless it is a number that is no rate.
pub(crate) fn sampling_rate(rate: Expr) -> Result<Expr> {
    let refused =
        |span| Err(Error::new(span, "a sampling rate is between 0 and 1, the share of runs to keep"));
    match &rate {
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => match number.base10_parse::<f64>() {
            Ok(value) if (0.0..=1.0).contains(&value) => Ok(rate),
            _ => refused(rate.span()),
        },
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => match number.base10_parse::<u8>() {
            Ok(value @ 0..=1) => {
                let lit = Lit::Float(LitFloat::new(&format!("{value}.0"), number.span()));
                Ok(Expr::Lit(ExprLit { attrs: Vec::new(), lit }))
            }
            _ => refused(rate.span()),
        },
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) if matches!(**expr, Expr::Lit(_)) => {
            refused(rate.span())
        }
        _ => Ok(rate),
    }
}

/// Refuses a category that is none.
pub(crate) fn category(category: &syn::LitStr) -> Result<()> {
    let text = category.value();
    if text.trim().is_empty() {
        let message = "a category cannot be empty; name the kind of operation, or leave `category` out \
                       to use the function's name";
        return Err(Error::new(category.span(), message));
    }
    if text.contains(['{', '}']) {
        let message = "a category is fixed text and captures no arguments; keep what varies in `metadata`";
        return Err(Error::new(category.span(), message));
    }
    if text.contains(char::is_control) {
        return Err(Error::new(category.span(), "a category cannot have a control character in it"));
    }
    Ok(())
}
