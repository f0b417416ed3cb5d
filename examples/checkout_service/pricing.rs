//! What an order costs: plain code, not marked, so it runs for real on replay, and its changes show.

use super::model::{Customer, Offer, OrderLine, Total};

/// The rules that an order is priced by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tariff {
    /// What a member gets off, in percent.
    pub member_percent: u64,
    /// From how much on shipping is free, in cents.
    pub free_shipping_from: u64,
}

impl Tariff {
    /// The tariff that is in production.
    pub const CURRENT: Self = Self {
        member_percent: 5,
        // The line to change for a recorded test to fail.
        free_shipping_from: 5_000,
    };

    /// What an order costs.
    #[must_use]
    pub fn total(&self, customer: &Customer, lines: &[OrderLine], offer: &Offer) -> Total {
        let goods = lines.iter().map(|line| line.quantity * line.article.cents).sum();
        let discount = if customer.member { goods * self.member_percent / 100 } else { 0 };
        let shipping = if goods - discount >= self.free_shipping_from { 0 } else { offer.cents };
        let due = goods - discount + shipping;
        // Prices hold their tax.
        let percent = tax_percent(&customer.country);
        Total { goods, discount, shipping, due, tax: due * percent / (100 + percent) }
    }
}

fn tax_percent(country: &str) -> u64 {
    match country {
        "DE" => 19,
        "FR" => 20,
        "JP" => 10,
        _ => 0,
    }
}
