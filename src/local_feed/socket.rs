//! WebSocket of one client of the feed, after the handshake: what its queue has, in as few writes as may be.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_util::sync::CancellationToken;

use super::hub::FeedListener;

/// Nobody has anything to tell us: what comes is read and forgotten.
const MAX_HEARD: usize = 64 << 10;
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
        .max_message_size(Some(MAX_HEARD))
        .max_frame_size(Some(MAX_HEARD))
        .write_buffer_size(64 << 10);
    let mut stream = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
    let farewell = tokio::select! {
        () = stop.cancelled() => Some((CloseCode::Away, "tiktop ends")),
        () = listener.queue().overrun() => Some((CloseCode::Again, "nothing was read for too long")),
        _ = write(&mut stream, &listener) => None,
    };
    if let Some((code, reason)) = farewell {
        let close = stream.close(Some(CloseFrame { code, reason: reason.into() }));
        // Who does not read does not answer either.
        drop(tokio::time::timeout(GOODBYE, close).await);
    }
}

/// Writes what comes until the client is gone.
async fn write(stream: &mut Stream, listener: &FeedListener) -> Result<(), Error> {
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
                stream.feed(Message::text(line)).await?;
            }
            let count = batch.frames.len();
            for frame in batch.frames {
                stream.feed(Message::Text(frame.text)).await?;
            }
            stream.flush().await?;
            listener.count_sent(count);
        }
        next_write = Instant::now() + PACE;
    }
}
