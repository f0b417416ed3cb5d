//! Reading text from the front: what paths and values as text have in common.

/// What would have been right where a text goes wrong.
pub(super) type Expected = &'static str;

/// A text that is read from the front.
pub(super) struct Scanner<'t> {
    pub(super) rest: &'t str,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Scanner { rest: text }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    pub(super) fn take(&mut self, wanted: char) -> bool {
        let mut encoded = [0; 4];
        self.take_text(wanted.encode_utf8(&mut encoded))
    }

    pub(super) fn take_text(&mut self, wanted: &str) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    pub(super) fn blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// A literal in quotes, with the escapes that Rust prints.
    pub(super) fn quoted(&mut self, quote: char) -> Result<String, Expected> {
        const UNFINISHED: Expected = "a closing quote";
        let mut text = String::new();
        self.take(quote);
        while !self.take(quote) {
            match self.next().ok_or(UNFINISHED)? {
                '\\' => text.push(self.escape()?),
                c => text.push(c),
            }
        }
        Ok(text)
    }

    /// What an escape stands for, behind its backslash. What is none is left where it is, for the error to show.
    pub(super) fn escape(&mut self) -> Result<char, Expected> {
        let escape = self.rest;
        self.escaped().ok_or_else(|| {
            self.rest = escape;
            r#"an escape: \n, \r, \t, \0, \\, \", \', \` or \u{…}"#
        })
    }

    fn escaped(&mut self) -> Option<char> {
        match self.next()? {
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '0' => Some('\0'),
            c @ ('\\' | '"' | '\'' | '`') => Some(c),
            'u' if self.take('{') => {
                let digits = self.take_while(|c| c.is_ascii_hexdigit());
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                code.filter(|_| self.take('}'))
            }
            _ => None,
        }
    }
}
