//! Customers, who send requests over HTTP: good ones, bad ones, and some that hang up in the middle.

mod keep;
mod request;
mod visits;

use std::ops::Range;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use futures::stream::{self, StreamExt};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Result};
use serde_json::{Value, json};
use tokio::sync::Mutex;

pub use keep::keep;
pub use request::Request;
use visits::{Step, VISITS, plan};

/// Longer than any answer takes, so that a service that hangs is noticed.
const TIMEOUT: Duration = Duration::from_secs(60);

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
    /// How long it took to be answered.
    pub took: Duration,
}

impl Sent {
    /// Whether it was answered with an error.
    #[must_use]
    pub fn refused(&self) -> bool {
        self.status.is_some_and(|status| status >= 400)
    }
}

impl Driver {
    /// Customers of a service, given by its URL and that of the shipping service behind it. The seed says what they
    /// buy and how they call it: a service that knows their orders takes them for second clicks.
    ///
    /// # Errors
    /// If there can be no HTTP client here.
    pub fn new(service: impl Into<String>, shipping: impl Into<String>, seed: u64) -> Result<Self> {
        Ok(Self::over(Client::builder().timeout(TIMEOUT).no_proxy().build()?, service, shipping, seed))
    }

    /// The same, over connections of the client's.
    pub fn over(client: Client, service: impl Into<String>, shipping: impl Into<String>, seed: u64) -> Self {
        Self { client, service: service.into(), shipping: shipping.into(), seed, hanging: Mutex::new(()) }
    }

    /// Sends the customers of these numbers, so many at the same time, and returns all requests that they made.
    ///
    /// # Errors
    /// If the service went away or gave no answer.
    pub async fn drive(&self, visits: Range<usize>, at_a_time: usize) -> Result<Vec<Sent>> {
        let visits = stream::iter(visits).map(|number| self.visit(number)).buffered(at_a_time.max(1));
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
            let began = Instant::now();
            let answered = match step {
                Step::HangUp(_) => self.hang_up(&request).await?,
                _ => Some(self.send(&request).await?),
            };
            let took = began.elapsed();
            let (status, answer) = answered.unzip();
            let answer = answer.unwrap_or_default();
            sent.push(Sent { visit, request, expected: *expected, status, answer, took });
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
