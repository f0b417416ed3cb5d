//! B7: the checkout service under load, recorded to disk, against the same service unrecorded.
//!
//! Each service is a process of its own, as users run it; a fourth answers for the carriers. All wait while one is under
//! load, and they take turns. What a recorder still has to save at the end of its turn is saved before the next begins.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use crate::pairs::median;
use crate::table::{Goal, Quantity, Row};
use crate::{Error, Outcome, memory};

/// How many turns each service has.
const ROUNDS: usize = 9;

/// How long a turn takes.
const TURN: Duration = Duration::from_secs(2);

/// How many customers are served at the same time at saturation.
const CUSTOMERS: usize = 32;

pub(crate) fn run() -> Outcome {
    // The load has one thread, so that it leaves the service more of the machine.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve())
}

async fn serve() -> Outcome {
    let directory = crate::scratch()?;
    let carriers = Process::start(&["shipping", "--port", "0"], "shipping on ")?;
    let service = |name: &str, rate: &str| {
        let record = match rate {
            "off" => "off".to_owned(),
            _ => format!("file://{}", directory.path().join(name).display()),
        };
        let rate = if rate == "off" { "1" } else { rate };
        let arguments =
            ["serve", "--port", "0", "--shipping", &carriers.url, "--record", &record, "--rate", rate];
        Process::start(&arguments, "listening on ")
    };
    let (off, all, tenth) = (service("off", "off")?, service("all", "1")?, service("tenth", "0.1")?);
    let services = [&off, &all, &tenth].map(Service::new);
    for service in &services {
        service.saturate(TURN).await?;
    }

    let mut answered = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for turn in 0..services.len() {
            let turn = (round + turn) % services.len();
            answered[turn].push(services[turn].saturate(TURN).await?);
        }
    }
    let saturation = median(answered[0].clone());
    let mut latencies = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for turn in 0..latencies.len() {
            let turn = (round + turn) % latencies.len();
            latencies[turn].push(services[turn].at_rate(saturation / 2.0, TURN).await?);
        }
    }
    let kept = services[1].counts().await?;

    let throughput = |name: &str, recorded: &[f64], least: f64| {
        let ratios = recorded.iter().zip(&answered[0]).map(|(recorded, off)| recorded / off).collect();
        let (ours, other) = (median(recorded.to_vec()), Quantity::PerSecond(saturation));
        let name = format!("requests answered at saturation, {name} recorded, against none");
        Row::new("B7", name, Quantity::PerSecond(ours), other)
            .ratio(median(ratios))
            .goal(Goal::AtLeast(least))
    };
    let latency = |percent: usize| {
        let at = |turns: &[Vec<f64>]| turns.iter().map(|turn| percentile(turn, percent)).collect::<Vec<_>>();
        let (ours, other) = (at(&latencies[1]), at(&latencies[0]));
        let ratios = ours.iter().zip(&other).map(|(ours, other)| ours / other).collect();
        let name = format!("p{percent} at half of saturation, all recorded, against none");
        let (ours, other) = (Quantity::Nanoseconds(median(ours)), Quantity::Nanoseconds(median(other)));
        Row::new("B7", name, ours, other).ratio(median(ratios)).goal(Goal::AtMost(1.05))
    };
    let memory = |process: &Process| Ok::<_, Error>(Quantity::Bytes(memory::peak_of(&process.id())? as f64));
    let started = Quantity::Count(kept["started"].as_f64().unwrap_or_default());
    let saved = Quantity::Count(kept["saved"].as_f64().unwrap_or_default());
    Ok(vec![
        latency(50),
        latency(99),
        throughput("all", &answered[1], 0.9),
        throughput("10%", &answered[2], 0.99),
        Row::new("B7", "recordings saved, of those begun", saved, started),
        Row::new(
            "B7",
            "peak memory of the service, all recorded, against none",
            memory(&all)?,
            memory(&off)?,
        ),
    ])
}

/// The value that so many percent of the others do not pass.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) * percent / 100]
}

/// The example's command, serving until it is dropped.
struct Process {
    child: Child,
    /// It says more later, and would mind if nobody listened.
    _output: BufReader<ChildStdout>,
    url: String,
}

impl Process {
    /// Returns once it says where it serves.
    fn start(arguments: &[&str], says: &str) -> Result<Self, Error> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_checkout_service"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut output = BufReader::new(child.stdout.take().ok_or("it has a pipe")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let url = line.trim().strip_prefix(says).ok_or_else(|| format!("the service said {line:?}"))?;
        Ok(Self { url: url.to_owned(), child, _output: output })
    }

    fn id(&self) -> String {
        self.child.id().to_string()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody minds if it ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service and its customers.
#[derive(Clone)]
struct Service {
    http: reqwest::Client,
    url: Arc<str>,
    orders: Arc<AtomicU64>,
}

impl Service {
    fn new(process: &Process) -> Self {
        Self { http: reqwest::Client::new(), url: process.url.as_str().into(), orders: Arc::default() }
    }

    /// One customer buys.
    async fn buy(&self) -> Result<(), Error> {
        let number = self.orders.fetch_add(1, Ordering::Relaxed);
        let lines = json!([{"sku": "tea", "quantity": 2}, {"sku": "bread", "quantity": 1 + number % 5}, {"sku": "coffee", "quantity": 1}]);
        let cart =
            json!({"reference": format!("order-{number}"), "customer": 1 + number % 4, "lines": lines});
        let answer = self.http.post(format!("{}/checkout", self.url)).json(&cart).send().await?;
        match answer.status().as_u16() {
            201 => answer.bytes().await.map(drop).map_err(Error::from),
            status => Err(format!("{status}: {}", answer.text().await?).into()),
        }
    }

    /// Has as many customers as it takes come for so long. Returns how many a second were served.
    async fn saturate(&self, time: Duration) -> Result<f64, Error> {
        let began = Instant::now();
        let customer = || async {
            let mut served = 0;
            while began.elapsed() < time {
                self.buy().await?;
                served += 1;
            }
            Ok::<_, Error>(served)
        };
        let mut served = 0;
        for customer in join_all((0..CUSTOMERS).map(|_| customer())).await {
            served += customer?;
        }
        let took = began.elapsed();
        self.saved().await?;
        Ok(f64::from(served) / took.as_secs_f64())
    }

    /// Has so many customers a second come for so long. Returns the nanoseconds that each waited, from when it was
    /// to come: one that had to wait for its turn waited, too.
    async fn at_rate(&self, a_second: f64, time: Duration) -> Result<Vec<f64>, Error> {
        let began = Instant::now();
        let customers = (a_second * time.as_secs_f64()) as u32;
        let come = |number| {
            let service = self.clone();
            let due = began + time * number / customers;
            tokio::spawn(async move {
                sleep_until(due).await;
                service.buy().await?;
                Ok::<_, Error>(due.elapsed().as_nanos() as f64)
            })
        };
        let mut waited = Vec::new();
        for customer in join_all((0..customers).map(come)).await {
            waited.push(customer??);
        }
        self.saved().await?;
        Ok(waited)
    }

    /// Waits until the recorder, if there is one, has saved what it has.
    async fn saved(&self) -> Result<(), Error> {
        // A service that does not record does not know this.
        self.http.post(format!("{}/recorder/flush", self.url)).send().await?;
        Ok(())
    }

    /// What became of all operations.
    async fn counts(&self) -> Result<Value, Error> {
        Ok(self.http.get(format!("{}/recorder", self.url)).send().await?.json().await?)
    }
}
