//! The clouds' stores, each with its feature.

use std::sync::Arc;

use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use playback_cassette::{Error, ErrorKind};
use url::Url;

use crate::address::{Address, Place, PlaceKind, is_plain};
use crate::options::{Options, Retries};

#[cfg(feature = "aws")]
pub(crate) fn open_s3(url: &Url, options: &Options) -> Result<Address, Error> {
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
    let target = Target::parse(url, "bucket", false)?;
    let mut builder = AmazonS3Builder::from_env().with_url(url.as_str()).with_retry(retry(options.retries));
    for (key, value) in known::<AmazonS3ConfigKey>("S3", options)? {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    target.of(builder.build(), options, PlaceKind::S3)
}

#[cfg(feature = "gcp")]
pub(crate) fn open_gcs(url: &Url, options: &Options) -> Result<Address, Error> {
    use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
    let target = Target::parse(url, "bucket", false)?;
    let mut builder =
        GoogleCloudStorageBuilder::from_env().with_url(url.as_str()).with_retry(retry(options.retries));
    for (key, value) in known::<GoogleConfigKey>("Google Cloud Storage", options)? {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_config(GoogleConfigKey::BaseUrl, endpoint);
    }
    target.of(builder.build(), options, PlaceKind::Other)
}

#[cfg(feature = "azure")]
pub(crate) fn open_azure(url: &Url, options: &Options) -> Result<Address, Error> {
    use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
    let target = Target::parse(url, "container", true)?;
    let mut builder =
        MicrosoftAzureBuilder::from_env().with_url(url.as_str()).with_retry(retry(options.retries));
    for (key, value) in known::<AzureConfigKey>("Azure", options)? {
        builder = builder.with_config(key, value);
    }
    if let Some(endpoint) = &options.endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    target.of(builder.build(), options, PlaceKind::Other)
}

/// What a cloud's URL names.
struct Target {
    name: String,
    prefix: String,
}

impl Target {
    /// `user` is whether the scheme has a form `container@account.host`.
    fn parse(url: &Url, what: &str, user: bool) -> Result<Self, Error> {
        let scheme = url.scheme();
        let invalid = |message: String| Err(Error::new(ErrorKind::Invalid, message));
        let may_be_a_name = url.query().is_some() || url.fragment().is_some();
        let hint = if may_be_a_name { "; `#` and `?` in a name are `%23` and `%3F`" } else { "" };
        if !is_plain(url, user) {
            return invalid(format!(
                "a URL `{scheme}://…` of a cassette is a {what} and a prefix only; give credentials by the \
                 environment and options by `ObjectStoreCassette::builder`{hint}"
            ));
        }
        // Without what comes before an `@`, which in place of a user may be secret.
        let shown = if url.path().contains('@') { format!("{scheme}://…") } else { url.to_string() };
        let host = match (url.username(), url.host_str()) {
            (container, Some(host)) if !container.is_empty() => format!("{container}` of `{host}"),
            (_, Some(host)) if !host.is_empty() => host.to_owned(),
            _ => return invalid(format!("`{shown}` names no {what}; write `{scheme}://{what}/prefix`")),
        };
        let prefix = url.path().trim_matches('/');
        // The error beneath would show it all.
        let prefix = object_store::path::Path::from_url_path(prefix).map_err(|_| {
            let message = format!("`{shown}` names no prefix of keys; leave out `//` and control characters");
            Error::new(ErrorKind::Invalid, message)
        })?;
        Ok(Self { name: format!("the {what} `{host}`"), prefix: prefix.to_string() })
    }

    fn of<S: ObjectStore>(
        self,
        built: Result<S, object_store::Error>,
        options: &Options,
        kind: PlaceKind,
    ) -> Result<Address, Error> {
        let name = match options.endpoint.as_deref().and_then(origin) {
            Some(endpoint) => format!("{} at {endpoint}", self.name),
            None => self.name,
        };
        let store = built.map_err(|error| {
            let message = format!(
                "cannot open {name}: its address, an option or the environment makes no sense: {error}"
            );
            Error::new(ErrorKind::Invalid, message).with_source(error)
        })?;
        Ok(Address { place: Place { store: Arc::new(store), name, kind }, prefix: self.prefix })
    }
}

/// An endpoint without what may be secret.
fn origin(endpoint: &str) -> Option<String> {
    let url = Url::parse(endpoint).ok()?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", url.scheme(), url.host_str()?))
}

/// The options by the store's own keys.
fn known<K: std::str::FromStr>(store: &str, options: &Options) -> Result<Vec<(K, String)>, Error> {
    let known = options.named.iter().map(|(name, value)| {
        let key = name.to_ascii_lowercase().parse::<K>().map_err(|_| {
            let message = format!(
                "`{name}` is no option of {store}; the crate `object_store` documents those that there are"
            );
            Error::new(ErrorKind::Invalid, message)
        })?;
        Ok((key, value.clone()))
    });
    known.collect()
}

fn retry(retries: Retries) -> RetryConfig {
    let default = RetryConfig::default();
    let backoff = match retries.pauses {
        Some((first, longest)) => {
            BackoffConfig { init_backoff: first, max_backoff: longest, ..default.backoff }
        }
        None => default.backoff,
    };
    RetryConfig {
        max_retries: retries.max.unwrap_or(default.max_retries),
        retry_timeout: retries.timeout.unwrap_or(default.retry_timeout),
        backoff,
    }
}
