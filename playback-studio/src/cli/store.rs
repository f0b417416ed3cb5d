//! Opening the place where recordings are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use playback_cassette::{
    Cassette, CassetteExt, Error, ErrorKind, Fixtures, Listing, Opened, Order, Query, Recording, RecordingId,
};
use playback_cassette_s3::ObjectStoreCassette;
use url::Url;

use super::ending::ids_ending_in;
use super::failure::Stop;
use super::form::{self, Form};
use super::id::{self, Wanted};

/// Where recordings are looked for, unless `--store` or the environment says otherwise.
const DEFAULT: &str = "tests/recordings";
/// What an object store keeps everything under.
const ROOT: &str = "tape_recorder_recordings";
/// How many ids are listed of those that an end may mean.
const CANDIDATES: usize = 10;

/// What `--help` says of stores.
pub(crate) const HELP: &str = "\
Stores:
  A directory holds either files of recordings (*.tape, *.tape.txt), wherever they lie in it, or what
  an object store keeps (tape_recorder_recordings/). URLs are file:///path and, as far as the command was built
  with the features aws, gcp and azure, s3://bucket/prefix, gs://bucket/prefix and
  az://container/prefix. Credentials come from the environment, as each cloud has it.";

/// Which store.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct StoreArgs {
    /// Where the recordings are: a directory, or a URL such as s3://bucket/prefix
    #[arg(
        short,
        long,
        global = true,
        env = "PLAYBACK_STORE",
        value_name = "URL|DIR",
        default_value = DEFAULT,
        hide_env_values = true
    )]
    store: String,

    /// An option of a cloud's store, such as endpoint=http://127.0.0.1:9000
    #[arg(short = 'o', long = "store-option", global = true, value_name = "NAME=VALUE", value_parser = named)]
    options: Vec<(String, String)>,

    /// What the command is called, for the hints that name it.
    #[arg(skip)]
    command: String,
}

fn named(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What is going to be done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    /// The same of a store that may be out of order.
    Inspect,
    /// What is there is changed, and nothing is added.
    Remove,
    /// Recordings are added. A new directory takes them as files.
    Add,
}

/// A place where recordings are kept. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Store {
    kind: Kind,
    place: String,
    doubles: Vec<String>,
    access: Access,
    command: String,
}

#[derive(Clone)]
pub(crate) enum Kind {
    Objects(ObjectStoreCassette),
    Files(Arc<Fixtures>),
}

impl StoreArgs {
    pub(crate) fn open(&self, access: Access) -> Result<Store, Stop> {
        self.open_other(&self.store, access)
    }

    /// The recording that a text means: that of a file, or of an id in the store.
    pub(crate) async fn load(&self, text: &str) -> Result<Recording, Stop> {
        let path = Path::new(text);
        if let Some(form) = Form::of_file(path).filter(|_| path.is_file()) {
            return Ok(form.read(path)?);
        }
        self.open(Access::Read)?.load(text).await
    }

    /// The same, of which values are fetched when they are asked for.
    pub(crate) async fn look_into(&self, text: &str) -> Result<Opened, Stop> {
        if Form::of_file(Path::new(text)).is_some() && Path::new(text).is_file() {
            return Ok(Opened::whole(self.load(text).await?));
        }
        self.open(Access::Read)?.look_into(text).await
    }

    /// The same of a command that is called otherwise.
    pub(crate) fn of_command(self, command: &str) -> Self {
        Self { command: command.to_owned(), ..self }
    }

    /// Whether an address is that of this store.
    pub(crate) fn is_at(&self, address: &str) -> bool {
        same_place(&self.store) == same_place(address)
    }

    /// Opens another place, with the same options.
    pub(crate) fn open_other(&self, address: &str, access: Access) -> Result<Store, Stop> {
        Ok(Store { command: self.command.clone(), ..self.open_at(address, access)? })
    }

    fn open_at(&self, address: &str, access: Access) -> Result<Store, Stop> {
        if !address.contains("://") {
            return directory(Path::new(address), access);
        }
        if address.starts_with("file://") {
            let path = path_of(address).ok_or_else(|| {
                Stop::new(format!(
                    "`{address}` names no directory of this machine; write `file:///absolute/path`"
                ))
            })?;
            return directory(&path, access);
        }
        let mut builder = ObjectStoreCassette::builder(address);
        for (name, value) in &self.options {
            builder = match name.as_str() {
                "endpoint" => builder.endpoint(value),
                name => builder.option(name, value),
            };
        }
        let cassette = builder.build().map_err(|error| match error.to_string() {
            message if message.contains("needs the feature") => {
                let scheme = address.split("://").next().unwrap_or_default();
                Stop::new(format!(
                    "this command was built without the client for `{scheme}://`; build it with the feature of its \
                     cloud: `--features cli,aws`, `cli,gcp` or `cli,azure`"
                ))
            }
            _ => error.into(),
        })?;
        let place = address.to_owned();
        Ok(Store::new(Kind::Objects(cassette.read_only(access.only_reads())), place, access))
    }
}

