//! What is marked in a service's code: operations, their inputs and their outputs.

mod call;
mod codec;
mod input;
mod operation;
mod output;
mod run;

pub use codec::{Decode, Encode, Handled, Plain};
pub(crate) use codec::restore;
pub use input::{Input, input, input_with};
pub use operation::{Operation, RunOperation, operation};
pub use output::{Output, output, output_with};
pub use run::RunAsync;
