//! State of the screen, as data. `update` changes it, `view` reads it; neither hides state of its own.

use std::sync::Arc;

use ratatui::layout::{Rect, Size};
use tui_input::Input;

use super::action::{Action, KeyContext};
use super::keymap::Keymap;
use super::layout::{self, LayoutRequest, Plan};
use super::panes::PaneId;
use super::tab::Tab;
use super::theme::Theme;
use super::{ScreenError, ScreenOptions};
use crate::clock::Moment;
use crate::config::ScreenSettings;
use crate::ids::RoomKey;
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
    /// A line that is always there.
    pub(super) notice: Option<Text>,
    /// What is shown happened before: its time can be moved, and nothing can be looked up or recorded.
    pub(super) replay: bool,
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
    pub(super) screen: ScreenSettings,
    pub(super) zone: jiff::tz::TimeZone,
}

/// What lies over the dashboard.
#[derive(Clone, Debug)]
pub(super) enum Popup {
    /// All keys; the first row shown.
    Help(usize),
    /// What was unknown, unreadable, doubled or missed; the first row shown.
    Diagnostics(usize),
    /// A name is being typed.
    AddRoom {
        /// What was typed so far.
        input: Input,
        /// Why it is no room.
        error: Option<String>,
    },
    /// A question before something that cannot be taken back.
    Confirm(ConfirmQuestion),
}

/// What is asked before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConfirmQuestion {
    /// Give the terminal back to the shell while something is being recorded.
    Suspend,
    /// Leave while recordings run.
    Quit,
    /// Close a room that is being recorded.
    Close(RoomKey),
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
    /// Stays until it is put away.
    Trouble,
}

impl App {
    /// An empty dashboard.
    pub(super) fn new(options: ScreenOptions, now: Moment) -> Result<Self, ScreenError> {
        Ok(Self {
            tabs: Vec::new(),
            active: 0,
            focus: PaneId::Chat,
            zoom: None,
            transports: Arc::from([]),
            popup: None,
            toast: None,
            notice: options.notice,
            replay: options.replay,
            expects_room: false,
            has_focus: true,
            now,
            size: Size::new(80, 24),
            keymap: Keymap::new(&options.keys).map_err(ScreenError::Keys)?,
            theme: Theme::new(options.mono),
            screen: options.screen,
            zone: options.zone,
        })
    }

    /// The room on the screen.
    pub(super) fn tab(&self) -> Option<&Tab> {
        self.tabs.get(self.active)
    }

    /// The room on the screen, to change it.
    pub(super) fn tab_mut(&mut self) -> Option<&mut Tab> {
        self.tabs.get_mut(self.active)
    }

    /// Where a room is among the tabs.
    pub(super) fn position(&self, key: RoomKey) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.key == key)
    }

    /// Where everything goes on a screen of the current size.
    pub(super) fn plan(&self) -> Plan {
        layout::plan(Rect::from((ratatui::layout::Position::ORIGIN, self.size)), &self.wants())
    }

    /// What asks for room on the screen.
    pub(super) fn wants(&self) -> LayoutRequest {
        LayoutRequest {
            panes: PaneId::ALL.iter().copied().filter(|&id| self.wants_pane(id)).collect(),
            zoom: self.zoom,
            status_rows: super::panes::status::rows(self),
        }
    }

    /// The pane that scroll keys move: a zoomed one whatever had the focus before.
    pub(super) fn focused(&self) -> PaneId {
        self.zoom.unwrap_or(if self.wants_pane(self.focus) { self.focus } else { PaneId::Chat })
    }

    /// Whether a pane has something to show of the room on the screen.
    fn wants_pane(&self, id: PaneId) -> bool {
        self.tab().is_none_or(|tab| id.pane().is_wanted(tab, self.now))
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

    /// Says something that stays until it is put away.
    pub(super) fn warn(&mut self, text: impl Into<Text>) {
        self.toast = Some(Toast { text: text.into(), kind: ToastKind::Trouble });
    }
}
