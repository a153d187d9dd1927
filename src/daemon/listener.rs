//! Listener on the service's socket: lets people in, and stands between each of them and the hub.
//!
//! Everything that comes is bounded and checked. Garbage, half a frame or silence costs the one who sends it and nobody else.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::contract::{Hello, Mismatch, PeerMessage, Role, ServiceMessage};
use super::framing::{Content, FrameError, decode, encode, read_frame, write_message};
use super::hub::{HubDoor, PeerEvent};
use super::outbox::Outbox;
use super::peer::PeerId;
use super::place::{Place, PlaceError};
use crate::text::Text;

/// People at once.
const MAX_PEERS: usize = 64;
/// Longest frame of one who attached: what they say is short.
const MAX_PEER_FRAME: usize = 1 << 20;
/// What somebody has to say hello.
const HELLO: Duration = Duration::from_secs(1);
/// How often it is looked whether the socket is still in its place: cleaners of folders take it away.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// After a write, the next one waits so long: many small ones cost more than a few large ones, and no eye sees it.
const WRITE_PACE: Duration = Duration::from_millis(15);
/// What is still to be written at the end may take so long.
const FLUSH: Duration = Duration::from_millis(500);

/// Listens on the socket of a service, which has to hold its lock.
#[derive(Debug)]
pub struct Listener {
    place: Place,
    socket: UnixListener,
    door: HubDoor,
    /// Other users that may look.
    readers: BTreeSet<u32>,
}

/// Binds a socket in the place of whatever was left there.
fn bind(place: &Place) -> Result<UnixListener, PlaceError> {
    let failed = |error| PlaceError::Io(place.socket().to_owned(), error);
    match std::fs::remove_file(place.socket()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let socket = UnixListener::bind(place.socket()).map_err(failed)?;
    std::fs::set_permissions(place.socket(), std::fs::Permissions::from_mode(place.socket_mode())).map_err(failed)?;
    Ok(socket)
}

impl Listener {
    /// Binds the socket. Needs a tokio runtime.
    pub fn bind(place: Place, door: HubDoor, readers: impl IntoIterator<Item = u32>) -> Result<Self, PlaceError> {
        let socket = bind(&place)?;
        Ok(Self { place, socket, door, readers: readers.into_iter().collect() })
    }

    /// Lets people in until `stop`; removes the socket then.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut peers = JoinSet::new();
        let seats = Arc::new(Semaphore::new(MAX_PEERS));
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut bound = inode(&self.place);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, _)) => {
                        let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else {
                            refuse_at_once(stream);
                            continue;
                        };
                        let (door, role) = (self.door.clone(), self.role(&stream));
                        peers.spawn(async move {
                            serve_peer(stream, door, role).await;
                            drop(seat);
                        });
                    }
                    Err(error) => {
                        tracing::warn!("nobody can be let in: {error}");
                        // No more open files, mostly: asking again at once would only burn.
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(_) = peers.join_next() => {}
                _ = look.tick() => if bound.is_none() || inode(&self.place) != bound {
                    match self.place.prepare().and_then(|()| bind(&self.place)) {
                        Ok(socket) => {
                            tracing::info!("the socket had gone from its place and was bound anew");
                            self.socket = socket;
                            bound = inode(&self.place);
                        }
                        Err(error) => tracing::warn!("{error}"),
                    }
                },
            }
        }
        if bound.is_some() && inode(&self.place) == bound {
            drop(std::fs::remove_file(self.place.socket()));
        }
        // What the hub said last is still written.
        drop(tokio::time::timeout(FLUSH, async { while peers.join_next().await.is_some() {} }).await);
    }

    /// What whoever holds the other end may do; nothing for strangers.
    fn role(&self, stream: &UnixStream) -> Option<(u32, Role)> {
        let uid = stream.peer_cred().ok()?.uid();
        if uid == nix::unistd::getuid().as_raw() {
            return Some((uid, Role::Full));
        }
        self.readers.contains(&uid).then_some((uid, Role::ReadOnly))
    }
}

fn inode(place: &Place) -> Option<(u64, u64)> {
    place.socket().symlink_metadata().ok().map(|socket| (socket.dev(), socket.ino()))
}

