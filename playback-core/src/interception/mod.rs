//! What is marked in a service's code: operations, their inputs and their outputs.

mod call;
mod codec;
mod held;
mod input;
mod operation;
mod output;
mod policy;
mod reached;
mod run;

pub(crate) use codec::restore;
pub use codec::{Decode, Encode, Handled, Plain};
pub use input::{Input, InputCall, input, input_with};
pub use operation::{Operation, OperationCall, operation};
pub use output::{Output, OutputCall, output, output_with};
pub use policy::{Answer, Call, Fail, Policy};
