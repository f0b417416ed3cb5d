//! The expansion: the builder of `playback_core`, called as a person would call it, around the body.
//!
//! ```text
//! async fn customer(&self, id: CustomerId) -> Result<Customer, Error> {
//!     let call = ::playback_core::input("checkout.customer").argument_names(&["id"]).args(&(&id,));
//!     call.run_async(async move { … }).await
//! }
//! ```

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, LitStr, Result, Stmt, Type};

use crate::arguments::{Argument, Parameters};
use crate::boxed_future::BoxedFuture;
use crate::function::Function;
use crate::options::{Kind, Options, Policy};
use crate::refuse;
use crate::returned::boxed_output;
use crate::template::Template;

/// What stands in the place of the function; the function as it was and an error, if it cannot be.
pub(crate) fn expand(kind: Kind, attribute: TokenStream, item: TokenStream) -> TokenStream {
    match attempt(kind, attribute, item.clone()) {
        Ok(expanded) => expanded,
        Err(error) => {
            let error = error.into_compile_error();
            quote!(#error #item)
        }
    }
}

fn attempt(kind: Kind, attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let function: Function = syn::parse2(item)?;
    let options = (|input: ParseStream| Options::parse(kind, input)).parse2(attribute)?;
    refuse::signature(&function.signature)?;

    let mut parameters = Parameters::of(&function.signature);
    let mut boxed = BoxedFuture::of(&function)?;
    let taken_apart = boxed.as_mut().map(|boxed| boxed.take_patterns_apart(&mut parameters));
    let returned = match &boxed {
        Some(_) => function.returned().map(|ty| boxed_output(ty).map_or(Returned::Unstated, Returned::Type)),
        None => function.returned().map(Returned::Type),
    };
    let returned = returned.unwrap_or(Returned::Unit);
    if let Returned::Type(ty) = returned {
        refuse::returned(kind, &options, ty)?;
    }

    let recorded = parameters.recorded(&options.selection)?;
    refuse::written(kind, &options.selection, &recorded)?;
    let span = Span::mixed_site();
    let result_span = span.located_at(function.returned_span());
    let call = Call { kind, function: &function, options, parameters, recorded, returned, span, result_span };
    let statements = match boxed {
        Some(boxed) => {
            let body = boxed.body();
            let block = call.awaited(&taken_apart.unwrap_or_default(), quote!(#(#body)*))?;
            boxed.with_block(&block)
        }
        None if function.signature.asyncness.is_some() => call.awaited(&[], function.body.stream())?,
        None => call.blocking(&function.body)?,
    };
    Ok(function.with_body(&statements))
}

/// What is known of the result.
#[derive(Clone, Copy)]
enum Returned<'f> {
    /// Nothing is stated, which is `()`.
    Unit,
    Type(&'f Type),
    /// It is hidden behind a name, as in `-> Self::Future`.
    Unstated,
}

/// The call to record.
struct Call<'f> {
    kind: Kind,
    function: &'f Function,
    options: Options,
    parameters: Parameters,
    recorded: Vec<Argument>,
    returned: Returned<'f>,
    /// The attribute. What is named at this place cannot be seen by the body.
    span: Span,
    /// The same, shown at the type of the result, where errors about it belong.
    result_span: Span,
}

impl Call<'_> {
    /// The statements of a function that is not `async`.
    fn blocking(&self, body: &impl ToTokens) -> Result<TokenStream> {
        let builder = self.builder()?;
        let ty = self.result_type();
        // An operation may return what it has borrowed, so that its arguments go into the closure. That of an
        // interception takes no more than the body does, so that a handler may borrow the rest.
        let capture = (self.kind == Kind::Operation).then(|| quote_spanned!(self.result_span=> move));
        let allowed = self.allowed();
        Ok(quote_spanned!(self.result_span=>
            #allowed
            let __playback = #builder;
            __playback.run(#capture || -> #ty #body)
        ))
    }

    /// The statements of an `async` function or block, of the statements to record and those before.
    fn awaited(&self, before: &[Stmt], body: TokenStream) -> Result<TokenStream> {
        let builder = self.builder()?;
        // A block of its own, lest a name that the body defines changes the meaning of the type before it.
        // As a generated block it is not blamed for its braces.
        let mut block = Group::new(Delimiter::Brace, body);
        block.set_span(self.span.located_at(self.function.body.span()));
        // An `async` block cannot state its type. A `return` that is never taken states it, for `?`,
        // `None` and coercions to find.
        let stated = match self.returned {
            Returned::Unstated => TokenStream::new(),
            Returned::Unit | Returned::Type(_) => {
                let ty = self.result_type();
                quote_spanned!(self.result_span=>
                    if let ::core::option::Option::Some(__result) = ::core::option::Option::None::<#ty> {
                        return __result;
                    }
                )
            }
        };
        let allowed = self.allowed();
        // References to the arguments end with the first statement, so that no `await` has to keep them.
        Ok(quote_spanned!(self.result_span=>
            #(#before)*
            #allowed
            let __playback = #builder;
            __playback.run_async(async move { #stated #block }).await
        ))
    }

    /// The lints that recording an argument may set off.
    fn allowed(&self) -> Option<TokenStream> {
        let underscored = self.recorded.iter().any(|argument| argument.ident.to_string().starts_with('_'));
        underscored.then(|| quote_spanned!(self.span=> #[allow(clippy::used_underscore_binding)]))
    }

    fn result_type(&self) -> TokenStream {
        match self.returned {
            Returned::Unit => quote_spanned!(self.result_span=> ()),
            Returned::Type(ty) => ty.to_token_stream(),
            Returned::Unstated => quote_spanned!(self.result_span=> _),
        }
    }

    /// The builder with everything on it, ready to run.
    fn builder(&self) -> Result<TokenStream> {
        let mut builder = self.start()?;
        let mut add = |method: Option<TokenStream>| builder.extend(method);
        let options = &self.options;
        let evaluated = |method: &str, expression: &Option<Expr>| {
            let method = syn::Ident::new(method, self.span);
            expression.as_ref().map(|expression| quote_spanned!(self.span=> .#method(|| #expression)))
        };

        add(self.argument_names());
        add(self.fallback()?);
        add(evaluated("recorder_with", &options.recorder));
        add(options.sampling_rate.as_ref().map(|rate| quote_spanned!(self.span=> .sampling_rate(#rate))));
        add(options.ignore_forced_sampling.then(|| quote_spanned!(self.span=> .ignore_forced_sampling())));
        add(options.sampling_key.as_ref().map(|key| quote_spanned!(self.span=> .sampling_key(&(#key)))));
        add(options.skip_recording.then(|| quote_spanned!(self.span=> .skip_recording())));
        add(options.metadata.as_ref().map(|metadata| quote_spanned!(self.span=> .metadata(#metadata))));
        match self.kind {
            Kind::Operation => {
                add(evaluated("result_handler_with", &options.result_handler));
                add(Some(self.arguments()));
            }
            Kind::Input => {
                add(Some(self.arguments()));
                add(evaluated("handler_with", &options.handler));
            }
            Kind::Output => {
                add(evaluated("handler_with", &options.handler));
                add(Some(self.arguments()));
                add(evaluated("result_handler_with", &options.result_handler));
            }
        }
        add(self.unanswered());
        Ok(builder)
    }

    fn start(&self) -> Result<TokenStream> {
        let path = match &self.options.path {
            Some(path) => path.to_token_stream(),
            None => quote_spanned!(self.span=> ::playback_core),
        };
        let name = || LitStr::new(&self.function.signature.ident.unraw().to_string(), self.span);
        let title = self.options.title.clone().unwrap_or_else(name);
        let (fixed, computed) = match self.kind {
            Kind::Operation => {
                refuse::category(&title)?;
                return Ok(quote_spanned!(self.span=> #path::operation(#title)));
            }
            Kind::Input => (quote_spanned!(self.span=> input), quote_spanned!(self.span=> input_with)),
            Kind::Output => (quote_spanned!(self.span=> output), quote_spanned!(self.span=> output_with)),
        };
        let alias = Template::new(&title)?;
        let made_of = self.made_of(&alias)?;
        if alias.is_fixed() {
            let alias = alias.fixed();
            return Ok(quote_spanned!(self.span=> #path::#fixed(#alias) #made_of));
        }
        let text = alias.string(&self.parameters)?;
        Ok(quote_spanned!(self.span=> #path::#computed(|| #text) #made_of))
    }

    /// What the alias and its fallbacks are made of.
    fn made_of(&self, alias: &Template) -> Result<Option<TokenStream>> {
        let templates = std::iter::once(alias).chain(&self.options.fallback);
        let parts =
            templates.map(|template| template.parts(&self.parameters)).collect::<Result<Vec<_>>>()?.concat();
        Ok((!parts.is_empty()).then(|| quote_spanned!(self.span=> .made_of(|| ::std::vec![#(#parts),*]))))
    }

    fn argument_names(&self) -> Option<TokenStream> {
        let names = self.recorded.iter().map(Argument::name);
        (!self.recorded.is_empty()).then(|| quote_spanned!(self.span=> .argument_names(&[#(#names),*])))
    }

    fn arguments(&self) -> TokenStream {
        let references = self.recorded.iter().map(Argument::reference);
        let mut tuple = Group::new(Delimiter::Parenthesis, quote!(#(#references,)*));
        // An error about the type of an argument is shown at the whole tuple: from the first to the last.
        let (first, last) = match self.recorded.as_slice() {
            [] => (self.span, self.span),
            [only] => (only.span(), only.span()),
            [first, .., last] => (first.span(), last.span()),
        };
        tuple.set_span(last);
        let borrowed = quote_spanned!(first=> &);
        quote_spanned!(self.span=> .args(#borrowed #tuple))
    }

    fn fallback(&self) -> Result<Option<TokenStream>> {
        let Options { fallback, fallback_with, .. } = &self.options;
        if let Some(function) = fallback_with {
            let aliases = self.of_arguments(function);
            return Ok(Some(quote_spanned!(self.span=> .fallback_with(|| #aliases))));
        }
        if fallback.iter().all(Template::is_fixed) {
            let aliases = fallback.iter().map(Template::fixed);
            return Ok(Some(quote_spanned!(self.span=> #(.fallback(#aliases))*)));
        }
        let aliases =
            fallback.iter().map(|alias| alias.string(&self.parameters)).collect::<Result<Vec<_>>>()?;
        Ok(Some(quote_spanned!(self.span=> .fallback_with(|| ::std::vec![#(#aliases),*]))))
    }

    fn unanswered(&self) -> Option<TokenStream> {
        let answer = match &self.options.unanswered {
            Policy::Fail => return None,
            Policy::Call => return Some(quote_spanned!(self.span=> .call_when_missing())),
            Policy::Value(value) => value.to_token_stream(),
            Policy::With(function) => self.of_arguments(function),
        };
        let ty = self.result_type();
        Some(match self.kind {
            Kind::Output => quote_spanned!(self.span=> .answer_when_unrecorded(|| -> #ty { #answer })),
            _ => quote_spanned!(self.span=> .answer_when_missing(|| -> #ty { #answer })),
        })
    }

    /// A function, called with the recorded arguments.
    fn of_arguments(&self, function: &Expr) -> TokenStream {
        let references = self.recorded.iter().map(Argument::reference);
        match function {
            Expr::Path(path) => quote_spanned!(self.span=> #path(#(#references),*)),
            other => quote_spanned!(self.span=> (#other)(#(#references),*)),
        }
    }
}
