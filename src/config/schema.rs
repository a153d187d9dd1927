//! Schema of the settings: every option, with its meaning and default. `config.example.toml` is this file in the user's
//! words; a test compares them.

mod feed;
mod hook;
mod provider;
mod screen;
mod transport;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use feed::FeedSettings;
pub use hook::{HookBody, HookSettings};
pub use provider::{CloudSettings, ProviderFlow, ProviderPath, ProviderSettings};
pub use screen::{DeletedRows, GraphStyle, LayoutSettings, NotifyWay, ScreenSettings};
pub use transport::TransportKind;

use super::{HistoryRule, RecordRule};
pub(crate) use transport::transport_table;

/// All settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Settings {
    /// Rooms to open when none is named on the command line: names, links or room ids.
    pub rooms: Vec<String>,
    /// Ways to receive a live, tried in this order.
    pub transports: Vec<TransportKind>,
    /// Addresses of the service and how to reach it.
    pub service: ServiceSettings,
    /// Signing providers, tried in this order.
    pub providers: Vec<ProviderSettings>,
    /// The relay of the `cloud` transport.
    pub cloud: CloudSettings,
    /// The `poll` transport.
    pub poll: PollSettings,
    /// Your own TikTok session, for rooms that need one.
    pub session: SessionSettings,
    /// The browser that the `browser` transport listens to.
    pub browser: BrowserSettings,
    /// Proxies of single rooms, by name or room id, for all that concerns that room.
    pub proxies: BTreeMap<String, String>,
    /// Recording.
    pub record: RecordSettings,
    /// What `--capture` may keep.
    pub capture: CaptureSettings,
    /// The background service.
    pub daemon: DaemonSettings,
    /// What is kept of people, lives and chat.
    pub history: HistorySettings,
    /// The feed for overlays and bots.
    pub feed: FeedSettings,
    /// Programs and addresses that are called on events.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookSettings>,
    /// The log, and the lines of a service that left its shell.
    pub log: LogSettings,
    /// The screen.
    pub screen: ScreenSettings,
    /// Keys by action, each a list of chords such as `["q", "ctrl-c"]`.
    pub keys: Keys,
}

/// Keys by action name.
pub type Keys = BTreeMap<String, Vec<String>>;

impl Default for Settings {
    fn default() -> Self {
        Self {
            rooms: Vec::new(),
            transports: vec![TransportKind::Provider, TransportKind::Direct],
            service: ServiceSettings::default(),
            providers: vec![ProviderSettings::default()],
            cloud: CloudSettings::default(),
            poll: PollSettings::default(),
            session: SessionSettings::default(),
            browser: BrowserSettings::default(),
            proxies: BTreeMap::new(),
            record: RecordSettings::default(),
            capture: CaptureSettings::default(),
            daemon: DaemonSettings::default(),
            history: HistorySettings::default(),
            feed: FeedSettings::default(),
            hooks: Vec::new(),
            log: LogSettings::default(),
            screen: ScreenSettings::default(),
            keys: Keys::new(),
        }
    }
}

/// Addresses of the service and how to reach it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ServiceSettings {
    /// Pages and look-ups.
    pub site_url: String,
    /// Room info, gifts; `/webcast` is added where no path is given.
    pub webcast_url: String,
    /// Socket of the `direct` transport; TikTok's path is added where none is given.
    pub socket_url: String,
    /// PEM file with a certificate authority to trust beside the system's; empty for none.
    pub ca_file: String,
    /// Proxy for everything (`http://`, `https://`, `socks5://`, `socks5h://`); empty: as the environment says.
    pub proxy: String,
    /// Language of TikTok's own texts.
    pub language: String,
    /// Seconds a request may take.
    pub timeout_seconds: u64,
    /// Seconds without a sign of life after which a connection is opened anew.
    pub silence_seconds: u64,
    /// Talk to whoever answers, whatever their certificate says: anybody in between can then read and forge everything.
    pub danger_accept_invalid_certs: bool,
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            site_url: "https://www.tiktok.com".into(),
            webcast_url: "https://webcast.tiktok.com".into(),
            socket_url: "wss://webcast-ws.tiktok.com".into(),
            ca_file: String::new(),
            proxy: String::new(),
            language: "en".into(),
            timeout_seconds: 15,
            silence_seconds: 30,
            danger_accept_invalid_certs: false,
        }
    }
}

/// Your own TikTok session. The cookie itself is never in this file: `TIKTOP_SESSION_ID`, or `file`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SessionSettings {
    /// File (mode 0600) that holds the `sessionid` cookie; empty for none.
    pub file: String,
    /// TikTok's data centre of the session (the cookie `tt-target-idc`), unless `TIKTOP_TARGET_IDC` names it; empty when
    /// not known.
    pub target_idc: String,
    /// Hosts beside TikTok's own that may be sent the cookie.
    pub hosts: Vec<String>,
}

