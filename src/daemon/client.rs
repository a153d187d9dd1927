//! Client of the service: finds it, asks it, and attaches a screen to it.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use tokio::io::BufReader;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::contract::{Attach, Hello, Mismatch, PeerMessage, Request, Role, ServiceMessage};
use super::framing::{Content, FrameError, MAX_FRAME, decode, read_frame, write_message};
use super::place::Place;
use crate::clock::{Clock, Moment};
use crate::ids::RoomKey;
use crate::record::{RecorderCommand, RecorderUpdate};
use crate::room::AwayReport;
use crate::text::Text;
use crate::track::{RoomUpdate, TrackerCommand, TrackerUpdate, WantedRooms};

/// What a service has to say hello.
const HELLO: Duration = Duration::from_secs(1);
/// How often it is asked for one.
const HELLOS: u32 = 3;
/// What it has to answer a question.
const ANSWER: Duration = Duration::from_secs(5);
/// Between two looks for a service that went away.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A line to a service that has said hello.
#[derive(Debug)]
pub struct Connection {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    hello: Hello,
}

/// Why a service that is there cannot be talked to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It holds its lock and says nothing.
    #[error("the service{0} does not answer: end it with `kill`, or leave it alone with --alone")]
    Silent(String),
    /// It says no.
    #[error("{0}")]
    Refused(Text),
    /// What listens there is no service of ours.
    #[error("what listens on {0} is no service of tiktop: {1}")]
    Strange(String, FrameError),
    /// The line broke.
    #[error("the service went away in the middle of an answer")]
    Gone,
    /// Somebody else's folder.
    #[error("the folder of {0} belongs to another user: what answers there is no service to talk to")]
    Foreign(String),
}

impl Connection {
    /// Finds the service; nothing where none runs. One that lives and says nothing is asked again: a machine may be busy.
    pub async fn open(place: &Place) -> Result<Option<Self>, ConnectError> {
        for _ in 1..HELLOS {
            match Self::open_once(place).await {
                Err(ConnectError::Silent(_)) if place.holder().is_some() => {}
                opened => return opened,
            }
        }
        Self::open_once(place).await
    }

    async fn open_once(place: &Place) -> Result<Option<Self>, ConnectError> {
        if place.is_foreign() {
            return Err(ConnectError::Foreign(place.socket().display().to_string()));
        }
        let Ok(stream) = UnixStream::connect(place.socket()).await else { return Ok(None) };
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        let ours = Hello::new(Role::Full, Moment::default());
        let greeted = tokio::time::timeout(HELLO, async {
            write_message(&mut writer, &ours).await?;
            read_frame(&mut reader, MAX_FRAME).await
        });
        let shown = || place.socket().display().to_string();
        let frame = match greeted.await {
            Err(_) => {
                let who = place.holder().map(|pid| format!(" (process {pid})")).unwrap_or_default();
                return Err(ConnectError::Silent(who));
            }
            // Gone as we came: it has ended.
            Ok(Ok(None) | Err(FrameError::Io(_))) => return Ok(None),
            Ok(Err(error)) => return Err(ConnectError::Strange(shown(), error)),
            Ok(Ok(Some(frame))) => frame,
        };
        let hello = match decode::<Hello>(&frame) {
            Ok(Content::Known(hello)) => hello,
            Ok(Content::Other) => match decode(&frame) {
                Ok(Content::Known(ServiceMessage::Refused(words))) => return Err(ConnectError::Refused(words)),
                _ => return Err(ConnectError::Strange(shown(), FrameError::NoJson)),
            },
            Err(error) => return Err(ConnectError::Strange(shown(), error)),
        };
        match ours.agree(&hello) {
            Ok(_) => Ok(Some(Self { reader, writer, hello })),
            Err(mismatch) => Err(ConnectError::Refused(mismatch_words(mismatch, &hello))),
        }
    }