/// Talks with one who came, to their end.
async fn serve_peer(stream: UnixStream, door: HubDoor, role: Option<(u32, Role)>) {
    let id = door.next_peer();
    let (mut reader, mut writer) = stream.into_split();
    let Some((uid, role)) = role else {
        let words = "this service belongs to another user, who has not named you in daemon.readers";
        return refuse(&mut writer, words).await;
    };
    let ours = Hello::new(role, door.clock.now());
    let greeted = tokio::time::timeout(HELLO, async {
        write_message(&mut writer, &ours).await?;
        let frame = read_frame(&mut reader, MAX_PEER_FRAME).await?;
        decode::<Hello>(&frame.ok_or(io::Error::from(io::ErrorKind::UnexpectedEof))?)
    });
    let theirs = match greeted.await {
        Ok(Ok(Content::Known(theirs))) => theirs,
        Ok(Ok(Content::Other) | Err(FrameError::NoJson | FrameError::TooLong(..))) => {
            return refuse(&mut writer, "the first frame was no hello of tiktop").await;
        }
        Ok(Err(FrameError::Io(_))) => return,
        Err(_) => return refuse(&mut writer, "nobody said hello within a second").await,
    };
    if let Err(mismatch) = ours.agree(&theirs) {
        let words = match mismatch {
            Mismatch::WeAreOlder => format!(
                "the service (tiktop {}) is older than this program (tiktop {}): `tiktop serve --replace` starts it anew",
                ours.build, theirs.build
            ),
            Mismatch::TheyAreOlder => format!(
                "this program (tiktop {}) is older than the service (tiktop {}): install the newer one here too",
                theirs.build, ours.build
            ),
        };
        return refuse(&mut writer, &words).await;
    }
    let outbox = Outbox::default();
    let joined = PeerEvent::Joined { outbox: outbox.clone(), role, uid };
    if door.events.send((id, joined)).await.is_err() {
        return refuse(&mut writer, "the service is ending").await;
    }
    let drained = door.drained.clone();
    tokio::select! {
        () = write(&mut writer, &outbox, &drained) => {}
        wrong = read(&mut reader, id, &door) => if let Some(words) = wrong {
            outbox.close();
            refuse(&mut writer, &words).await;
        },
    }
    // The hub is gone where this fails, and knows nobody any more.
    let _ = door.events.send((id, PeerEvent::Left)).await;
}

/// Writes what waits, to the end.
async fn write(writer: &mut OwnedWriteHalf, outbox: &Outbox, drained: &tokio::sync::Notify) {
    while let Some(frames) = outbox.frames().await {
        let bytes = frames.concat();
        drop(frames);
        if writer.write_all(&bytes).await.is_err() {
            return;
        }
        drained.notify_one();
        tokio::time::sleep(WRITE_PACE).await;
    }
}

/// Hands on what is said, until the other side leaves; why not to its end, in words.
async fn read(reader: &mut OwnedReadHalf, id: PeerId, door: &HubDoor) -> Option<String> {
    loop {
        let frame = match read_frame(reader, MAX_PEER_FRAME).await {
            Ok(Some(frame)) => frame,
            Ok(None) | Err(FrameError::Io(_)) => return None,
            Err(error) => return Some(error.to_string()),
        };
        match decode::<PeerMessage>(&frame) {
            // A hub that is busy makes this one wait, and nobody else.
            Ok(Content::Known(message)) => door.events.send((id, PeerEvent::Said(message))).await.ok()?,
            Ok(Content::Other) => {}
            Err(error) => return Some(error.to_string()),
        }
    }
}

/// Says that there is no seat, and waits for nobody to read it.
fn refuse_at_once(stream: UnixStream) {
    let words =
        format!("{MAX_PEERS} screens and programs are attached to this service already: leave one of them first");
    if let (Some(frame), Ok(mut stream)) = (encode(&ServiceMessage::Refused(Text::from(words))), stream.into_std()) {
        drop(stream.write_all(&frame));
    }
}

async fn refuse(writer: &mut OwnedWriteHalf, words: &str) {
    let refused = ServiceMessage::Refused(Text::new(words));
    // One who does not read is not waited for.
    drop(tokio::time::timeout(HELLO, write_message(writer, &refused)).await);
}
