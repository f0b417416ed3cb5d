//! Functions that are not `async` but return a boxed `async` block: what `#[async_trait]` makes of an
//! `async fn` before the attributes of the function get to see it, and what people write by hand.
//!
//! The call to record is the block, not the making of the box.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Block, Error, Expr, ExprAsync, Local, Pat, Path, Result, Stmt};

use crate::arguments::Parameters;
use crate::function::Function;
use crate::returned::boxed_output;

/// A body of the form `Box::pin(async move { … })` or `async move { … }.boxed()`.
pub(crate) struct BoxedFuture {
    /// Functions, imports and the like that stand before.
    items: Vec<Stmt>,
    /// The boxing expression.
    boxing: Expr,
    /// What stands in the `async` block.
    body: Vec<Stmt>,
}

impl BoxedFuture {
    /// Recognises such a body.
    pub(crate) fn of(function: &Function) -> Result<Option<Self>> {
        if function.signature.asyncness.is_some() {
            return Ok(None);
        }
        // The rest is told by the body, so that `-> Self::Future` is recognised too.
        let parsed = if may_end_in_boxing(function.body.stream()) { Self::read(function)? } else { None };
        if parsed.is_none() && function.returned().and_then(boxed_output).is_some() {
            let message = "only the making of this future would be recorded, not what it does; \
                           write an `async fn`, or let the body be one `Box::pin(async move { … })`";
            return Err(Error::new(function.returned_span(), message));
        }
        Ok(parsed)
    }

    fn read(function: &Function) -> Result<Option<Self>> {
        let mut items = Block::parse_within.parse2(function.body.stream())?;
        let Some(Stmt::Expr(mut boxing, None)) = items.pop() else { return Ok(None) };
        let Some(block) = async_block(&mut boxing) else { return Ok(None) };
        let body = std::mem::take(&mut block.block.stmts);
        match items.iter().find(|statement| !matches!(statement, Stmt::Item(_))) {
            None => Ok(Some(Self { items, boxing, body })),
            Some(statement) => {
                let message = "this would run outside of the recording, before the future is first polled; \
                               move it into the `async` block";
                Err(Error::new_spanned(statement, message))
            }
        }
    }

    /// Undoes what `#[async_trait]` does to patterns: it names such a parameter `__arg1` and takes it apart in
    /// the block. Gives the statements that take apart, which have to run before the arguments are recorded.
    pub(crate) fn take_patterns_apart(&mut self, parameters: &mut Parameters) -> Vec<Stmt> {
        let mut taken_apart = Vec::new();
        let names: Vec<_> = parameters.arguments().iter().map(|argument| argument.ident.clone()).collect();
        for name in names.iter().filter(|name| name.to_string().starts_with("__arg")) {
            let of_it = |statement: &Stmt| match statement {
                Stmt::Local(local) => is_of(local, name),
                _ => false,
            };
            let Some(at) = self.body.iter().position(of_it) else { continue };
            let Some(Stmt::Local(local)) = self.body.get(at) else { continue };
            if matches!(&local.pat, Pat::Ident(same) if same.ident == *name) {
                // It was `_`, and binds nothing.
                parameters.destructure(name, &syn::parse_quote!(_));
            } else {
                parameters.destructure(name, &local.pat);
                taken_apart.push(self.body.remove(at));
            }
        }
        taken_apart
    }

    /// What stands in the `async` block.
    pub(crate) fn body(&self) -> &[Stmt] {
        &self.body
    }

