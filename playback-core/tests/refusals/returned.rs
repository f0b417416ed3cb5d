//! What cannot be made of a recording.
#![allow(unused, missing_abi)]

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;

use playback_core::{intercept_input, intercept_output, operation};

struct Table {
    name: String,
}

struct Row<'t>(&'t str);

impl Table {
    #[intercept_input("impl_trait")]
    fn impl_trait(&self, id: u64) -> impl Iterator<Item = u64> {
        std::iter::once(id)
    }

    #[operation]
    fn nested_impl_trait(&self, id: u64) -> Option<impl Iterator<Item = u64>> {
        Some(std::iter::once(id))
    }

    #[intercept_output("impl_future")]
    fn impl_future(&self, id: u64) -> impl Future<Output = u64> + Send {
        async move { id }
    }

    #[intercept_input("borrow")]
    fn borrow(&self) -> &str {
        &self.name
    }

    #[intercept_output("borrow.named")]
    async fn borrow_named<'t>(&'t self) -> Option<Row<'t>> {
        Some(Row(&self.name))
    }

    #[intercept_input("borrow.anonymous")]
    fn borrow_anonymous(&self) -> Result<Cow<'_, str>, String> {
        Ok(Cow::Borrowed(&self.name))
    }

    #[intercept_input("borrow.boxed")]
    fn borrow_boxed(&self) -> Pin<Box<dyn Future<Output = &[u8]> + Send + '_>> {
        Box::pin(async move { self.name.as_bytes() })
    }
}

#[intercept_input("for_ever")]
fn for_ever() -> &'static str {
    "for ever"
}

#[intercept_output("for_ever", handler = a_handler_of_arguments())]
fn answered_for_ever() -> Option<&'static str> {
    Some("for ever")
}

#[intercept_input("future.elsewhere")]
fn made_elsewhere(id: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    boxed(id)
}

fn boxed(id: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move { id })
}

#[operation]
fn work_before_the_future(id: u64) -> Pin<Box<dyn Future<Output = u64>>> {
    let next = id + 1;
    Box::pin(async move { next })
}

fn main() {}
