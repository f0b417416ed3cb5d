//! The attributes of `playback_core`, which re-exports them.
#![forbid(unsafe_code)]

mod arguments;
mod boxed_future;
mod expand;
mod function;
mod options;
mod refuse;
mod returned;
mod suggest;
mod template;

use proc_macro::TokenStream;

use crate::options::Kind;

/// Records runs of a function.
#[proc_macro_attribute]
pub fn operation(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Kind::Operation, options.into(), function.into()).into()
}

/// Makes a function an input of the operation around it.
#[proc_macro_attribute]
pub fn intercept_input(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Kind::Input, options.into(), function.into()).into()
}

/// Makes a function an output of the operation around it.
#[proc_macro_attribute]
pub fn intercept_output(options: TokenStream, function: TokenStream) -> TokenStream {
    expand::expand(Kind::Output, options.into(), function.into()).into()
}
