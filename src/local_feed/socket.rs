//! WebSocket of one client of the feed, after the handshake: what its queue has, in as few writes as may be.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use super::frame::{FeedFrame, FrameClass, Outgoing};
use super::hub::FeedListener;

/// Nobody has anything to tell us: what comes is read and forgotten, a little at a time. The buffer for it is cleared with each look
/// at the socket.
const MAX_HEARD: usize = 64 << 10;
const READ_AT_ONCE: usize = 1 << 10;
/// Frames given to the socket at once.
const BATCH: usize = 256;
/// Time between two writes of a busy room: a frame is that late at most, and twenty clients cost little.
pub(super) const PACE: Duration = Duration::from_millis(50);
/// How long a client may take to say good-bye.
const GOODBYE: Duration = Duration::from_millis(200);

type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// Serves one client until it leaves, is let go or `stop` is cancelled.
pub(super) async fn serve(upgraded: Upgraded, listener: FeedListener, stop: CancellationToken) {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_AT_ONCE)
        .max_message_size(Some(MAX_HEARD))
        .max_frame_size(Some(MAX_HEARD));
    let mut stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let mut outgoing = Outgoing::default();
    let farewell = tokio::select! {
        () = stop.cancelled() => Some((CloseCode::Away, "tiktop ends")),
        () = listener.queue().overrun() => Some((CloseCode::Again, "nothing was read for too long")),
        _ = write(&mut stream, &mut outgoing, &listener) => None,
    };
    let goodbye = async {
        match farewell {
            Some((code, reason)) => {
                // A frame that was begun comes to its end first.
                stream.get_mut().write_all_buf(&mut outgoing).await?;
                stream.close(Some(CloseFrame { code, reason: reason.into() })).await
            }
            // Its own good-bye is answered; where it has simply gone, there is nothing to write.
            None => stream.flush().await,
        }
    };
    // Who does not read does not answer either.
    drop(tokio::time::timeout(GOODBYE, goodbye).await);
}

/// Writes what comes until the client is gone. Frames are the same bytes for every client, so they go past `stream`, which writes
/// only its own answers and has always written them whole before.
async fn write(stream: &mut Stream, outgoing: &mut Outgoing, listener: &FeedListener) -> Result<(), Error> {
    let mut next_write = Instant::now();
    loop {
        let ready = async {
            listener.queue().ready().await;
            tokio::time::sleep_until(next_write).await;
        };
        tokio::select! {
            () = ready => {}
            incoming = stream.next() => match incoming {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                // The answer to a ping is on its way already.
                Some(Ok(_)) => {
                    stream.flush().await?;
                    continue;
                }
            },
        }
        loop {
            let batch = listener.queue().drain(BATCH);
            if batch.frames.is_empty() && batch.dropped.is_none() {
                break;
            }
            if let Some(line) = batch.dropped.as_ref().and_then(|dropped| listener.dropped_line(dropped)) {
                outgoing.push(FeedFrame::new("gap", FrameClass::Dear, &line));
            }
            let count = batch.frames.len();
            batch.frames.into_iter().for_each(|frame| outgoing.push(frame));
            stream.get_mut().write_all_buf(outgoing).await?;
            listener.count_sent(count);
        }
        next_write = Instant::now() + PACE;
    }
}
