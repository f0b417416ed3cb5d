//! What customers do.

use uuid::{Uuid, uuid};

use super::{Request, Sent};
use crate::checkout_service::model::{Cart, CartLine, Reason, Return};

/// A customer's visit: a name of what happens, its steps, and the status that each is answered with.
pub(super) type Visit = (&'static str, &'static [(Step, Option<u16>)]);

/// One step of a visit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// This customer buys something or other.
    Buy(u64),
    /// This customer buys this.
    Order(u64, &'static [(&'static str, u64)]),
    /// The last request is sent again.
    Again,
    /// The order of this visit is to be refunded.
    Return(Reason),
    /// Another order is to be refunded.
    ReturnOther(Uuid),
    /// What is sent is no JSON.
    Garble,
    /// This customer buys, and hangs up while the service waits for a carrier.
    HangUp(u64),
}

use Reason::{Damaged, Unwanted};
use Step::{Again, Buy, Garble, HangUp, Order, ReturnOther};

const OK: Option<u16> = Some(200);
const CREATED: Option<u16> = Some(201);
const BAD_REQUEST: Option<u16> = Some(400);
const NOT_FOUND: Option<u16> = Some(404);
const CONFLICT: Option<u16> = Some(409);
const GONE: Option<u16> = Some(410);
const UNPROCESSABLE: Option<u16> = Some(422);
const UNAVAILABLE: Option<u16> = Some(503);
/// Nobody waits for the answer.
const NONE: Option<u16> = None;

/// Placed in 2024, and therefore too old to be returned.
const OLD_ORDER: Uuid = uuid!("01932f3c-9a7c-7000-8000-000000000001");

/// What customers do, one after another.
pub(super) const VISITS: &[Visit] = &[
    ("buys", &[(Buy(1), CREATED)]),
    ("buys from abroad", &[(Buy(2), CREATED)]),
    ("buys though a carrier is down", &[(Buy(3), CREATED)]),
    ("buys, and it comes broken", &[(Buy(4), CREATED), (Step::Return(Damaged), OK)]),
    ("buys, and thinks better of it", &[(Buy(1), CREATED), (Step::Return(Unwanted), OK)]),
    ("buys enough for free shipping", &[(Order(1, &[("teapot", 1), ("coffee", 1), ("tea", 1)]), CREATED)]),
    ("buys, and clicks twice", &[(Buy(2), CREATED), (Again, CONFLICT)]),
    ("returns twice", &[(Buy(4), CREATED), (Step::Return(Unwanted), OK), (Step::Return(Unwanted), CONFLICT)]),
    ("returns what is too old", &[(ReturnOther(OLD_ORDER), GONE)]),
    ("returns what was never bought", &[(ReturnOther(Uuid::nil()), NOT_FOUND)]),
    ("is not known", &[(Order(99, &[("apple", 1)]), NOT_FOUND)]),
    ("wants what is not sold", &[(Order(2, &[("apple", 1), ("unicorn", 1)]), UNPROCESSABLE)]),
    ("wants nothing", &[(Order(1, &[]), UNPROCESSABLE)]),
    ("wants too much", &[(Order(1, &[("apple", 100)]), UNPROCESSABLE)]),
    ("lives where the carriers are down", &[(Order(5, &[("bread", 2)]), UNAVAILABLE)]),
    ("lives where no carrier goes", &[(Order(6, &[("bread", 2)]), UNPROCESSABLE)]),
    ("talks gibberish", &[(Garble, BAD_REQUEST)]),
    ("hangs up", &[(HangUp(7), NONE)]),
];

/// What a customer sends next.
pub(super) fn plan(step: Step, reference: String, sent: &[Sent], random: &mut fastrand::Rng) -> Request {
    let cart = |customer, lines: &[(&str, u64)]| {
        let line = |(sku, quantity): &(&str, u64)| CartLine { sku: (*sku).to_owned(), quantity: *quantity };
        Request::Checkout(Cart {
            reference: reference.clone(),
            customer,
            lines: lines.iter().map(line).collect(),
        })
    };
    let refund = |order, reason| Request::Refund(Return { reference: reference.clone(), order, reason });
    match step {
        Buy(customer) => cart(customer, &shopping(random)),
        Order(customer, lines) => cart(customer, lines),
        HangUp(customer) => cart(customer, &[("coffee", 1)]),
        Again => sent.last().map_or(Request::Garbage, |last| last.request.clone()),
        Step::Return(reason) => {
            let order = sent.first().and_then(|bought| bought.answer.get("order")?.as_str()?.parse().ok());
            refund(order.unwrap_or_default(), reason)
        }
        ReturnOther(order) => refund(order, Unwanted),
        Garble => Request::Garbage,
    }
}

/// One to four different articles, one to six of each.
fn shopping(random: &mut fastrand::Rng) -> Vec<(&'static str, u64)> {
    let mut skus = ["apple", "bread", "coffee", "tea", "teapot"];
    random.shuffle(&mut skus);
    let kinds = random.usize(1..=4);
    skus.into_iter().take(kinds).map(|sku| (sku, random.u64(1..=6))).collect()
}
