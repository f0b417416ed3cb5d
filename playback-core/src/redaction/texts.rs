//! Texts that are told by what they look like.

use std::ops::{Range, RangeInclusive};
use std::sync::OnceLock;

use regex::bytes::{Captures, Regex};

/// Texts that are told by what they look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Texts {
    /// Numbers of payment cards: 13 to 19 digits, in groups or not, whose check digit (after Luhn) is right.
    Cards,
    /// E-mail addresses.
    Emails,
    /// What follows `Bearer`, `Basic` or `Token`, as in the header `Authorization`, and JSON web tokens.
    Bearers,
    /// Private keys in PEM and of PGP, passwords in URLs (`://user:password@`), and keys that the large services mark as
    /// such: of AWS (access keys, and secret ones where they are named), Azure, Google, GitHub, GitLab, Slack, Stripe,
    /// npm, PyPI, SendGrid, Hugging Face, OpenAI and Anthropic.
    Keys,
}

impl Texts {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cards, Self::Emails, Self::Bearers, Self::Keys];

    /// The name that it has in a file of rules.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cards => "cards",
            Self::Emails => "emails",
            Self::Bearers => "bearers",
            Self::Keys => "keys",
        }
    }

    /// Where they stand in a text. None if the expressions could not be made.
    pub(super) fn find(self, text: &[u8]) -> Option<Vec<Range<usize>>> {
        if !self.may_be_in(text) {
            return Some(Vec::new());
        }
        let found = regex(self)?.captures_iter(text).filter_map(|captures| matched(&captures));
        Some(match self {
            Self::Cards => found.flat_map(|range| cards(text, range)).collect(),
            _ => found.collect(),
        })
    }

    /// Whether it is worth looking: nearly all texts hold nothing.
    fn may_be_in(self, text: &[u8]) -> bool {
        match self {
            Self::Cards => {
                text.len() >= *CARD_DIGITS.start()
                    && text.iter().filter(|byte| byte.is_ascii_digit()).nth(CARD_DIGITS.start() - 1).is_some()
            }
            Self::Emails => text.contains(&b'@'),
            Self::Bearers => {
                let has =
                    |word: &[u8]| text.windows(word.len()).any(|there| there.eq_ignore_ascii_case(word));
                text.len() >= 8 && [&b"bearer"[..], b"basic", b"token", b"eyJ"].into_iter().any(has)
            }
            Self::Keys => text.len() >= 16,
        }
    }
}

/// What a match is about: its first group, if there is one.
pub(super) fn matched(captures: &Captures<'_>) -> Option<Range<usize>> {
    let group = captures.iter().skip(1).flatten().next();
    group.or_else(|| captures.get(0)).map(|found| found.range()).filter(|range| !range.is_empty())
}

fn regex(texts: Texts) -> Option<&'static Regex> {
    static CARDS: OnceLock<Option<Regex>> = OnceLock::new();
    static EMAILS: OnceLock<Option<Regex>> = OnceLock::new();
    static BEARERS: OnceLock<Option<Regex>> = OnceLock::new();
    static KEYS: OnceLock<Option<Regex>> = OnceLock::new();
    // Where nothing is of other scripts it is `(?-u)`, so that the faster engines of `regex` do.
    let (made, pattern) = match texts {
        Texts::Cards => (&CARDS, r"[0-9](?:[ -]?[0-9]){12,}"),
        Texts::Emails => (
            &EMAILS,
            // Letters of all scripts by `\w`: tables of `\p{…}` are features of `regex`, which others may have left out.
            r"[\w.!$%*+^~-](?:[\w.!$%*+^~'-]*[\w.!$%*+^~-])?@[\w--_](?:[\w.-]*[\w--_])?",
        ),
        Texts::Bearers => (
            &BEARERS,
            r"(?-u)(?i:\b(?:bearer|basic|token)[ \t]+)([A-Za-z0-9._~+/=-]{8,})|(\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*)",
        ),
        Texts::Keys => (
            &KEYS,
            concat!(
                r"(?-u)-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
                r"|[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@:]*:([^\s/?#@]+)@",
                r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
                r#"|(?i:aws|secret)[A-Za-z_ -]*(?i:key)["']?\s*[=:]\s*["']?([A-Za-z0-9/+]{40})\b"#,
                r"|\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{20,}",
                r"|\b(?i:AccountKey|SharedAccessKey)=([A-Za-z0-9/+]{40,}={0,2})",
                r"|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{22,}|\bglpat-[A-Za-z0-9_-]{20,}",
                r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/]{24,}",
                r"|\bnpm_[A-Za-z0-9]{36}|\bpypi-[A-Za-z0-9_-]{50,}|\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
                r"|\bhf_[A-Za-z0-9]{30,}|\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,}",
            ),
        ),
    };
    made.get_or_init(|| Regex::new(pattern).ok()).as_ref()
}

/// How many digits the number of a card has.
const CARD_DIGITS: RangeInclusive<usize> = 13..=19;

