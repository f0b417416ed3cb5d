//! Recordings in any object store, through the [`object_store`] crate: local disk and memory, and by the
//! features `aws`, `gcp` and `azure` S3 and all that speaks its protocol, Google Cloud Storage and Azure.
//!
//! ```
//! use playback_cassette::{CassetteExt, Query, TapeRecorder};
//! use playback_cassette_s3::ObjectStoreCassette;
//! use playback_core::{RecorderExt, operation};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let url = format!("file://{}/recordings", directory.path().display());
//! // In the service. The thread of the recorder saves, so the service needs no runtime.
//! let recorder = TapeRecorder::new(ObjectStoreCassette::from_url(&url)?.read_only(false));
//! recorder.scope(async { operation("Checkout").run_async(async { 42 }).await }).await;
//! recorder.flush().await?;
//!
//! // Elsewhere, later: reading is the default.
//! let cassette = ObjectStoreCassette::from_url(&url)?;
//! let found = cassette.find_all(&Query::new().category("Checkout")).await?;
//! assert_eq!(found.len(), 1);
//! # Ok(()) }
//! ```
//!
//! # What is kept where
//!
//! | object | what it holds |
//! |---|---|
//! | `tape_recorder_recordings/{prefix}full/{category}/{YYYYMMDD}/{ulid}` | the tape file, the metadata in it |
//! | `tape_recorder_recordings/{prefix}metadata/{category}/{YYYYMMDD}/{ulid}` | the metadata as JSON |
//!
//! The tape is written first and the metadata last, and lookups read metadata only: a recording is visible
//! once it is whole. On local disk each object is written beside its place and renamed into it. Its bytes
//! survive the death of the process; an outage of power may cost those of the last seconds, since nothing is
//! forced to the platter.
//!
//! A large tape is sent in parts, two at a time from a temporary file and four from memory, and visible when the last has
//! come. All that is being compressed and sent at the same time takes at most 48 MiB, however many tapes it is, or what a
//! single larger one takes that is in memory; those of up to 1 MiB do not count. Parts of an
//! upload that failed are removed; those of a process that was killed, or of a save that was dropped, are never
//! visible, and cost room until a rule of the store for incomplete uploads removes them (on local disk: files
//! whose names end in `#` and a number).
//!
//! # Requests
//!
//! | call | requests |
//! |---|---|
//! | `save` | 2 puts; for a tape of more than 16 MiB 1 put, and an upload in parts of 5 MiB: 1 to begin, 1 per part, 1 to complete |
//! | `load`, `load_metadata` | 1 get |
//! | `open` | 1 get of 64 KiB, 1 more if the index is longer; then 1 get per block of values that is looked at |
//! | `delete` | 2 deletes |
//! | `close` of a [transient](ObjectStoreCassette::transient) one | 1 listing per page, 1 delete per 1,000 objects on S3, else per object |
//! | `find` | 1 listing of categories if none is named, per category 1 of its days, 1 per page of a day that is reached, 1 get per candidate |
//!
//! # Floor plan
//!
//! | module | what it holds |
//! |---|---|
//! | `cassette` | [`ObjectStoreCassette`] |
//! | `builder`, `options` | opening one with options: [`ObjectStoreCassetteBuilder`] |
//! | `inventory` | all objects, and what is missing beside them: [`Inventory`] |
//! | `address`, `cloud` | URLs to stores |
//! | `layout` | which object is kept where |
//! | `parts` | large tapes, sent in parts and fetched by ranges |
//! | `room` | how much of what is being compressed and sent is in memory |
//! | `failure` | the store's errors as a cassette's |

mod address;
mod builder;
mod cassette;
#[cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
mod cloud;
mod disk;
mod failure;
mod inventory;
mod layout;
mod options;
mod parts;
mod room;

pub use builder::ObjectStoreCassetteBuilder;
pub use cassette::ObjectStoreCassette;
pub use inventory::{Inventory, Stored};
