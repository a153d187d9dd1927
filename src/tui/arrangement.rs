//! Arrangement of the panes: which are shown, in which order, how wide the columns beside the chat are; presets for those who
//! stream, moderate or record, and layouts of the person's own.

use super::merged::MergedView;
use super::overview::Overview;
use super::panes::PaneId;
use crate::config::{LayoutSettings, ScreenSettings};

/// Percent of the width that the columns beside the chat may take.
const SIDE: std::ops::RangeInclusive<u16> = 20..=80;
const SIDE_STEP: u16 = 5;

/// How the panes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrangement {
    /// What it is called.
    pub(super) name: String,
    /// The panes that are shown, in their order. The chat is always there.
    pub(super) panes: Vec<PaneId>,
    /// Percent of the width for the columns beside the chat.
    pub(super) side: u16,
    /// Panes beside the chat are strips.
    pub(super) strips: bool,
}

/// A layout that comes with the program: its name, what it is for, its panes, the columns beside the chat, whether they are strips,
/// and what the screen begins with.
type Preset = (&'static str, &'static str, &'static [PaneId], u16, bool, Option<Overview>);

const PRESETS: [Preset; 5] = [
    (
        "streamer",
        "gifts, graphs and battle beside the chat",
        &[PaneId::Gifts, PaneId::Graphs, PaneId::Battle],
        40,
        false,
        None,
    ),
    (
        "moderator",
        "a wide chat, questions and gifts",
        &[PaneId::Questions, PaneId::Gifts, PaneId::Battle],
        30,
        false,
        None,
    ),
    (
        "wall",
        "begins with the wall of all rooms",
        &[PaneId::Gifts, PaneId::Graphs, PaneId::Battle],
        40,
        false,
        Some(Overview::Wall),
    ),
    (
        "compact",
        "the chat, all else in strips of one row",
        &[PaneId::Gifts, PaneId::Graphs, PaneId::Battle],
        40,
        true,
        None,
    ),
    (
        "recorder",
        "begins with the table; graphs beside the chat",
        &[PaneId::Graphs, PaneId::Battle],
        50,
        false,
        Some(Overview::Table),
    ),
];

impl Arrangement {
    /// The layout of this name, and what the screen begins with; nothing where there is none.
    pub(super) fn named(name: &str, settings: &ScreenSettings) -> Option<(Self, Option<Overview>)> {
        if let Some(own) = settings.layouts.iter().find(|own| own.name == name) {
            return Some(Self::own(own));
        }
        let (name, _, panes, side, strips, opens) = PRESETS.iter().find(|(preset, ..)| *preset == name)?;
        Some((Self { name: (*name).to_owned(), panes: panes.to_vec(), side: *side, strips: *strips }, *opens))
    }

    fn own(own: &LayoutSettings) -> (Self, Option<Overview>) {
        let opens = match own.opens.as_str() {
            "table" => Some(Overview::Table),
            "wall" => Some(Overview::Wall),
            "feed" => Some(Overview::Feed(MergedView::default())),
            _ => None,
        };
        let panes = own.panes.iter().filter_map(|pane| PaneId::named(pane)).collect();
        let side = own.side.clamp(*SIDE.start(), *SIDE.end());
        (Self { name: own.name.clone(), panes, side, strips: own.strips }, opens)
    }

    /// The layouts there are, each with what it is.
    pub(super) fn all(settings: &ScreenSettings) -> Vec<(String, String)> {
        let own = settings.layouts.iter().map(|own| (own.name.clone(), format!("your own: {}", own.panes.join(", "))));
        own.chain(PRESETS.iter().map(|(name, what, ..)| ((*name).to_owned(), (*what).to_owned()))).collect()
    }

    /// Whether a pane is shown.
    pub(super) fn has(&self, pane: PaneId) -> bool {
        pane == PaneId::Chat || self.panes.contains(&pane)
    }

    /// The panes that are shown, the chat first.
    pub(super) fn order(&self) -> impl Iterator<Item = PaneId> + '_ {
        std::iter::once(PaneId::Chat).chain(self.panes.iter().copied())
    }

    /// Makes the columns beside the chat wider, or narrower.
    pub(super) fn resize(&mut self, wider: bool) {
        let side = if wider { self.side + SIDE_STEP } else { self.side.saturating_sub(SIDE_STEP) };
        self.side = side.clamp(*SIDE.start(), *SIDE.end());
    }

    /// Shows a pane, or takes it away; whether it is shown now. The chat stays.
    pub(super) fn toggle(&mut self, pane: PaneId) -> bool {
        if pane == PaneId::Chat {
            return true;
        }
        if let Some(at) = self.panes.iter().position(|&own| own == pane) {
            self.panes.remove(at);
            return false;
        }
        self.panes.insert(0, pane);
        true
    }

    /// Puts a pane before the one above it; the first becomes the last.
    pub(super) fn move_up(&mut self, pane: PaneId) {
        let Some(at) = self.panes.iter().position(|&own| own == pane) else { return };
        let pane = self.panes.remove(at);
        self.panes.insert(at.checked_sub(1).unwrap_or(self.panes.len()), pane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_its_name_and_own_layouts_go_first() {
        let own = LayoutSettings { name: "wall".into(), side: 99, ..LayoutSettings::default() };
        let settings = ScreenSettings { layouts: vec![own], ..ScreenSettings::default() };
        for (name, _) in Arrangement::all(&settings) {
            assert_eq!(Arrangement::named(&name, &settings).unwrap().0.name, name);
        }
        assert_eq!(Arrangement::named("wall", &settings).unwrap(), {
            let panes = vec![PaneId::Gifts, PaneId::Graphs, PaneId::Battle];
            (Arrangement { name: "wall".into(), panes, side: 80, strips: false }, None)
        });
        assert!(Arrangement::named("nowhere", &settings).is_none());
    }

    #[test]
    fn panes_are_moved_shown_and_taken_away() {
        let (mut arrangement, _) = Arrangement::named("streamer", &ScreenSettings::default()).unwrap();
        arrangement.move_up(PaneId::Graphs);
        assert_eq!(arrangement.panes, [PaneId::Graphs, PaneId::Gifts, PaneId::Battle]);
        arrangement.move_up(PaneId::Graphs);
        assert_eq!(arrangement.panes, [PaneId::Gifts, PaneId::Battle, PaneId::Graphs]);
        assert!(!arrangement.toggle(PaneId::Gifts) && arrangement.toggle(PaneId::Viewers));
        assert!(arrangement.toggle(PaneId::Chat) && arrangement.has(PaneId::Chat));
        assert_eq!(arrangement.panes, [PaneId::Viewers, PaneId::Battle, PaneId::Graphs]);
        (0..20).for_each(|_| arrangement.resize(true));
        assert_eq!(arrangement.side, 80);
    }
}
