//! The service's own command line: `cargo run -p playback-examples --bin checkout-replay -- compare`.

use std::process::ExitCode;

use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::tuner::ServiceTuner;
use playback_studio::cli::Cli;

fn main() -> ExitCode {
    Cli::new(ServiceTuner::new(Tariff::CURRENT))
        .name("checkout-replay")
        .version(env!("CARGO_PKG_VERSION"))
        .run()
}
