//! Errors that the compiler finds, where the user made them.

use playback_core::{intercept_input, intercept_output, operation};

struct Opaque;

#[intercept_input("argument")]
fn only_argument(opaque: Opaque) -> u64 {
    1
}

#[operation]
async fn among_arguments(id: u64, opaque: Opaque, page: u64) -> u64 {
    id + page
}

#[intercept_output("result")]
fn result(id: u64) -> Result<Opaque, String> {
    Ok(Opaque)
}

#[operation]
fn operation_result(id: u64) -> Option<Opaque> {
    None
}

#[intercept_input("body")]
fn body(id: u64) -> u64 {
    let text: String = id;
    text.len()
}

#[intercept_input("body.async")]
async fn body_async(id: u64) -> Result<u64, String> {
    if id == 0 {
        return Err(id);
    }
    Ok("one".len())
}

#[intercept_input("alias/{opaque}", skip(opaque))]
fn alias(opaque: Opaque) -> u64 {
    1
}

#[intercept_input("policy", missing = value("none"))]
fn policy(id: u64) -> u64 {
    id
}

fn main() {}
