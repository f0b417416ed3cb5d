//! Where commands write to: the standard output, and the standard error for what is wrong.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use super::words::harmless_lines;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// The standard output. Colours written to it reach a terminal only, unless `--color` says otherwise.
pub(crate) struct Screen {
    out: BufWriter<AutoStream<io::Stdout>>,
    complaints: AutoStream<io::Stderr>,
}

impl Screen {
    pub(crate) fn new(colour: clap::ColorChoice) -> Self {
        let choice = match colour {
            clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
            clap::ColorChoice::Always => anstream::ColorChoice::Always,
            clap::ColorChoice::Never => anstream::ColorChoice::Never,
        };
        // Not locked, so that an operation under replay may print from any thread.
        let out = AutoStream::new(io::stdout(), choice);
        Self { out: BufWriter::new(out), complaints: AutoStream::new(io::stderr(), choice) }
    }

    /// Says on the standard error that something is wrong, and that the command goes on.
    pub(crate) fn warn(&mut self, message: &str) {
        self.complain("warning", AnsiColor::Yellow.on_default().bold(), message);
    }

    /// Says on the standard error that something is wrong.
    pub(crate) fn fail(&mut self, message: &str) {
        self.complain("error", BAD, message);
    }

    /// Says on the standard error what is not part of what was asked for.
    pub(crate) fn note(&mut self, message: &str) {
        self.before_complaint();
        let _ = writeln!(self.complaints, "{}", harmless_lines(message));
    }

    fn complain(&mut self, word: &str, style: Style, message: &str) {
        self.before_complaint();
        let _ = writeln!(self.complaints, "{}: {}", painted(word, style), harmless_lines(message));
    }

    /// Where both go to one terminal, what was written first stands first. What fails here fails again, and is
    /// reported, with the next that is written.
    fn before_complaint(&mut self) {
        let _ = self.out.flush();
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A text in a style.
pub(crate) fn painted(text: impl Display, style: Style) -> String {
    format!("{style}{text}{style:#}")
}
