//! How values and arguments are shown to people.

use std::fmt;

use crate::Value;

/// A value in one line, cut off where it gets long.
pub(crate) struct Short<'v>(pub(crate) &'v Value);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LENGTH: usize = 160;
        let text = self.0.to_string();
        match text.char_indices().nth(LENGTH) {
            Some((end, _)) => write!(f, "{}…", text.get(..end).unwrap_or_default()),
            None => f.write_str(&text),
        }
    }
}

/// Arguments as a call is written: `(id: 7, 3)`.
pub(crate) struct ShownArguments<'a, N> {
    pub(crate) names: &'a [N],
    pub(crate) values: &'a Value,
}

impl<N: AsRef<str>> fmt::Display for ShownArguments<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = match self.values {
            Value::Unit => &[],
            Value::Seq(values) => values.as_slice(),
            other => return write!(f, "({})", Short(other)),
        };
        f.write_str("(")?;
        for (at, value) in values.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match self.names.get(at) {
                Some(name) => write!(f, "{comma}{}: {}", name.as_ref(), Short(value))?,
                None => write!(f, "{comma}{}", Short(value))?,
            }
        }
        f.write_str(")")
    }
}
