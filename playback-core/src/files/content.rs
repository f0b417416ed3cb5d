//! The content of a file, as it is recorded.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::place;

/// The content of a file, as it was recorded; or only its size, if it was over the limit.
#[derive(Clone, PartialEq, Eq)]
pub struct FileContent {
    size: u64,
    bytes: Option<Vec<u8>>,
}

impl FileContent {
    /// Reads a file, or only its size if that is over `limit` bytes.
    ///
    /// # Errors
    /// As reading a file fails; [`io::ErrorKind::InvalidInput`] if it is a pipe, a device or a directory, which may be
    /// without end, or never begin.
    pub fn read(path: &Path, limit: u64) -> io::Result<Self> {
        // Before it is opened: opening a pipe waits for who writes to it.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        if size > limit {
            return Ok(Self { size, bytes: None });
        }
        let mut bytes = Vec::new();
        // What it says of its size is not believed to the last: a sparse file may say anything.
        bytes.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX))?;
        // It may have grown since it was asked for its size.
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        let size = bytes.len() as u64;
        Ok(Self { size, bytes: (size <= limit).then_some(bytes) })
    }

    /// The size of the file, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The content; none if it was over the limit.
    #[must_use]
    pub fn bytes(&self) -> Option<&[u8]> {
        self.bytes.as_deref()
    }

    /// Writes the content to a file, whole or not at all, replacing what is there.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`] if the content was left out of the recording, and as writing a file fails.
    pub fn write_to(&self, path: &Path) -> io::Result<()> {
        let Some(bytes) = &self.bytes else {
            let message = format!(
                "the content of the file was left out of the recording, being {} bytes long; raise {} where it is \
                 recorded",
                self.size,
                super::SIZE_LIMIT_VARIABLE
            );
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        };
        place::write(path, bytes)
    }
}

impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = if self.bytes.is_some() { "" } else { ", left out" };
        write!(f, "FileContent({} bytes{content})", self.size)
    }
}

const FIELDS: [&str; 2] = ["size", "content"];

impl Serialize for FileContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let [size, content] = FIELDS;
        let mut fields = serializer.serialize_struct("FileContent", FIELDS.len())?;
        fields.serialize_field(size, &self.size)?;
        fields.serialize_field(content, &self.bytes.as_deref().map(Bytes))?;
        fields.end()
    }
}

impl<'de> Deserialize<'de> for FileContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("FileContent", &FIELDS, ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = FileContent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the content of a file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<FileContent, A::Error> {
        let (mut size, mut content) = (None, None);
        while let Some(field) = fields.next_key::<String>()? {
            match field.as_str() {
                "size" => size = Some(fields.next_value()?),
                "content" => content = Some(fields.next_value::<Option<OwnedBytes>>()?),
                _ => drop(fields.next_value::<serde::de::IgnoredAny>()?),
            }
        }
        let [size_name, content_name] = FIELDS;
        let size = size.ok_or_else(|| A::Error::missing_field(size_name))?;
        let bytes =
            content.ok_or_else(|| A::Error::missing_field(content_name))?.map(|OwnedBytes(bytes)| bytes);
        Ok(FileContent { size, bytes })
    }
}

/// Bytes that are written as such, and not as a sequence of numbers.
struct Bytes<'b>(&'b [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

struct OwnedBytes(Vec<u8>);

impl<'de> Deserialize<'de> for OwnedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = OwnedBytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<OwnedBytes, E> {
        Ok(OwnedBytes(bytes.to_vec()))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<OwnedBytes, E> {
        Ok(OwnedBytes(bytes))
    }
}
