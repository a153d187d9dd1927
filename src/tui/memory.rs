//! Memory of a screen from one run to the next, where that is wanted: rooms, layout, theme, filters, people, ticks.

use serde::{Deserialize, Serialize};

use super::app::App;
use super::arrangement::Arrangement;
use super::panes::PaneId;
use super::ticks::{self, LiveTicks};
use crate::config::in_range;

/// What is kept. A field that is missing or new costs itself only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScreenMemory {
    /// The rooms that were open, as `@name` or by their number.
    pub rooms: Vec<String>,
    /// Name of the layout, its panes, the columns beside the chat, whether they are strips.
    pub layout: Option<LayoutMemory>,
    /// The theme.
    pub theme: Option<String>,
    /// Searches with a name.
    pub filters: std::collections::BTreeMap<String, String>,
    /// Who is ignored everywhere.
    pub ignored: Vec<String>,
    /// Who stands out.
    pub people: Vec<String>,
    /// Words and searches that stand out, beside those of the settings.
    pub highlights: Vec<String>,
    /// Gifts that were thanked for and questions that were answered, by the number of the live.
    pub ticks: LiveTicks,
}

/// A layout as it was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LayoutMemory {
    /// Its name.
    pub name: String,
    /// The panes, in their order.
    pub panes: Vec<String>,
    /// Percent of the width beside the chat.
    pub side: u16,
    /// Panes beside the chat are strips.
    pub strips: bool,
}

/// What there is to keep of a screen.
pub(super) fn of(app: &App) -> ScreenMemory {
    let (ignored, people) = app.people.lasting();
    let Arrangement { name, panes, side, strips } = app.layout.clone();
    let panes = panes.into_iter().map(PaneId::name).collect();
    ScreenMemory {
        rooms: app.tabs.iter().map(|tab| format!("@{}", tab.name())).collect(),
        layout: Some(LayoutMemory { name, panes, side, strips }),
        theme: Some(app.screen.theme.clone()),
        filters: app.screen.filters.clone(),
        ignored,
        people,
        highlights: app.people.words.added().to_vec(),
        ticks: ticks::of(app),
    }
}

/// Puts a screen as it was left. What the settings name goes before what was kept.
pub(super) fn restore(app: &mut App, kept: ScreenMemory) {
    if let Some(layout) = kept.layout {
        let panes = layout.panes.iter().filter_map(|name| PaneId::named(name)).collect();
        let side = u16::try_from(in_range("screen.layouts.*.side", layout.side.into())).unwrap_or(app.layout.side);
        app.layout = Arrangement { name: layout.name, panes, side, strips: layout.strips };
    }
    if let Some(theme) = kept.theme
        && let Ok(theme_as_kept) = super::theme::Theme::named(&theme, app.depth, app.theme.is_mono())
    {
        app.theme = theme_as_kept;
        app.screen.theme = theme;
    }
    for (name, query) in kept.filters {
        app.screen.filters.entry(name).or_insert(query);
    }
    app.kept_ticks = kept.ticks;
    app.screen.ignore.extend(kept.ignored);
    app.screen.people.extend(kept.people);
    app.people = super::people::PeopleRules::of_settings(&app.screen);
    app.people.words.add_all(kept.highlights);
}
