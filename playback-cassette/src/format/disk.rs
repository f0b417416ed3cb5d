//! How much temporary files take, and may take.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// How many temporary files there may be at the same time. Each takes a file descriptor of the process, of which
/// there are often 1,024.
const MAX_FILES: usize = 256;

/// The room of the temporary files of one recorder, those that wait to be saved too.
#[derive(Debug)]
pub(crate) struct Disk {
    max_bytes: u64,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: u64,
    files: usize,
}

/// What one file takes of it, until this is dropped.
#[derive(Debug)]
pub(crate) struct DiskShare {
    disk: Arc<Disk>,
    bytes: u64,
}

impl Disk {
    /// Room for so many bytes.
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self { max_bytes, taken: Mutex::default() }
    }

    /// Room for one more file, which is empty yet.
    pub(crate) fn share(self: &Arc<Self>) -> io::Result<DiskShare> {
        self.take(0, 1)?;
        Ok(DiskShare { disk: Arc::clone(self), bytes: 0 })
    }

    fn take(&self, bytes: u64, files: usize) -> io::Result<()> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (bytes, files) = (taken.bytes.saturating_add(bytes), taken.files + files);
        if bytes > self.max_bytes || files > MAX_FILES {
            return Err(io::Error::other(format!(
                "large recordings take {} bytes in {} temporary files, and {} in {MAX_FILES} are allowed; save faster, \
                 sample less, or allow more with `spill_disk_bytes`",
                taken.bytes, taken.files, self.max_bytes
            )));
        }
        *taken = Taken { bytes, files };
        Ok(())
    }
}

impl DiskShare {
    /// Sees to room for so many bytes more.
    pub(super) fn grow(&mut self, bytes: u64) -> io::Result<()> {
        self.disk.take(bytes, 0)?;
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for DiskShare {
    fn drop(&mut self) {
        let mut taken = self.disk.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.bytes = taken.bytes.saturating_sub(self.bytes);
        taken.files = taken.files.saturating_sub(1);
    }
}
