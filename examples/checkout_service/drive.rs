//! Customers, who send requests over HTTP: good ones, bad ones, and some that hang up in the middle.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{self, StreamExt};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Result};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::{Uuid, uuid};

use super::model::{Cart, CartLine, Reason, Return};

/// Longer than any answer takes, so that a service that hangs is noticed.
const TIMEOUT: Duration = Duration::from_secs(60);

/// One step of a customer's visit.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Buys something or other.
    Buy(u64),
    /// Buys this.
    Order(u64, &'static [(&'static str, u64)]),
    /// Sends the last cart again.
    Again,
    /// Wants the last order refunded.
    Return(Reason),
    /// Wants an order refunded that was not made in this visit.
    ReturnOther(Uuid),
    /// Sends what is no JSON.
    Garble,
    /// Buys, and hangs up while the service waits for a carrier.
    HangUp(u64),
}

type Visit = (&'static str, &'static [(Step, Option<u16>)]);

/// What customers do, and the status that each step is answered with; none where nobody waits for an answer.
const VISITS: &[Visit] = &[
    ("buys", &[(Step::Buy(1), Some(201))]),
    ("buys from abroad", &[(Step::Buy(2), Some(201))]),
    ("buys though a carrier is down", &[(Step::Buy(3), Some(201))]),
    ("buys, and it comes broken", &[(Step::Buy(4), Some(201)), (Step::Return(Reason::Damaged), Some(200))]),
    (
        "buys, and thinks better of it",
        &[(Step::Buy(1), Some(201)), (Step::Return(Reason::Unwanted), Some(200))],
    ),
    (
        "buys enough for free shipping",
        &[(Step::Order(1, &[("teapot", 1), ("coffee", 1), ("tea", 1)]), Some(201))],
    ),
    ("buys, and clicks twice", &[(Step::Buy(2), Some(201)), (Step::Again, Some(409))]),
    (
        "wants a refund twice",
        &[
            (Step::Buy(4), Some(201)),
            (Step::Return(Reason::Unwanted), Some(200)),
            (Step::Return(Reason::Unwanted), Some(409)),
        ],
    ),
    (
        "returns what is too old",
        &[(Step::ReturnOther(uuid!("01932f3c-9a7c-7000-8000-000000000001")), Some(410))],
    ),
    ("returns what was never bought", &[(Step::ReturnOther(Uuid::nil()), Some(404))]),
    ("is not known", &[(Step::Order(99, &[("apple", 1)]), Some(404))]),
    ("wants what is not sold", &[(Step::Order(2, &[("apple", 1), ("unicorn", 1)]), Some(422))]),
    ("wants nothing", &[(Step::Order(1, &[]), Some(422))]),
    ("wants too much", &[(Step::Order(1, &[("apple", 100)]), Some(422))]),
    ("lives where the carriers are down", &[(Step::Order(5, &[("bread", 2)]), Some(503))]),
    ("lives where no carrier goes", &[(Step::Order(6, &[("bread", 2)]), Some(422))]),
    ("talks gibberish", &[(Step::Garble, Some(400))]),
    ("hangs up", &[(Step::HangUp(7), None)]),
];

/// How many kinds of visits there are. So many visits in a row are one of each.
pub const KINDS: usize = VISITS.len();

/// Sends customers to a service.
#[derive(Debug)]
pub struct Driver {
    client: Client,
    service: String,
    shipping: String,
    seed: u64,
    /// Those who hang up come one at a time: each waits until it alone is held.
    hanging: Mutex<()>,
}

/// What a customer sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// A cart to buy.
    Checkout(Cart),
    /// An order to be refunded.
    Refund(Return),
    /// What is no JSON: it is turned away before it reaches an operation.
    Garbage,
}

/// A request, and its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// What the customer did.
    pub visit: &'static str,
    /// What was sent.
    pub request: Request,
    /// The status that it should be answered with; none if nobody waited.
    pub expected: Option<u16>,
    /// The status that it was answered with; none if nobody waited.
    pub status: Option<u16>,
    /// The body of the answer, if it is JSON.
    pub answer: Value,
}

impl Driver {
    /// Customers of a service, given by its URL and that of the shipping service behind it. The seed says what they
    /// buy and how they call it: a service that knows their orders takes them for second clicks.
    ///
    /// # Errors
    /// If there can be no HTTP client here.
    pub fn new(service: impl Into<String>, shipping: impl Into<String>, seed: u64) -> Result<Self> {
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        Ok(Self { client, service: service.into(), shipping: shipping.into(), seed, hanging: Mutex::new(()) })
    }

