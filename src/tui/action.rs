//! Table of what a person can do. Keymap, help, hints, the `keys` section of the config, the README block and the conflict
//! checks are made from it: a new key is one row here and one arm in `update`.

/// Where a key means something. A chord may mean different things in contexts that are never open together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyContext {
    /// Everywhere, text input included.
    Always,
    /// On the dashboard itself.
    Screen,
    /// On the dashboard of lives, which can be looked up and recorded.
    Live,
    /// On the dashboard of a replay, whose time can be moved.
    Replay,
    /// Wherever rows can be scrolled: panes and popups.
    List,
    /// In a popup.
    Popup,
    /// In a popup that waits for an answer.
    Question,
    /// Wherever a person is marked or shown.
    Person,
    /// On the card of a person.
    Card,
    /// In the inbox.
    Inbox,
    /// Where all rooms are shown: what it means there goes before what it means in a list.
    Overview,
}

impl KeyContext {
    /// Whether both can be open at once, so that they cannot share a chord.
    pub(super) fn overlaps(self, other: Self) -> bool {
        use KeyContext::{Card, Inbox, List, Live, Overview, Person, Popup, Question, Replay, Screen};
        !matches!(
            (self, other),
            (Screen | Live | Replay, Popup | Question | Inbox)
                | (Popup | Question | Inbox, Screen | Live | Replay)
                | (Live, Replay)
                | (Replay, Live)
                | (Card, Screen | Live | Replay | Question | Inbox | Overview)
                | (Screen | Live | Replay | Question | Inbox | Overview, Card)
                | (Person, Question | Inbox)
                | (Overview, List | Popup | Question | Inbox)
                | (List | Popup | Question | Inbox, Overview)
                | (Question | Inbox, Person)
        )
    }
}

