//! A service, with what it is recorded to.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Duration;

use playback_cassette::{Cassette, HealthState, Stats, TapeRecorder};
use playback_examples::checkout_service::database::Database;
use playback_examples::checkout_service::drive::Driver;
use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::server::Server;
use playback_examples::checkout_service::shipping::client::Shipping;
use playback_examples::checkout_service::shop::Shop;
use playback_examples::checkout_service::{app, shipping};
use reqwest::Client;

use crate::Error;
use crate::store::Store;

/// Longer than anything takes that does not hang.
const LONG: Duration = Duration::from_secs(120);

/// How many connections of a client stay open, however many there were when everybody came at once: they take most of the
/// memory, which is compared.
const IDLE: usize = 4;

fn client() -> reqwest::Result<Client> {
    Client::builder().timeout(LONG).no_proxy().pool_max_idle_per_host(IDLE).pool_idle_timeout(None).build()
}

/// A service and the shipping service behind it.
pub(crate) struct Branch {
    pub(crate) name: &'static str,
    pub(crate) driver: Driver,
    pub(crate) database: Database,
    pub(crate) recorder: Option<TapeRecorder>,
    pub(crate) store: Option<Store>,
    _shipping: Server,
    service: Server,
}

/// What became of what was recorded of a branch.
pub(crate) struct Books {
    pub(crate) stats: Stats,
    /// How many recordings were on the store.
    pub(crate) stored: u64,
    /// How often the recorder's thread has panicked.
    pub(crate) torn: u64,
}

impl Branch {
    /// With the directory that it is recorded to, and with the length of the recorder's queue if it is not the usual one.
    pub(crate) async fn open(
        name: &'static str,
        recorded: Option<(&Path, Option<NonZeroUsize>)>,
    ) -> Result<Self, Error> {
        let (store, recorder) = match recorded {
            None => (None, None),
            Some((directory, queue)) => {
                let store = Store::new(directory)?;
                let builder = TapeRecorder::builder(store.faulty.clone()).clock(store.clock.clone());
                let builder = match queue {
                    Some(queue) => builder.queue_recordings(queue),
                    None => builder,
                };
                (Some(store), Some(builder.build()))
            }
        };
        let shipping = Server::start(shipping::server::router(), "127.0.0.1:0").await?;
        let database = Database::open(":memory:")?;
        let shop = Shop::new(database.clone(), Shipping::over(client()?, shipping.url()), Tariff::CURRENT);
        let service = Server::start(app::router(shop, recorder.clone()), "127.0.0.1:0").await?;
        let driver = Driver::over(client()?, service.url(), shipping.url(), 7);
        Ok(Self { name, driver, database, recorder, store, _shipping: shipping, service })
    }

    /// Whether it is recorded as it is when nothing is wrong.
    pub(crate) fn is_well(&self) -> bool {
        self.recorder.as_ref().is_none_or(|recorder| recorder.stats().health.state == HealthState::Healthy)
    }

    /// Ends it as a process does that is asked to end: answers what it has taken, and saves what it has recorded. Returns
    /// what became of that, if it was recorded.
    pub(crate) async fn stop(self, kept: &dyn Cassette) -> Result<Option<Books>, Error> {
        if !self.service.stop(LONG).await? {
            return Err(format!("{}: requests still ran", self.name).into());
        }
        let (Some(recorder), Some(store)) = (self.recorder, self.store) else { return Ok(None) };
        // What was not written is counted.
        let _ = recorder.close(LONG).await;
        store.sweep(kept).await?;
        Ok(Some(Books { stats: recorder.stats(), stored: store.swept(), torn: store.torn() }))
    }
}