    /// Sends `visits` customers, so many at the same time, and returns all requests that they made.
    ///
    /// # Errors
    /// If the service went away or gave no answer.
    pub async fn drive(&self, visits: usize, at_a_time: usize) -> Result<Vec<Sent>> {
        let visits = stream::iter(0..visits).map(|number| self.visit(number)).buffered(at_a_time.max(1));
        let visits: Vec<Result<Vec<Sent>>> = visits.collect().await;
        Ok(visits.into_iter().collect::<Result<Vec<_>>>()?.concat())
    }

    /// Has the service save what it recorded.
    ///
    /// # Errors
    /// If it records nothing, or could not save all; its log says why.
    pub async fn flush(&self) -> Result<()> {
        let request = self.client.post(format!("{}/recorder/flush", self.service));
        request.send().await?.error_for_status().map(|_| ())
    }

    /// One customer's requests, one after another.
    ///
    /// # Errors
    /// If the service went away or gave no answer.
    pub async fn visit(&self, number: usize) -> Result<Vec<Sent>> {
        let Some((visit, steps)) = VISITS.get(number % KINDS) else { return Ok(Vec::new()) };
        let mut random = fastrand::Rng::with_seed(self.seed.wrapping_add(number as u64));
        let mut sent = Vec::new();
        for (count, (step, expected)) in steps.iter().enumerate() {
            let reference = format!("{}-{number}-{count}", self.seed);
            let request = plan(*step, reference, &sent, &mut random);
            let answered = match step {
                Step::HangUp(_) => self.hang_up(&request).await?,
                _ => Some(self.send(&request).await?),
            };
            let (status, answer) = answered.unzip();
            let answer = answer.unwrap_or_default();
            sent.push(Sent { visit, request, expected: *expected, status, answer });
        }
        Ok(sent)
    }

    async fn send(&self, request: &Request) -> Result<(u16, Value)> {
        let (path, body) = match request {
            Request::Checkout(cart) => ("checkout", json!(cart).to_string()),
            Request::Refund(request) => ("refund", json!(request).to_string()),
            Request::Garbage => ("checkout", "{\"reference\": ".to_owned()),
        };
        let request = self.client.post(format!("{}/{path}", self.service));
        let response = request.header(CONTENT_TYPE, "application/json").body(body).send().await?;
        Ok((response.status().as_u16(), response.json().await.unwrap_or_default()))
    }

    /// Sends a request and hangs up as soon as the shipping service is asked; nothing, if that went well.
    async fn hang_up(&self, request: &Request) -> Result<Option<(u16, Value)>> {
        let _alone = self.hanging.lock().await;
        let outcome = match select(pin!(self.send(request)), pin!(self.held(1))).await {
            Either::Left((answered, _)) => Some(answered?),
            Either::Right((held, _)) => held.map(|()| None)?,
        };
        self.held(0).await?;
        Ok(outcome)
    }

    /// Waits until the shipping service has so many requests that it never answers.
    async fn held(&self, count: usize) -> Result<()> {
        let request = self.client.get(format!("{}/held/{count}", self.shipping));
        request.send().await?.error_for_status().map(|_| ())
    }
}

/// What a customer sends next.
fn plan(step: Step, reference: String, sent: &[Sent], random: &mut fastrand::Rng) -> Request {
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
        Step::Buy(customer) => cart(customer, &shopping(random)),
        Step::Order(customer, lines) => cart(customer, lines),
        Step::HangUp(customer) => cart(customer, &[("coffee", 1)]),
        Step::Again => sent.last().map_or(Request::Garbage, |last| last.request.clone()),
        Step::Return(reason) => {
            let order = sent.first().and_then(|bought| bought.answer.get("order")?.as_str()?.parse().ok());
            refund(order.unwrap_or_default(), reason)
        }
        Step::ReturnOther(order) => refund(order, Reason::Unwanted),
        Step::Garble => Request::Garbage,
    }
}

/// One to four different articles, one to six of each.
fn shopping(random: &mut fastrand::Rng) -> Vec<(&'static str, u64)> {
    let mut skus = ["apple", "bread", "coffee", "tea", "teapot"];
    random.shuffle(&mut skus);
    let kinds = random.usize(1..=4);
    skus.into_iter().take(kinds).map(|sku| (sku, random.u64(1..=6))).collect()
}

impl Request {
    /// The operation that it reaches, if any.
    #[must_use]
    pub fn category(&self) -> Option<&'static str> {
        match self {
            Self::Checkout(_) => Some("Checkout"),
            Self::Refund(_) => Some("Refund"),
            Self::Garbage => None,
        }
    }
}
