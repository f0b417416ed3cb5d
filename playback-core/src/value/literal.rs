//! Reading numbers, characters, strings and bytes from text.

use super::scan::{Expected, Scanner};
use super::{Integer, Value};

impl<'t> Scanner<'t> {
    pub(super) fn number(&mut self) -> Result<Value, Expected> {
        let start = self.rest;
        let text = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'));
        let number = match text.strip_suffix("_f32") {
            _ if text == "-inf" => Some(Value::F64(-f64::INFINITY)),
            Some("-inf") => Some(Value::F32(-f32::INFINITY)),
            Some(text) => text.parse().ok().filter(|n: &f32| n.is_finite()).map(Value::F32),
            None if text.contains(['.', 'e', 'E']) => {
                text.parse().ok().filter(|n: &f64| n.is_finite()).map(Value::F64)
            }
            None => text.parse().ok().map(|n: Integer| Value::Integer(n)),
        };
        number.ok_or_else(|| {
            self.rest = start;
            "an integer from -2^127 to 2^128-1 or a float such as 1.5, 1e20, 1.5_f32 or -inf"
        })
    }

    pub(super) fn char(&mut self) -> Result<Value, Expected> {
        let start = self.rest;
        let text = self.quoted('\'')?;
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(only), None) => Ok(Value::Char(only)),
            _ => {
                self.rest = start;
                Err("one character in quotes")
            }
        }
    }

    pub(super) fn string(&mut self) -> Result<String, Expected> {
        if !self.take_text("\"\"\"") {
            return self.quoted('"');
        }
        let mut text = String::new();
        self.block(|line| {
            while let Some(c) = line.next() {
                text.push(match c {
                    '\\' if line.take_text("x20") => ' ',
                    '\\' => line.escape()?,
                    c => c,
                });
            }
            text.push('\n');
            Ok(())
        })?;
        text.pop();
        Ok(text)
    }

    pub(super) fn text_bytes(&mut self) -> Result<Value, Expected> {
        let mut bytes = Vec::new();
        if self.take_text("\"\"\"") {
            self.block(|line| {
                while !line.rest.is_empty() {
                    bytes.push(byte(line)?);
                }
                bytes.push(b'\n');
                Ok(())
            })?;
            bytes.pop();
        } else {
            self.take('"');
            while !self.take('"') {
                bytes.push(byte(self)?);
            }
        }
        Ok(Value::Bytes(bytes))
    }

    pub(super) fn hex_bytes(&mut self) -> Result<Value, Expected> {
        let mut bytes = Vec::new();
        self.take('"');
        self.blanks();
        while !self.take('"') {
            bytes.push(self.hex().ok_or("two hexadecimal digits or a closing quote")?);
            self.blanks();
        }
        Ok(Value::Bytes(bytes))
    }

    /// The lines of a block behind its opening quotes. How far they are indented is said by the closing ones.
    fn block(
        &mut self,
        mut each: impl FnMut(&mut Scanner<'t>) -> Result<(), Expected>,
    ) -> Result<(), Expected> {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r');
        self.take_while(blank);
        if !self.take('\n') {
            return Err("a new line behind the opening \"\"\"");
        }
        let start = self.rest;
        let mut lines = 0;
        let indent = loop {
            let indent = self.take_while(blank);
            if self.take_text("\"\"\"") {
                break indent;
            }
            self.take_while(|c| c != '\n');
            if !self.take('\n') {
                return Err("a line with the closing \"\"\"");
            }
            lines += 1;
        };
        if lines == 0 {
            return Err("a line of text before the closing \"\"\"");
        }
        let end = std::mem::replace(&mut self.rest, start).len();
        for _ in 0..lines {
            let line = self.take_while(|c| c != '\n');
            let behind = self.rest;
            let content = line.strip_suffix('\r').unwrap_or(line);
            let text = match content.strip_prefix(indent) {
                Some(text) => text,
                None if content.trim().is_empty() => "",
                None => {
                    self.rest = start.get(start.len() - behind.len() - line.len()..).unwrap_or_default();
                    return Err("a line indented as far as the closing \"\"\"");
                }
            };
            let mut inside = Scanner::new(text);
            each(&mut inside).inspect_err(|_| {
                let left = behind.len() + (line.len() - content.len()) + inside.rest.len();
                self.rest = start.get(start.len() - left..).unwrap_or_default();
            })?;
            self.take('\n');
        }
        self.rest = start.get(start.len() - end..).unwrap_or_default();
        Ok(())
    }

    /// Two hexadecimal digits.
    fn hex(&mut self) -> Option<u8> {
        let digits = self.rest.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.rest = self.rest.get(2..)?;
        u8::from_str_radix(digits, 16).ok()
    }
}

/// A byte of text bytes: an ASCII character, or an escape.
fn byte(text: &mut Scanner<'_>) -> Result<u8, Expected> {
    const EXPECTED: Expected = r"an ASCII character, \xNN, or a closing quote";
    let start = text.rest;
    let found = match text.next() {
        Some('\\') if text.take('x') => text.hex(),
        Some('\\') => u8::try_from(text.escape()?).ok().filter(u8::is_ascii),
        Some(c) => u8::try_from(c).ok().filter(u8::is_ascii),
        None => None,
    };
    found.ok_or_else(|| {
        text.rest = start;
        EXPECTED
    })
}
