//! Options of the screen.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ScreenSettings {
    /// Frames a second at most; 0: 30, and 15 over SSH.
    pub fps: u16,
    /// Bytes a second that the terminal is sent at most, by drawing less often; 0: as many as it takes.
    pub max_bytes_per_second: u64,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Take the mouse (wheel and clicks); the terminal's own selection then needs Shift.
    pub mouse: bool,
    /// The colours: `terminal`, `dark`, `light`, `high-contrast`, `colour-blind`, or a file of your own.
    pub theme: String,
    /// What graphs are drawn with.
    pub graphs: GraphStyle,
    /// How the panes are laid out at the start: `streamer`, `moderator`, `wall`, `compact`, `recorder`, or one of `layouts`.
    pub layout: String,
    /// Layouts of your own.
    pub layouts: Vec<LayoutSettings>,
    /// Show every person's handle beside the name, not only where two people have one name.
    pub handles: bool,
    /// Gifts of so many coins or more are to be thanked for.
    pub thank_from: u64,
    /// What comes into the inbox, of `words`, `people`, `questions`, `moderators`, `first`, `gifts`, `warnings`, `battles`. What fails
    /// always does, and that there is a report of a live that ended.
    pub inbox: Vec<String>,
    /// Words that stand out in the chat, and bring a comment into the inbox; or searches, such as `badge:L30` or `gift>500`.
    pub highlights: Vec<String>,
    /// How single ones of them look and sound: the text of a highlight or an @name, and words such as `magenta bell`.
    pub highlight_styles: BTreeMap<String, String>,
    /// People who stand out in the chat, and whose comments come into the inbox.
    pub people: Vec<String>,
    /// People who are not shown.
    pub ignore: Vec<String>,
    /// Searches with a name, for the list of filters.
    pub filters: BTreeMap<String, String>,
    /// What becomes of comments that a moderator removed.
    pub deleted: DeletedRows,
    /// Comments that say again what was just said are one row with a count.
    pub fold_repeats: bool,
    /// How the terminal is asked to tell of what comes into the inbox.
    pub notify: NotifyWay,
    /// Keep rooms, layout, filters and people for the next start.
    pub remember: bool,
}

impl Default for ScreenSettings {
    fn default() -> Self {
        Self {
            fps: 0,
            max_bytes_per_second: 0,
            ascii: false,
            mouse: false,
            theme: "terminal".into(),
            graphs: GraphStyle::Braille,
            layout: "streamer".into(),
            layouts: Vec::new(),
            handles: false,
            thank_from: 100,
            inbox: ["words", "people", "questions", "moderators", "first", "gifts", "warnings", "battles"]
                .map(str::to_owned)
                .to_vec(),
            highlights: Vec::new(),
            highlight_styles: BTreeMap::new(),
            people: Vec::new(),
            ignore: Vec::new(),
            filters: BTreeMap::new(),
            deleted: DeletedRows::Struck,
            fold_repeats: true,
            notify: NotifyWay::Off,
            remember: false,
        }
    }
}

/// A layout of the panes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LayoutSettings {
    /// What it is called.
    pub name: String,
    /// Panes that are shown, in their order; the chat always is.
    pub panes: Vec<String>,
    /// Percent of the width that the columns beside the chat take.
    pub side: u16,
    /// Panes beside the chat are strips of one row.
    pub strips: bool,
    /// What the screen begins with: `room`, `table`, `wall` or `feed`.
    pub opens: String,
}

impl Default for LayoutSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            panes: ["gifts", "graphs", "battle"].map(str::to_owned).to_vec(),
            side: 40,
            strips: false,
            opens: "room".into(),
        }
    }
}

choices! {
    /// What graphs are drawn with.
    pub enum GraphStyle {
        /// A line of Braille dots over a faint fill.
        #[default]
        Braille,
        /// Bars of eighths, for fonts without Braille.
        Blocks,
    }
    /// What becomes of comments that a moderator removed.
    pub enum DeletedRows {
        /// They are struck through.
        #[default]
        Struck,
        /// They are not shown.
        Hidden,
    }
    /// How the terminal is asked to tell of something.
    pub enum NotifyWay {
        /// Not at all.
        #[default]
        Off,
        /// By its bell.
        Bell,
        /// By a notification of iTerm2, WezTerm, Ghostty, Windows Terminal and others.
        Osc9,
        /// By one of kitty.
        Osc99,
        /// By one of rxvt, foot, VTE and others.
        Osc777,
    }
}
