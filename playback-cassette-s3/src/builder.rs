//! Opening a cassette with options.

use std::fmt;
use std::time::Duration;

use playback_cassette::Error;

use crate::options::Options;
use crate::{ObjectStoreCassette, address};

/// Opens a cassette at a URL whose store needs to be told more than its address: see
/// [`ObjectStoreCassette::builder`].
///
/// What is said here goes before what the environment says.
///
/// ```
/// use playback_cassette_s3::ObjectStoreCassette;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if cfg!(feature = "aws") {
/// // MinIO on this machine.
/// let cassette = ObjectStoreCassette::builder("s3://recordings/checkout")
///     .endpoint("http://127.0.0.1:9000")
///     .allow_http(true)
///     .option("access_key_id", "minio")
///     .option("secret_access_key", "of your own")
///     .max_retries(3)
///     .build()?;
/// # }
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ObjectStoreCassetteBuilder {
    url: String,
    options: Options,
}

impl ObjectStoreCassetteBuilder {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned(), options: Options::default() }
    }

    /// The address of the service that speaks the store's protocol, in place of the cloud's own:
    /// `http://127.0.0.1:9000`, `https://{account}.r2.cloudflarestorage.com`.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.options.endpoint = Some(url.into());
        self
    }

    /// The region of an S3 bucket, such as `eu-west-1`; `us-east-1` if the environment says none. For R2, `auto`.
    pub fn region(self, region: impl Into<String>) -> Self {
        self.option("region", region)
    }

    /// Whether to speak to an endpoint without encryption, too.
    pub fn allow_http(self, allow: bool) -> Self {
        self.option("allow_http", allow.to_string())
    }

    /// Any option of the store by its name in the crate `object_store`, such as `aws_session_token`, or
    /// `session_token` for short: see its `AmazonS3ConfigKey`, `GoogleConfigKey`, `AzureConfigKey` and
    /// `ClientConfigKey`. The last word on a name holds.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.named.push((name.into(), value.into()));
        self
    }

    /// How many times a request is tried again that the store failed to answer; 10 by default. Disk and
    /// memory are asked once.
    pub fn max_retries(mut self, retries: usize) -> Self {
        self.options.retries.max = Some(retries);
        self
    }

    /// The time since its first try after which a request is not tried again; 3 minutes by default.
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.options.retries.timeout = Some(timeout);
        self
    }

    /// How long to pause before a request is tried again: the first time, and at most; 100 milliseconds and 15
    /// seconds by default. In between, pauses grow at random.
    pub fn retry_pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.options.retries.pauses = Some((first, longest));
        self
    }

    /// The cassette. Nothing is asked of a cloud yet.
    ///
    /// # Errors
    /// As [`ObjectStoreCassette::from_url`] has them, and
    /// [`ErrorKind::Invalid`](playback_cassette::ErrorKind::Invalid) if the store has no option of a name, or
    /// cannot make sense of a value.
    pub fn build(self) -> Result<ObjectStoreCassette, Error> {
        let address = address::open(&self.url, &self.options)?;
        ObjectStoreCassette::at(address.place).key_prefix(&address.prefix)
    }
}

impl fmt::Debug for ObjectStoreCassetteBuilder {
    /// Without the URL, which may hold what is secret until it is refused for that.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectStoreCassetteBuilder").field("options", &self.options).finish_non_exhaustive()
    }
}
