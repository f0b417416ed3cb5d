//! The pricing that is about to be released. What would it do to yesterday's requests?

use super::Amount;
use crate::shop::{Customer, Line, ShopError};

/// How many of an article can be ordered at once. Changed: it was 99.
const MOST: u64 = 500;

/// What an order costs. Changed: the discount is taken off the sum, rounded half up. New: members earn a
/// point for each whole euro.
///
/// # Errors
/// [`ShopError::TooMany`] for a line of more than 500. New: [`ShopError::EmptyLine`] for a line of none.
pub fn price(customer: &Customer, lines: &[Line]) -> Result<Amount, ShopError> {
    let mut sum = 0;
    for Line { sku, quantity, price } in lines {
        if *quantity > MOST {
            return Err(ShopError::TooMany { sku: sku.clone(), quantity: *quantity, most: MOST });
        }
        if *quantity == 0 {
            return Err(ShopError::EmptyLine(sku.clone()));
        }
        sum += quantity * price;
    }
    let discount = (sum * customer.member_discount.unwrap_or(0) + 50) / 100;
    let total = sum - discount;
    Ok(Amount { total, discount, points: customer.member_discount.map(|_| total / 100) })
}
