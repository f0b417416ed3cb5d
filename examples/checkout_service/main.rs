//! The service's command: `cargo run -p playback-examples --bin checkout_service -- serve`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::collections::BTreeMap;
use std::future::Future;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::{Args, Parser};
use playback_cassette::{CassetteExt, Query, TapeRecorder};
use playback_cassette_s3::ObjectStoreCassette;
use playback_examples::checkout_service::database::Database;
use playback_examples::checkout_service::drive::{Driver, Sent, keep};
use playback_examples::checkout_service::pricing::Tariff;
use playback_examples::checkout_service::server::Server;
use playback_examples::checkout_service::shipping::client::Shipping;
use playback_examples::checkout_service::shop::Shop;
use playback_examples::checkout_service::{app, shipping};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// An HTTP service that is recorded while it serves.
#[derive(Parser)]
enum Command {
    /// Serves `POST /checkout` and `POST /refund` until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Serves the shipping service alone.
    Shipping {
        /// The port; 0 takes a free one.
        #[arg(long, default_value_t = 8081)]
        port: u16,
    },
    /// Sends customers to a service, and lists what was recorded of them.
    Drive(Drive),
}

#[derive(Args)]
struct Serve {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where recordings are kept, such as file:///var/recordings, or `off`.
    #[arg(long, value_name = "URL", default_value = "off")]
    record: String,
    /// The share of requests to record, 0 to 1.
    #[arg(long, default_value_t = 1.0)]
    rate: f64,
    /// How many recordings may wait to be saved.
    #[arg(long, default_value = "1000")]
    queue: NonZeroUsize,
    /// The SQLite file.
    #[arg(long, value_name = "PATH", default_value = ":memory:")]
    database: String,
    /// A shipping service that runs already; without it, one is started.
    #[arg(long, value_name = "URL")]
    shipping: Option<String>,
    /// The port of the shipping service that is started; 0 takes a free one.
    #[arg(long, default_value_t = 8081)]
    shipping_port: u16,
    /// How long the shipping service has for an answer, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    shipping_timeout: Duration,
    /// How long the requests that run have at the end, and after them the recordings that wait, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    grace: Duration,
}

