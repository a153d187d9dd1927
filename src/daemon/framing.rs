//! Frames of the service's socket: a length of four bytes, most significant first, then so many bytes of JSON.

use std::io;

use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Longest frame that anybody may send, in bytes.
pub const MAX_FRAME: usize = 16 << 20;

/// What a frame held.
#[derive(Debug, PartialEq, Eq)]
pub enum Content<T> {
    /// A message that this build knows.
    Known(T),
    /// JSON of a newer build: nothing is done about it.
    Other,
}

/// What is wrong with what came.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The other side is gone, or the line to it broke.
    #[error("the connection ended: {0}")]
    Io(#[from] io::Error),
    /// A frame longer than is allowed here.
    #[error("a frame of {0} bytes is longer than the {1} that are allowed")]
    TooLong(usize, usize),
    /// Bytes that are no JSON.
    #[error("a frame that is no JSON")]
    NoJson,
}

/// A message as a frame; nothing where it is too long to be sent.
pub fn encode<T: Serialize>(message: &T) -> Option<Vec<u8>> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message).ok()?;
    let length = frame.len() - 4;
    if length > MAX_FRAME {
        return None;
    }
    let length = u32::try_from(length).ok()?;
    frame.get_mut(..4)?.copy_from_slice(&length.to_be_bytes());
    Some(frame)
}

/// Reads one frame of at most `max` bytes. Memory is taken as bytes come, not as they are promised. Nothing at the end.
pub async fn read_frame(from: &mut (impl AsyncRead + Unpin), max: usize) -> Result<Option<Vec<u8>>, FrameError> {
    let mut length = [0; 4];
    let first = from.read(&mut length).await?;
    if first == 0 {
        return Ok(None);
    }
    if let Some(rest) = length.get_mut(first..) {
        from.read_exact(rest).await?;
    }
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > max {
        return Err(FrameError::TooLong(length, max));
    }
    let mut body = Vec::new();
    let read = from.take(length as u64).read_to_end(&mut body).await?;
    if read < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(Some(body))
}

/// Writes one message.
pub async fn write_message<T: Serialize>(to: &mut (impl AsyncWrite + Unpin), message: &T) -> io::Result<()> {
    let frame = encode(message).ok_or(io::ErrorKind::InvalidData)?;
    to.write_all(&frame).await?;
    to.flush().await
}

/// The message in a frame. What is JSON and yet no message of ours is a newer one.
pub fn decode<T: DeserializeOwned>(frame: &[u8]) -> Result<Content<T>, FrameError> {
    match serde_json::from_slice(frame) {
        Ok(message) => Ok(Content::Known(message)),
        Err(_) if serde_json::from_slice::<IgnoredAny>(frame).is_ok() => Ok(Content::Other),
        Err(_) => Err(FrameError::NoJson),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_frame_comes_back_as_it_was_written_and_half_a_frame_is_an_error() {
        let frame = encode(&("a", 1)).unwrap();
        let read = read_frame(&mut &frame[..], MAX_FRAME).await.unwrap().unwrap();
        assert_eq!(decode::<(String, u8)>(&read).unwrap(), Content::Known(("a".to_owned(), 1)));
        assert!(read_frame(&mut &b""[..], MAX_FRAME).await.unwrap().is_none());
        for cut in 1..frame.len() {
            assert!(matches!(read_frame(&mut &frame[..cut], MAX_FRAME).await, Err(FrameError::Io(_))), "{cut}");
        }
    }

    #[tokio::test]
    async fn a_length_that_is_only_promised_takes_no_memory_and_too_much_is_refused() {
        let promised = [0x00, 0xff, 0xff, 0xff, b'{'];
        assert!(matches!(read_frame(&mut &promised[..], MAX_FRAME).await, Err(FrameError::Io(_))));
        let garbage = *b"GET / HTTP/1.1\r\n\r\n";
        assert!(matches!(read_frame(&mut &garbage[..], MAX_FRAME).await, Err(FrameError::TooLong(..))));
    }

    #[test]
    fn json_of_a_newer_build_is_something_else_and_garbage_is_an_error() {
        assert_eq!(decode::<u8>(br#"{"Newer":[1,2]}"#).unwrap(), Content::Other);
        assert!(matches!(decode::<u8>(b"\xff{"), Err(FrameError::NoJson)));
    }
}
