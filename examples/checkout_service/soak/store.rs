//! What a branch is recorded to, and how it goes wrong.

use std::fs;
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use playback_cassette::{Cassette, CassetteExt, Clock, ErrorKind, Query, SystemClock};
use playback_cassette_s3::ObjectStoreCassette;
use playback_testkit::faults::{Faulty, Method};

use crate::Error;
use crate::fault::{Fault, Limits};

/// How much longer a save takes in a store that is slow.
const SLOW: Duration = Duration::from_secs(30);

/// How many recordings a sweep keeps, more or less.
const KEPT: usize = 10;

/// What a file may take on a full disk, in bytes.
const FULL: u64 = 400;

/// What a branch is recorded to: a directory, in which recordings are kept until they are swept.
pub(crate) struct Store {
    pub(crate) faulty: Faulty<ObjectStoreCassette>,
    pub(crate) clock: Torn,
    directory: PathBuf,
    elsewhere: PathBuf,
    /// How many recordings were there, and deleted.
    swept: AtomicU64,
}

impl Store {
    pub(crate) fn new(directory: &Path) -> Result<Self, Error> {
        fs::create_dir_all(directory)?;
        let cassette = ObjectStoreCassette::local(directory)?.read_only(false);
        let (directory, elsewhere) = (directory.to_owned(), directory.with_extension("elsewhere"));
        let (faulty, clock, swept) = (Faulty::new(cassette), Torn::default(), AtomicU64::new(0));
        Ok(Self { faulty, clock, directory, elsewhere, swept })
    }

    pub(crate) fn begin(&self, fault: Fault, limits: &Limits) -> io::Result<()> {
        match fault {
            Fault::Down => {
                fs::rename(&self.directory, &self.elsewhere)?;
                fs::write(&self.directory, "no directory")?;
            }
            Fault::Refusing => self.faulty.fail(Method::Save, ErrorKind::Unreachable),
            Fault::Slow => self.faulty.delay(Method::Save, SLOW),
            Fault::DiskFull => limits.set(Some(FULL))?,
            Fault::PanickingStore => self.faulty.panic_next(Method::Save, usize::MAX),
            Fault::PanickingClock => {}
            Fault::ClockBack => self.clock.back.store(3600, Ordering::Relaxed),
        }
        Ok(())
    }

    pub(crate) fn end(&self, fault: Fault, limits: &Limits) -> io::Result<()> {
        match fault {
            Fault::Down => {
                fs::remove_file(&self.directory)?;
                fs::rename(&self.elsewhere, &self.directory)?;
            }
            Fault::Refusing | Fault::Slow | Fault::PanickingStore => self.faulty.heal(),
            Fault::DiskFull => limits.set(None)?,
            Fault::PanickingClock => self.clock.panics.store(0, Ordering::Relaxed),
            Fault::ClockBack => self.clock.back.store(0, Ordering::Relaxed),
        }
        Ok(())
    }

    /// Has the recorder's clock panic once more.
    pub(crate) fn tear(&self) {
        self.clock.panics.store(1, Ordering::Relaxed);
    }

    /// Counts and deletes what is there, and keeps some of it elsewhere. Not to be called while there is a fault.
    pub(crate) async fn sweep(&self, kept: &dyn Cassette) -> Result<(), Error> {
        // Around what makes it slow.
        let cassette = self.faulty.inner();
        let found = cassette.find_all(&Query::new().include_incomplete(true)).await?;
        let every = (found.len() / KEPT).max(1);
        for (number, found) in found.iter().enumerate() {
            if number % every == 0 {
                kept.save(&cassette.load(&found.id).await?).await?;
            }
            cassette.delete(&found.id).await?;
        }
        self.swept.fetch_add(found.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// How many recordings were there when it was swept.
    pub(crate) fn swept(&self) -> u64 {
        self.swept.load(Ordering::Relaxed)
    }

    /// How often the recorder's clock has panicked.
    pub(crate) fn torn(&self) -> u64 {
        self.clock.torn.load(Ordering::Relaxed)
    }
}

/// A clock that goes back, and panics where the recorder's own thread asks it.
#[derive(Clone, Default)]
pub(crate) struct Torn {
    /// In seconds.
    back: Arc<AtomicU64>,
    panics: Arc<AtomicUsize>,
    torn: Arc<AtomicU64>,
}

impl Clock for Torn {
    fn now(&self) -> SystemTime {
        let fewer = |panics: usize| panics.checked_sub(1);
        if std::thread::current().name() == Some("playback-writer")
            && self.panics.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer).is_ok()
        {
            self.torn.fetch_add(1, Ordering::Relaxed);
            resume_unwind(Box::new("the clock is torn"));
        }
        let now = SystemClock.now();
        now.checked_sub(Duration::from_secs(self.back.load(Ordering::Relaxed))).unwrap_or(now)
    }
}
