//! Where commands write to: the standard output, and the standard error for what is wrong.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

use super::failure::Stop;
use super::words::harmless_lines;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

/// The standard output. Colours written to it reach a terminal only, unless `--color` says otherwise.
///
/// To write to it never fails, and so never stops what a command does or looks for: where the output ends early, as
/// behind `| head`, the rest of it goes nowhere, and [`end`](Self::end) tells.
pub(crate) struct Screen {
    out: BufWriter<AutoStream<io::Stdout>>,
    /// Why nothing is written any more.
    ended: Option<io::Error>,
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
        Self { out: BufWriter::new(out), ended: None, complaints: AutoStream::new(io::stderr(), choice) }
    }

    /// Whether what is written still arrives, as far as it is known: where not, a command that only looks is done.
    pub(crate) fn is_read(&self) -> bool {
        self.ended.is_none()
    }

    /// Writes what is left. That nobody reads it is no reason to complain, and any other failure is.
    pub(crate) fn end(&mut self) -> Result<(), Stop> {
        self.flush()?;
        match self.ended.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Stop::new(format!("cannot write to the standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Writes what is no text, as it is: what takes colours out of text takes bytes out of it.
    pub(crate) fn write_bytes(&mut self, bytes: &[u8]) {
        self.unless_ended(|out| {
            out.flush()?;
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()
        });
    }

    fn unless_ended(&mut self, write: impl FnOnce(&mut BufWriter<AutoStream<io::Stdout>>) -> io::Result<()>) {
        if self.ended.is_none() {
            self.ended = write(&mut self.out).err();
        }
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

    /// Where both go to one terminal, what was written first stands first.
    fn before_complaint(&mut self) {
        self.unless_ended(|out| out.flush());
    }
}

/// Never an error.
impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_ended(|out| out.write_all(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_ended(|out| out.flush());
        Ok(())
    }
}

/// A text in a style.
pub(crate) fn painted(text: impl Display, style: Style) -> String {
    format!("{style}{text}{style:#}")
}