/// A browser of the user's own, for the `browser` transport.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct BrowserSettings {
    /// Where its DevTools answer: `http`, on this machine.
    pub endpoint: String,
}

impl Default for BrowserSettings {
    fn default() -> Self {
        Self { endpoint: "http://127.0.0.1:9222".into() }
    }
}

/// The `poll` transport.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PollSettings {
    /// Milliseconds between two questions; the service may ask for more.
    pub interval_ms: u64,
}

impl Default for PollSettings {
    fn default() -> Self {
        Self { interval_ms: 1_000 }
    }
}

/// Recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RecordSettings {
    /// Folder for recordings; empty: your videos folder, else the home folder.
    pub dir: PathBuf,
    /// The ffmpeg to run: a name to find or a path.
    pub ffmpeg: String,
    /// Which stream: `best`, `audio`, or one of TikTok's names.
    pub quality: String,
    /// What to call recordings: text, folders and fields in braces.
    pub name: String,
    /// Minutes of a file at most; 0 for no limit.
    pub max_minutes: u64,
    /// Megabytes of a file at most; 0 for no limit.
    pub max_mb: u64,
    /// A recording stops while this many megabytes are still free.
    pub min_free_mb: u64,
    /// Keep comments and gifts beside the video.
    pub chat: bool,
    /// Put the subtitles into the video's file too.
    pub mux_subtitles: bool,
    /// Keep what a recording is beside the video.
    pub info: bool,
    /// When rooms are recorded.
    pub when: RecordRule,
    /// When single rooms are recorded, by name or id.
    pub rooms: BTreeMap<String, RecordRule>,
    /// What is looked for in one's own stream.
    pub monitor: MonitorConfig,
}

/// Monitor of one's own stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct MonitorConfig {
    /// Whose streams are watched, by name or id; nobody's where it is empty.
    pub rooms: Vec<String>,
    /// Which variant: `lowest`, `audio`, or one of TikTok's names.
    pub stream: String,
    /// A fault is told once it has lasted so many seconds.
    pub seconds: u64,
    /// The stream is slow below so many percent of its bit rate.
    pub min_percent: u64,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self { rooms: Vec::new(), stream: "lowest".into(), seconds: 10, min_percent: 50 }
    }
}

impl Default for RecordSettings {
    fn default() -> Self {
        Self {
            dir: PathBuf::new(),
            ffmpeg: "ffmpeg".into(),
            quality: "best".into(),
            name: "{user}_{start}".into(),
            max_minutes: 0,
            max_mb: 0,
            min_free_mb: 200,
            chat: false,
            mux_subtitles: false,
            info: true,
            when: RecordRule::default(),
            rooms: BTreeMap::new(),
            monitor: MonitorConfig::default(),
        }
    }
}

/// What `--capture` may keep, over all rooms and runs; the oldest goes first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CaptureSettings {
    /// Megabytes on disk at most.
    pub max_mb: u64,
    /// Days a capture is kept.
    pub max_days: u64,
}

impl Default for CaptureSettings {
    fn default() -> Self {
        Self { max_mb: 1_024, max_days: 14 }
    }
}

/// The background service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DaemonSettings {
    /// Other users of this machine who may look at it, by name or number.
    pub readers: Vec<String>,
}

/// What is kept of people, lives, gifts and chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HistorySettings {
    /// What is kept of rooms.
    pub keep: HistoryRule,
    /// Folder for it; empty: in the state folder.
    pub dir: PathBuf,
    /// Days that what was said is kept.
    pub max_days: u64,
    /// Megabytes of it at most.
    pub max_mb: u64,
    /// Kinds of lines of which the text is kept: `chat`, `emote`, `question`.
    pub kinds: Vec<String>,
    /// What is kept of single rooms, by name or id.
    pub rooms: BTreeMap<String, HistoryRule>,
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self {
            keep: HistoryRule::default(),
            dir: PathBuf::new(),
            max_days: 30,
            max_mb: 2_000,
            kinds: ["chat", "emote", "question"].map(str::to_owned).into(),
            rooms: BTreeMap::new(),
        }
    }
}

/// The log (`TIKTOP_LOG`), and the lines of a service that left its shell. A file that is full is begun anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LogSettings {
    /// Megabytes of a file at most.
    pub max_mb: u64,
    /// Files kept, the newest included.
    pub files: u64,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { max_mb: 16, files: 3 }
    }
}
