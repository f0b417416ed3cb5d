//! Names of fields as rules have them.

use std::fmt;

use wildmatch::WildMatch;

/// A name in which `*` is any characters and `?` is one, and upper and lower case are alike.
///
/// Nearly all are plain words, or words with a `*` before them, and every name in a recording is compared with every rule:
/// so these are compared without the general way, where neither side has other letters than those of ASCII.
#[derive(Debug, Clone)]
pub(super) struct Names {
    plain: Option<Plain>,
    like: WildMatch,
}

#[derive(Debug, Clone)]
struct Plain {
    word: String,
    /// Whether anything may stand before it.
    is_end: bool,
}

impl Names {
    pub(super) fn new(pattern: &str) -> Self {
        let (word, is_end) = match pattern.strip_prefix('*') {
            Some(word) => (word, true),
            None => (pattern, false),
        };
        let is_plain = word.is_ascii() && !word.contains(['*', '?']);
        Self {
            plain: is_plain.then(|| Plain { word: word.to_owned(), is_end }),
            like: WildMatch::new_case_insensitive(pattern),
        }
    }

    #[inline]
    pub(super) fn matches(&self, name: &str) -> bool {
        let Some(Plain { word, is_end }) = &self.plain else { return self.like.matches(name) };
        // The last letter tells most apart, whatever stands before it; one of another script may be the same in lower case.
        match (name.as_bytes().last(), word.as_bytes().last()) {
            (Some(last), Some(wanted)) if last.is_ascii() && !last.eq_ignore_ascii_case(wanted) => false,
            _ if !name.is_ascii() => self.like.matches(name),
            _ => name.len().checked_sub(word.len()).is_some_and(|before| {
                (*is_end || before == 0)
                    && name.get(before..).is_some_and(|end| end.eq_ignore_ascii_case(word))
            }),
        }
    }
}

/// The last two letters of all names that are looked for. A few numbers tell that a name is none of them, as nearly all
/// are none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends([u64; 4]);

impl Ends {
    pub(super) const fn new() -> Self {
        Self([0; 4])
    }

    /// Looks for names like this as well.
    pub(super) fn add(&mut self, names: &Names) {
        match &names.plain {
            Some(Plain { word, .. }) if word.len() > 1 => self.add_name(word),
            _ => *self = Self([u64::MAX; 4]),
        }
    }

    /// Looks for this name as well.
    pub(super) fn add_name(&mut self, name: &str) {
        match Self::bit(name) {
            Some((word, bit)) => {
                if let Some(word) = self.0.get_mut(word) {
                    *word |= bit;
                }
            }
            None => *self = Self([u64::MAX; 4]),
        }
    }

    /// Whether a name may be one of them; without letters of ASCII at its end it may.
    #[inline]
    pub(super) fn may_have(&self, name: &str) -> bool {
        Self::bit(name).is_none_or(|(word, bit)| self.0.get(word).is_none_or(|word| word & bit != 0))
    }

    #[inline]
    fn bit(name: &str) -> Option<(usize, u64)> {
        let [.., one, last] = name.as_bytes() else { return None };
        if !one.is_ascii() || !last.is_ascii() {
            return None;
        }
        let number = one.to_ascii_lowercase().wrapping_mul(31).wrapping_add(last.to_ascii_lowercase());
        Some((usize::from(number >> 6), 1 << (number & 63)))
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.like, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_match_as_the_others_do() {
        let names = ["password", "PASSWORD", "my_Password", "passwords", "", "pässword", "word", "*password"];
        for pattern in ["password", "*password", "*", "", "pass*", "p?ssword", "PÄSSWORD", "**word", "*ss*rd"]
        {
            let (both, general) = (Names::new(pattern), WildMatch::new_case_insensitive(pattern));
            for name in names {
                assert_eq!(both.matches(name), general.matches(name), "{pattern} and {name}");
            }
            assert_eq!(both.to_string(), general.to_string());
        }
    }
}
