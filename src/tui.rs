//! Screen of the program: keys and news in, frames out.
//!
//! ```text
//! keys, paste, wheel --terminal::Input+
//! TrackerUpdate, RecorderUpdate ----+--> run --Msg--> update(&mut App, Msg) -> Effects: Track(..) Record(..) Quit ...
//! time that somebody must see ------+      |
//!                                          +-- dirty, and not drawn for 1/fps --> view(&App, &mut Cache, &mut Frame)
//! ```
//!
//! Knows rooms, events and settings; refuses to know sockets, HTTP and ffmpeg: what it wants done leaves as a command, and
//! what it shows is a mirror fed by the same reducer that the room's own task uses. Colours and keys are named only here.
//!
//! Invariants: `update` never blocks and never asks for the time; `view` changes nothing but a cache that can be thrown
//! away; when nothing on the screen changed, no byte is written; the terminal is handed back on every way out.
//!
//! ```
//! use tiktop::clock::{Clock, Timestamp};
//! use tiktop::config::{Keys, ScreenSettings};
//! use tiktop::tui::{Dashboard, ScreenOptions, keys_markdown};
//!
//! let now = Clock::manual(Timestamp(0)).now();
//! let mut dashboard = Dashboard::new(ScreenOptions::new(ScreenSettings::default(), Keys::new()), now).expect("the built-in keys are right");
//! assert!(dashboard.press("?", now), "it is a key");
//! assert!(keys_markdown().contains('?'));
//! ```

mod action;
mod app;
mod arrangement;
mod away;
mod chord;
mod dashboard;
mod event_log;
mod freshness;
mod glyphs;
mod health;
mod highlights;
mod inbox;
mod keymap;
mod layout;
mod live_search;
mod memory;
mod merged;
mod msg;
mod names;
mod number;
mod overview;
mod panes;
mod people;
mod person;
mod picker;
mod popups;
mod qr;
mod remembered;
mod roster;
mod rows;
mod run;
mod search;
mod sent_bytes;
mod summary;
mod tab;
mod table;
mod terminal;
mod theme;
mod ticks;
mod timeline;
mod typed_line;
mod update;
mod view;
mod wall;
mod wanted;
mod widgets;

use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Keys, RecordSettings, ScreenSettings};
use crate::history::{GiveUp, HistoryAnswer, HistoryQuestion};
use crate::room::AwayReport;
use crate::text::Text;
use crate::{record, track};

pub use dashboard::Dashboard;
pub use event_log::words_of as event_words;
pub use keymap::{check_keys, keys_markdown, keys_table};
pub use live_search::{ListedLive, LiveSearch, ServiceAnswer, ServiceQuestion};
pub use memory::{LayoutMemory, ScreenMemory};
pub use panes::{log_sentence, log_words};
pub use roster::{RosterAnswer, RosterQuestion, ShownRoster};
pub use terminal::{Capabilities, capabilities, install_panic_hook, output_columns, shows_unicode};
pub use theme::{ColourDepth, ThemeError};
pub use timeline::{ReplayMark, ReplayTimeline};
pub use update::recording_words;

/// What the screen is told once, at its start.
#[derive(Clone, Debug)]
pub struct ScreenOptions {
    /// Frames a second, ASCII, mouse.
    pub screen: ScreenSettings,
    /// When rooms are recorded.
    pub record: RecordSettings,
    /// Keys that differ from the built-in ones.
    pub keys: Keys,
    /// A line that stays in the status row, such as "demo: nobody here is real".
    pub notice: Option<Text>,
    /// What is shown is a replay: keys and hints are those of one.
    pub replay: bool,
    /// The rooms and recordings belong to a service, which goes on when this screen is left.
    pub attached: bool,
    /// Draw without colours: bold, dim and reverse only.
    pub mono: bool,
    /// How many colours the terminal has.
    pub depth: ColourDepth,
    /// What was kept of the last run.
    pub memory: Option<ScreenMemory>,
    /// The config file, to be opened in an editor.
    pub config_file: Option<std::path::PathBuf>,
    /// Where the person is, for clock times.
    pub zone: jiff::tz::TimeZone,
}

impl ScreenOptions {
    /// Options with the zone, the colours and the connection of this machine.
    pub fn new(mut screen: ScreenSettings, keys: Keys) -> Self {
        let env = |name: &str| std::env::var(name).ok();
        screen.fps = terminal::fps(screen.fps, env);
        let depth = terminal::depth(env);
        let mono = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let record = RecordSettings::default();
        Self {
            screen,
            record,
            keys,
            notice: None,
            replay: false,
            attached: false,
            mono,
            depth,
            memory: None,
            config_file: None,
            zone: jiff::tz::TimeZone::system(),
        }
    }
}

