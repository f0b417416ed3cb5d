//! Rules from a file of rules.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Rules;
use super::rule::{Rule, RuleError};
use super::tolerance::Tolerance;
use super::write::UNITS;

/// A file of rules cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// The file cannot be read.
    #[error("the rules in {} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// There is a mistake in it.
    #[error("{}: {message}", Place { file: file.as_deref(), line: *line, column: *column })]
    Mistake {
        /// The file, if it is one.
        file: Option<PathBuf>,
        /// The line of the mistake, from 1.
        line: usize,
        /// The character in that line, from 1.
        column: usize,
        /// What is wrong, and what would be right.
        message: String,
    },
}

struct Place<'a> {
    file: Option<&'a Path>,
    line: usize,
    column: usize,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file {
            Some(file) => write!(f, "{}:{}:{}", file.display(), self.line, self.column),
            None => write!(f, "line {}, column {}", self.line, self.column),
        }
    }
}

impl Rules {
    /// The rules of a file.
    ///
    /// # Errors
    /// [`RulesError`], which names the file, and where in it the mistake is.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, RulesError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| RulesError::Read { path: path.to_owned(), source })?;
        File { text: &text, path: Some(path) }.rules()
    }

    /// The rules of a text in TOML; see [`Rules`] for what stands in it.
    ///
    /// # Errors
    /// [`RulesError::Mistake`], which says where the mistake is, and what would be right there.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        File { text, path: None }.rules()
    }
}

/// The kinds of rules, and the keys that each has beside those of all.
const TABLES: [(&str, &[&str]); 7] = [
    ("ignore", &[]),
    ("unordered", &["by"]),
    ("tolerance", &["absolute", "relative"]),
    ("time", &["within"]),
    ("replace", &["pattern", "with"]),
    ("ignore_case", &[]),
    ("default_is_absent", &[]),
];

/// The keys that every rule may have.
const KEYS: [&str; 3] = ["path", "category", "output"];

struct File<'a> {
    text: &'a str,
    path: Option<&'a Path>,
}

/// What is wrong, and at which bytes of the text.
struct Wrong(Range<usize>, String);

type Found<T> = Result<T, Wrong>;

impl File<'_> {
    fn rules(&self) -> Result<Rules, RulesError> {
        self.read().map_err(|Wrong(span, message)| {
            let (line, column) = self.place(span.start);
            RulesError::Mistake { file: self.path.map(Path::to_owned), line, column, message }
        })
    }

    fn read(&self) -> Found<Rules> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let hint = if error.message().contains("duplicate key") {
                "; rules of one kind stand either in one list or each below a `[[…]]`"
            } else {
                ""
            };
            Wrong(error.span().unwrap_or_default(), format!("this is not TOML: {}{hint}", error.message()))
        })?;
        // By their place, as tables of one kind are gathered by the reader.
        let mut rules: Vec<(usize, Rule)> = Vec::new();
        for (name, values) in table.get_ref() {
            let Some((kind, keys)) = TABLES.iter().find(|(kind, _)| kind == name.get_ref()) else {
                let known: Vec<&str> = TABLES.iter().map(|(kind, _)| *kind).collect();
                return Err(Wrong(name.span(), unknown("kind of rule", name.get_ref(), &known)));
            };
            let values: Vec<&Spanned<DeValue<'_>>> = match values.get_ref() {
                DeValue::Array(values) => values.iter().collect(),
                _ => vec![values],
            };
            for value in values {
                let at = value.span().start;
                let rule = match value.get_ref() {
                    DeValue::String(path) => Table::of_path(kind, value.span(), path).rule(),
                    DeValue::Table(table) => Table::new(kind, keys, value.span(), table)?.rule(),
                    other => Err(Wrong(
                        value.span(),
                        format!(
                            "a rule is a path, as in `{kind} = [\"**.id\"]`, or a table below `[[{kind}]]`; this \
                             is of type {}",
                            other.type_str()
                        ),
                    )),
                };
                let (line, _) = self.place(at);
                let file =
                    self.path.map_or_else(|| "line ".to_owned(), |path| format!("{}:", path.display()));
                let origin = Some(format!("{file}{line}").into());
                rules.push((at, Rule { origin, ..rule? }));
            }
        }
        rules.sort_by_key(|(at, _)| *at);
        Ok(rules.into_iter().map(|(_, rule)| rule).collect())
    }

    /// Line and column of a byte, both from 1.
    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

/// One rule's table.
struct Table<'a> {
    kind: &'static str,
    span: Range<usize>,
    entries: Vec<(&'a str, Range<usize>, Cell<'a>)>,
}

#[derive(Clone, Copy)]
enum Cell<'a> {
    Text(&'a str),
    Value(&'a DeValue<'a>),
}

impl<'a> Table<'a> {
    fn of_path(kind: &'static str, span: Range<usize>, path: &'a str) -> Self {
        Self { kind, span: span.clone(), entries: vec![("path", span, Cell::Text(path))] }
    }

