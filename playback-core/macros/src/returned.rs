//! What a return type is made of: whether something in it stands in the way of recording.

use syn::{
    AngleBracketedGenericArguments, GenericArgument, Lifetime, Path, PathArguments, Type, TypeImplTrait,
    TypeParamBound, TypeReference,
};

/// A part of a type that an interception may stumble over.
pub(crate) enum Part<'t> {
    ImplTrait(&'t TypeImplTrait),
    Reference(&'t TypeReference),
    /// A lifetime in angle brackets, or of a trait object.
    Lifetime(&'t Lifetime),
}

impl Part<'_> {
    /// Whether it is borrowed for as long as the process lives.
    pub(crate) fn is_static(&self) -> bool {
        let lifetime = match self {
            Part::ImplTrait(_) => None,
            Part::Reference(reference) => reference.lifetime.as_ref(),
            Part::Lifetime(lifetime) => Some(*lifetime),
        };
        lifetime.is_some_and(|lifetime| lifetime.ident == "static")
    }
}

/// The first part of `ty`, from the outside in, that `wanted` accepts.
pub(crate) fn find<'t>(ty: &'t Type, wanted: &impl Fn(&Part<'t>) -> bool) -> Option<Part<'t>> {
    let accept = |part: Part<'t>| wanted(&part).then_some(part);
    match ty {
        Type::ImplTrait(hidden) => accept(Part::ImplTrait(hidden))
            .or_else(|| hidden.bounds.iter().find_map(|bound| in_bound(bound, wanted))),
        Type::Reference(reference) => {
            accept(Part::Reference(reference)).or_else(|| find(&reference.elem, wanted))
        }
        Type::TraitObject(object) => object.bounds.iter().find_map(|bound| in_bound(bound, wanted)),
        Type::Path(path) => {
            let qualified = path.qself.as_ref().and_then(|qself| find(&qself.ty, wanted));
            qualified.or_else(|| in_path(&path.path, wanted))
        }
        Type::Tuple(tuple) => tuple.elems.iter().find_map(|part| find(part, wanted)),
        Type::Array(array) => find(&array.elem, wanted),
        Type::Slice(slice) => find(&slice.elem, wanted),
        Type::Paren(inner) => find(&inner.elem, wanted),
        Type::Group(inner) => find(&inner.elem, wanted),
        // A function's own arguments and result are no part of its value.
        _ => None,
    }
}

/// The type that a boxed future resolves to, where the type says so: `T` of `Pin<Box<dyn Future<Output = T>>>`
/// and of `BoxFuture<'_, T>`.
pub(crate) fn boxed_output(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    match last.ident.to_string().as_str() {
        "BoxFuture" | "LocalBoxFuture" => types.next(),
        "Pin" | "Box" => match types.next()? {
            Type::TraitObject(object) => object.bounds.iter().find_map(future_output),
            inner => boxed_output(inner),
        },
        _ => None,
    }
}

/// The type that a future resolves to, if the bound is `Future<Output = T>`.
pub(crate) fn future_output(bound: &TypeParamBound) -> Option<&Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
        _ => None,
    })
}

fn in_path<'t>(path: &'t Path, wanted: &impl Fn(&Part<'t>) -> bool) -> Option<Part<'t>> {
    path.segments.iter().find_map(|segment| match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => in_arguments(arguments, wanted),
        PathArguments::Parenthesized(_) | PathArguments::None => None,
    })
}

fn in_arguments<'t>(
    arguments: &'t AngleBracketedGenericArguments,
    wanted: &impl Fn(&Part<'t>) -> bool,
) -> Option<Part<'t>> {
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) => Some(Part::Lifetime(lifetime)).filter(wanted),
        GenericArgument::Type(ty) => find(ty, wanted),
        GenericArgument::AssocType(associated) => find(&associated.ty, wanted),
        _ => None,
    })
}

fn in_bound<'t>(bound: &'t TypeParamBound, wanted: &impl Fn(&Part<'t>) -> bool) -> Option<Part<'t>> {
    match bound {
        TypeParamBound::Lifetime(lifetime) => Some(Part::Lifetime(lifetime)).filter(wanted),
        TypeParamBound::Trait(bound) if bound.lifetimes.is_none() => in_path(&bound.path, wanted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrow_is_found_wherever_it_is() {
        let passing = |part: &Part<'_>| !matches!(part, Part::ImplTrait(_)) && !part.is_static();
        for text in [
            "&str",
            "&'a str",
            "&'static &'a str",
            "Foo<'_>",
            "Option<Cow<'a, str>>",
            "(u8, [&u8; 2])",
            "Box<dyn Iterator<Item = &'a u8>>",
            "Box<dyn Any + 'a>",
            "<Vec<&u8> as IntoIterator>::Item",
        ] {
            let ty = syn::parse_str(text).unwrap();
            assert!(find(&ty, &passing).is_some(), "{text}");
        }
        for text in [
            "String",
            "Result<Cow<'static, str>, E>",
            "&'static str",
            "Box<dyn Fn(&str) -> &str>",
            "fn(&str) -> &str",
            "Box<dyn for<'a> Visit<'a>>",
            "Self::Answer",
        ] {
            let ty = syn::parse_str(text).unwrap();
            assert!(find(&ty, &passing).is_none(), "{text}");
        }
    }

    #[test]
    fn the_output_of_a_boxed_future_is_found() {
        for text in [
            "Pin<Box<dyn Future<Output = u8> + Send + 'async_trait>>",
            "BoxFuture<'_, u8>",
            "::core::pin::Pin<Box<dyn ::core::future::Future<Output = u8>>>",
            "LocalBoxFuture<'static, u8>",
        ] {
            let ty = syn::parse_str(text).unwrap();
            assert!(
                matches!(boxed_output(&ty), Some(Type::Path(path)) if path.path.is_ident("u8")),
                "{text}"
            );
        }
        for text in ["u8", "Pin<Box<u8>>", "Box<dyn Any>", "Vec<u8>"] {
            assert!(boxed_output(&syn::parse_str(text).unwrap()).is_none(), "{text}");
        }
    }
}
