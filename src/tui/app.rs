//! State of the screen, as data. `update` changes it, `view` reads it; neither hides state of its own.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::{Rect, Size};

use super::action::{Action, KeyContext};
use super::arrangement::Arrangement;
use super::away::AwayBlock;
use super::event_log::EventLog;
use super::inbox::Inbox;
use super::keymap::Keymap;
use super::layout::{self, LayoutRequest, Plan};
use super::live_search::FoundLives;
use super::overview::Overview;
use super::panes::PaneId;
use super::panes::graphs::GraphView;
use super::people::PeopleRules;
use super::picker::Picker;
use super::remembered::Remembered;
use super::search::SearchQuery;
use super::sent_bytes::SentBytes;
use super::tab::Tab;
use super::table::RoomSort;
use super::theme::{ColourDepth, Theme};
use super::ticks::LiveTicks;
use super::timeline::{self, ReplayTime};
use super::typed_line::TypedLine;
use super::{ScreenError, ScreenOptions};
use crate::clock::Moment;
use crate::config::{RecordSettings, ScreenSettings};
use crate::events::Viewer;
use crate::ids::RoomKey;
use crate::record::{CopyState, StreamLabel, Take};
use crate::room::LogEntry;
use crate::text::Text;
use crate::track::Health;

/// The whole state of the screen.
#[derive(Clone, Debug)]
pub(super) struct App {
    /// The rooms in the order they were added.
    pub(super) tabs: Vec<Tab>,
    /// Which of them is on the screen.
    pub(super) active: usize,
    /// The pane that scroll keys move.
    pub(super) focus: PaneId,
    /// A pane that has the place of the chat and its neighbours.
    pub(super) zoom: Option<PaneId>,
    /// How the transports fare, in the order they are tried.
    pub(super) transports: Arc<[Health]>,
    /// What lies over the dashboard.
    pub(super) popup: Option<Popup>,
    /// Something to tell; stays until it is put away.
    pub(super) toast: Option<Toast>,
    /// What is shown of all rooms, in the place of one.
    pub(super) overview: Option<Overview>,
    /// What is looked for among the rooms of an overview, by a part of a name or a state; empty for all.
    pub(super) room_filter: String,
    /// What the table is sorted by.
    pub(super) sort: RoomSort,
    /// What the graphs show, and where they are read.
    pub(super) graph: GraphView,
    /// What is looked for.
    pub(super) search: Option<Search>,
    /// Who is ignored, and who is to stand out.
    pub(super) people: PeopleRules,
    /// What needs somebody.
    pub(super) inbox: Inbox,
    /// What befell the rooms.
    pub(super) event_log: EventLog,
    /// The room that was closed last, as long as it can be brought back.
    pub(super) closed: Option<ClosedRoom>,
    /// Rooms of a service that are hidden on this screen, the last one at the end.
    pub(super) hidden: Vec<ClosedRoom>,
    /// What was seen in rooms that were closed, and recordings that ended: for the summary at the end.
    pub(super) told: Vec<String>,
    /// When the dashboard was opened.
    pub(super) opened: Moment,
    /// A line that is always there.
    pub(super) notice: Option<Text>,
    /// What is shown happened before: its time can be moved, and nothing can be looked up or recorded.
    pub(super) replay: bool,
    /// Where the replay stands, once that is known.
    pub(super) replay_time: Option<ReplayTime>,
    /// The mouse has hold of the bar of the replay.
    pub(super) drags_bar: bool,
    /// The rooms and recordings belong to a service, which records what the rules say and goes on when this screen is left.
    pub(super) attached: bool,
    /// Since when the room on the screen has been there: one that is passed on the way to another is not read.
    pub(super) shown_since: Moment,
    /// What stands beside the rooms, such as how often hooks were called, as labels and words.
    pub(super) facts: Vec<(Text, Text)>,
    /// The rooms that were on the screen last, the newest first.
    pub(super) looked_at: VecDeque<RoomKey>,
    /// When the terminal was last asked to tell of something.
    pub(super) notified: Option<Moment>,
    /// When the person last pressed a key.
    pub(super) last_key: Moment,
    /// What happened while they were away, until it is put away.
    pub(super) away: Option<AwayBlock>,
    /// A room was asked for here: show it when it comes.
    pub(super) expects_room: bool,
    /// The terminal's window is the one the person is in.
    pub(super) has_focus: bool,
    /// As of the last message.
    pub(super) now: Moment,
    /// As of the last frame.
    pub(super) size: Size,
    pub(super) keymap: Keymap,
    pub(super) theme: Theme,
    pub(super) depth: ColourDepth,
    /// How the panes stand.
    pub(super) layout: Arrangement,
    /// Whom a list of choices is about.
    pub(super) picked: Option<PersonCard>,
    /// The person's config file.
    pub(super) config_file: Option<PathBuf>,
    /// What was sent to the terminal.
    pub(super) sent: SentBytes,
    pub(super) screen: ScreenSettings,
    /// When rooms are recorded.
    pub(super) record: RecordSettings,
    /// What the recorder said of streams, recordings and copies.
    pub(super) told_of: RecorderAnswers,
    /// What the history told.
    pub(super) remembered: Remembered,
    /// The row of which more is wanted.
    pub(super) liked: Option<LogEntry>,
    /// Lives that were looked for.
    pub(super) found_lives: Option<FoundLives>,
    /// What was ticked off in lives of earlier runs, until they are met again.
    pub(super) kept_ticks: LiveTicks,
    pub(super) zone: jiff::tz::TimeZone,
}