    fn new(
        kind: &'static str,
        keys: &[&'static str],
        span: Range<usize>,
        table: &'a DeTable<'a>,
    ) -> Found<Self> {
        let mut entries = Vec::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            if !KEYS.contains(&name) && !keys.contains(&name) {
                let known: Vec<&str> = KEYS.iter().chain(keys).copied().collect();
                return Err(Wrong(key.span(), unknown(&format!("key of `{kind}`"), name, &known)));
            }
            let cell = match value.get_ref() {
                DeValue::String(text) => Cell::Text(text),
                other => Cell::Value(other),
            };
            entries.push((name, value.span(), cell));
        }
        Ok(Self { kind, span, entries })
    }

    fn rule(&self) -> Found<Rule> {
        let (path, _) = self.needed("path", "\"**.updated_at\"")?;
        let (rule, blamed) = match self.kind {
            "ignore" => (Rule::ignore(path), "path"),
            "ignore_case" => (Rule::ignore_case(path), "path"),
            "default_is_absent" => (Rule::default_is_absent(path), "path"),
            "unordered" => match self.text("by")? {
                Some((by, _)) => (Rule::unordered_by(path, by), "by"),
                None => (Rule::unordered(path), "path"),
            },
            "tolerance" => {
                let (absolute, relative) = (self.number("absolute")?, self.number("relative")?);
                if absolute.is_none() && relative.is_none() {
                    return Err(self.missing("absolute", "0.01`, or `relative = 0.001"));
                }
                let tolerance =
                    Tolerance::absolute(absolute.unwrap_or(0.0)).or_relative(relative.unwrap_or(0.0));
                let blamed = if Tolerance::absolute(absolute.unwrap_or(0.0)).is_valid() {
                    "relative"
                } else {
                    "absolute"
                };
                (Rule::tolerance(path, tolerance), blamed)
            }
            "time" => (Rule::time_tolerance(path, self.duration("within")?), "path"),
            _ => {
                let (regex, _) = self.needed("pattern", "'id=\\d+'")?;
                let with = self.text("with")?.map_or("", |(with, _)| with);
                (Rule::replace(path, regex, with), "pattern")
            }
        };
        let mut rule = rule.map_err(|error| {
            let blamed = if matches!(error, RuleError::Pattern { .. }) { "path" } else { blamed };
            Wrong(self.get(blamed).map_or(self.span.clone(), |(span, _)| span), error.to_string())
        })?;
        if let Some((category, _)) = self.text("category")? {
            rule = rule.category(category);
        }
        if let Some((output, _)) = self.text("output")? {
            rule = rule.output(output);
        }
        Ok(rule)
    }

    fn get(&self, key: &str) -> Option<(Range<usize>, Cell<'a>)> {
        let (_, span, cell) = self.entries.iter().find(|(name, ..)| *name == key)?;
        Some((span.clone(), *cell))
    }

    fn text(&self, key: &str) -> Found<Option<(&'a str, Range<usize>)>> {
        match self.get(key) {
            None => Ok(None),
            Some((span, Cell::Text(text))) => Ok(Some((text, span))),
            Some((span, Cell::Value(other))) => Err(Wrong(
                span,
                format!("`{key}` is a text, in quotes; this is of type {}", other.type_str()),
            )),
        }
    }

    fn needed(&self, key: &str, example: &str) -> Found<(&'a str, Range<usize>)> {
        self.text(key)?.ok_or_else(|| self.missing(key, example))
    }

    fn missing(&self, key: &str, example: &str) -> Wrong {
        Wrong(self.span.clone(), format!("`{}` needs the key `{key}`, as in `{key} = {example}`", self.kind))
    }

    fn number(&self, key: &str) -> Found<Option<f64>> {
        let Some((span, cell)) = self.get(key) else { return Ok(None) };
        let text = match cell {
            Cell::Value(DeValue::Float(number)) => number.as_str(),
            Cell::Value(DeValue::Integer(number)) if number.radix() == 10 => number.as_str(),
            _ => return Err(Wrong(span, format!("`{key}` is a decimal number, as in `{key} = 0.01`"))),
        };
        let number = text.replace('_', "").parse();
        number.map(Some).map_err(|_| Wrong(span, format!("`{key}` is no number: {text}")))
    }

    fn duration(&self, key: &str) -> Found<Duration> {
        let (text, span) = self.needed(key, "\"5s\"")?;
        duration(text).ok_or_else(|| {
            let units = UNITS.map(|(unit, _)| unit).join(", ");
            Wrong(
                span,
                format!("`{text}` is no duration; write a whole number and one of {units}, as in \"5s\""),
            )
        })
    }
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    let nanos = number.parse::<u128>().ok()?.checked_mul(*unit)?;
    let nanos_left = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(u64::try_from(nanos / 1_000_000_000).ok()?, nanos_left))
}

/// A name that is not known, and the one of those known that is most like it.
fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, known)| *distance <= 2.max(known.len() / 2));
    let hint = nearest.map_or(String::new(), |(_, known)| format!("; did you mean `{known}`?"));
    format!("there is no {what} called `{name}`{hint} (there are: {})", known.join(", "))
}
