//! Anything as a text of bounded length.

use std::fmt::{self, Write};

/// What `value` displays, cut after `most` characters with a `…` in the place of the rest. What is cut off is not
/// even written, so a huge value costs no more than a small one.
///
/// ```
/// use playback_equalizer::shown;
///
/// assert_eq!(shown("pear", 4), "pear");
/// assert_eq!(shown("pears", 4), "pear…");
/// ```
#[must_use]
pub fn shown(value: impl fmt::Display, most: usize) -> String {
    let mut cut = Cut { text: String::new(), left: most, is_full: false };
    // Fails when it is full, which ends the writing, and with a value that fails to display itself.
    let _ = write!(cut, "{value}");
    if cut.is_full {
        cut.text.push('…');
    }
    cut.text
}

struct Cut {
    text: String,
    /// In characters.
    left: usize,
    is_full: bool,
}

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match text.char_indices().nth(self.left) {
            Some((end, _)) => {
                self.text.push_str(text.get(..end).unwrap_or_default());
                self.left = 0;
                self.is_full = true;
                Err(fmt::Error)
            }
            None => {
                self.left -= text.chars().count();
                self.text.push_str(text);
                Ok(())
            }
        }
    }
}