    /// What it said first.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Asks and waits for the answer. Only before [`Connection::attach`].
    pub async fn ask(&mut self, request: Request) -> Result<ServiceMessage, ConnectError> {
        let asked = tokio::time::timeout(ANSWER, async {
            write_message(&mut self.writer, &PeerMessage::Ask(request)).await?;
            loop {
                let frame = read_frame(&mut self.reader, MAX_FRAME).await?;
                let frame = frame.ok_or(io::Error::from(io::ErrorKind::UnexpectedEof))?;
                if let Content::Known(answer) = decode(&frame)? {
                    return Ok::<_, FrameError>(answer);
                }
            }
        });
        match asked.await {
            Err(_) => Err(ConnectError::Silent(format!(" (process {})", self.hello.pid))),
            Ok(Err(_)) => Err(ConnectError::Gone),
            Ok(Ok(ServiceMessage::Refused(words))) => Err(ConnectError::Refused(words)),
            Ok(Ok(answer)) => Ok(answer),
        }
    }

    /// Waits until the service has ended.
    pub async fn ended(mut self) {
        while let Ok(Some(_)) = read_frame(&mut self.reader, MAX_FRAME).await {}
    }
}

fn mismatch_words(mismatch: Mismatch, service: &Hello) -> Text {
    let ours = env!("CARGO_PKG_VERSION");
    match mismatch {
        Mismatch::WeAreOlder => Text::from(format_args!(
            "this program (tiktop {ours}) is older than the service (tiktop {}): install the newer one here too",
            service.build
        )),
        Mismatch::TheyAreOlder => Text::from(format_args!(
            "the service (tiktop {}) is older than this program (tiktop {ours}): `tiktop serve --replace` starts it anew",
            service.build
        )),
    }
}

/// The queues between a screen, or whatever else follows the rooms, and the service: the same as of a tracker and a recorder in
/// this process.
#[derive(Debug)]
pub struct AttachedQueues {
    /// News of the rooms.
    pub updates: Sender<TrackerUpdate>,
    /// What the tracker should do.
    pub commands: Receiver<TrackerCommand>,
    /// Which rooms are wanted in full; nothing for all of them.
    pub wanted: Option<watch::Receiver<WantedRooms>>,
    /// News of the recordings.
    pub records: Sender<RecorderUpdate>,
    /// What the recorder should do.
    pub record: Receiver<RecorderCommand>,
    /// What else there is to know.
    pub news: Sender<AttachNews>,
}

/// What happens to an attachment beside the news of the rooms.
#[derive(Clone, Debug)]
pub enum AttachNews {
    /// What happened since this person last looked.
    Away(AwayReport),
    /// What stands beside the rooms, as labels and words.
    Facts(Vec<(Text, Text)>),
    /// Something went wrong in the service, or was refused.
    Warned(Text),
    /// The service is gone; it is looked for.
    Gone,
    /// It is back.
    Back,
}

/// How a service is followed.
#[derive(Debug)]
pub struct FollowOptions {
    /// Where it is.
    pub place: Place,
    /// What is wanted of it.
    pub attach: Attach,
    /// Set to the service's own time; an [alignable](Clock::alignable) one.
    pub clock: Clock,
    /// Ends it.
    pub stop: CancellationToken,
    /// A service that goes away is looked for again.
    pub returns: bool,
}

/// Follows the service until `stop`, or until nobody hears any more. Where it goes away and `returns`, its rooms go with it, and it
/// is looked for again: what it tracks comes back.
pub async fn follow(mut connection: Connection, options: FollowOptions, mut queues: AttachedQueues) {
    let FollowOptions { place, attach, clock, stop, returns } = options;
    loop {
        clock.align(connection.hello.now);
        let mut known = BTreeSet::new();
        tokio::select! {
            // What was ordered last is still sent.
            () = stop.cancelled() => {
                drop(tokio::time::timeout(HELLO, send_rest(&mut connection.writer, &mut queues)).await);
                return;
            }
            open = talk(&mut connection, attach, &mut queues, &mut known) => if !open || !returns {
                return;
            },
        }
        for room in known {
            let gone = TrackerUpdate::Room(room, RoomUpdate::Removed { into: None });
            if queues.updates.send(gone).await.is_err() {
                return;
            }
        }
        // A full queue of news is no reason to wait.
        let _ = queues.news.try_send(AttachNews::Gone);
        connection = loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
            if let Ok(Some(found)) = Connection::open(&place).await {
                break found;
            }
        };
        let _ = queues.news.try_send(AttachNews::Back);
    }
}

