//! Recordings of made-up services, to train the dictionary on.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use fastrand::Rng;
use playback_cassette::{IdGenerator, Metadata, Recording};
use playback_core::{End, Entry, Kind, Service, Site, Tape, TapeParts, Value, value};

use super::words::{
    BUILT_IN, COUNTRIES, CURRENCIES, ERRORS, FIELDS, HEADERS, HOSTS, LOCALES, NAMES, NOUNS, STATES, SYSTEMS,
    VARIANTS, VERBS, WORDS,
};

/// Two recordings of each of these services; the same each time.
pub(crate) fn recordings(services: Range<u64>) -> impl Iterator<Item = Recording> {
    services.flat_map(|seed| {
        let mut maker = Maker(Rng::with_seed(seed));
        let service = maker.service();
        let recordings: Vec<_> = (0..2).map(|_| maker.recording(&service)).collect();
        recordings
    })
}

/// What values of a type look like.
enum Shape {
    Unit,
    Leaf(&'static str),
    Struct(Vec<(String, Shape)>),
    Variant(&'static str, Box<Shape>),
    List(Box<Shape>),
    Maybe(Box<Shape>),
}

struct MadeUp {
    category: String,
    /// What the operation is called with, and what it returns.
    request: (String, Shape),
    response: Shape,
    fallible: bool,
    calls: Vec<Interception>,
    service: Option<Service>,
    fields: Vec<(String, Shape)>,
}

struct Interception {
    site: Site,
    arguments: Vec<Shape>,
    result: Shape,
    fallible: bool,
    /// Microseconds.
    takes: u64,
    /// How often it is called at most.
    times: usize,
}

struct Maker(Rng);

impl Maker {
    fn service(&mut self) -> MadeUp {
        let category = match self.0.u8(..4) {
            0 => capitalized(self.noun()),
            1 => capitalized(self.pick(VERBS)) + &capitalized(self.noun()),
            2 => format!("{}_{}", self.pick(VERBS), self.noun()),
            _ => format!("{}.{}", self.noun(), self.pick(VERBS)),
        };
        let named = self.0.bool();
        let version = format!("{}.{}.{}", self.0.u8(..4), self.0.u8(..20), self.0.u8(..9));
        let name = format!("{}-service", self.noun());
        let calls = 1 + self.0.usize(..6);
        let fields = self.0.usize(..3);
        let request = *self.pick_from(&["request", "input", "command", "event", "message", "params", "id"]);
        MadeUp {
            request: (
                request.to_owned(),
                if request == "id" { Shape::Leaf("id") } else { self.structure(1) },
            ),
            response: self.structure(1),
            fallible: self.0.u8(..4) > 0,
            calls: (0..calls).map(|_| self.interception()).collect(),
            service: named.then_some(Service { name, version }),
            fields: (0..fields).map(|_| self.field()).collect(),
            category,
        }
    }

    fn interception(&mut self) -> Interception {
        let times = if self.0.u8(..3) == 0 { 2 + self.0.usize(..11) } else { 1 };
        if self.0.u8(..6) == 0 {
            let &(alias, gives) = self.pick_from(BUILT_IN);
            let site = Site { kind: Kind::Input, alias: alias.into(), argument_names: [].into() };
            return Interception {
                site,
                arguments: vec![],
                result: Shape::Leaf(gives),
                fallible: false,
                takes: 0,
                times: 1,
            };
        }
        let alias = match self.0.u8(..5) {
            0 => format!("{}.{}", self.noun(), self.pick(VERBS)),
            1 => format!("{}.{}", self.pick(SYSTEMS), self.noun()),
            2 => format!("{}.{}_{}", self.pick(SYSTEMS), self.pick(VERBS), self.noun()),
            3 => format!("{}_{}", self.pick(VERBS), self.noun()),
            _ => format!("{}.{}.{}", self.pick(SYSTEMS), self.noun(), self.pick(VERBS)),
        };
        let is_output = self.0.u8(..4) == 0;
        let (mut names, mut arguments) = (Vec::new(), Vec::new());
        for _ in 0..1 + self.0.usize(..2) {
            let (name, shape) = if is_output || self.0.u8(..3) == 0 {
                (self.noun().to_owned(), self.structure(1))
            } else {
                self.field()
            };
            names.push(name.as_str().into());
            arguments.push(shape);
        }
        let result = match (is_output, self.0.u8(..4)) {
            (true, 0) => Shape::Leaf("bool"),
            (true, 1) => Shape::Leaf("id"),
            (true, _) => Shape::Unit,
            (false, 0) => Shape::Maybe(Box::new(self.structure(0))),
            (false, 1) => Shape::List(Box::new(self.structure(0))),
            (false, 2) => self.field().1,
            (false, _) => self.structure(0),
        };
        let kind = if is_output { Kind::Output } else { Kind::Input };
        let takes = *self.pick_from(&[0, 5, 200, 1_000, 4_000]);
        let site = Site { kind, alias: alias.as_str().into(), argument_names: names.into() };
        Interception { site, arguments, result, fallible: self.0.u8(..3) > 0, takes, times }
    }

    fn structure(&mut self, depth: u8) -> Shape {
        let count = 2 + self.0.usize(..4) + self.0.usize(..5);
        let mut fields: Vec<(String, Shape)> = Vec::new();
        if self.0.u8(..4) > 0 {
            fields.push(("id".to_owned(), Shape::Leaf(if self.0.u8(..3) > 0 { "id" } else { "uuid" })));
        }
        for _ in 0..count {
            let (name, shape) = match self.0.u8(..12) {
                0 | 1 => {
                    let (name, shape) = self.field();
                    (name, Shape::Maybe(Box::new(shape)))
                }
                2 if depth < 3 => (self.noun().to_owned(), self.structure(depth + 1)),
                3 if depth < 3 => {
                    (format!("{}s", self.noun()), Shape::List(Box::new(self.structure(depth + 1))))
                }
                4 if depth < 3 => {
                    let payload = Box::new(self.structure(depth + 1));
                    (self.field().0, Shape::Variant(self.pick(VARIANTS), payload))
                }
                _ => self.field(),
            };
            if fields.iter().all(|(other, _)| *other != name) {
                fields.push((name, shape));
            }
        }
        Shape::Struct(fields)
    }

    fn field(&mut self) -> (String, Shape) {
        let noun = self.noun();
        let one_of = |maker: &mut Self, leaves| Shape::Leaf(maker.pick(leaves));
        match self.0.u8(..10) {
            0..6 => {
                let &(name, leaf) = self.pick_from(FIELDS);
                (name.to_owned(), Shape::Leaf(leaf))
            }
            6 => (format!("{noun}_id"), one_of(self, &["id", "uuid"])),
            7 => {
                let ends = [
                    ("name", "words"),
                    ("type", "state"),
                    ("status", "variant"),
                    ("code", "code"),
                    ("count", "small"),
                ];
                let &(end, leaf) = self.pick_from(&ends);
                (format!("{noun}_{end}"), Shape::Leaf(leaf))
            }
            8 => (
                format!("{}_{noun}", self.pick(&["is", "has", "last", "next", "max", "total"])),
                one_of(self, &["bool", "number"]),
            ),
            _ => (noun.to_owned(), one_of(self, &["words", "number", "state"])),
        }
    }

    fn value(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Unit => Value::Unit,
            Shape::Leaf(leaf) => self.leaf(leaf),
            Shape::Struct(fields) => {
                Value::fields_of(fields.iter().map(|(name, shape)| (name.as_str(), self.value(shape))))
            }
            Shape::Variant(name, payload) => {
                Value::Variant((*name).into(), Some(Box::new(self.value(payload))))
            }
            Shape::Maybe(inner) if self.0.u8(..3) > 0 => Value::Some(Box::new(self.value(inner))),
            Shape::Maybe(_) => Value::None,
            Shape::List(inner) => {
                let most = if self.0.u8(..6) == 0 { 16 } else { 4 };
                let length = self.0.usize(..most);
                Value::Seq((0..length).map(|_| self.value(inner)).collect())
            }
        }
    }

    fn leaf(&mut self, leaf: &str) -> Value {
        let random = &mut self.0;
        match leaf {
            "bool" => (random.u8(..3) > 0).into(),
            "small" => random.u64(..20).into(),
            "number" => random.u64(..10_000).into(),
            "cents" => random.u64(..50_000).into(),
            "id" => (random.u64(..) >> random.u32(36..60)).into(),
            "unix" => random.u64(1_700_000_000..1_800_000_000).into(),
            "clock" => Value::fields_of([
                ("secs_since_epoch", Value::from(random.u64(1_700_000_000..1_800_000_000))),
                ("nanos_since_epoch", random.u32(..1_000_000_000).into()),
            ]),
            "price" => (f64::from(random.u32(..100_000)) / 100.0).into(),
            "ratio" => (f64::from(random.u32(..1_000)) / 1_000.0).into(),
            "coordinate" => (random.f64() * 180.0 - 90.0).into(),
            "phone" => format!("+{}", random.u64(10_000_000_000..100_000_000_000)).into(),
            "digits" => format!("{:05}", random.u32(..100_000)).into(),
            "ip" => format!("10.{}.{}.{}", random.u8(..), random.u8(..), random.u8(..)).into(),
            "hex" => format!("{:016x}", random.u64(..)).into(),
            "uuid" => {
                let [high, low] = [random.u64(..), random.u64(..)];
                let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
                format!("{a:08x}-{b:04x}-4{c:03x}-a{:03x}-{:012x}", low >> 52, low & 0xffff_ffff_ffff).into()
            }
            "date" => self.time()[..10].into(),
            "time" => self.time().into(),
            "state" => self.pick(STATES).into(),
            "variant" => Value::Variant(self.pick(VARIANTS).into(), None),
            "currency" => self.pick(CURRENCIES).into(),
            "country" => self.pick(COUNTRIES).into(),
            "locale" => self.pick(LOCALES).into(),
            "name" => self.pick(NAMES).into(),
            "person" => format!("{} {}", self.pick(NAMES), self.pick(NAMES)).into(),
            "email" => format!("{}@{}", self.pick(NAMES).to_lowercase(), self.pick(HOSTS)).into(),
            "url" => {
                format!("https://{}/{}s/{}", self.pick(HOSTS), self.noun(), self.0.u32(..100_000)).into()
            }
            "code" => format!("{}-{}", self.noun()[..3].to_uppercase(), self.0.u32(..100_000)).into(),
            "street" => format!("{} {}", self.0.u32(1..200), self.words(2)).into(),
            "words" => self.words(2).into(),
            "sentence" => self.words(10).into(),
            "word list" => self.list(|maker| maker.words(1).into()),
            "state list" => self.list(|maker| maker.pick(STATES).into()),
            "map" => {
                let entries = self.0.usize(..5);
                Value::map((0..entries).map(|_| (self.noun().into(), self.words(1).into())))
            }
            "headers" => {
                let some = HEADERS.iter().filter(|_| self.0.bool());
                Value::map(some.map(|&(name, value)| (name.into(), value.into())))
            }
            other => panic!("nobody knows what `{other}` is"),
        }
    }

    fn recording(&mut self, service: &MadeUp) -> Recording {
        let mut parts = TapeParts { lanes: vec![vec![]], ..TapeParts::default() };
        let request = Value::Seq(vec![self.value(&service.request.1)]);
        let arguments = put(&mut parts, &request);
        let is_concurrent = self.0.u8(..8) == 0;
        let (mut now, mut order) = (self.microseconds(1), 0);
        for call in service.calls.iter().filter(|_| self.0.u8(..8) > 0).collect::<Vec<_>>() {
            parts.sites.push(call.site.clone());
            for _ in 0..1 + self.0.usize(..call.times) {
                order += 1;
                let arguments = Value::Seq(call.arguments.iter().map(|shape| self.value(shape)).collect());
                let arguments = put(&mut parts, &arguments);
                let result = self.value(&call.result);
                let result = self.outcome(result, call.fallible);
                let end = End::Returned(put(&mut parts, &result));
                if is_concurrent {
                    parts.lanes.push(vec![order - 1]);
                }
                let (site, lane) = (parts.sites.len() as u32 - 1, parts.lanes.len() as u32 - 1);
                let took = self.microseconds(call.takes);
                let (started, duration) = (Duration::from_micros(now), Duration::from_micros(took));
                parts.entries.push(Entry { site, lane, order, arguments, end, started, duration });
                now += self.microseconds(1) + if is_concurrent { 0 } else { took };
            }
        }
        let response = self.value(&service.response);
        let response = self.outcome(response, service.fallible);
        let duration = Duration::from_micros(now + self.microseconds(2));
        let operation = Entry {
            site: parts.sites.len() as u32,
            lane: 0,
            order: 0,
            arguments,
            end: End::Returned(put(&mut parts, &response)),
            started: Duration::ZERO,
            duration,
        };
        parts.entries.push(operation);
        parts.sites.push(Site {
            kind: Kind::Operation,
            alias: service.category.as_str().into(),
            argument_names: [service.request.0.as_str().into()].into(),
        });
        let at = SystemTime::UNIX_EPOCH
            + Duration::from_micros(self.0.u64(1_700_000_000_000_000..1_900_000_000_000_000));
        let id = IdGenerator::seeded(self.0.u64(..)).generate(&service.category, at).unwrap();
        let mut metadata = Metadata::new(&*service.category, at);
        (metadata.duration, metadata.failed) = (duration, response.is_error());
        metadata.service = service.service.clone();
        metadata.fields =
            service.fields.iter().map(|(name, shape)| (name.clone(), self.value(shape))).collect();
        Recording::new(id, metadata, Tape::new(parts).unwrap())
    }

    fn outcome(&mut self, value: Value, fallible: bool) -> Value {
        match (fallible, self.0.u8(..20)) {
            (false, _) => value,
            (true, 0) => {
                let why = self.words(5).into();
                let error = Value::Variant(self.pick(ERRORS).into(), Some(Box::new(why)));
                Value::Variant("Err".into(), Some(Box::new(error)))
            }
            (true, _) => Value::Variant("Ok".into(), Some(Box::new(value))),
        }
    }

    /// Around so many, seldom far from it.
    fn microseconds(&mut self, around: u64) -> u64 {
        let spread: f64 = (0..6).map(|_| self.0.f64() - 0.5).sum();
        (around as f64 * spread.exp2()) as u64
    }

    fn time(&mut self) -> String {
        let random = &mut self.0;
        let (year, month, day) = (random.u32(2023..2028), random.u32(1..13), random.u32(1..29));
        let (hour, minute, second) = (random.u32(..24), random.u32(..60), random.u32(..60));
        let fraction = match random.u8(..3) {
            0 => String::new(),
            1 => format!(".{:03}", random.u32(..1_000)),
            _ => format!(".{:06}", random.u32(..1_000_000)),
        };
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
    }

    fn words(&mut self, most: usize) -> String {
        let count = 1 + self.0.usize(..most);
        let words: Vec<_> = (0..count).map(|_| self.pick(WORDS)).collect();
        words.join(" ")
    }

    fn list(&mut self, item: impl Fn(&mut Self) -> Value) -> Value {
        let length = self.0.usize(..4);
        Value::Seq((0..length).map(|_| item(self)).collect())
    }

    fn noun(&mut self) -> &'static str {
        self.pick(NOUNS)
    }

    fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.0.usize(..words.len())]
    }

    fn pick_from<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.0.usize(..things.len())]
    }
}

fn put(parts: &mut TapeParts, value: &Value) -> Range<u64> {
    let start = parts.bytes.len() as u64;
    parts.bytes.extend(value::encode(value).unwrap());
    start..parts.bytes.len() as u64
}

fn capitalized(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}
