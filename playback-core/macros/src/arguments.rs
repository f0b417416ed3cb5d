//! The parameters of a function, and which of them are recorded.

use proc_macro2::Span;
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, Pat, Result, Signature, Type};

use crate::suggest::known_names;

/// A tuple of more cannot be serialised by serde.
const MOST_RECORDED: usize = 16;

/// Which parameters an attribute asks for.
pub(crate) enum Selection {
    /// Every one.
    All,
    /// `skip(…)`: every one but these.
    Skip(Vec<Ident>),
    /// `args(…)`: these, in this order.
    Only(Vec<Ident>),
}

/// What the parameters of a function are called.
pub(crate) struct Parameters {
    /// The `self` of a method.
    receiver: Option<Span>,
    /// Every name that a parameter binds, in their order.
    arguments: Vec<Argument>,
}

/// A name that a parameter binds.
#[derive(Clone)]
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    /// The conditions under which the parameter is there at all: `#[cfg(…)]`.
    pub(crate) conditions: Vec<Attribute>,
    /// The parameter is a `&mut`, so that the function may write to it.
    pub(crate) mutable: bool,
}

impl Argument {
    /// The name under which the argument is shown.
    pub(crate) fn name(&self) -> impl ToTokens + use<> {
        let conditions = &self.conditions;
        let name = self.ident.unraw().to_string();
        quote_spanned!(self.span()=> #(#conditions)* #name)
    }

    /// A reference to the argument.
    pub(crate) fn reference(&self) -> impl ToTokens + use<> {
        let Self { ident, conditions, .. } = self;
        quote_spanned!(self.span()=> #(#conditions)* &#ident)
    }

    /// Whether an option means this argument; `type` means `r#type`.
    fn is_named(&self, name: &Ident) -> bool {
        self.ident.unraw() == name.unraw()
    }

    /// Where the parameter is, for what is generated of it.
    pub(crate) fn span(&self) -> Span {
        Span::mixed_site().located_at(self.ident.span())
    }
}

impl Parameters {
    /// The parameters that a signature states.
    pub(crate) fn of(signature: &Signature) -> Self {
        let mut parameters = Self { receiver: None, arguments: Vec::new() };
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(receiver) => parameters.receiver = Some(receiver.self_token.span()),
                FnArg::Typed(typed) => {
                    let conditions = typed.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
                    let conditions: Vec<_> = conditions.cloned().collect();
                    let mutable =
                        matches!(&*typed.ty, Type::Reference(reference) if reference.mutability.is_some());
                    let mut bind = |ident: &Ident| {
                        let (ident, conditions) = (ident.clone(), conditions.clone());
                        parameters.arguments.push(Argument { ident, conditions, mutable });
                    };
                    bindings(&typed.pat, &mut bind);
                }
            }
        }
        parameters
    }

    /// Puts what `pattern` binds in the place of the parameter `name`.
    pub(crate) fn destructure(&mut self, name: &Ident, pattern: &Pat) {
        let Some(at) = self.arguments.iter().position(|argument| argument.ident == *name) else { return };
        let Argument { conditions, mutable, .. } = self.arguments.remove(at);
        let mut bound = Vec::new();
        let mut bind = |ident: &Ident| {
            bound.push(Argument { ident: ident.clone(), conditions: conditions.clone(), mutable })
        };
        bindings(pattern, &mut bind);
        self.arguments.splice(at..at, bound);
    }

    /// Every name that a parameter binds, in their order.
    pub(crate) fn arguments(&self) -> &[Argument] {
        &self.arguments
    }

    /// The arguments to record.
    pub(crate) fn recorded(&self, selection: &Selection) -> Result<Vec<Argument>> {
        let recorded = match selection {
            Selection::All => self.arguments.clone(),
            Selection::Skip(skipped) => {
                skipped.iter().try_for_each(|name| self.find(name).map(drop))?;
                let is_skipped = |argument: &&Argument| skipped.iter().any(|name| argument.is_named(name));
                self.arguments.iter().filter(|argument| !is_skipped(argument)).cloned().collect()
            }
            Selection::Only(names) => names.iter().map(|name| self.find(name)).collect::<Result<Vec<_>>>()?,
        };
        match recorded.get(MOST_RECORDED) {
            None => Ok(recorded),
            Some(one_too_many) => {
                let message = format!(
                    "{} arguments would be recorded, and serde takes {MOST_RECORDED} in one tuple; \
                     put some into a struct, or leave some out with `skip(…)`",
                    recorded.len()
                );
                Err(Error::new(one_too_many.ident.span(), message))
            }
        }
    }

