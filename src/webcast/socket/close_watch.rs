//! Watch for the close frame of the other side as it came.
//!
//! The WebSocket library answers a close with a code that no close may carry as a violation, and hands that on in its place. This
//! reader looks at the bytes before the library does: the heads of frames, and the body of a close. It changes nothing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::text::Text;

/// Longest body of a control frame (RFC 6455, 5.5).
const MAX_CONTROL: u64 = 125;
const OPCODE_CLOSE: u8 = 8;

/// What a close frame said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::webcast) struct RawClose {
    /// Its code; none where it had none.
    pub(super) code: Option<u16>,
    /// Its reason.
    pub(super) reason: Text,
}

/// A connection whose frames are watched for the close.
#[derive(Debug)]
pub(in crate::webcast) struct CloseWatch<S> {
    inner: S,
    scan: Scan,
    close: Option<RawClose>,
}

impl<S> CloseWatch<S> {
    /// Watches `inner`, whose next byte begins a frame.
    pub(in crate::webcast) fn new(inner: S) -> Self {
        Self { inner, scan: Scan::default(), close: None }
    }

    /// The close frame, once it came.
    pub(super) fn close(&self) -> Option<&RawClose> {
        self.close.as_ref()
    }
}

/// Where in the stream of frames we are.
#[derive(Debug, Default)]
struct Scan {
    /// The head of the frame, as far as it came.
    head: Vec<u8>,
    /// Bytes of the body that are still to come, once the head is whole.
    left: Option<u64>,
    /// The body of a close frame, as far as it came.
    body: Vec<u8>,
    is_close: bool,
    over: bool,
}

impl Scan {
    /// Looks at the next bytes; the close frame, when its end is among them.
    fn feed(&mut self, mut bytes: &[u8]) -> Option<RawClose> {
        while !self.over {
            let left = if let Some(left) = self.left {
                left
            } else {
                let (&byte, rest) = bytes.split_first()?;
                bytes = rest;
                self.head.push(byte);
                let Some(length) = body_length(&self.head) else { continue };
                self.is_close = self.head.first().is_some_and(|byte| byte & 0x0f == OPCODE_CLOSE);
                // A longer one is none, and the library says so.
                self.over = self.is_close && length > MAX_CONTROL;
                self.head.clear();
                length
            };
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            let (body, rest) = bytes.split_at(here);
            bytes = rest;
            if self.is_close {
                self.body.extend_from_slice(body);
            }
            self.left = Some(left - here as u64).filter(|&left| left > 0);
            if self.left.is_none() && self.is_close && !self.over {
                self.over = true;
                return Some(read_close(&self.body));
            }
            if bytes.is_empty() {
                return None;
            }
        }
        None
    }
}

/// How long the body behind a head is; nothing while the head is not whole.
fn body_length(head: &[u8]) -> Option<u64> {
    let length = *head.get(1)?;
    let mask = if length & 0x80 == 0 { 0 } else { 4 };
    let (more, length) = match length & 0x7f {
        126 => (2, u64::from(u16::from_be_bytes(head.get(2..4)?.try_into().ok()?))),
        127 => (8, u64::from_be_bytes(head.get(2..10)?.try_into().ok()?)),
        length => (0, u64::from(length)),
    };
    (head.len() == 2 + more + mask).then_some(length)
}

fn read_close(body: &[u8]) -> RawClose {
    let code = body.first_chunk().map(|code| u16::from_be_bytes(*code));
    RawClose { code, reason: Text::from_bytes(body.get(2..).unwrap_or_default()) }
}

impl<S: AsyncRead + Unpin> AsyncRead for CloseWatch<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(cx, buf);
        if let Some(close) = this.scan.feed(buf.filled().get(before..).unwrap_or_default()) {
            this.close = Some(close);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for CloseWatch<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(opcode: u8, body: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode];
        match body.len() {
            length @ ..126 => frame.push(u8::try_from(length).unwrap()),
            length @ ..=0xffff => frame.extend([&[126][..], &u16::try_from(length).unwrap().to_be_bytes()].concat()),
            length => frame.extend([&[127][..], &(length as u64).to_be_bytes()].concat()),
        }
        [frame, body.to_vec()].concat()
    }

    fn close(code: u16, reason: &[u8]) -> Vec<u8> {
        frame(8, &[&code.to_be_bytes()[..], reason].concat())
    }

    #[test]
    fn a_close_is_read_behind_frames_of_any_length() {
        let before = [frame(2, &vec![7; 70_000]), frame(9, b""), frame(2, &[8; 300]), frame(1, b"text")].concat();
        let bytes = [before, close(1_006, b"gone\xff")].concat();
        for step in [1, 2, 3, 7, 1_000, bytes.len()] {
            let mut scan = Scan::default();
            let found: Vec<_> = bytes.chunks(step).filter_map(|chunk| scan.feed(chunk)).collect();
            assert_eq!(
                found,
                [RawClose { code: Some(1_006), reason: Text::new("gone\u{fffd}") }],
                "in steps of {step}"
            );
        }
    }

    #[test]
    fn a_close_may_say_nothing() {
        for body in [&b""[..], b"x"] {
            assert_eq!(Scan::default().feed(&frame(8, body)).unwrap().code, None);
        }
        assert_eq!(Scan::default().feed(&frame(8, &[0; 300])), None, "no control frame is so long");
    }

    proptest! {
        #[test]
        fn any_bytes_are_passed_over(chunks: Vec<Vec<u8>>) {
            let mut scan = Scan::default();
            for chunk in &chunks {
                scan.feed(chunk);
            }
            prop_assert!(scan.head.len() <= 14 && scan.body.len() <= 125);
        }
    }
}
