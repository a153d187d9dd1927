//! Settings of a hook: on which events what is called.

use serde::{Deserialize, Serialize};

/// A hook. What it leaves out of its rule does not narrow it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct HookSettings {
    /// What to call it in messages.
    pub name: String,
    /// Kinds of events, by the `type` of their lines; empty: all.
    pub kinds: Vec<String>,
    /// Rooms, by name or id; empty: all.
    pub rooms: Vec<String>,
    /// Gifts and chests of at least so many coins; 0: all.
    pub min_coins: u64,
    /// Words, one of which has to be said; empty: any or none.
    pub words: Vec<String>,
    /// Only the first time that somebody does it in a live.
    pub first_time: bool,
    /// A streak of gifts counts once, at its end, with all of it; else each step of it counts.
    pub once_a_streak: bool,
    /// Program and arguments; the line comes on its standard input.
    pub exec: Vec<String>,
    /// Address that the line is posted to.
    pub url: String,
    /// The environment variable that holds that address, where it is a secret.
    pub url_env: String,
    /// What is posted.
    pub body: HookBody,
    /// Show a line on the screen, or on standard error.
    pub notify: bool,
    /// Calls a minute at most.
    pub per_minute: u64,
    /// Seconds of rest after a call.
    pub cool_down_seconds: u64,
    /// Seconds a call may take.
    pub timeout_seconds: u64,
}

impl Default for HookSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            kinds: Vec::new(),
            rooms: Vec::new(),
            min_coins: 0,
            words: Vec::new(),
            first_time: false,
            once_a_streak: true,
            exec: Vec::new(),
            url: String::new(),
            url_env: String::new(),
            body: HookBody::Json,
            notify: false,
            per_minute: 60,
            cool_down_seconds: 0,
            timeout_seconds: 10,
        }
    }
}

choices! {
    /// What a hook posts.
    pub enum HookBody {
        /// The line, as `application/json`.
        #[default]
        Json,
        /// A form of texts, with the names of TikFinity's web hook.
        Form,
    }
}
