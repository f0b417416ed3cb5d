//! The two operations: what is recorded, and replayed, as a whole.

use std::collections::BTreeSet;

use futures::future::join_all;
use playback_core::{FutureExt as _, inputs, operation};

use super::database::Database;
use super::error::ShopError;
use super::model::{Article, Cart, Offer, Order, OrderLine, Reason, Receipt, Refund, Return};
use super::pricing::Tariff;
use super::shipping::client::Shipping;
use super::shipping::{CARRIERS, Parcel, SendBack};

/// How many of an article one line takes.
const MOST: u64 = 99;

/// For how many days an order can be returned.
const RETURN_DAYS: u64 = 30;

/// A shop. What an operation needs of `self` is never recorded: a replay brings its own.
#[derive(Debug, Clone)]
pub struct Shop {
    database: Database,
    shipping: Shipping,
    tariff: Tariff,
}

impl Shop {
    /// A shop on a database and a shipping service.
    #[must_use]
    pub fn new(database: Database, shipping: Shipping, tariff: Tariff) -> Self {
        Self { database, shipping, tariff }
    }

    /// Sells what is in a cart.
    ///
    /// # Errors
    /// [`ShopError`], which is recorded as well: an error is a result like any other.
    #[operation(category = "Checkout")]
    pub async fn checkout(&self, cart: Cart) -> Result<Receipt, ShopError> {
        check(&cart)?;
        let customer = self.database.customer(cart.customer).await?;
        let customer = customer.ok_or(ShopError::NoSuchCustomer(cart.customer))?;
        let lines = self.lines(&cart).await?;
        let grams = lines.iter().map(|line| line.quantity * line.article.grams).sum();
        let offer = self.best_offer(Parcel { country: customer.country.clone(), grams }).await?;
        let order = Order {
            // Fresh ids and the clock are inputs, too: a replay sees those of the recording.
            id: inputs::uuid_v7(),
            placed_at: inputs::utc_now(),
            total: self.tariff.total(&customer, &lines, &offer),
            reference: cart.reference,
            customer: customer.id,
            country: customer.country,
            lines,
            offer,
        };
        let number = self.database.keep_order(&order).await?;
        let number = number.ok_or_else(|| ShopError::OrderedBefore(order.reference.clone()))?;
        Ok(Receipt { order: order.id, number, total: order.total, offer: order.offer })
    }

    /// Pays an order back.
    ///
    /// # Errors
    /// [`ShopError`].
    #[operation(category = "Refund")]
    pub async fn refund(&self, request: Return) -> Result<Refund, ShopError> {
        let kept = self.database.order(request.order).await?;
        let kept = kept.ok_or(ShopError::NoSuchOrder(request.order))?;
        if kept.refund.is_some() {
            return Err(ShopError::RefundedBefore(request.order));
        }
        let order = kept.order;
        let now = inputs::utc_now();
        let (cents, label) = match request.reason {
            Reason::Damaged => (order.total.due, None),
            Reason::Unwanted => {
                let days = (now - order.placed_at).whole_days().unsigned_abs();
                if days > RETURN_DAYS {
                    return Err(ShopError::TooLate { order: order.id, days, most: RETURN_DAYS });
                }
                let sent_back = SendBack { order: order.id, country: order.country };
                (order.total.goods - order.total.discount, Some(self.shipping.label(&sent_back).await?))
            }
        };
        let refund = Refund { order: order.id, cents, label, refunded_at: now };
        // Another request may have been faster.
        if !self.database.keep_refund(&refund).await? {
            return Err(ShopError::RefundedBefore(order.id));
        }
        Ok(refund)
    }

    /// The lines of a cart, at the price of the day.
    async fn lines(&self, cart: &Cart) -> Result<Vec<OrderLine>, ShopError> {
        let skus: BTreeSet<_> = cart.lines.iter().map(|line| line.sku.clone()).collect();
        let articles = self.database.articles(skus.into_iter().collect()).await?;
        let line = |sku: &String, quantity| {
            let article = articles.iter().find(|article: &&Article| article.sku == *sku).cloned();
            article
                .map(|article| OrderLine { article, quantity })
                .ok_or(ShopError::NoSuchArticle(sku.clone()))
        };
        cart.lines.iter().map(|wanted| line(&wanted.sku, wanted.quantity)).collect()
    }

    /// What the cheapest carrier asks, and of those the fastest. All are asked at the same time, and one that fails is
    /// done without as long as another delivers.
    async fn best_offer(&self, parcel: Parcel) -> Result<Offer, ShopError> {
        // Bound, so that each has a lane of its own: whoever answers first, a replay tells them apart.
        let asked = CARRIERS.map(|carrier| self.shipping.offer(carrier, &parcel).in_current_context());
        let (mut best, mut failure) = (None::<Offer>, None);
        for answer in join_all(asked).await {
            match answer {
                Ok(offer) => {
                    best = best.into_iter().chain(offer).min_by_key(|offer| (offer.cents, offer.days))
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        match (best, failure) {
            (Some(offer), _) => Ok(offer),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err(ShopError::NoCarrier(parcel.country)),
        }
    }
}

/// Refuses a cart that cannot be bought, before anyone is asked.
fn check(cart: &Cart) -> Result<(), ShopError> {
    if cart.lines.is_empty() {
        return Err(ShopError::EmptyCart);
    }
    match cart.lines.iter().find(|line| !(1..=MOST).contains(&line.quantity)) {
        None => Ok(()),
        Some(line) => Err(ShopError::Quantity { sku: line.sku.clone(), quantity: line.quantity, most: MOST }),
    }
}
