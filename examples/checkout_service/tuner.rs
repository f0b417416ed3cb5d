//! Replaying: how each operation is called with what was recorded.

use playback_studio::{Error, Tuner, Tuning};

use super::database::Database;
use super::pricing::Tariff;
use super::shipping::client::Shipping;
use super::shop::Shop;

/// Knows how the service's operations are replayed.
#[derive(Debug, Clone)]
pub struct ServiceTuner {
    shop: Shop,
}

impl ServiceTuner {
    /// Replays on a tariff. There is no database and no shipping service: a replay needs none.
    #[must_use]
    pub fn new(tariff: Tariff) -> Self {
        Self { shop: Shop::new(Database::none(), Shipping::none(), tariff) }
    }
}

impl Tuner for ServiceTuner {
    fn tune(&self, category: &str) -> Result<Tuning, Error> {
        let shop = self.shop.clone();
        match category {
            "Checkout" => Ok(Tuning::of(move |(cart,)| {
                let shop = shop.clone();
                async move { shop.checkout(cart).await }
            })),
            "Refund" => Ok(Tuning::of(move |(request,)| {
                let shop = shop.clone();
                async move { shop.refund(request).await }
            })),
            other => Err(format!("the service has no operation {other}").into()),
        }
    }
}
