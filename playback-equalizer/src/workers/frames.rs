//! Messages over a connection: their length in four bytes, little-endian, and themselves.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest message of a worker or to it, in bytes.
pub(super) const LONGEST: usize = 1 << 30;

/// How many bytes of a message are waited for at once.
const STEP: usize = 1 << 20;

/// How often those who wait for a message look at what else there is.
pub(super) const GLANCE: Duration = Duration::from_millis(50);

pub(super) fn send(mut connection: &TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).ok().filter(|_| message.len() <= LONGEST);
    let length = length.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the message is too long"))?;
    let mut frame = Vec::with_capacity(4 + message.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(message);
    connection.write_all(&frame)
}

/// The next message, of so many bytes at the `longest`; none when the other side is gone. `patience` is asked whether
/// to go on waiting, as long as a message has come in part, and each [`GLANCE`] if the connection has that as its read
/// time-out.
pub(super) fn receive(
    connection: &TcpStream,
    longest: usize,
    mut patience: impl FnMut() -> io::Result<()>,
) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if !fill(connection, &mut length, &mut patience)? {
        return Ok(None);
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > longest {
        return Err(io::Error::new(ErrorKind::InvalidData, "a message claims to be too long"));
    }
    let mut message = Vec::new();
    while message.len() < length {
        // A length alone takes no memory: there is room for what comes as it comes.
        let filled = message.len();
        message.resize(length.min(filled + STEP), 0);
        if !fill(connection, message.get_mut(filled..).unwrap_or_default(), &mut patience)? {
            return Ok(None);
        }
    }
    Ok(Some(message))
}

fn fill(
    mut connection: &TcpStream,
    buffer: &mut [u8],
    patience: &mut impl FnMut() -> io::Result<()>,
) -> io::Result<bool> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..)
        && !rest.is_empty()
    {
        match connection.read(rest) {
            Ok(0) => return Ok(false),
            Ok(read) => {
                filled += read;
                // One that comes drop by drop never keeps a read waiting.
                if filled < buffer.len() {
                    patience()?;
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => patience()?,
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// What is made of `said`, after which the other side is gone.
    fn received(said: &[u8], longest: usize, patience: io::Result<()>) -> io::Result<Option<Vec<u8>>> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let mut stranger = TcpStream::connect(listener.local_addr()?)?;
        let (connection, _) = listener.accept()?;
        stranger.write_all(said)?;
        drop(stranger);
        let mut patience = Some(patience);
        receive(&connection, longest, || patience.take().unwrap_or(Ok(())))
    }

    #[test]
    fn a_message_that_is_too_long_or_comes_drop_by_drop_is_not_waited_for() -> io::Result<()> {
        let long = vec![7; STEP + 1];
        let sent = [&u32::try_from(long.len()).unwrap_or(0).to_le_bytes(), &long[..]].concat();
        assert_eq!(received(&sent, LONGEST, Ok(()))?, Some(long));
        // All that is ever there of it is its length.
        assert_eq!(received(&(LONGEST as u32).to_le_bytes(), LONGEST, Ok(()))?, None);
        let impatient = || Err(io::Error::from(ErrorKind::TimedOut));
        assert_eq!(received(b"\x02\0\0\0ab", 2, impatient())?, Some(b"ab".to_vec()));
        let kind = |received: io::Result<_>| received.err().map(|error| error.kind());
        assert_eq!(kind(received(b"\x03\0\0\0abc", 2, Ok(()))), Some(ErrorKind::InvalidData));
        assert_eq!(kind(received(b"\x02", 2, impatient())), Some(ErrorKind::TimedOut));
        assert_eq!(kind(received(b"\x02\0\0\0a", 2, impatient())), Some(ErrorKind::TimedOut));
        Ok(())
    }
}
