//! The pricing that is in production.

use super::Amount;
use crate::shop::{Customer, Line, ShopError};

/// How many of an article can be ordered at once.
const MOST: u64 = 99;

/// What an order costs. The discount is taken off each line, rounded down.
///
/// # Errors
/// [`ShopError::TooMany`] for a line of more than 99.
pub fn price(customer: &Customer, lines: &[Line]) -> Result<Amount, ShopError> {
    let percent = customer.member_discount.unwrap_or(0);
    let (mut sum, mut discount) = (0, 0);
    for Line { sku, quantity, price } in lines {
        if *quantity > MOST {
            return Err(ShopError::TooMany { sku: sku.clone(), quantity: *quantity, most: MOST });
        }
        sum += quantity * price;
        discount += quantity * price * percent / 100;
    }
    Ok(Amount { total: sum - discount, discount, points: None })
}
