//! Settings: defaults, then the file, then `--set`; every mistake named with its place and the nearest right word.
//!
//! Knows no screen and no network: key names and theme names stay text here, and the screen judges them, with
//! [`Loaded::locate`] to say where they stand. Nothing here writes a file.
//!
//! Invariant: no secret is ever part of [`Settings`], of an error or of what [`print()`] prints.
//!
//! ```
//! use tiktop::config::load_sets;
//!
//! let loaded = load_sets(&["service.language=de".to_owned()])?;
//! assert_eq!(loaded.settings.service.language, "de");
//! let wrong = load_sets(&["service.langage=de".to_owned()]).unwrap_err();
//! assert!(wrong.to_string().contains("language"), "the nearest right word is named: {wrong}");
//! # Ok::<_, tiktop::config::ConfigError>(())
//! ```

#[macro_use]
mod choices;

mod check;
mod error;
mod history_rule;
mod load;
mod options;
pub mod paths;
mod print;
mod record_rule;
mod recording_name;
mod rules;
mod schema;
mod secrets;
mod set;
mod source;

pub(crate) use error::ErrorCause;
pub use error::{ConfigError, ConfigErrorKind, Problem};
pub use history_rule::HistoryRule;
pub use load::{Loaded, OptionPlace, load, load_sets};
pub(crate) use options::in_range;
pub use print::{print, redact_addresses};
pub use record_rule::RecordRule;
pub(crate) use rules::is_loopback;
pub(crate) use schema::transport_table;
pub use schema::{
    BrowserSettings, CaptureSettings, CloudSettings, DaemonSettings, DeletedRows, FeedSettings, GraphStyle,
    HistorySettings, HookBody, HookSettings, Keys, LayoutSettings, LogSettings, MonitorConfig, NotifyWay, PollSettings,
    ProviderFlow, ProviderPath, ProviderSettings, RecordSettings, ScreenSettings, ServiceSettings, SessionSettings,
    Settings, TransportKind,
};
pub use secrets::{SESSION_ENV, Secret, Secrets, TARGET_IDC_ENV, secrets, unused_key};
