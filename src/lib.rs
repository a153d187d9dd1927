//! TikTok LIVE as a library; the terminal dashboard of the same name stands on it.
//!
//! Programs begin with [`Client`]. This page walks through everything it does; each module says the rest. The examples talk
//! to the [simulated service](sim) on this machine: leave the line with `service` out, and they talk to TikTok.
//! `docs/coming-from.md` maps the names of two older libraries to ours.
//!
//! # Connect, read events, look at the state
//!
//! A [`Live`] is a stream of [`LiveEvent`]s with a [state](room::Room) that is always up to date: totals, gifters, streaks,
//! battle, poll, log. A gift unit is added once, however often the service repeats it.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use tiktop::events::EventKind;
//! use tiktop::{Client, LiveEvent};
//!
//! let sim = tiktop::sim::Sim::start(tiktop::sim::SimOptions::default()).await?;
//! let client = Client::builder()
//!     .service(&sim.base_url(), &sim.socket_url())
//!     .transports([tiktop::config::TransportKind::Direct])
//!     .build()?;
//!
//! let mut live = client.track_user("@ana.live").await?;
//! println!("{}: {}", live.state().host.unique_id, live.state().title);
//! while let Some(event) = live.next().await {
//!     let LiveEvent::Happened(tallied) = event else { continue };
//!     match &tallied.event.kind {
//!         EventKind::Chat(chat) => {
//!             println!("{}: {}", chat.from.name(), chat.text);
//!             break;
//!         }
//!         EventKind::Gift(gift) => println!("{} gives {} × {}", gift.from.name(), gift.count, gift.gift.name),
//!         EventKind::State(phase) => println!("{}: {}", phase.kind, phase.reason),
//!         _ => {}
//!     }
//! }
//! println!("{} comments, {} coins so far", live.state().stats.comments, live.state().stats.coins);
//! live.disconnect().await;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! A live that drops is connected again; what was missed is an [`events::Gap`]. [`Client::follow`] goes on from live to live.
//! Many rooms over one queue are a [`track::Tracker`], made by [`Client::tracker`].
//!
//! # Ask
//!
//! Who is live, what a room or an account is, which gifts there are: single questions, without a socket.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # let sim = tiktop::sim::Sim::start(tiktop::sim::SimOptions::default()).await?;
//! # let client = tiktop::Client::builder().service(&sim.base_url(), &sim.socket_url()).build()?;
//! if client.is_live("@ana.live").await? {
//!     let info = client.room_info("@ana.live").await?;
//!     println!("{:?} are watching", info.watching);
//! }
//! for gift in client.gift_list(None).await? {
//!     println!("{} {:?}", gift.name, gift.diamonds);
//! }
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # Record
//!
//! With ffmpeg, without transcoding, into a file that is whole whatever happens: see [`record`].
//!
//! ```no_run
//! # async fn example(live: tiktop::Live) -> Result<(), tiktop::Error> {
//! let recording = live.record("recordings").await?;
//! // ... or let it run until the live ends: `recording.finished()`.
//! let saved = recording.stop().await?;
//! println!("{} ({} bytes): {}", saved.file.display(), saved.bytes, saved.reason);
//! # Ok(())
//! # }
//! ```
//!
//! # Capture and replay
//!
//! A capture keeps the bytes of a room and can be played again, at any pace: see [`journal`] and [`track::Player`].
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use tiktop::clock::Clock;
//! use tiktop::journal::{CaptureLimits, CaptureWriter, CapturesDir};
//! use tiktop::track::{Player, RoomUpdate, Speed, TrackerCommand, TrackerUpdate};
//!
//! # let sim = tiktop::sim::Sim::start(tiktop::sim::SimOptions::default()).await?;
//! # let client = tiktop::Client::builder()
//! #     .service(&sim.base_url(), &sim.socket_url())
//! #     .transports([tiktop::config::TransportKind::Direct])
//! #     .build()?;
//! # let home = tempfile::tempdir()?;
//! # let folder = home.path();
//! let limits = CaptureLimits::new(1 << 30, Duration::from_secs(7 * 86_400));
//! let mut capture = CaptureWriter::begin(CapturesDir::new(folder.join("captures")), limits, Clock::system().now())?;
//! let tracker = client.tracker();
//! let mut updates = tracker.subscribe_frames(1_024);
//! tracker.commands().send(TrackerCommand::Add("@ana.live".parse()?)).await?;
//! let mut frames = 0;
//! while let Some(update) = updates.recv().await {
//!     let TrackerUpdate::Room(room, news) = update else { continue };
//!     match news {
//!         RoomUpdate::Added { label } => capture.add(room, label),
//!         RoomUpdate::Frame(frame) => {
//!             capture.frame(room, frame.at, &frame.body)?;
//!             frames += 1;
//!         }
//!         RoomUpdate::Events(events) => events.iter().try_for_each(|tallied| capture.event(room, &tallied.event))?,
//!         _ => {}
//!     }
//!     if frames == 3 {
//!         break;
//!     }
//! }
//! let captured = capture.folder().to_owned();
//! capture.end()?;
//!
//! let player = Player::open(&captured).await?;
//! let mut updates = player.subscribe(1_024, false);
//! let playing = player.play(Speed::Max, Duration::ZERO);
//! let mut events = 0;
//! while let Some(update) = updates.recv().await {
//!     if let TrackerUpdate::Room(_, RoomUpdate::Events(batch)) = update {
//!         events += batch.len();
//!     }
//! }
//! assert!(events > 0);
//! playing.finish().await;
//! # tracker.finish().await;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # Errors
//!
//! An [`Error`] prints as one sentence: what was tried, what happened, whose fault it is, what to do. Programs match it and its
//! [`kind`](Error::kind); the error of the network below it is its [`source`](std::error::Error::source).
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `cli` (default) | the program `tiktop`; a library user leaves it out: `default-features = false` |
//! | `sim` | [`sim`]: TikTok on this machine, for your tests |
//! | `internals` | what our own tests see; no promise is made for it |
//!
//! # The modules
//!
//! They stand in the order in which data flows, and import downward only:
//!
//! ```text
//! TikTok --frames--> webcast::transport --Response--> track --events::decode--> [RoomEvent]
//!                       ^ ack, heartbeat                | room.apply(at, &event)   every event, before any queue
//!                                                       | TrackerUpdate, over bounded queues; Lagged -> snapshot
//! client::Live, the screen, `tiktop events` <-----------+
//!                       | TrackerCommand, RecorderCommand
//! ```

