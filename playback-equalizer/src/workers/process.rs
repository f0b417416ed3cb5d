//! A worker process, seen from the run that started it.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use playback_core::RecordingId;

use super::frames::{GLANCE, LONGEST, receive, send};
use super::wire::Answer;
use super::{VARIABLE, Workers};
use crate::{Comparison, Rules};

/// How long a worker may take to come to the studio.
const STARTED_WITHIN: Duration = Duration::from_secs(60);
/// How long a worker that has nothing more to do may take to end, and what it wrote to arrive.
const ENDED_WITHIN: Duration = Duration::from_secs(2);
/// How often it is looked whether a worker has come or gone.
const PAUSE: Duration = Duration::from_millis(2);
/// Of what a worker wrote to stderr, so many lines are told,
const LINES: usize = 10;
/// and of each so many bytes.
const LINE: u64 = 500;

/// A worker process.
pub(crate) struct Worker {
    child: Running,
    connection: TcpStream,
    last_lines: LastLines,
    compared: usize,
}

/// Why a worker has no answer.
pub(crate) enum Gone {
    /// It could not be had, or was ended, for a reason.
    Because(String),
    /// It came to an end by itself, in a way that is told.
    Died(String),
    /// The run is over, and wants no answer.
    NotWanted,
}

impl Worker {
    /// Starts a worker and waits until it has come to the studio.
    pub(crate) fn start(workers: &Workers, wanted: impl Fn() -> bool) -> Result<Self, Gone> {
        let failed = |error: io::Error| Gone::Because(format!("no worker process could be started: {error}"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let word = word();
        let program = workers.program.clone().map_or_else(std::env::current_exe, Ok).map_err(failed)?;
        let args = workers.args.clone().unwrap_or_else(|| std::env::args_os().skip(1).collect());
        let child = Command::new(program)
            .args(&args)
            .env(VARIABLE, format!("{address} {word} {}", workers.name))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut child = Running(child);
        let last_lines = LastLines::follow(child.0.stderr.take());
        let began = Instant::now();
        let connection = loop {
            if let Some(connection) = admit(&listener, &word).map_err(failed)? {
                break connection;
            }
            let exited = child.0.try_wait().map_err(failed)?;
            let ended = match exited {
                Some(status) => format!("ended with {}", shown(status)),
                None if began.elapsed() > STARTED_WITHIN => format!("was ended after {STARTED_WITHIN:?}"),
                None if !wanted() => String::new(),
                None => {
                    thread::sleep(PAUSE);
                    continue;
                }
            };
            child.end();
            if ended.is_empty() {
                return Err(Gone::NotWanted);
            }
            return Err(Gone::Because(format!(
                "a worker process {ended} before it came to the studio of the name `{}`; its arguments were {args:?}: \
                 give those that lead there with `Workers::args`{}",
                workers.name,
                last_lines.quoted(),
            )));
        };
        Ok(Self { child, connection, last_lines, compared: 0 })
    }

    /// Has a recording replayed and compared, and says whether the worker is of further use. What the worker's rules
    /// were good for is added to `rules`.
    pub(crate) fn compare(
        &mut self,
        id: &RecordingId,
        rules: &Rules,
        limit: Duration,
        wanted: impl Fn() -> bool,
    ) -> Result<(Comparison, bool), Gone> {
        let began = Instant::now();
        // The worker itself gives up what takes too long, and knows best what it is. This is for one that cannot.
        let longest = limit.saturating_mul(2).saturating_add(ENDED_WITHIN);
        // Whether it is still there shows when it answers.
        let _ = send(&self.connection, id.to_string().as_bytes());
        let received = receive(&self.connection, LONGEST, || match () {
            () if !wanted() => Err(io::Error::from(ErrorKind::Interrupted)),
            () if began.elapsed() > longest => Err(io::Error::from(ErrorKind::TimedOut)),
            () => Ok(()),
        });
        match received {
            Ok(Some(message)) => {
                let answer = Answer::decode(&message).map_err(broken)?;
                let spent = answer.spent;
                answer.count(rules);
                self.compared += 1;
                Ok((answer.into_comparison(id.clone()).map_err(broken)?, !spent))
            }
            Ok(None) => Err(self.died()),
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(Gone::NotWanted),
            Err(error) if error.kind() == ErrorKind::TimedOut => Err(Gone::Because(format!(
                "the worker process neither ended the replay nor gave it up within {longest:?}, and was killed{}",
                self.killed()
            ))),
            Err(error) => Err(broken(error)),
        }
    }

    /// How many recordings it has compared.
    pub(crate) fn compared(&self) -> usize {
        self.compared
    }

    /// Ends it well: it has nothing to do.
    pub(crate) fn dismiss(mut self) {
        let _ = self.connection.shutdown(std::net::Shutdown::Both);
        let began = Instant::now();
        while began.elapsed() < ENDED_WITHIN && matches!(self.child.0.try_wait(), Ok(None)) {
            thread::sleep(PAUSE);
        }
    }

    fn died(&mut self) -> Gone {
        let began = Instant::now();
        let status = loop {
            match self.child.0.try_wait() {
                Ok(Some(status)) => break shown(status),
                Ok(None) if began.elapsed() < ENDED_WITHIN => thread::sleep(PAUSE),
                _ => break "no status".to_owned(),
            }
        };
        let lines = self.killed();
        Gone::Died(format!("the worker process ended with {status} while it replayed the recording{lines}"))
    }

    /// Kills it, and tells what it wrote last.
    fn killed(&mut self) -> String {
        self.child.end();
        self.last_lines.quoted()
    }
}

/// A process that does not outlive this.
struct Running(Child);

impl Running {
    fn end(&mut self) {
        // One that has ended already cannot be killed, and is waited for all the same.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// The connection of the worker, if it has come: of whoever knows the word.
fn admit(listener: &TcpListener, word: &str) -> io::Result<Option<TcpStream>> {
    let connection = match listener.accept() {
        Ok((connection, _)) => connection,
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
        Err(error) => return Err(error),
    };
    connection.set_nonblocking(false)?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(GLANCE))?;
    let began = Instant::now();
    let patience = || {
        if began.elapsed() < ENDED_WITHIN { Ok(()) } else { Err(io::Error::from(ErrorKind::TimedOut)) }
    };
    let said = receive(&connection, word.len(), patience);
    Ok(matches!(said, Ok(Some(said)) if said == word.as_bytes()).then_some(connection))
}

/// A word that no other process can guess: the standard library's hashers have keys that the system draws.
fn word() -> String {
    let draw = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", draw(), draw())
}

/// The last lines that a worker wrote to stderr.
struct LastLines {
    lines: Arc<Mutex<VecDeque<String>>>,
    /// Ends when there are no more.
    no_more: Receiver<()>,
}

impl LastLines {
    fn follow(stderr: Option<ChildStderr>) -> Self {
        let (sender, no_more) = channel();
        let lines = Arc::default();
        let last = Self { lines: Arc::clone(&lines), no_more };
        let Some(stderr) = stderr else { return last };
        // Without this thread, the lines are not told; the worker may then block when it writes many.
        let _ = thread::Builder::new().name("playback-stderr".to_owned()).spawn(move || {
            let _sender: Sender<()> = sender;
            let mut reader = BufReader::new(stderr);
            let mut line = Vec::new();
            while let Ok(1..) = reader.by_ref().take(LINE).read_until(b'\n', &mut line) {
                let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
                if lines.len() == LINES {
                    lines.pop_front();
                }
                lines.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
                line.clear();
            }
        });
        last
    }

    /// The lines of a worker that has ended, for the end of a sentence.
    fn quoted(&self) -> String {
        // There may be more for as long as a process that the worker started has its stderr.
        let _ = self.no_more.recv_timeout(ENDED_WITHIN);
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        format!("; its last lines were\n  {}", lines.join("\n  "))
    }
}

fn broken(error: impl std::fmt::Display) -> Gone {
    Gone::Because(format!(
        "the worker process answered what cannot be read: {error}; is it of another version?"
    ))
}

/// How a process ended.
fn shown(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = match signal {
            4 => " (SIGILL)",
            6 => " (SIGABRT)",
            7 | 10 => " (SIGBUS)",
            8 => " (SIGFPE)",
            9 => " (SIGKILL, as when memory runs out)",
            11 => " (SIGSEGV)",
            15 => " (SIGTERM)",
            _ => "",
        };
        return format!("signal {signal}{name}");
    }
    match status.code() {
        Some(code) => format!("code {code}"),
        None => status.to_string(),
    }
}
