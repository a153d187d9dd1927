//! Every option, with its meaning and default. `config.example.toml` is this file in the user's words; a test compares them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// All settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Rooms to open when none is named on the command line: names, links or room ids.
    pub rooms: Vec<String>,
    /// Ways to receive a live, tried in this order.
    pub transports: Vec<TransportKind>,
    /// Addresses of the service and how to reach it.
    pub service: Service,
    /// Signing providers, tried in this order.
    pub providers: Vec<Provider>,
    /// Your own TikTok session, for rooms that need one.
    pub session: Session,
    /// Recording.
    pub record: Record,
    /// The screen.
    pub screen: Screen,
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
            service: Service::default(),
            providers: vec![Provider::default()],
            session: Session::default(),
            record: Record::default(),
            screen: Screen::default(),
            keys: Keys::new(),
        }
    }
}

/// A way to receive a live.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumString, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TransportKind {
    /// A signing provider answers the first fetch.
    Provider,
    /// An anonymous socket with TikTok's `ttwid` cookie.
    Direct,
}

/// Addresses of the service and how to reach it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Service {
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
}

impl Default for Service {
    fn default() -> Self {
        Self {
            site_url: "https://www.tiktok.com".into(),
            webcast_url: "https://webcast.tiktok.com".into(),
            socket_url: "wss://webcast-ws.tiktok.com".into(),
            ca_file: String::new(),
            proxy: String::new(),
            language: "en".into(),
            timeout_seconds: 15,
        }
    }
}

/// A signing provider. What an entry leaves out is the built-in provider's, except that the built-in key goes to the
/// built-in address only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Provider {
    /// What to call it on screen; unique.
    pub name: String,
    /// Base address.
    pub url: String,
    /// Name of the environment variable that holds the key; empty for none.
    pub key_env: String,
    /// File (mode 0600) that holds the key; empty for none. Read when the variable is not set.
    pub key_file: String,
    /// Name we give ourselves to the provider.
    pub client: String,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            name: "euler".into(),
            url: "https://tiktok.eulerstream.com".into(),
            key_env: "TIKTOP_PROVIDER_KEY".into(),
            key_file: String::new(),
            client: "tiktop".into(),
        }
    }
}

/// A provider as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    url: Option<String>,
    key_env: Option<String>,
    key_file: Option<String>,
    client: Option<String>,
}

impl From<Written> for Provider {
    fn from(written: Written) -> Self {
        let built_in = Self::default();
        let name = written.name.unwrap_or_else(|| Self::default_name(written.url.as_deref()));
        let url = written.url.unwrap_or_else(|| built_in.url.clone());
        let key_env = if url.trim_end_matches('/') == built_in.url { built_in.key_env } else { String::new() };
        Self {
            name,
            url,
            key_env: written.key_env.unwrap_or(key_env),
            key_file: written.key_file.unwrap_or_default(),
            client: written.client.unwrap_or(built_in.client),
        }
    }
}

impl Provider {
    /// What a nameless provider is called: by its host.
    pub(super) fn default_name(url: Option<&str>) -> String {
        let parsed = url.and_then(|url| url::Url::parse(url).ok());
        let host = parsed.as_ref().and_then(url::Url::host_str);
        match (url, host) {
            (None, _) => Self::default().name,
            (Some(_), host) => host.unwrap_or_default().to_owned(),
        }
    }
}

/// Your own TikTok session. The cookie itself is never in this file: `TIKTOP_SESSION_ID`, or `file`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Session {
    /// File (mode 0600) that holds the `sessionid` cookie; empty for none.
    pub file: String,
    /// Hosts beside TikTok's own that may be sent the cookie.
    pub hosts: Vec<String>,
}

/// Recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    /// Folder for recordings; empty: your videos folder, else the home folder.
    pub dir: PathBuf,
    /// The ffmpeg to run: a name to find or a path.
    pub ffmpeg: String,
}

impl Default for Record {
    fn default() -> Self {
        Self { dir: PathBuf::new(), ffmpeg: "ffmpeg".into() }
    }
}

/// The screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Screen {
    /// Frames a second at most; 10 is plenty over a slow line.
    pub fps: u16,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Take the mouse (wheel and clicks); the terminal's own selection then needs Shift.
    pub mouse: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self { fps: 30, ascii: false, mouse: false }
    }
}
