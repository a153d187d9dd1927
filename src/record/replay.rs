//! Buffer of what an ffmpeg has been fed last, so that the next one loses nothing when it dies.

use std::collections::VecDeque;

use super::timeline::TimelinePiece;

/// Bytes kept: a group of pictures or two, even of a good stream.
const MAX_BYTES: usize = 3 << 20;
/// ffmpeg may not have written the last second of what it was fed.
const UNWRITTEN_MS: u64 = 1_500;
/// Nor what still lies in the pipe and in its buffers, which is many seconds of a thin stream.
const UNWRITTEN_BYTES: usize = 160 << 10;

/// The pieces since a place where a player can begin.
#[derive(Debug, Default)]
pub(super) struct Replay {
    /// Each with the recorded time at which it begins, in milliseconds.
    pieces: VecDeque<(u64, TimelinePiece)>,
    bytes: usize,
}

impl Replay {
    /// Adds a piece that was fed and begins at a recorded time. `grown` is what had been fed when the file last grew, in milliseconds; nothing before it did.
    pub(super) fn push(&mut self, piece: &TimelinePiece, begins: u64, grown: Option<u64>) {
        if self.pieces.is_empty() && !piece.keyframe {
            return;
        }
        self.bytes += piece.bytes.len();
        self.pieces.push_back((begins, piece.clone()));
        if let Some(grown) = grown {
            self.forget(grown.min(piece.millis).saturating_sub(UNWRITTEN_MS));
        }
        // Without its beginning the rest cannot be shown.
        while self.bytes > MAX_BYTES && !self.pieces.is_empty() {
            self.pop();
            while self.pieces.front().is_some_and(|(_, front)| !front.keyframe) {
                self.pop();
            }
        }
    }

    /// Forgets the groups that end before `millis` and before what may be on its way, but for the last of them: the sound that
    /// belongs to the pictures of the next one may have come with it.
    fn forget(&mut self, millis: u64) {
        let (mut behind, mut from, mut spare) = (0, None, false);
        for (at, (begins, piece)) in self.pieces.iter().enumerate().rev() {
            behind += piece.bytes.len();
            if piece.keyframe && spare {
                from = Some(at);
                break;
            }
            spare |= piece.keyframe && at > 0 && *begins <= millis && behind >= UNWRITTEN_BYTES;
        }
        for _ in 0..from.unwrap_or(0) {
            self.pop();
        }
    }

    fn pop(&mut self) {
        if let Some((_, piece)) = self.pieces.pop_front() {
            self.bytes -= piece.bytes.len();
        }
    }

    /// Recorded time at which what is kept begins.
    pub(super) fn begins(&self) -> Option<u64> {
        self.pieces.front().map(|(begins, _)| *begins)
    }

    /// Everything kept, oldest first.
    pub(super) fn drain(&mut self) -> VecDeque<TimelinePiece> {
        self.bytes = 0;
        std::mem::take(&mut self.pieces).into_iter().map(|(_, piece)| piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    /// Pieces of half a second, as long as `millis` says.
    fn piece(millis: u64, keyframe: bool, size: usize) -> TimelinePiece {
        TimelinePiece { millis, keyframe, bytes: Bytes::from(vec![0; size]), ..TimelinePiece::default() }
    }

    #[test]
    fn the_last_group_that_may_be_unwritten_is_kept() {
        let mut replay = Replay::default();
        (0..20).for_each(|n| {
            replay.push(&piece(n * 500, n % 4 == 0, 100_000), (n * 500).saturating_sub(500), Some(n * 500));
        });
        let kept: Vec<_> = replay.drain().iter().map(|piece| piece.millis).collect();
        assert_eq!(kept.first(), Some(&6_000), "and the group before that: {kept:?}");
    }

    #[test]
    fn what_may_lie_in_the_pipe_is_kept_however_long_it_is() {
        let mut replay = Replay::default();
        (0..200).for_each(|n| {
            replay.push(&piece(n * 500, n % 4 == 0, 4_000), (n * 500).saturating_sub(500), Some(n * 500));
        });
        let kept = replay.drain().iter().map(|piece| piece.bytes.len()).sum::<usize>();
        assert!((UNWRITTEN_BYTES..UNWRITTEN_BYTES + 9 * 4_000).contains(&kept), "{kept}");
    }

    #[test]
    fn all_is_kept_until_something_comes_out() {
        let mut replay = Replay::default();
        (0..20).for_each(|n| replay.push(&piece(n * 500, n % 4 == 0, 10), (n * 500).saturating_sub(500), None));
        assert_eq!(replay.drain().len(), 20);
    }

    #[test]
    fn all_is_kept_that_was_fed_since_the_file_grew() {
        let mut replay = Replay::default();
        (0..20).for_each(|n| {
            replay.push(&piece(n * 500, n % 4 == 0, 100_000), (n * 500).saturating_sub(500), Some(4_000));
        });
        assert_eq!(replay.drain().front().unwrap().millis, 0);
    }

    #[test]
    fn what_is_too_much_goes_group_by_group() {
        let mut replay = Replay::default();
        (0..20).for_each(|n| {
            replay.push(&piece(n * 500, n % 4 == 0, MAX_BYTES / 10), (n * 500).saturating_sub(500), None);
        });
        let kept = replay.drain();
        assert!(kept.front().unwrap().keyframe && kept.len() <= 10);
    }
}
