//! Rules from a file of rules.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use super::pseudonym::Key;
use super::rule::{Action, Rule};
use super::rules::Rules;
use super::texts::Texts;

/// A file of rules cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum RulesError {
    /// The file cannot be read.
    Read {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// There is a mistake in it.
    Mistake {
        /// The file, if it is one.
        file: Option<PathBuf>,
        /// The line of the mistake, from 1.
        line: usize,
        /// What is wrong, and what would be right.
        message: String,
    },
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { path, source } => {
                write!(f, "the rules of redaction in {} cannot be read: {source}", path.display())
            }
            Self::Mistake { file: Some(file), line, message } => {
                write!(f, "{}:{line}: {message}", file.display())
            }
            Self::Mistake { file: None, line, message } => write!(f, "line {line}: {message}"),
        }
    }
}

impl std::error::Error for RulesError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            Self::Mistake { .. } => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    usual: bool,
    key_env: Option<String>,
    secrets: Option<Spanned<String>>,
    #[serde(default)]
    rule: Vec<Spanned<Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    field: Option<String>,
    path: Option<String>,
    keys: Option<String>,
    text: Option<String>,
    matching: Option<String>,
    of: Option<String>,
    within: Option<String>,
    action: Option<String>,
    with: Option<String>,
}

impl Rules {
    /// The rules of a file; see [`from_toml`](Self::from_toml).
    ///
    /// # Errors
    /// [`RulesError`], which names the file, and where in it the mistake is.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, RulesError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path)
            .map_err(|source| RulesError::Read { path: path.to_owned(), source })?;
        read(&text).map_err(|(at, message)| mistake(Some(path), &text, at, message))
    }

    /// The rules of a text in TOML.
    ///
    /// The key of pseudonyms is never in a file of rules: `key_env` names the variable of the environment that has it. Where
    /// that is not set there is no key, which is enough to replay.
    ///
    /// ```
    /// let rules = playback_core::redaction::Rules::from_toml(r#"
    ///     usual = true                    # those of `Rules::usual`, after the ones below
    ///     key_env = "PSEUDONYM_KEY"
    ///     secrets = "pseudonym"           # what is recorded of a `Secret`; mask, if left out
    ///
    ///     [[rule]]
    ///     field = "password"              # or one of these: path, keys, text, matching, of
    ///     action = "remove"               # or pseudonym, or mask, as if left out
    ///
    ///     [[rule]]
    ///     path = "customer.address"
    ///     of = "crm.*"                    # in calls of these aliases only; alone, all of them
    ///     with = "(an address)"           # the text of a mask
    ///
    ///     [[rule]]
    ///     text = "emails"                 # cards, emails, bearers, keys
    ///     action = "pseudonym"
    ///
    ///     [[rule]]
    ///     matching = 'ticket=(\w+)'
    ///     within = "**.url"
    ///
    ///     [[rule]]
    ///     keys = "accounts"               # the keys of the map there
    /// "#)?;
    /// assert!(rules.iter().count() > 5);
    /// # Ok::<(), playback_core::redaction::RulesError>(())
    /// ```
    ///
    /// # Errors
    /// [`RulesError::Mistake`], which says where the mistake is, and what would be right there.
    pub fn from_toml(text: &str) -> Result<Self, RulesError> {
        read(text).map_err(|(at, message)| mistake(None, text, at, message))
    }
}

/// What is wrong, and at which byte.
type Wrong = (usize, String);

fn mistake(file: Option<&Path>, text: &str, at: usize, message: String) -> RulesError {
    RulesError::Mistake { file: file.map(Path::to_owned), line: line_of(text, at), message }
}

/// The line of a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

fn read(text: &str) -> Result<Rules, Wrong> {
    let file: File = toml::from_str(text).map_err(|error: toml::de::Error| {
        (error.span().unwrap_or_default().start, error.message().to_owned())
    })?;
    let mut rules = Rules::new();
    for table in file.rule {
        let at = table.span().start;
        let rule = rule(table.into_inner()).map_err(|message| (at, message))?;
        rules = rules.with(Rule { line: Some(line_of(text, at)), ..rule });
    }
    if file.usual {
        rules = rules.and(Rules::usual());
    }
    if let Some(secrets) = file.secrets {
        let at = secrets.span().start;
        rules = rules.secrets(action(secrets.as_ref(), None).map_err(|message| (at, message))?);
    }
    if let Some(variable) = file.key_env.filter(|variable| std::env::var_os(variable).is_some()) {
        let at = text.find("key_env").unwrap_or_default();
        rules = rules.key(Key::from_env(&variable).map_err(|error| (at, error.to_string()))?);
    }
    Ok(rules)
}

fn rule(table: Table) -> Result<Rule, String> {
    let Table { field, path, keys, text, matching, of, within, action: name, with } = table;
    let action = action(name.as_deref().unwrap_or("mask"), with)?;
    let told = |error: super::rule::RuleError| error.to_string();
    let is_of_text = text.is_some() || matching.is_some();
    let mut rule = match (field, path, keys, text, matching) {
        (Some(field), None, None, None, None) => Rule::field(&field),
        (None, Some(path), None, None, None) => Rule::path(&path).map_err(told)?,
        (None, None, Some(keys), None, None) => Rule::keys(&keys).map_err(told)?,
        (None, None, None, Some(text), None) => Rule::text(texts(&text)?),
        (None, None, None, None, Some(regex)) => Rule::matching(&regex).map_err(told)?,
        (None, None, None, None, None) => match &of {
            Some(alias) => Rule::alias(alias),
            None => {
                return Err(
                    "a rule needs one of `field`, `path`, `keys`, `text`, `matching` and `of`".to_owned()
                );
            }
        },
        _ => {
            return Err("a rule has one of `field`, `path`, `keys`, `text` and `matching`; write two rules"
                .to_owned());
        }
    };
    if let Some(within) = within {
        if !is_of_text {
            return Err(
                "`within` is for rules of `text` or `matching`; others say where by `path`".to_owned()
            );
        }
        rule = rule.within(&within).map_err(told)?;
    }
    if let Some(of) = of {
        rule = rule.of(&of);
    }
    Ok(rule.action(action))
}

fn texts(name: &str) -> Result<Texts, String> {
    let known = || Texts::ALL.map(Texts::name).join(", ");
    let texts = Texts::ALL.into_iter().find(|texts| texts.name() == name);
    texts.ok_or_else(|| format!("no well-known texts are called `{name}` (there are: {})", known()))
}

fn action(name: &str, with: Option<String>) -> Result<Action, String> {
    match (name, with) {
        ("mask", with) => Ok(Action::Mask(with)),
        (_, Some(_)) => Err("`with` is the text of a mask, and goes with no other action".to_owned()),
        ("remove", None) => Ok(Action::Remove),
        ("pseudonym", None) => Ok(Action::Pseudonym),
        (other, None) => {
            Err(format!("there is no action called `{other}` (there are: remove, mask, pseudonym)"))
        }
    }
}