/// What lies over the dashboard.
#[derive(Clone, Debug)]
pub(super) enum Popup {
    /// All keys; the first row shown.
    Help(usize),
    /// What was unknown, unreadable, doubled or missed; the first row shown.
    Diagnostics(usize),
    /// Something is looked for in a list by its name.
    Pick(Picker),
    /// Who somebody is.
    Person(PersonCard),
    /// What needs somebody; the chosen row.
    Inbox(usize),
    /// What befell the rooms; the first row shown.
    Log(usize),
    /// What a live was, as the history has it; the first row shown.
    Report(usize),
    /// What is looked for is being typed.
    Search {
        /// What was typed so far.
        input: TypedLine,
        /// Why it cannot be looked for.
        error: Option<String>,
    },
    /// A name is being typed.
    AddRoom {
        /// What was typed so far.
        input: TypedLine,
        /// Why it is no room.
        error: Option<String>,
    },
    /// A question before something that cannot be taken back.
    Confirm(ConfirmQuestion),
}

/// What the recorder said when it was asked.
#[derive(Clone, Debug, Default)]
pub(super) struct RecorderAnswers {
    /// The streams of a room; nothing until they are known.
    pub(super) streams: Option<(RoomKey, Result<Vec<StreamLabel>, Text>)>,
    /// The recordings there are; nothing until they are known.
    pub(super) takes: Option<Vec<Take>>,
    /// When they were told; nothing while they are asked for.
    pub(super) takes_at: Option<Moment>,
    /// Where copies stand, by what is copied.
    pub(super) copies: Vec<(PathBuf, CopyState)>,
}

/// What is looked for in all rooms.
#[derive(Clone, Debug)]
pub(super) struct Search {
    pub(super) query: SearchQuery,
    /// Rows that do not fit are hidden.
    pub(super) hides: bool,
}

/// A person whose card is open.
#[derive(Clone, Debug)]
pub(super) struct PersonCard {
    /// As the row that was marked described them.
    pub(super) viewer: Arc<Viewer>,
    /// The room of that row.
    pub(super) room: RoomKey,
    /// The first row shown.
    pub(super) from: usize,
    /// The codes for a phone are shown.
    pub(super) codes: bool,
}

/// A room that was closed and can still be brought back.
#[derive(Clone, Debug)]
pub(super) struct ClosedRoom {
    pub(super) tab: Tab,
    /// Where it stood.
    pub(super) at: usize,
    /// Until when.
    pub(super) until: Moment,
}

/// What is asked before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConfirmQuestion {
    /// Give the terminal back to the shell while something is being recorded.
    Suspend,
    /// Leave while recordings run, or after a while.
    Quit,
    /// Close a room that is being recorded, or has been watched for a while.
    Close(RoomKey),
    /// Close all rooms that are chosen in the overview.
    CloseChosen,
}

/// Something to tell the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Toast {
    /// In words.
    pub(super) text: Text,
    /// How much it matters.
    pub(super) kind: ToastKind,
}

/// How much a toast matters, and so how long it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ToastKind {
    /// Goes with the next key.
    Passing,
    /// The same; the key of reports shows that of this live.
    Report(u64),
    /// Stays until it is put away.
    Trouble,
}

/// A room on the screen for so long has been looked at.
const READ_AFTER: Duration = Duration::from_secs(2);