    /// What a name stands for in an alias: an argument, `self`, or a constant.
    pub(crate) fn named(&self, name: &str) -> std::result::Result<Ident, String> {
        if name == "self" {
            let receiver = self.receiver.ok_or("there is no `self` here: the function is not a method")?;
            return Ok(Ident::new("self", receiver));
        }
        let argument = self.arguments.iter().find(|argument| argument.ident.unraw() == name);
        match argument {
            Some(argument) => Ok(argument.ident.clone()),
            None if name.starts_with(char::is_uppercase) => Ok(Ident::new(name, Span::call_site())),
            None => {
                Err(format!("the function has no parameter `{name}`; {}", known_names(name, &self.names())))
            }
        }
    }

    fn find(&self, name: &Ident) -> Result<Argument> {
        if name == "self" {
            let message = "`self` is never recorded; to tell instances apart, put a field of it into the alias: \
                           `\"db.get/{self.table}\"`";
            return Err(Error::new(name.span(), message));
        }
        self.arguments.iter().find(|argument| argument.is_named(name)).cloned().ok_or_else(|| {
            let known = known_names(&name.unraw().to_string(), &self.names());
            Error::new(name.span(), format!("the function has no parameter `{name}`; {known}"))
        })
    }

    fn names(&self) -> Vec<String> {
        self.arguments.iter().map(|argument| argument.ident.unraw().to_string()).collect()
    }
}

/// Calls `bind` with every name that a pattern binds.
fn bindings(pattern: &Pat, bind: &mut impl FnMut(&Ident)) {
    match pattern {
        // Of `whole @ (a, b)`, the whole says it all.
        Pat::Ident(named) => bind(&named.ident),
        Pat::Paren(inner) => bindings(&inner.pat, bind),
        Pat::Reference(inner) => bindings(&inner.pat, bind),
        Pat::Type(inner) => bindings(&inner.pat, bind),
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(|part| bindings(part, bind)),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|part| bindings(part, bind)),
        Pat::Slice(slice) => slice.elems.iter().for_each(|part| bindings(part, bind)),
        Pat::Struct(fields) => fields.fields.iter().for_each(|field| bindings(&field.pat, bind)),
        // Every case binds the same names.
        Pat::Or(cases) => cases.cases.iter().take(1).for_each(|case| bindings(case, bind)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[Argument]) -> Vec<String> {
        arguments.iter().map(|argument| argument.ident.to_string()).collect()
    }

    #[test]
    fn every_name_that_a_pattern_binds_is_an_argument() {
        let signature = syn::parse_quote!(fn f(
            self,
            mut id: u64,
            Path(key): Path<u64>,
            (a, (_, b)): (u8, (u8, u8)),
            Point { x, y: height, .. }: Point,
            [first, .., last]: [u8; 9],
            &by_reference: &u8,
            whole @ (_, _): (u8, u8),
            _: Context,
            _context: Context,
        ));
        let expected =
            ["id", "key", "a", "b", "x", "height", "first", "last", "by_reference", "whole", "_context"];
        assert_eq!(names(Parameters::of(&signature).arguments()), expected);
    }

    #[test]
    fn a_selection_leaves_out_or_picks_in_its_order() {
        let parameters = Parameters::of(&syn::parse_quote!(fn f(a: u8, b: u8, c: u8)));
        let ident = |name| Ident::new(name, Span::call_site());
        let recorded = |selection| names(&parameters.recorded(&selection).unwrap());
        assert_eq!(recorded(Selection::All), ["a", "b", "c"]);
        assert_eq!(recorded(Selection::Skip(vec![ident("b")])), ["a", "c"]);
        assert_eq!(recorded(Selection::Only(vec![ident("c"), ident("a")])), ["c", "a"]);
        assert!(recorded(Selection::Only(Vec::new())).is_empty());
    }

    #[test]
    fn a_parameter_can_be_taken_apart() {
        let mut parameters = Parameters::of(&syn::parse_quote!(fn f(a: u8, __arg1: (u8, u8), d: u8)));
        parameters.destructure(&Ident::new("__arg1", Span::call_site()), &syn::parse_quote!((b, c)));
        assert_eq!(names(parameters.arguments()), ["a", "b", "c", "d"]);
    }
}
