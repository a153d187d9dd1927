//! Frame of the feed: one event as text, encoded once for all clients, with how dear it is.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// First byte of a whole text frame of a WebSocket.
const WHOLE_TEXT: u8 = 0x81;

/// What goes first where a client does not keep up, from what may go to what may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FrameClass {
    /// Taps.
    Like,
    /// Somebody came in, how many watch, a step of a streak: the next one says more.
    Passing,
    /// Comments and all else.
    Ordinary,
    /// The end of a streak, a gift that comes once, the end of the live: never dropped.
    Dear,
}

/// One text for a socket, or one event of a stream.
#[derive(Clone, Debug)]
pub(super) struct FeedFrame {
    /// The header of a WebSocket frame, which is the same for every client of a server, and the text.
    bytes: Bytes,
    header: u8,
    pub(super) class: FrameClass,
    /// What it is, by its NDJSON type, for the count of what was dropped.
    pub(super) kind: &'static str,
    /// Gift units and coins in it, for the same.
    pub(super) gifts: u64,
    pub(super) coins: u64,
}

impl FeedFrame {
    pub(super) fn new(kind: &'static str, class: FrameClass, text: &str) -> Self {
        let mut bytes = Vec::with_capacity(text.len() + 10);
        bytes.push(WHOLE_TEXT);
        // RFC 6455, 5.2: seven bits of length, or a sign that two or eight bytes of it follow. A server masks nothing.
        match (u8::try_from(text.len()), u16::try_from(text.len())) {
            (Ok(length @ ..=125), _) => bytes.push(length),
            (_, Ok(length)) => {
                bytes.push(126);
                bytes.extend_from_slice(&length.to_be_bytes());
            }
            _ => {
                bytes.push(127);
                bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            }
        }
        let header = bytes.len() as u8;
        bytes.extend_from_slice(text.as_bytes());
        Self { bytes: bytes.into(), header, class, kind, gifts: 0, coins: 0 }
    }

    /// The text.
    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(usize::from(self.header)..).unwrap_or_default()
    }

    /// Bytes that it takes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// Frames on their way into a socket; what was written of them is gone from it.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    frames: VecDeque<Bytes>,
    left: usize,
}

impl Outgoing {
    pub(super) fn push(&mut self, frame: FeedFrame) {
        self.left += frame.bytes.len();
        self.frames.push_back(frame.bytes);
    }
}

impl Buf for Outgoing {
    fn remaining(&self) -> usize {
        self.left
    }

    fn chunk(&self) -> &[u8] {
        self.frames.front().map_or(&[], |frame| frame)
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let filled = slices.iter_mut().zip(&self.frames).map(|(slice, frame)| *slice = IoSlice::new(frame));
        filled.count()
    }

    fn advance(&mut self, mut count: usize) {
        self.left = self.left.saturating_sub(count);
        while let Some(frame) = self.frames.front_mut() {
            if count < frame.len() {
                return frame.advance(count);
            }
            count -= frame.len();
            self.frames.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;

    #[rstest]
    #[case(0, 2)]
    #[case(125, 2)]
    #[case(126, 4)]
    #[case(65_535, 4)]
    #[case(65_536, 10)]
    fn a_header_says_how_long_the_text_is(#[case] length: usize, #[case] header: usize) {
        let frame = FeedFrame::new("chat", FrameClass::Ordinary, &"x".repeat(length));
        assert_eq!((frame.len(), frame.text().len()), (header + length, length));
        let (read, told) = FrameHeader::parse(&mut std::io::Cursor::new(&frame.bytes)).unwrap().unwrap();
        assert_eq!((read.is_final, read.mask, told), (true, None, length as u64));
    }

    #[test]
    fn what_was_written_is_gone_wherever_it_was_cut() {
        let texts = ["one", "", "three", "four"];
        let whole: Vec<u8> =
            texts.iter().flat_map(|text| FeedFrame::new("chat", FrameClass::Like, text).bytes).collect();
        for cut in 0..=whole.len() {
            let mut outgoing = Outgoing::default();
            for text in texts {
                outgoing.push(FeedFrame::new("chat", FrameClass::Like, text));
            }
            outgoing.advance(cut);
            assert_eq!(outgoing.remaining(), whole.len() - cut);
            let mut slices = [IoSlice::new(&[]); 8];
            let count = outgoing.chunks_vectored(&mut slices);
            let seen: Vec<u8> = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect();
            assert_eq!(seen, whole[cut..]);
        }
    }
}