impl Access {
    fn only_reads(self) -> bool {
        matches!(self, Self::Read | Self::Inspect)
    }
}

impl Store {
    fn new(kind: Kind, place: String, access: Access) -> Self {
        Self { kind, place, doubles: Vec::new(), access, command: String::new() }
    }

    /// What is wrong with files that hold a recording which another file has; of [`Access::Inspect`] only.
    pub(crate) fn doubles(&self) -> &[String] {
        &self.doubles
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(crate) fn cassette(&self) -> &dyn Cassette {
        match &self.kind {
            Kind::Objects(objects) => objects,
            Kind::Files(files) => files,
        }
    }

    pub(crate) fn listing(&self) -> &dyn Listing {
        match &self.kind {
            Kind::Objects(objects) => objects,
            Kind::Files(files) => &**files,
        }
    }

    /// The cassette, for those who keep it.
    pub(crate) fn shared(&self) -> Arc<dyn Cassette> {
        match &self.kind {
            Kind::Objects(objects) => Arc::new(objects.clone()),
            Kind::Files(files) => Arc::clone(files) as Arc<dyn Cassette>,
        }
    }

    /// Keeps a recording. A new file is made in this form.
    pub(crate) async fn save(&self, recording: &Recording, form: Form) -> Result<(), Error> {
        match &self.kind {
            Kind::Files(files) if form == Form::Tape && files.path_of(recording.id()).is_none() => {
                let id = recording.id();
                let name = format!("{}/{}-{}", id.encoded_category(), id.day(), id.unique());
                files.keep(recording, &format!("{name}{}", form.ending())).map(|_| ())
            }
            _ => self.cassette().save(recording).await,
        }
    }

    /// What the command is called that opened it.
    pub(crate) fn command(&self) -> &str {
        &self.command
    }

    /// What people call it.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// The id that a text means: a whole one, any end that only one has, or `@last`.
    pub(crate) async fn resolve(&self, text: &str) -> Result<RecordingId, Stop> {
        match id::parse(text)? {
            // What is deleted is what was written, never one like it.
            Wanted::Whole(id) if self.access == Access::Remove => Ok(id),
            Wanted::Whole(id) => self.whole(id).await,
            Wanted::Last { category, back } => self.last(category, back).await,
            Wanted::End(end) => self.ending_in(&end).await,
        }
    }

    /// The recording that a text means, of which values are fetched when they are asked for.
    pub(crate) async fn look_into(&self, text: &str) -> Result<Opened, Stop> {
        let id = self.resolve(text).await?;
        Ok(self.cassette().open(&id).await?)
    }

    /// The recording that a text means.
    pub(crate) async fn load(&self, text: &str) -> Result<Recording, Stop> {
        let id = self.resolve(text).await?;
        Ok(self.cassette().load(&id).await?)
    }

    /// An id that reads as a whole one may be the end of another, whose category has a slash in it.
    async fn whole(&self, id: RecordingId) -> Result<RecordingId, Stop> {
        match self.listing().read_metadata(&id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let ids = ids_ending_in(self.listing(), &id.to_string()).await?;
                // One that nobody has is for the command to miss.
                Ok(if let [only] = ids.as_slice() { only.clone() } else { id })
            }
            _ => Ok(id),
        }
    }

    async fn last(&self, category: Option<String>, back: usize) -> Result<RecordingId, Stop> {
        let query = Query::new().order(Order::NewestFirst).include_incomplete(true).limit(back + 1);
        let query = query.categories(category.clone());
        let found = self.cassette().find_all(&query).await?;
        let of = category.map(|category| format!(" of `{category}`")).unwrap_or_default();
        let there_are = found.len();
        found.into_iter().nth(back).map(|found| found.id).ok_or_else(|| {
            let message = match there_are {
                0 => format!(
                    "there are no recordings{of} in {}; record some, or name another store",
                    self.place
                ),
                _ => format!(
                    "there are {there_are} recordings{of} in {} only; the oldest is `@last~{}`",
                    self.place,
                    there_are - 1
                ),
            };
            Stop::new(message)
        })
    }

    async fn ending_in(&self, end: &str) -> Result<RecordingId, Stop> {
        match ids_ending_in(self.listing(), end).await?.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(Stop::new(format!(
                "no id of a recording in {} ends in `{end}`; `{} ls '*'` lists those that there are",
                self.place, self.command
            ))),
            several => {
                let mut message = format!("`{end}` is the end of {} ids; write more of one:", several.len());
                for candidate in several.iter().take(CANDIDATES) {
                    message.push_str(&format!("\n  {candidate}"));
                }
                if several.len() > CANDIDATES {
                    message.push_str(&format!("\n  and {} more", several.len() - CANDIDATES));
                }
                Err(Stop::new(message))
            }
        }
    }
}