macro_rules! actions {
    ($($variant:ident | $name:literal | $context:ident | $keys:literal | $help:literal;)*) => {
        /// What a person can do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(super) enum Action {
            $(#[doc = $help] $variant,)*
        }

        impl Action {
            /// Every action, in the order of the help.
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in the config.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Where it is open.
            pub(super) fn context(self) -> KeyContext {
                match self { $(Self::$variant => KeyContext::$context,)* }
            }

            /// Its built-in chords, as the config would write them.
            pub(super) fn default_keys(self) -> impl Iterator<Item = &'static str> {
                match self { $(Self::$variant => $keys,)* }.split_whitespace()
            }

            /// What it does, in a few words.
            pub(super) fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

actions! {
    Quit        | "quit"         | Screen | "q"                 | "quit; asks while something is recorded, or after five minutes";
    Help        | "help"         | Screen | "?"                 | "all keys";
    AddRoom     | "add_room"     | Live   | "a"                 | "add a room: @name, a link or a room id";
    SearchLives | "search_lives" | Live  | "O"                 | "search for lives that are on now, by words, and add one";
    Demo        | "demo"         | Live   | "E"                 | "without a room: look around in the demo";
    EditConfig  | "edit_config"  | Live   | ","                 | "open the config file in your editor; it holds from the next start";
    CloseRoom   | "close_room"   | Screen | "x"                 | "close the room; asks while it is recorded, or after five minutes; on a service hides it";
    NextRoom    | "next_room"    | Screen | "] right"               | "next room";
    PrevRoom    | "prev_room"    | Screen | "[ left"               | "previous room";
    SelectRoom  | "select_room"  | Screen | "1 2 3 4 5 6 7 8 9 0" | "go to a room: the first key to the first, and so on; 0 to the tenth";
    GoTo        | "go_to"        | Screen | "o"                 | "go to a room by a part of its name";
    Palette     | "palette"      | Screen | ":"                 | "find a command by its name or by what it does, and run it";
    Rooms       | "rooms"        | Screen | "v"                 | "all rooms as a table, or the room again";
    Wall        | "wall"         | Screen | "W"                 | "all rooms as a wall of cards, or the room again";
    AllRooms    | "all_rooms"    | Screen | "F"                 | "what is said in all rooms, in one list; or the room again";
    ChooseRoom  | "choose_room"  | Overview | "space"           | "in an overview: choose the room for close, record and retry, one or many";
    Inbox       | "inbox"        | Screen | "i"                 | "what needs somebody, from all rooms";
    Sort        | "sort"         | Screen | "s"                 | "sort the table of rooms by its next column";
    Thank       | "thank"        | Screen | "t"                 | "tick off the marked gift as thanked, or the oldest that is not";
    ThankList   | "thank_list"   | Screen | "l"                 | "whom to thank still, with what each gave in all; Enter ticks one off";
    Givers      | "givers"       | Screen | "U"                 | "who gave in this live, all of them, most first; Enter opens a card";
    Search      | "search"       | Screen | "/"                 | "look for words, from:name, badge:mod, gift>100, since:5m, room:name, /regex/";
    NextMatch   | "next_match"   | Screen | "n"                 | "to the match before";
    PrevMatch   | "prev_match"   | Screen | "N"                 | "to the match after";
    Filter      | "filter"       | Screen | "f"                 | "hide what does not match the search, or show it again";
    History     | "history"      | Screen | "ctrl-r"               | "look for words in all that was kept: from:name, room:name, kind:gift, since:3d";
    Lives       | "lives"        | Screen | "B"                 | "lives of the past; Enter shows what was said when they began";
    Report      | "report"       | Screen | "I"                 | "what this live was so far: viewers, chat, gifts, moments, as the history has it";
    Note        | "note"         | Card   | "w"                 | "write a note about the marked person, kept in the history; a #word in front is a tag";
    Filters     | "filters"     | Screen | "ctrl-f"            | "searches with a name: choose one, or keep this one";
    Slow        | "slow"        | Screen | "S"                 | "slow view: one ordinary comment a second, and all that matters";
    Log         | "log"          | Screen | "L"                 | "what befell the rooms: states, gaps, errors in full, recordings";
    Undo        | "undo"         | Screen | "u"                 | "bring back the room that was closed in the last ten seconds, or hidden";
    Record      | "record"       | Live   | "r"                 | "start or stop recording the room";
    RecordEach  | "record_each"  | Live   | "e"                 | "record each live of the room from now on, or no longer";
    Quality     | "quality"      | Live   | "Q"                 | "choose the stream to record, by its size, codec and bit rate";
    Mark        | "mark"         | Screen | "m"                 | "mark this moment, with a note: in the history, and as a chapter of the recording; in a replay the moment that is shown";
    Recordings  | "recordings"   | Live   | "T"                 | "recordings, running and past; Enter copies one to MP4";
    Clip        | "clip"         | Live   | "c"                 | "keep the last minute of the recording as a file of its own";
    Retry       | "retry"        | Live   | "R"                 | "look up or connect now instead of waiting, with all rooms that fail for the same cause";
    ReplayPause | "replay_pause" | Replay | "P"                 | "in a replay: stand still, go on";
    ReplayBack  | "replay_back"  | Replay | ","                 | "in a replay: 30 seconds back";
    ReplayAhead | "replay_ahead" | Replay | "."                 | "in a replay: 30 seconds ahead";
    ReplayPrevMoment | "replay_prev_moment" | Replay | "("      | "in a replay: to the moment before: a mark, a battle, a dear gift, a gap";
    ReplayNextMoment | "replay_next_moment" | Replay | ")"      | "in a replay: to the next moment";
    ReplayFaster | "replay_faster" | Replay | "e"               | "in a replay: faster; moments takes any pace";
    ReplaySlower | "replay_slower" | Replay | "E"               | "in a replay: slower";
    Moments     | "moments"      | Screen | "Z"                 | "moments, to find one again; in a replay also a minute, a clock time or a pace to type: 12:30, 19:40:30, +5m, 10x";
    FocusNext   | "focus_next"   | Screen | "tab"               | "next pane";
    FocusPrev   | "focus_prev"   | Screen | "backtab"           | "previous pane";
    Zoom        | "zoom"         | Screen | "z"                 | "open a hidden pane over the chat, or the focused one wide";
    GraphNearer | "graph_nearer" | Screen | "+ ="               | "graphs: a shorter time (the live so far, 30 minutes, 5 minutes)";
    GraphWider  | "graph_wider"  | Screen | "minus"                 | "graphs: a longer time";
    GraphBack   | "graph_back"   | Screen | "<"                 | "graphs: a cursor that reads the values, back in time";
    GraphAhead  | "graph_ahead"  | Screen | ">"                 | "graphs: the cursor ahead in time; after the newest it goes";
    ShowViewers | "show_viewers" | Screen | "w"                | "who is here: the top viewers, or take them away";
    ShowQuestions | "show_questions" | Screen | "A"            | "what the host was asked, to be ticked off; or take it away";
    Layouts     | "layouts"      | Screen | "\\"             | "choose a layout of the panes";
    SideWider   | "side_wider"   | Screen | "}"                | "more width for what is beside the chat";
    SideNarrower | "side_narrower" | Screen | "{"              | "less width for what is beside the chat";
    HidePane    | "hide_pane"    | Screen | "H"                | "take the focused pane away; on the chat: bring all back";
    MovePane    | "move_pane"    | Screen | "J"                | "put the focused pane before the one above it";
    Themes      | "themes"       | Screen | "ctrl-t"           | "choose a theme";
    ToggleMouse | "toggle_mouse" | Screen | "M"                 | "take the mouse, or give it back so that the terminal selects text";
    MoreLike    | "more_like"   | List   | "K"                 | "more like the marked row into the inbox: this person, a word of it, gifts of this value";
    ScrollUp    | "scroll_up"    | List   | "up k"              | "mark the row above; the chat stands still until you return";
    ScrollDown  | "scroll_down"  | List   | "down j"            | "mark the row below";
    PageUp      | "page_up"      | List   | "pgup"              | "one page up";
    PageDown    | "page_down"    | List   | "pgdn space"        | "one page down";
    Top         | "top"          | List   | "home g"            | "to the oldest row";
    Bottom      | "bottom"       | List   | "end G"             | "to the newest row; the chat runs again";
    Diagnostics | "diagnostics"  | Screen | "d"                 | "what was unknown, unreadable, doubled or missed";
    Dismiss     | "dismiss"      | Screen | "esc"               | "put away a message, end the search, take the mark away, leave a zoomed pane";
    Open        | "open"         | Screen | "enter"             | "open the card of the person in the marked row; in the table the room";
    CopyName    | "copy_name"    | Person | "y"                 | "copy the @name of the marked person to the terminal's clipboard";
    CopyLink    | "copy_link"    | Person | "Y"                 | "copy the link to their profile";
    Ignore      | "ignore"      | Card   | "i"                 | "on a card: do not show this person, here or everywhere, for a while or always";
    Highlight   | "highlight"   | Person | "h"                 | "let the marked person stand out and come into the inbox, or no longer";
    Phone       | "phone"       | Person | "p"                 | "QR codes of the marked person's profile and live, for a phone";
    Codes       | "codes"       | Card   | "Q"                 | "on a card: QR codes of the profile and the live, for a phone";
    Done        | "done"         | Inbox  | "x"                 | "in the inbox: this is done";
    Accept      | "accept"       | Question | "enter y"         | "in a question: yes";
    RemoveRoom  | "remove_room"  | Question | "X"               | "asked to hide a room of a service: remove it there, for every screen";
    Cancel      | "cancel"       | Popup  | "esc q n"           | "in a popup: close it";
    Redraw      | "redraw"       | Always | "ctrl-l"            | "draw the screen anew";
    Suspend     | "suspend"      | Always | "ctrl-z"            | "give the terminal back to the shell; fg returns";
    Detach      | "detach"       | Screen | "D"                 | "leave the screen of a service, which goes on";
    QuitNow     | "quit_now"     | Always | "ctrl-c"            | "quit without asking";
}
