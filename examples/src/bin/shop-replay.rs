//! The shop's own command line: `cargo run -p playback-examples --bin shop-replay -- compare`.
//!
//! It replays on the code that is to be released, or with `SHOP_PRICING=v1` on the code that recorded.

use std::process::ExitCode;

use playback_examples::pricing::{v1, v2};
use playback_examples::tuner::ShopTuner;
use playback_studio::cli::Cli;

fn main() -> ExitCode {
    let old = std::env::var("SHOP_PRICING").is_ok_and(|version| version == "v1");
    let tuner = ShopTuner::new(if old { v1::price } else { v2::price });
    Cli::new(tuner).name("shop-replay").version(env!("CARGO_PKG_VERSION")).run()
}