/// Carries both ways until the line breaks; false where nobody hears any more.
async fn talk(
    connection: &mut Connection,
    attach: Attach,
    queues: &mut AttachedQueues,
    known: &mut BTreeSet<RoomKey>,
) -> bool {
    let Connection { reader, writer, .. } = connection;
    let AttachedQueues { updates, commands, wanted, records, record, news } = queues;
    if let Some(wanted) = wanted {
        let now = wanted.borrow_and_update().clone();
        if write_message(writer, &PeerMessage::Want(now)).await.is_err() {
            return true;
        }
    }
    if write_message(writer, &PeerMessage::Attach(attach)).await.is_err() {
        return true;
    }
    let hear = async {
        while let Ok(Some(frame)) = read_frame(reader, MAX_FRAME).await {
            match decode(&frame) {
                Ok(Content::Known(message)) => {
                    if !deliver(message, updates, records, news, known).await {
                        return false;
                    }
                }
                Ok(Content::Other) => {}
                Err(_) => return true,
            }
        }
        true
    };
    let say = async {
        loop {
            let message = tokio::select! {
                Some(command) = commands.recv() => PeerMessage::Track(command),
                Some(command) = record.recv() => PeerMessage::Record(command),
                Some(now) = next_wanted(wanted) => PeerMessage::Want(now),
                else => return std::future::pending().await,
            };
            if write_message(writer, &message).await.is_err() {
                return true;
            }
        }
    };
    tokio::select! {
        open = hear => open,
        open = say => open,
    }
}

/// What is wanted once that is something else; nothing once nobody says so any more.
async fn next_wanted(wanted: &mut Option<watch::Receiver<WantedRooms>>) -> Option<WantedRooms> {
    let wanted = wanted.as_mut()?;
    wanted.changed().await.ok()?;
    Some(wanted.borrow_and_update().clone())
}

/// Hands on what the service said; false where nobody hears any more.
async fn deliver(
    message: ServiceMessage,
    updates: &Sender<TrackerUpdate>,
    records: &Sender<RecorderUpdate>,
    news: &Sender<AttachNews>,
    known: &mut BTreeSet<RoomKey>,
) -> bool {
    match message {
        ServiceMessage::Rooms(rooms) => {
            let there: BTreeSet<_> = rooms.iter().map(|(room, _)| *room).collect();
            for room in known.difference(&there) {
                let gone = TrackerUpdate::Room(*room, RoomUpdate::Removed { into: None });
                if updates.send(gone).await.is_err() {
                    return false;
                }
            }
            for (room, label) in rooms {
                let added = TrackerUpdate::Room(room, RoomUpdate::Added { label });
                if !known.contains(&room) && updates.send(added).await.is_err() {
                    return false;
                }
            }
            *known = there;
            true
        }
        ServiceMessage::Tracked(update) => {
            match &update {
                TrackerUpdate::Room(room, RoomUpdate::Added { .. }) => _ = known.insert(*room),
                TrackerUpdate::Room(room, RoomUpdate::Removed { .. }) => _ = known.remove(room),
                _ => {}
            }
            updates.send(update).await.is_ok()
        }
        // Not everybody who follows rooms wants to know of recordings.
        ServiceMessage::Recorded(update) => {
            let _ = records.send(update).await;
            true
        }
        ServiceMessage::Away(report) => {
            let _ = news.try_send(AttachNews::Away(report));
            true
        }
        ServiceMessage::Facts(facts) => {
            let _ = news.try_send(AttachNews::Facts(facts));
            true
        }
        ServiceMessage::Warned(words) | ServiceMessage::Refused(words) => {
            let _ = news.try_send(AttachNews::Warned(words));
            true
        }
        ServiceMessage::Status(_) | ServiceMessage::Done(_) | ServiceMessage::Ending(_) => true,
    }
}

async fn send_rest(writer: &mut OwnedWriteHalf, queues: &mut AttachedQueues) -> io::Result<()> {
    while let Ok(command) = queues.commands.try_recv() {
        write_message(writer, &PeerMessage::Track(command)).await?;
    }
    while let Ok(command) = queues.record.try_recv() {
        write_message(writer, &PeerMessage::Record(command)).await?;
    }
    Ok(())
}
