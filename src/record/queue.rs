//! Queue of what has been read and not yet written, bounded by bytes.
//!
//! A slow disk fills it; then the socket is not read, the network slows down, and memory stays where it is.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::PictureLabel;
use super::timeline::TimelinePiece;
use crate::text::Text;

/// Bytes that may wait: twenty seconds of a usual stream.
const CAPACITY: u32 = 4 << 20;
/// Pieces that may wait, so that very small ones are bounded too.
const PIECES: usize = 8_192;

/// A piece on its way, and the room it takes until it is dropped.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) piece: TimelinePiece,
    /// The stream it was read from, and what its picture is by the label.
    pub(super) quality: Text,
    pub(super) label: PictureLabel,
    _space: OwnedSemaphorePermit,
}

/// Where pieces are put in.
#[derive(Debug)]
pub(super) struct QueueSender {
    space: Arc<Semaphore>,
    pieces: mpsc::Sender<Queued>,
}

/// Where pieces come out, in order; nothing after the last one of an inlet that is gone.
pub(super) type QueueReceiver = mpsc::Receiver<Queued>;

/// Nobody takes pieces any more.
#[derive(Debug)]
pub(super) struct Closed;

/// A queue.
pub(super) fn queue() -> (QueueSender, QueueReceiver) {
    let (pieces, outlet) = mpsc::channel(PIECES);
    (QueueSender { space: Arc::new(Semaphore::new(CAPACITY as usize)), pieces }, outlet)
}

impl QueueSender {
    /// Puts a piece in, once there is room.
    pub(super) async fn push(&self, piece: TimelinePiece, quality: Text, label: PictureLabel) -> Result<(), Closed> {
        let size = u32::try_from(piece.bytes.len()).map_or(CAPACITY, |size| size.min(CAPACITY));
        let space = tokio::select! {
            space = Arc::clone(&self.space).acquire_many_owned(size) => space.map_err(|_| Closed)?,
            () = self.pieces.closed() => return Err(Closed),
        };
        self.pieces.send(Queued { piece, quality, label, _space: space }).await.map_err(|_| Closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures_util::FutureExt;

    fn piece(size: usize) -> TimelinePiece {
        TimelinePiece { bytes: Bytes::from(vec![0; size]), ..TimelinePiece::default() }
    }

    #[tokio::test]
    async fn a_full_queue_makes_the_reader_wait() {
        let (inlet, mut outlet) = queue();
        inlet.push(piece(CAPACITY as usize - 1), Text::default(), PictureLabel::default()).await.unwrap();
        assert!(inlet.push(piece(2), Text::default(), PictureLabel::default()).now_or_never().is_none());
        drop(outlet.recv().await);
        assert!(inlet.push(piece(2), Text::default(), PictureLabel::default()).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_piece_larger_than_the_queue_passes_alone() {
        let (inlet, _outlet) = queue();
        assert!(
            inlet.push(piece(CAPACITY as usize + 1), Text::default(), PictureLabel::default()).now_or_never().is_some()
        );
    }

    #[tokio::test]
    async fn a_reader_that_waits_hears_that_nobody_takes() {
        let (inlet, outlet) = queue();
        inlet.push(piece(CAPACITY as usize), Text::default(), PictureLabel::default()).await.unwrap();
        drop(outlet);
        assert!(inlet.push(piece(1), Text::default(), PictureLabel::default()).await.is_err());
    }
}