#[derive(Args)]
struct Drive {
    /// The service.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080")]
    service: String,
    /// The shipping service behind it.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8081")]
    shipping: String,
    /// How many customers come; each makes one to three requests.
    #[arg(long, default_value_t = 54)]
    visits: usize,
    /// How many of them at the same time.
    #[arg(long, default_value_t = 8)]
    at_a_time: usize,
    /// What says what they buy; another each time, if not given.
    #[arg(long)]
    seed: Option<u64>,
    /// Where the service keeps recordings, to list them.
    #[arg(long, value_name = "URL")]
    record: Option<String>,
    /// A directory to keep a recording of each kind of visit in, as text.
    #[arg(long, value_name = "DIRECTORY", requires = "record")]
    keep: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    // The recorder tells what it could not do as `tracing` events.
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let done = match Command::parse() {
        Command::Serve(serve) => run_service(serve).await,
        Command::Shipping { port } => run_shipping(port).await,
        Command::Drive(drive) => run_drive(drive).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("checkout_service: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run_service(options: Serve) -> Result<(), Error> {
    let asked_to_stop = asked_to_stop()?;
    let recorder = recorder(&options)?;
    let shipping = match options.shipping {
        Some(url) => url,
        // Runs until the process ends.
        None => Server::start(shipping::server::router(), ("127.0.0.1", options.shipping_port)).await?.url(),
    };
    let client = Shipping::at(&shipping, options.shipping_timeout)?;
    let shop = Shop::new(Database::open(&options.database)?, client, Tariff::CURRENT);
    let server = Server::start(app::router(shop, recorder.clone()), ("127.0.0.1", options.port)).await?;
    println!("listening on {}", server.url());
    println!("shipping on {shipping}");
    println!("recordings: {}", options.record);

    asked_to_stop.await;

    // First the requests, then their recordings: what ends after the recorder is closed is lost, and counted.
    if !server.stop(options.grace).await? {
        eprintln!("checkout_service: requests still ran after {} s", options.grace.as_secs_f64());
    }
    if let Some(recorder) = recorder {
        if let Err(not_written) = recorder.close(options.grace).await {
            eprintln!("checkout_service: {not_written}");
        }
        println!("recorded: {}", app::counts(&recorder.stats()));
    }
    Ok(())
}

/// The recorder, with its background writer inside; none if recording is off.
fn recorder(options: &Serve) -> Result<Option<TapeRecorder>, Error> {
    if options.record == "off" {
        return Ok(None);
    }
    let cassette = ObjectStoreCassette::from_url(&options.record)?.read_only(false);
    let recorder = TapeRecorder::builder(cassette)
        .service("checkout_service", env!("CARGO_PKG_VERSION"))
        .sampling_rate(options.rate)
        // Nothing forces a recording here, so what is left out costs nothing.
        .forced_sampling(false)
        .queue_recordings(options.queue);
    Ok(Some(recorder.build()))
}

async fn run_shipping(port: u16) -> Result<(), Error> {
    let asked_to_stop = asked_to_stop()?;
    let server = Server::start(shipping::server::router(), ("127.0.0.1", port)).await?;
    println!("shipping on {}", server.url());
    asked_to_stop.await;
    server.stop(Duration::ZERO).await?;
    Ok(())
}

async fn run_drive(options: Drive) -> Result<(), Error> {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let began = SystemTime::now();
    let driver = Driver::new(&options.service, &options.shipping, seed)?;
    let sent = driver.drive(0..options.visits, options.at_a_time).await?;
    println!("{}", visits(&sent));
    if let Some(url) = options.record {
        driver.flush().await?;
        let cassette = ObjectStoreCassette::from_url(&url)?;
        println!("\n{}", recordings(&cassette, began).await?);
        if let Some(directory) = options.keep {
            let files = keep(&cassette, &sent, &directory).await?;
            println!("{} of them kept in {}", files.len(), directory.display());
        }
    }
    Ok(())
}

/// A line for each kind of visit: how many requests, and how they were answered.
fn visits(sent: &[Sent]) -> String {
    let mut kinds: Vec<(&str, BTreeMap<String, usize>)> = Vec::new();
    for request in sent {
        if !kinds.iter().any(|(visit, _)| *visit == request.visit) {
            kinds.push((request.visit, BTreeMap::new()));
        }
        let Some((_, answers)) = kinds.iter_mut().find(|(visit, _)| *visit == request.visit) else {
            continue;
        };
        let status = request.status.map_or("no answer".to_owned(), |status| status.to_string());
        let answer = match request.status == request.expected {
            true => status,
            false => format!("{status}, which is not as it should be"),
        };
        *answers.entry(answer).or_default() += 1;
    }
    let line = |(visit, answers): &(&str, BTreeMap<String, usize>)| {
        let answers: Vec<_> = answers.iter().map(|(answer, count)| format!("{count} × {answer}")).collect();
        format!("{visit:<34} {}", answers.join(", "))
    };
    let lines: Vec<_> = kinds.iter().map(line).collect();
    format!("{} requests\n{}", sent.len(), lines.join("\n"))
}

/// What was recorded since `began`, category by category.
async fn recordings(cassette: &ObjectStoreCassette, began: SystemTime) -> Result<String, Error> {
    let found = cassette.find_all(&Query::since(began).include_incomplete(true)).await?;
    let mut lines = vec![format!("{} recordings", found.len())];
    for category in ["Checkout", "Refund"] {
        let of_it: Vec<_> = found.iter().filter(|found| found.metadata.category == category).collect();
        let failed = of_it.iter().filter(|found| found.metadata.failed).count();
        let incomplete = of_it.iter().filter(|found| found.metadata.incomplete).count();
        let bytes: u64 = of_it.iter().filter_map(|found| found.size).sum();
        lines.push(format!(
            "{category:<9} {:>4}, of them {failed:>3} refused, {incomplete:>2} broken off; {bytes} bytes",
            of_it.len()
        ));
    }
    Ok(lines.join("\n"))
}

/// Ends when the process is asked to: by SIGTERM, as containers are, or by Ctrl-C. From here on neither ends it by
/// itself.
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("`{text}` is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}
