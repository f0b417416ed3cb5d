//! `convert`: a recording as text and back.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use super::failure::{Exit, Stop};
use super::form::{self, Form};
use super::screen::Screen;
use super::store::StoreArgs;

/// Writes a recording as text, or a text as a tape file
///
/// A file is written beside itself in the other form: one.tape as one.tape.txt, and back. The text holds all that the
/// tape holds. With --out - it goes to the standard output: `playback convert @last --out -`.
#[derive(Debug, clap::Args)]
pub(crate) struct Convert {
    /// Files; or recordings by their ids, with --out
    #[arg(value_name = "FILE|ID", required = true)]
    what: Vec<String>,

    /// The form that is written; the other one of a file's, if nothing is said
    #[arg(long, value_enum, value_name = "FORM")]
    to: Option<Form>,

    /// The file to write, whose name says its form; `-` for the standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Replaces a file that is there
    #[arg(long)]
    replace: bool,
}

impl Convert {
    pub(crate) async fn run(self, store: &StoreArgs, screen: &mut Screen) -> Result<Exit, Stop> {
        if self.out.is_some() && self.what.len() > 1 {
            return Err(Stop::new(
                "--out is one file, and several recordings are named; convert one at a time",
            ));
        }
        for what in &self.what {
            let recording = store.load(what).await?;
            let form = self.form(what);
            let bytes = form.encode(&recording)?;
            let out = match &self.out {
                Some(out) if out.as_os_str() == "-" => {
                    if form == Form::Tape && io::stdout().is_terminal() {
                        return Err(Stop::new(
                            "a tape file is no text for a terminal; name a file by --out, or say --to text",
                        ));
                    }
                    screen.write_bytes(&bytes);
                    continue;
                }
                Some(out) => out.clone(),
                None => beside(what, form)?,
            };
            form::write(&out, &bytes, self.replace)?;
            screen.note(&format!("wrote {}", out.display()));
        }
        Ok(Exit::Done)
    }

    fn form(&self, what: &str) -> Form {
        let of_out = self.out.as_deref().and_then(Form::of_file);
        let of_what = Form::of_file(Path::new(what)).filter(|_| Path::new(what).is_file());
        self.to.or(of_out).or(of_what.map(Form::other)).unwrap_or(Form::Text)
    }
}

/// The file beside one, in another form.
fn beside(what: &str, form: Form) -> Result<PathBuf, Stop> {
    let path = Path::new(what);
    let name = path.file_name().and_then(|name| name.to_str()).filter(|_| path.is_file());
    match (name, Form::of_file(path)) {
        (Some(name), Some(of)) => {
            let stem = name.strip_suffix(of.ending()).unwrap_or(name);
            Ok(path.with_file_name(format!("{stem}{}", form.ending())))
        }
        _ => Err(Stop::new(format!("where is `{what}` to be written? name the file by --out, or `--out -`"))),
    }
}
