//! Messages over a connection: their length in four bytes, little-endian, and themselves.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest message, in bytes.
const LONGEST: usize = 1 << 30;

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

/// The next message; none when the other side is gone. `patience` is asked each [`GLANCE`] whether to go on waiting,
/// if the connection has that as its read time-out.
pub(super) fn receive(
    connection: &TcpStream,
    mut patience: impl FnMut() -> io::Result<()>,
) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    if !fill(connection, &mut length, &mut patience)? {
        return Ok(None);
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidData, "a message claims to be too long"));
    }
    let mut message = vec![0; length];
    Ok(fill(connection, &mut message, &mut patience)?.then_some(message))
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
            Ok(read) => filled += read,
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