/// The numbers of cards in a run of digits: among its groups, those that follow each other and have the right count of
/// digits and the right check digit.
fn cards(text: &[u8], run: Range<usize>) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for at in run {
        if !text.get(at).is_some_and(u8::is_ascii_digit) {
            continue;
        }
        match groups.last_mut().filter(|group| group.end == at) {
            Some(group) => group.end = at + 1,
            None => groups.push(at..at + 1),
        }
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut first = 0;
    while let Some(start) = groups.get(first).map(|group| group.start) {
        // The longest: what is left of a card is a part of it. No further than a card goes, however long the run is.
        let mut digits = 0;
        let ends = groups.iter().enumerate().skip(first).map_while(|(at, group)| {
            digits += group.len();
            (digits <= *CARD_DIGITS.end()).then_some((at, group.end, digits))
        });
        let possible = ends.filter(|(.., digits)| CARD_DIGITS.contains(digits));
        let longest =
            possible.filter(|(_, end, _)| is_luhn(text.get(start..*end).unwrap_or_default())).last();
        first = match longest {
            Some((at, end, _)) => {
                found.push(start..end);
                at + 1
            }
            None => first + 1,
        };
    }
    found
}

/// Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B).
fn is_luhn(text: &[u8]) -> bool {
    let digits = text.iter().rev().filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'));
    let sum: u32 = digits
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => 2 * digit - 9,
            (_, digit) => 2 * digit,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn what_is_well_known_is_found_and_what_only_looks_like_it_is_not() {
        let cases: [(Texts, &str, &[&str]); 30] = [
            (Texts::Cards, "paid by 4111 1111 1111 1111, thanks", &["4111 1111 1111 1111"]),
            (Texts::Cards, "4111111111111112", &[]),
            (Texts::Cards, "12 4111-1111-1111-1111 35", &["4111-1111-1111-1111"]),
            (Texts::Cards, "378282246310005/5555555555554444", &["378282246310005", "5555555555554444"]),
            (Texts::Cards, "at 1700000000001 ms", &[]),
            (Texts::Cards, "12345678901234567890123", &[]),
            (Texts::Emails, "from <ann.b+c@example.co.uk>.", &["ann.b+c@example.co.uk"]),
            (Texts::Emails, "jürgen@münchen.example", &["jürgen@münchen.example"]),
            (Texts::Emails, "db/'mo.o'neil@example.com'", &["mo.o'neil@example.com"]),
            (Texts::Emails, "3 @ 4, @home, a@ b", &[]),
            (Texts::Bearers, "Authorization: Bearer abc.def-123456", &["abc.def-123456"]),
            (Texts::Bearers, "bearer of bad news", &[]),
            (Texts::Bearers, "jwt=eyJhbGciOi.eyJzdWIiOi.c2ln!", &["eyJhbGciOi.eyJzdWIiOi.c2ln"]),
            (Texts::Keys, "key AKIAIOSFODNN7EXAMPLE.", &["AKIAIOSFODNN7EXAMPLE"]),
            (
                Texts::Keys,
                "ghp_0123456789abcdefghijABCDEFGHIJ012345",
                &["ghp_0123456789abcdefghijABCDEFGHIJ012345"],
            ),
            (Texts::Cards, "1 4111111111111111 2", &["4111111111111111"]),
            (Texts::Cards, "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", &["4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"]),
            (Texts::Keys, "postgres://app:s3cr%74@db:5432/shop", &["s3cr%74"]),
            (Texts::Keys, "see https://example.com:443/@ann", &[]),
            (
                Texts::Keys,
                "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                &["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
            ),
            (
                Texts::Keys,
                r#"{"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}"#,
                &["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
            ),
            (
                Texts::Keys,
                "AccountName=a;AccountKey=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=;",
                &["MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="],
            ),
            (Texts::Keys, "ya29.a0AfH6SMBx_0123456789-abc", &["ya29.a0AfH6SMBx_0123456789-abc"]),
            (
                Texts::Keys,
                "key sk-proj-0123456789abcdefghijABCDEFGHIJ01 used",
                &["sk-proj-0123456789abcdefghijABCDEFGHIJ01"],
            ),
            (Texts::Keys, "SG.0123456789abcdef.0123456789abcdef", &["SG.0123456789abcdef.0123456789abcdef"]),
            (
                Texts::Keys,
                "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ\n-----END PGP PRIVATE KEY BLOCK-----",
                &["-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ\n-----END PGP PRIVATE KEY BLOCK-----"],
            ),
            (Texts::Keys, "the secret of the keynote: it had none", &[]),
            (Texts::Keys, "task_live_and_let_die_0123456789", &[]),
            (
                Texts::Keys,
                "x -----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- y",
                &["-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----"],
            ),
            (Texts::Keys, "-----BEGIN PRIVATE KEY-----\ncut off", &["-----BEGIN PRIVATE KEY-----\ncut off"]),
        ];
        for (texts, text, expected) in cases {
            let found = texts.find(text.as_bytes()).unwrap();
            let found: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{texts:?} in {text:?}");
        }
    }
}
