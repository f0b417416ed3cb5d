//! A soak: the service under load for long, while faults come and go. `cargo run --release -p playback-examples
//! --example checkout_soak -- --minutes 20` ends with figures, and with exit code 1 if anything was not as it should be.
//!
//! The same customers go to three services: one that is not recorded, one that is, and one that is with a short queue. All
//! three have to answer the same. What is on the stores is counted, sampled for a replay at the end, and deleted, so that
//! neither memory nor disk has a reason to grow.
//!
//! | file | what is there |
//! |---|---|
//! | `branch.rs` | a service |
//! | `store.rs` | what it is recorded to, and how that goes wrong |
//! | `fault.rs` | what goes wrong, and when |
//! | `customers.rs` | who is served, how soon, and whether all get the same |
//! | `memory.rs` | what the process takes, and whether that grows |
//! | `closing.rs` | the books at the end |
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

mod branch;
mod closing;
mod customers;
mod fault;
mod memory;
mod store;

use std::alloc::System;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cap::Cap;
use clap::Parser;
use playback_cassette::Cassette;
use playback_cassette_s3::ObjectStoreCassette;
use tokio::time::{MissedTickBehavior, interval};

use branch::Branch;
use closing::Closing;
use customers::Customers;
use fault::{CYCLE, Fault, Limits};
use memory::Memory;
use store::Store;

/// Counts what is allocated: what is resident moves by how it is laid out, too.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Serves customers for long while faults come and go.
#[derive(Parser)]
struct Options {
    /// For how long.
    #[arg(long, default_value_t = 20.0)]
    minutes: f64,
    /// How many customers there are at the same time.
    #[arg(long, default_value = "16")]
    customers: NonZeroUsize,
    /// How long a customer waits before the next visit, in milliseconds.
    #[arg(long, default_value_t = 50)]
    pause: u64,
    /// How long any answer may take, in seconds. A save takes 30 while the store is slow.
    #[arg(long, default_value_t = 10)]
    bound: u64,
}

/// How many orders the shops remember.
const ORDERS: u32 = 2_000;

fn main() -> ExitCode {
    // What blocks here is short and many at a time: on a busy machine, threads would be started for it by the hundred.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("checkout-soak")
        .max_blocking_threads(32)
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(run(&Options::parse())),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(broken) if broken.is_empty() => ExitCode::SUCCESS,
        Ok(broken) => {
            broken.iter().for_each(|broken| eprintln!("broken: {broken}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("checkout_soak: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<Vec<String>, Error> {
    // A panic on the recorder's thread is one of the faults, and said to be in the counts.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some("playback-writer") {
            tell(panic);
        }
    }));
    let limits = Limits::get()?;
    let directory = tempfile::tempdir()?;
    let kept = ObjectStoreCassette::local(directory.path().join("kept"))?.read_only(false);
    let customers = Customers::new(open(directory.path()).await?, Duration::from_secs(options.bound));
    let coming: Vec<_> = (0..options.customers.get())
        .map(|_| tokio::spawn(Arc::clone(&customers).come(Duration::from_millis(options.pause))))
        .collect();
    let time = Duration::from_secs_f64(options.minutes * 60.0);
    let memory = faults_come_and_go(time, &limits, &customers, &kept).await?;

    customers.stop();
    for customer in coming {
        customer.await?;
    }
    let (branches, tally) = Arc::into_inner(customers).ok_or("a customer is still there")?.into_parts();
    let mut closing =
        Closing::new(&tally, time >= Duration::from_secs(CYCLE.iter().map(|(_, lasts)| lasts).sum()));
    for branch in branches {
        let name = branch.name;
        if let Some(books) = branch.stop(&kept).await? {
            closing.books(name, &books);
        }
    }
    closing.replay(kept).await;
    closing.memory(&memory);
    println!("{closing}");
    Ok(closing.broken)
}

async fn open(directory: &Path) -> Result<Vec<Branch>, Error> {
    let short = NonZeroUsize::MIN.saturating_add(49);
    Ok(vec![
        Branch::open("not recorded", None).await?,
        Branch::open("recorded", Some((&directory.join("recorded"), None))).await?,
        Branch::open("short queue", Some((&directory.join("short"), Some(short)))).await?,
    ])
}

/// Has one fault after another, with times in between in which nothing is wrong, and returns what memory was taken.
async fn faults_come_and_go(
    time: Duration,
    limits: &Limits,
    customers: &Customers,
    kept: &dyn Cassette,
) -> Result<Memory, Error> {
    let began = Instant::now();
    let is_over = || began.elapsed() >= time;
    let mut memory = Memory::default();
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut minutes = 0;
    while !is_over() {
        for (fault, lasts) in CYCLE {
            let stores = || customers.branches.iter().filter_map(|branch| branch.store.as_ref());
            customers.trouble(fault.is_some());
            if let Some(fault) = fault {
                stores().try_for_each(|store| store.begin(*fault, limits))?;
            }
            for second in 0..*lasts {
                if is_over() {
                    break;
                }
                seconds.tick().await;
                memory.sample(began.elapsed(), HEAP.allocated());
                if second % 5 == 0 {
                    for branch in &customers.branches {
                        branch.database.keep_newest(ORDERS).await?;
                    }
                }
                match fault {
                    Some(Fault::PanickingClock) => stores().for_each(Store::tear),
                    Some(_) => {}
                    None => {
                        if second % 5 == 0 {
                            for store in stores() {
                                store.sweep(kept).await?;
                            }
                        }
                        // The standard output may be a file, which cannot grow on a full disk.
                        if began.elapsed().as_secs() / 60 > minutes {
                            minutes = began.elapsed().as_secs() / 60;
                            println!("minute {minutes:>2}: {customers}; {memory}");
                        }
                    }
                }
            }
            if let Some(fault) = fault {
                stores().try_for_each(|store| store.end(*fault, limits))?;
            }
        }
        memory.warm_after(began.elapsed());
    }
    Ok(memory)
}