/// The path that a URL of a file has.
fn path_of(address: &str) -> Option<PathBuf> {
    Url::parse(address).ok()?.to_file_path().ok()
}

/// What addresses of one place have in common.
fn same_place(address: &str) -> String {
    let path = match address.contains("://") {
        false => Some(PathBuf::from(address)),
        true => path_of(address).filter(|_| address.starts_with("file://")),
    };
    // A directory that is not there yet is like no other.
    let path = path.and_then(|path| fs::canonicalize(path).ok());
    let path = path.map(|path| match path.file_name() {
        Some(name) if name == ROOT => path.parent().map_or(path.clone(), Path::to_owned),
        _ => path,
    });
    path.map_or_else(|| address.to_owned(), |path| path.display().to_string())
        .trim_end_matches('/')
        .to_owned()
}

fn directory(path: &Path, access: Access) -> Result<Store, Stop> {
    let place = format!("the directory {}", path.display());
    let adds = access == Access::Add;
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            return Err(Stop::new(format!(
                "{} is a file, and a store is a directory or a URL; a command that takes an id takes a file, too",
                path.display()
            )));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && adds => {
            let refused =
                |error| form::failed("make the directory", path, "name one that you may write to", error);
            fs::create_dir_all(path).map_err(refused)?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Stop::new(format!(
                "there is no directory {}; name the store by `--store URL|DIR` or in the variable PLAYBACK_STORE",
                path.display()
            )));
        }
        Err(error) => {
            return Err(form::failed("open the directory", path, "name one that you may read", error).into());
        }
    }
    if let Some((base, prefix)) = inside_root(path) {
        let cassette = ObjectStoreCassette::local(base)?.key_prefix(&prefix)?;
        return Ok(Store::new(Kind::Objects(cassette.read_only(access.only_reads())), place, access));
    }
    if path.join(ROOT).is_dir() {
        check_prefix(path, &path.join(ROOT), access)?;
        let cassette = ObjectStoreCassette::local(path)?.read_only(access.only_reads());
        return Ok(Store::new(Kind::Objects(cassette), place, access));
    }
    let (files, doubles) = match access {
        Access::Inspect => Fixtures::open_with_doubles(path)?,
        Access::Read => (Fixtures::open(path)?, Vec::new()),
        Access::Remove | Access::Add => (Fixtures::writable(path)?, Vec::new()),
    };
    if !adds && holds_nothing(&files) && !is_empty(path) {
        return Err(Stop::new(format!(
            "{place} holds no recordings: neither `{ROOT}/`, as an object store keeps it, nor files that end in \
             `{}` or `{}`; check the path",
            Form::Tape.ending(),
            Form::Text.ending()
        )));
    }
    Ok(Store {
        doubles: doubles.iter().map(Error::chain).collect(),
        ..Store::new(Kind::Files(Arc::new(files)), place, access)
    })
}

/// The directory of an object store, and the prefix of keys in it, that a path into it means.
fn inside_root(path: &Path) -> Option<(PathBuf, String)> {
    let parts: Vec<_> = path.components().collect();
    let at = parts.iter().rposition(|part| part.as_os_str() == ROOT)?;
    let base: PathBuf = parts.iter().take(at).collect();
    let prefix: Vec<_> = parts.iter().skip(at + 1).map(|part| part.as_os_str().to_string_lossy()).collect();
    Some((if at == 0 { PathBuf::from(".") } else { base }, prefix.join("/")))
}

/// Says which prefixes there are where recordings stand below prefixes only.
fn check_prefix(path: &Path, root: &Path, access: Access) -> Result<(), Stop> {
    if is_tree(root) || access == Access::Add {
        return Ok(());
    }
    let mut prefixes = Vec::new();
    below(root, 3, &mut prefixes);
    if prefixes.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        prefixes.iter().map(|prefix| format!("\n  --store {}", prefix.display())).collect();
    Err(Stop::new(format!(
        "the directory {} holds recordings under prefixes only; name one:{}",
        path.display(),
        named.concat()
    )))
}

fn is_tree(directory: &Path) -> bool {
    directory.join("metadata").is_dir() || directory.join("full").is_dir()
}

fn below(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    entries.sort();
    for entry in entries {
        if is_tree(&entry) {
            found.push(entry);
        } else if depth > 0 {
            below(&entry, depth - 1, found);
        }
    }
}

/// Whether there are no files of recordings, not even of broken ones. Nothing is waited for: files have been listed.
fn holds_nothing(files: &Fixtures) -> bool {
    let all = Query::new().include_incomplete(true).limit(1);
    files.find(&all).next().now_or_never().is_some_and(|found| found.is_none())
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
}
