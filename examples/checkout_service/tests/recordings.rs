//! The recordings in `../recordings`, each a test: replayed without a server, a database, or anyone to ask.

use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::tuner::ServiceTuner;

playback_testkit::harness!("checkout_service/recordings", ServiceTuner::new(Tariff::CURRENT));
