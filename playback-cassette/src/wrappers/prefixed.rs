//! A part of a cassette as a cassette of its own.

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use playback_core::{InvalidId, Metadata, Recording, RecordingId};

use crate::{Cassette, Error, Found, Opened, Query};

/// The recordings of any cassette whose categories begin with a prefix, as a cassette of their own.
///
/// Several teams, regions or environments keep their recordings in one place, and each sees its own only,
/// under the categories that its code uses: through the prefix `payments`, the category `Checkout` is
/// `payments/Checkout` in the cassette beneath, in ids and metadata alike. What does not begin with
/// `payments/` cannot be found, loaded, replaced or deleted through the view; `payments` and `payments2` do
/// not see each other, and `payments` sees what is in `payments/eu`, as `eu/…`. The same day and unique part
/// name the same recording on both sides. Tapes are the same, byte for byte.
///
/// Errors of the cassette beneath name recordings as it does, with the prefix. Closing the view closes the
/// cassette beneath; wrap a shared one in [`Arc`](std::sync::Arc) and close it once, when all are done.
///
/// Not to be mistaken for the prefix of an object store's keys, which moves whole recordings of any category
/// to another place in the bucket.
///
/// ```
/// use playback_cassette::{Cassette, CassetteExt, Prefixed, Query};
/// use playback_testkit::{MemoryCassette, record};
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let all = MemoryCassette::new();
/// let payments = Prefixed::new(all.clone(), "payments")?;
/// let recording = record(async { playback_core::operation("Checkout").run(|| 3) }).await.recording();
/// payments.save(&recording).await?;
///
/// assert_eq!(payments.load(recording.id()).await?, recording);
/// assert_eq!(all.categories().await?, ["payments/Checkout"]);
/// assert!(Prefixed::new(all, "search")?.find_all(&Query::new()).await?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Prefixed<C> {
    cassette: C,
    /// With the slash that ends it.
    prefix: String,
}

impl<C: Cassette> Prefixed<C> {
    /// The part of `cassette` whose categories begin with `prefix` and a slash.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if `prefix` could not itself be a category. It takes
    /// from the length that categories may have: a recording whose category is too long with it is refused
    /// by the same kind when it is saved.
    pub fn new(cassette: C, prefix: impl Into<String>) -> Result<Self, Error> {
        let mut prefix = prefix.into();
        RecordingId::check_category(&prefix)?;
        prefix.push('/');
        Ok(Self { cassette, prefix })
    }

    /// What the cassette beneath calls the recording.
    fn beneath(&self, id: &RecordingId) -> Result<RecordingId, InvalidId> {
        RecordingId::new(&self.category_beneath(id.category()), id.day(), id.unique())
    }

    fn category_beneath(&self, category: &str) -> String {
        format!("{}{category}", self.prefix)
    }

    /// What the view calls a category of the cassette beneath; none if it is not in the view.
    fn category_in_view(&self, category: &str) -> Option<String> {
        let rest = category.strip_prefix(&self.prefix)?;
        RecordingId::check_category(rest).is_ok().then(|| rest.to_owned())
    }

    fn metadata_in_view(&self, mut metadata: Metadata) -> Metadata {
        // What someone else wrote there without the prefix stays as it is.
        if let Some(category) = metadata.category.strip_prefix(&self.prefix) {
            metadata.category = category.to_owned();
        }
        metadata
    }

    fn found_in_view(&self, mut found: Found) -> Result<Found, Error> {
        let category = found.id.category().strip_prefix(&self.prefix).unwrap_or_default();
        found.id = RecordingId::new(category, found.id.day(), found.id.unique())?;
        found.metadata = self.metadata_in_view(found.metadata);
        Ok(found)
    }

    /// The query that finds beneath what `query` finds in the view; none if there is nothing to find.
    async fn query_beneath(&self, query: Query) -> Result<Option<Query>, Error> {
        let categories: Vec<String> = match query.category_names() {
            [] => self.categories().await?,
            named => named.to_vec(),
        };
        // No category stands for all of them in a query, of which most are none of the view's.
        let beneath: Vec<String> = categories.iter().map(|name| self.category_beneath(name)).collect();
        Ok((!beneath.is_empty()).then(|| query.in_categories(beneath).hiding(&self.prefix)))
    }
}

#[async_trait]
impl<C: Cassette> Cassette for Prefixed<C> {
    async fn save(&self, recording: &Recording) -> Result<(), Error> {
        let mut metadata = recording.metadata().clone();
        metadata.category = self.category_beneath(&metadata.category);
        let recording = Recording::new(self.beneath(recording.id())?, metadata, recording.tape().clone());
        self.cassette.save(&recording).await
    }

    async fn load(&self, id: &RecordingId) -> Result<Recording, Error> {
        let recording = self.cassette.load(&self.beneath(id)?).await?;
        let metadata = self.metadata_in_view(recording.metadata().clone());
        Ok(Recording::new(id.clone(), metadata, recording.tape().clone()))
    }

    async fn open(&self, id: &RecordingId) -> Result<Opened, Error> {
        let opened = self.cassette.open(&self.beneath(id)?).await?;
        let metadata = self.metadata_in_view(opened.metadata().clone());
        Ok(opened.renamed(id.clone(), metadata))
    }

    async fn load_metadata(&self, id: &RecordingId) -> Result<Metadata, Error> {
        Ok(self.metadata_in_view(self.cassette.load_metadata(&self.beneath(id)?).await?))
    }

    async fn delete(&self, id: &RecordingId) -> Result<(), Error> {
        self.cassette.delete(&self.beneath(id)?).await
    }

    fn find<'a>(&'a self, query: &Query) -> BoxStream<'a, Result<Found, Error>> {
        let query = query.clone();
        let find = async move {
            match self.query_beneath(query).await {
                Ok(Some(query)) => self.cassette.find(&query).map(|found| self.found_in_view(found?)).boxed(),
                Ok(None) => stream::empty().boxed(),
                Err(error) => stream::iter([Err(error)]).boxed(),
            }
        };
        stream::once(find).flatten().boxed()
    }

    async fn categories(&self) -> Result<Vec<String>, Error> {
        let categories = self.cassette.categories().await?;
        Ok(categories.iter().filter_map(|category| self.category_in_view(category)).collect())
    }

    fn place(&self) -> String {
        format!("{}, under {}", self.cassette.place(), self.prefix)
    }

    async fn close(&self) -> Result<(), Error> {
        self.cassette.close().await
    }
}
