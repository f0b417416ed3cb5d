//! A part of the recordings, so that several processes play them all.

use std::fmt;
use std::str::FromStr;

use playback_core::RecordingId;

/// What a shard is read from, in this order: its number and whether it counts from 1, and how many there are.
const VARIABLES: [(&str, u32, &str); 4] = [
    // GitLab CI, with `parallel`.
    ("CI_NODE_INDEX", 1, "CI_NODE_TOTAL"),
    ("CIRCLE_NODE_INDEX", 0, "CIRCLE_NODE_TOTAL"),
    ("BUILDKITE_PARALLEL_JOB", 0, "BUILDKITE_PARALLEL_JOB_COUNT"),
    // An indexed job of Kubernetes, which is not told how many it has: its manifest says so once more.
    ("JOB_COMPLETION_INDEX", 0, COUNT),
];
/// A shard, such as `3/8`.
const SHARD: &str = "PLAYBACK_SHARD";
/// How many shards there are, where only the number is given.
const COUNT: &str = "PLAYBACK_SHARDS";

/// A part of the recordings, so that several processes play them all, each its part: the third of eight is `3/8`.
///
/// To which shard a recording belongs is a matter of its id alone, so it is the same on every machine and in every
/// version: FNV-1a of 64 bits over the id as text, its bits mixed by the finalizer of MurmurHash3 (`fmix64`), modulo the
/// number of shards. Shards are about equally large, as chance has it.
///
/// ```
/// use playback_studio::Shard;
///
/// let shard: Shard = "3/8".parse()?;
/// let id = "Checkout/20260131/01KG8V3Q2E9T0000000000000A".parse().unwrap();
/// assert_eq!(Shard::all(8).filter(|shard| shard.contains(&id)).count(), 1);
/// assert_eq!("9/8".parse::<Shard>().unwrap_err().to_string(), "`9/8` is no shard: there are 8, counted from 1");
/// # let _ = shard;
/// # Ok::<(), playback_studio::InvalidShard>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    of: u32,
    /// From 1.
    number: u32,
}

impl Shard {
    /// All recordings: `1/1`.
    pub const WHOLE: Self = Self { of: 1, number: 1 };

    /// The shard `number`, counted from 1, of `of`.
    ///
    /// # Errors
    /// [`InvalidShard`] if there is no such shard.
    pub fn new(number: u32, of: u32) -> Result<Self, InvalidShard> {
        Self::parts(&format!("{number}/{of}"), number, of)
    }

    /// All of `of` shards.
    pub fn all(of: u32) -> impl Iterator<Item = Self> {
        (1..=of).map(move |number| Self { number, of })
    }

    /// The shard that the environment gives this process, if it does: by `PLAYBACK_SHARD=3/8`, or by the variables of
    /// GitLab CI (`CI_NODE_INDEX`, `CI_NODE_TOTAL`), CircleCI (`CIRCLE_NODE_INDEX`, `CIRCLE_NODE_TOTAL`), Buildkite
    /// (`BUILDKITE_PARALLEL_JOB`, `BUILDKITE_PARALLEL_JOB_COUNT`), or of an indexed job of Kubernetes
    /// (`JOB_COMPLETION_INDEX`). Kubernetes does not tell a job its `completions`: set `PLAYBACK_SHARDS` to it as well.
    ///
    /// nextest divides tests, and tells them nothing of it: with one test per recording, `--partition` is all it takes.
    ///
    /// # Errors
    /// [`InvalidShard`] if a variable has a value that makes no shard, or its counterpart is not there.
    pub fn from_env() -> Result<Option<Self>, InvalidShard> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same of given variables.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, InvalidShard> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        if let Some(shard) = set(SHARD) {
            return shard.parse().map(Some).map_err(|invalid: InvalidShard| invalid.of_variable(SHARD));
        }
        let found =
            VARIABLES.into_iter().find_map(|(index, first, count)| Some((index, set(index)?, first, count)));
        let Some((index_name, index, first, count_name)) = found else { return Ok(None) };
        let Some(count) = set(count_name) else {
            return Err(InvalidShard(format!(
                "{index_name} is set, and {count_name} is not: set it to the number of shards, or {SHARD}=1/1 to play \
                 all"
            )));
        };
        let shown = format!("{index_name}={index} {count_name}={count}");
        let no_number = |_| InvalidShard(format!("`{shown}` is no shard: both have to be whole numbers"));
        let number = index.trim().parse::<u32>().map_err(no_number)?;
        let of = count.trim().parse::<u32>().map_err(no_number)?;
        let outside = || InvalidShard(format!("`{shown}` is no shard: there are {of}, counted from {first}"));
        let number = number.checked_add(1 - first).ok_or_else(outside)?;
        Self::parts(&shown, number, of).map(Some).map_err(|_| outside())
    }

    /// Whether a recording belongs to this shard.
    #[must_use]
    pub fn contains(&self, id: &RecordingId) -> bool {
        hash(&id.to_string()) % u64::from(self.of) == u64::from(self.number - 1)
    }

    /// Its number, counted from 1.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How many shards there are.
    #[must_use]
    pub fn of(&self) -> u32 {
        self.of
    }

    fn parts(shown: &str, number: u32, of: u32) -> Result<Self, InvalidShard> {
        if (1..=of).contains(&number) {
            Ok(Self { number, of })
        } else {
            Err(InvalidShard(format!("`{shown}` is no shard: there are {of}, counted from 1")))
        }
    }
}

impl FromStr for Shard {
    type Err = InvalidShard;

    fn from_str(text: &str) -> Result<Self, InvalidShard> {
        let numbers = text
            .split_once('/')
            .and_then(|(number, of)| Some((number.trim().parse().ok()?, of.trim().parse().ok()?)));
        let (number, of) = numbers.ok_or_else(|| {
            InvalidShard(format!(
                "`{text}` is no shard: write its number and how many there are, such as 3/8"
            ))
        })?;
        Self::parts(text, number, of)
    }
}

/// `3/8`.
impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// What makes no [`Shard`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidShard(String);

impl InvalidShard {
    fn of_variable(self, name: &str) -> Self {
        Self(format!("{name}: {}", self.0))
    }
}

impl fmt::Display for InvalidShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidShard {}

fn hash(text: &str) -> u64 {
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    // FNV's low bits alone are no good to divide by.
    let mut mixed = fnv ^ (fnv >> 33);
    mixed = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}