#![cfg_attr(
    not(feature = "internals"),
    allow(
        unreachable_pub,
        dead_code,
        reason = "our own tests reach what a program does not: see the feature `internals`"
    )
)]

pub mod clock;
pub mod ids;
pub mod text;

pub mod wire;

pub mod webcast;

pub mod events;

pub mod room;

pub mod track;

pub mod record;

pub mod journal;

pub mod client;

pub mod config;

#[cfg(feature = "sim")]
pub mod sim;

// The program. It stands on the library and is no part of it: `internals` shows the screen to our own tests and benches.
#[cfg(all(feature = "cli", feature = "internals"))]
#[doc(hidden)]
pub mod tui;
#[cfg(all(feature = "cli", not(feature = "internals")))]
#[allow(unreachable_pub, dead_code, unused_imports, reason = "`internals` reaches and uses it")]
mod tui;

#[cfg(all(feature = "cli", feature = "internals"))]
#[doc(hidden)]
pub mod hooks;
#[cfg(all(feature = "cli", not(feature = "internals")))]
#[allow(unreachable_pub, dead_code, unused_imports, reason = "`internals` reaches and uses it")]
mod hooks;

#[cfg(all(feature = "cli", feature = "internals"))]
#[doc(hidden)]
pub mod local_feed;
#[cfg(all(feature = "cli", not(feature = "internals")))]
#[allow(unreachable_pub, dead_code, unused_imports, reason = "`internals` reaches and uses it")]
mod local_feed;

#[cfg(all(feature = "cli", unix))]
#[allow(unreachable_pub, reason = "`pub` is what a module shows to the other modules of the program")]
mod daemon;
#[cfg(all(feature = "cli", feature = "internals"))]
#[doc(hidden)]
pub mod history;
#[cfg(all(feature = "cli", not(feature = "internals")))]
#[allow(unreachable_pub, dead_code, unused_imports, reason = "`internals` reaches and uses it")]
mod history;

#[cfg(feature = "cli")]
#[allow(unreachable_pub, reason = "`pub` is what a module shows to the other modules of the program")]
mod run;

#[cfg(feature = "cli")]
#[allow(unreachable_pub, reason = "`pub` is what a module shows to the other modules of the program")]
mod cli;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::run as run_program;

pub use client::{Client, ClientBuilder, Error, Live, LiveEvent};
