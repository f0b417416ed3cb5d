//! Colours, for those who want them.

use std::fmt;

use anstyle::{AnsiColor, Style};

/// Whether what is printed has colours. Nothing here looks for a terminal: who prints knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Paint {
    /// Plain text.
    #[default]
    Plain,
    /// With the escape sequences that colour a terminal: what was recorded in red, what is there now in green.
    Ansi,
}

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Recorded,
    Replayed,
    Other,
    Path,
}

impl Paint {
    /// A text in the colour of what it is.
    pub(crate) fn of<T: fmt::Display>(self, ink: Ink, text: T) -> Painted<T> {
        let style = match ink {
            Ink::Recorded => AnsiColor::Red.on_default(),
            Ink::Replayed => AnsiColor::Green.on_default(),
            Ink::Other => AnsiColor::Yellow.on_default(),
            Ink::Path => Style::new().bold(),
        };
        Painted { style: (self == Self::Ansi).then_some(style), text }
    }
}

pub(crate) struct Painted<T> {
    style: Option<Style>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            Some(style) => write!(f, "{style}{}{style:#}", self.text),
            None => write!(f, "{}", self.text),
        }
    }
}