impl App {
    /// An empty dashboard.
    pub(super) fn new(options: ScreenOptions, now: Moment) -> Result<Self, ScreenError> {
        let named = Arrangement::named(&options.screen.layout, &options.screen);
        let (layout, overview) = named.ok_or_else(|| {
            let all = Arrangement::all(&options.screen).into_iter().map(|(name, _)| name);
            ScreenError::Layout(crate::text::excerpt(&options.screen.layout, 40), all.collect::<Vec<_>>().join(", "))
        })?;
        let kept = options.memory;
        let mut app = Self {
            tabs: Vec::new(),
            active: 0,
            focus: PaneId::Chat,
            zoom: None,
            transports: Arc::from([]),
            popup: None,
            toast: None,
            overview,
            room_filter: String::new(),
            sort: RoomSort::default(),
            layout,
            picked: None,
            config_file: options.config_file,
            sent: SentBytes::default(),
            graph: GraphView::default(),
            search: None,
            people: PeopleRules::of_settings(&options.screen),
            inbox: Inbox::default(),
            event_log: EventLog::default(),
            closed: None,
            hidden: Vec::new(),
            told: Vec::new(),
            opened: now,
            notice: options.notice,
            replay: options.replay,
            replay_time: None,
            drags_bar: false,
            attached: options.attached,
            shown_since: now,
            looked_at: VecDeque::new(),
            facts: Vec::new(),
            notified: None,
            last_key: now,
            away: None,
            expects_room: false,
            has_focus: true,
            now,
            size: Size::new(80, 24),
            keymap: Keymap::new(&options.keys).map_err(ScreenError::Keys)?,
            theme: Theme::named(&options.screen.theme, options.depth, options.mono)?,
            depth: options.depth,
            screen: options.screen,
            record: options.record,
            told_of: RecorderAnswers::default(),
            remembered: Remembered::default(),
            liked: None,
            found_lives: None,
            kept_ticks: LiveTicks::default(),
            zone: options.zone,
        };
        if let Some(kept) = kept {
            super::memory::restore(&mut app, kept);
        }
        Ok(app)
    }

    /// The room on the screen.
    pub(super) fn tab(&self) -> Option<&Tab> {
        self.tabs.get(self.active)
    }

    /// The room on the screen, to change it.
    pub(super) fn tab_mut(&mut self) -> Option<&mut Tab> {
        self.tabs.get_mut(self.active)
    }

    /// How long until what the room on the screen brought counts as read; nothing when there is nothing to read, or nobody
    /// to read it.
    pub(super) fn until_read(&self) -> Option<Duration> {
        let waits = self.has_focus && self.overview.is_none() && self.tab().is_some_and(|tab| tab.unread > 0);
        waits.then(|| READ_AFTER.saturating_sub(self.now.since(self.shown_since)))
    }

    /// Where a room is among the tabs.
    pub(super) fn position(&self, key: RoomKey) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.key == key)
    }

    /// Where everything goes on a screen of the current size.
    pub(super) fn plan(&self) -> Plan {
        layout::plan(Rect::from((ratatui::layout::Position::ORIGIN, self.size)), &self.wants())
    }

    /// Everything between tabs and status.
    pub(super) fn body(&self) -> Rect {
        let plan = self.plan();
        let around = plan.tabs.height + plan.timeline.height + plan.status.height;
        let height = self.size.height.saturating_sub(around);
        Rect { x: 0, y: plan.tabs.height, width: self.size.width, height }
    }

    /// What asks for room on the screen.
    pub(super) fn wants(&self) -> LayoutRequest {
        LayoutRequest {
            panes: self.layout.order().filter(|&id| self.wants_pane(id)).collect(),
            zoom: self.zoom,
            side: self.layout.side,
            strips: self.layout.strips,
            status_rows: super::panes::status::rows(self),
            timeline_rows: timeline::rows(self),
        }
    }

    /// The pane that scroll keys move: a zoomed one whatever had the focus before.
    pub(super) fn focused(&self) -> PaneId {
        self.zoom.unwrap_or(if self.wants_pane(self.focus) { self.focus } else { PaneId::Chat })
    }

    /// Whether a pane has something to show of the room on the screen.
    fn wants_pane(&self, id: PaneId) -> bool {
        self.layout.has(id) && self.tab().is_none_or(|tab| id.pane().is_wanted(tab, self.now))
    }

    /// The first key of an action for a hint; nothing when it has none or does nothing here.
    pub(super) fn key(&self, action: Action) -> Option<String> {
        self.keymap.label(action).filter(|_| self.is_available(action))
    }

    /// Whether an action does anything on this dashboard.
    pub(super) fn is_available(&self, action: Action) -> bool {
        action.context() != self.foreign_context()
    }

    /// The context that is open here and not on the other kind of dashboard.
    pub(super) fn own_context(&self) -> KeyContext {
        if self.replay { KeyContext::Replay } else { KeyContext::Live }
    }

    /// The context that is never open here.
    pub(super) fn foreign_context(&self) -> KeyContext {
        if self.replay { KeyContext::Live } else { KeyContext::Replay }
    }

    /// Says something that goes with the next key.
    pub(super) fn notify(&mut self, text: impl Into<Text>) {
        self.toast = Some(Toast { text: text.into(), kind: ToastKind::Passing });
    }

    /// Says that there is a report of a live, by its room id, which the key of reports shows now.
    pub(super) fn offer_report(&mut self, live: u64, text: impl Into<Text>) {
        self.toast = Some(Toast { text: text.into(), kind: ToastKind::Report(live) });
    }

    /// Says something that stays until it is put away.
    pub(super) fn warn(&mut self, text: impl Into<Text>) {
        self.toast = Some(Toast { text: text.into(), kind: ToastKind::Trouble });
    }
}
