//! Replaying: how each operation is called with what was recorded.

use playback_studio::{Error, Studio, Tuner, Tuning};

use crate::database::Database;
use crate::pricing::Pricing;
use crate::recording::Place;
use crate::shop::Shop;

/// Knows how the shop's operations are replayed, on a version of its code.
pub struct ShopTuner {
    shop: Shop,
}

impl ShopTuner {
    /// Replays on this version of the pricing. There is no database: a replay needs none.
    #[must_use]
    pub fn new(pricing: Pricing) -> Self {
        Self { shop: Shop::new(Database::closed(), pricing) }
    }
}

impl Tuner for ShopTuner {
    fn tune(&self, category: &str) -> Result<Tuning, Error> {
        let shop = self.shop.clone();
        match category {
            "Checkout" => Ok(Tuning::of(move |(request,)| {
                let shop = shop.clone();
                async move { shop.checkout(request).await }
            })),
            "Quote" => Ok(Tuning::of(move |(request,)| {
                let shop = shop.clone();
                async move { shop.quote(request).await }
            })),
            other => Err(format!("the shop has no operation {other}").into()),
        }
    }
}

/// A studio that replays the shop's recordings on a version of its pricing.
///
/// # Errors
/// If the recordings cannot be opened.
pub fn studio(place: &Place, pricing: Pricing) -> Result<Studio, Error> {
    Ok(Studio::new(place.cassette()?, ShopTuner::new(pricing)).categories(["Checkout", "Quote"]))
}