/// The queues between the screen and the rest of the program. All bounded; the screen never waits on the ones it fills.
#[derive(Debug)]
pub struct Ports {
    /// News of the rooms.
    pub updates: mpsc::Receiver<track::TrackerUpdate>,
    /// What the tracker should do.
    pub commands: mpsc::Sender<track::TrackerCommand>,
    /// Which rooms are needed in full; nothing where all of them come so.
    pub wanted: Option<watch::Sender<track::WantedRooms>>,
    /// The replay; nothing where lives are shown.
    pub playback: Option<PlaybackPort>,
    /// News of the recordings.
    pub records: mpsc::Receiver<record::RecorderUpdate>,
    /// What is asked of the service beside the rooms; nothing where there is no service.
    pub service_questions: Option<mpsc::Sender<ServiceQuestion>>,
    /// Its answers.
    pub service_answers: mpsc::Receiver<ServiceAnswer>,
    /// What the recorder should do.
    pub record: mpsc::Sender<record::RecorderCommand>,
    /// The history, where there is one to ask.
    pub history: Option<HistoryPort>,
    /// What happened before somebody came to a service; nothing where there is none.
    pub away: Option<mpsc::Receiver<AwayReport>>,
    /// What stands beside the rooms, such as how often hooks were called, as labels and words.
    pub facts: Option<watch::Receiver<Vec<(Text, Text)>>>,
    /// What went wrong behind the screen, in words: a capture that met a full disk, panics of background tasks (see
    /// [`install_panic_hook`]).
    pub warnings: mpsc::Receiver<Text>,
    /// Cancelled by whoever listens for SIGTERM and SIGHUP. Ctrl-C is a key here: the terminal is in raw mode.
    pub stop: CancellationToken,
}

/// What lies between the screen and a replay.
#[derive(Debug)]
pub struct PlaybackPort {
    /// What it should do.
    pub commands: mpsc::Sender<track::PlaybackCommand>,
    /// Where it stands.
    pub status: watch::Receiver<track::PlaybackStatus>,
    /// What happens in it, as far as that is known.
    pub timeline: watch::Receiver<Arc<ReplayTimeline>>,
}

/// The queues between the screen and the desk of the history.
#[derive(Debug)]
pub struct HistoryPort {
    /// What it tells.
    pub answers: mpsc::Receiver<HistoryAnswer>,
    /// What it is asked.
    pub questions: mpsc::Sender<HistoryQuestion>,
    /// What ends a question that takes long, because another one comes.
    pub give_up: GiveUp,
    /// It tells of people who speak, unasked; else the screen asks.
    pub tells_news: bool,
}

/// Why the screen closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The person wants to look around in the demo.
    Demo,
    /// The person left. Recordings that still run are the caller's to finish.
    Quit,
    /// [`Ports::stop`] was cancelled, or the terminal went away.
    Stopped,
}

/// How the screen closed, and what there is to say afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenExit {
    /// Why it closed.
    pub exit: Exit,
    /// What was seen and recorded, a line each; cleaned, like all that the screen shows.
    pub summary: Vec<String>,
    /// What there is to keep for the next run.
    pub memory: ScreenMemory,
}

/// Why the screen could not run.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// A theme that cannot be used.
    #[error(transparent)]
    Theme(#[from] ThemeError),
    /// A layout that there is not.
    #[error("there is no layout '{0}'; there are {1}")]
    Layout(String, String),
    /// Keys in the config that cannot be.
    #[error("{}", .0.join("\n"))]
    Keys(Vec<String>),
    /// There is nobody to look at a screen.
    #[error("the dashboard needs a terminal, and standard output is none; `tiktop events @name` prints lines instead")]
    NoTerminal,
    /// The terminal can only print lines.
    #[error(
        "the dashboard cannot be drawn on this terminal (TERM={0}): it needs one that can move its cursor, such as \
         TERM=xterm-256color; `tiktop events @name` prints lines instead"
    )]
    PlainTerminal(Text),
    /// The terminal does not do what it should.
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] std::io::Error),
}

/// Opens the dashboard and runs it until the person leaves or [`Ports::stop`] is cancelled.
///
/// Takes the terminal and gives it back on every way out: return, error, panic of this thread, being dropped. Drive it with
/// `block_on` from the main thread: writing to a stopped terminal blocks, which no worker should do, and the panic hook takes
/// the thread that polls this for the screen's own.
pub async fn run(options: ScreenOptions, ports: Ports, clock: Clock) -> Result<ScreenExit, ScreenError> {
    run::run(options, ports, clock).await
}