    /// The function's body with something else in the `async` block.
    pub(crate) fn with_block(mut self, statements: &TokenStream) -> TokenStream {
        if let Some(block) = async_block(&mut self.boxing) {
            let (attributes, keyword) = (&block.attrs, &block.async_token);
            let instead = Expr::Verbatim(quote!(#(#attributes)* #keyword move { #statements }));
            replace_async_block(&mut self.boxing, instead);
        }
        let Self { items, boxing, .. } = self;
        quote!(#(#items)* #boxing)
    }
}

/// Whether the last tokens may be a call of `pin`, `boxed` or `boxed_local`: a look that costs next to nothing
/// at the functions that are nothing of the kind.
fn may_end_in_boxing(body: TokenStream) -> bool {
    let mut last_name = None;
    let mut ends_in_call = false;
    for token in body {
        ends_in_call = matches!(token, TokenTree::Group(_));
        if let TokenTree::Ident(name) = token {
            last_name = Some(name);
        }
    }
    ends_in_call && last_name.is_some_and(|name| name == "pin" || name == "boxed" || name == "boxed_local")
}

/// The `async` block inside of a boxing expression.
fn async_block(boxing: &mut Expr) -> Option<&mut ExprAsync> {
    match boxed_expression(boxing)? {
        Expr::Async(block) => Some(block),
        _ => None,
    }
}

fn replace_async_block(boxing: &mut Expr, instead: Expr) {
    if let Some(block) = boxed_expression(boxing) {
        *block = instead;
    }
}

fn boxed_expression(boxing: &mut Expr) -> Option<&mut Expr> {
    match boxing {
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) if is_box_pin(&function.path) => call.args.first_mut(),
            _ => None,
        },
        Expr::MethodCall(call) if call.method == "boxed" || call.method == "boxed_local" => {
            Some(&mut call.receiver)
        }
        _ => None,
    }
}

fn is_box_pin(path: &Path) -> bool {
    let mut from_the_end = path.segments.iter().rev();
    from_the_end.next().is_some_and(|last| last.ident == "pin")
        && from_the_end.next().is_some_and(|before| before.ident == "Box")
}

/// Whether it is `let … = name;` or `let … = { …; name };`.
fn is_of(local: &Local, name: &proc_macro2::Ident) -> bool {
    let is_name = |expression: &Expr| matches!(expression, Expr::Path(path) if path.path.is_ident(name));
    match local.init.as_ref().map(|init| &*init.expr) {
        Some(Expr::Block(block)) => {
            matches!(block.block.stmts.last(), Some(Stmt::Expr(last, None)) if is_name(last))
        }
        Some(expression) => is_name(expression),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Selection;

    fn boxed(text: &str) -> Result<Option<BoxedFuture>> {
        BoxedFuture::of(&syn::parse_str(text)?)
    }

    #[test]
    fn a_boxed_async_block_is_recognised_however_it_is_written() {
        for text in [
            "fn f(&self) -> Pin<Box<dyn Future<Output = u8>>> { Box::pin(async move { 1 }) }",
            "fn f(&self) -> Self::Future { ::std::boxed::Box::pin(async { 1 }) }",
            "fn f(&self) -> BoxFuture<'_, u8> { use a::b; async move { 1 }.boxed() }",
            "fn f(&self) -> LocalBoxFuture<'_, u8> { fn g() {} async move { 1 }.boxed_local() }",
        ] {
            assert!(boxed(text).unwrap().is_some(), "{text}");
        }
        for text in [
            "async fn f() -> u8 { Box::pin(async move { 1 }).await }",
            "fn f() -> u8 { 1 }",
            "fn f() -> Pin<Box<u8>> { Box::pin(1) }",
            "fn f() { Box::pin(async move { 1 }); }",
        ] {
            assert!(boxed(text).unwrap().is_none(), "{text}");
        }
    }

    #[test]
    fn the_block_can_be_replaced() {
        let text = "fn f() -> BoxFuture<'_, u8> { fn g() {} Box::pin(async { 1 }) }";
        let replaced = boxed(text).unwrap().unwrap().with_block(&quote!(2));
        assert_eq!(replaced.to_string(), "fn g () { } Box :: pin (async move { 2 })");
    }

    #[test]
    fn a_boxed_future_of_another_form_is_refused() {
        let other = boxed("fn f() -> BoxFuture<'_, u8> { g() }").map(drop).unwrap_err().to_string();
        assert!(other.contains("write an `async fn`"), "{other}");
        let before = "fn f() -> BoxFuture<'_, u8> { let a = g(); Box::pin(async move { a }) }";
        let before = boxed(before).map(drop).unwrap_err().to_string();
        assert!(before.contains("move it into the `async` block"), "{before}");
    }

    #[test]
    fn the_patterns_that_async_trait_hides_are_found() {
        let function: Function = syn::parse_quote!(
            fn f(id: u8, __arg1: (u8, u8), __arg2: u8, __arg3: u8) -> BoxFuture<'_, u8> {
                Box::pin(async move {
                    let id = id;
                    let (a, mut b) = {
                        let __arg1 = __arg1;
                        __arg1
                    };
                    let __arg2 = __arg2;
                    1
                })
            }
        );
        let mut parameters = Parameters::of(&function.signature);
        let mut boxed = BoxedFuture::of(&function).unwrap().unwrap();
        let taken_apart = boxed.take_patterns_apart(&mut parameters);
        let recorded = parameters.recorded(&Selection::All).unwrap();
        let names: Vec<_> = recorded.iter().map(|argument| argument.ident.to_string()).collect();
        // What is not found anywhere is recorded whole.
        assert_eq!(names, ["id", "a", "b", "__arg3"]);
        assert_eq!(taken_apart.len(), 1);
        assert_eq!(boxed.body().len(), 3);
    }
}
