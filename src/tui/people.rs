//! People whom the person at the screen ignores, here or everywhere, for a while or always, and people who are to stand out.

use std::collections::BTreeMap;

use super::highlights::{HighlightRules, HighlightStyle};
use crate::clock::Moment;
use crate::config::ScreenSettings;
use crate::events::Viewer;
use crate::ids::RoomKey;
use crate::room::{LogEntry, LogLine, WantedPerson};

/// Rules kept; the oldest go.
const MOST: usize = 2_000;

/// The rules.
#[derive(Clone, Debug, Default)]
pub(super) struct PeopleRules {
    ignored: Vec<IgnoreRule>,
    highlighted: Vec<WantedPerson>,
    /// How some of them look and sound.
    styles: Vec<(WantedPerson, HighlightStyle)>,
    /// What is to stand out whoever says it.
    pub(super) words: HighlightRules,
}

/// Somebody is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct IgnoreRule {
    who: WantedPerson,
    /// Where; nothing for everywhere.
    room: Option<RoomKey>,
    /// Until when; nothing for always.
    until: Option<Moment>,
}

fn person(viewer: &Viewer) -> WantedPerson {
    WantedPerson { id: viewer.id, handle: viewer.unique_id.as_str().to_lowercase() }
}

fn named(name: &str) -> WantedPerson {
    WantedPerson { id: None, handle: name.trim().trim_start_matches('@').to_lowercase() }
}

impl PeopleRules {
    /// The rules that the settings name.
    pub(super) fn of_settings(settings: &ScreenSettings) -> Self {
        let ignored = settings.ignore.iter().map(|name| IgnoreRule { who: named(name), room: None, until: None });
        let styles = settings.highlight_styles.iter().map(|(text, words)| (text.clone(), HighlightStyle::of(words)));
        let (people, words): (BTreeMap<_, _>, BTreeMap<_, _>) = styles.partition(|(text, _)| text.starts_with('@'));
        let styled = people.keys().filter(|name| !settings.people.contains(name));
        Self {
            ignored: ignored.collect(),
            highlighted: settings.people.iter().chain(styled).map(|name| named(name)).collect(),
            styles: people.iter().map(|(name, style)| (named(name), *style)).collect(),
            words: HighlightRules::new(&settings.highlights, words),
        }
    }

    /// Whether what somebody said at a moment is not shown in a room.
    pub(super) fn ignores(&self, viewer: &Viewer, room: RoomKey, at: Moment) -> bool {
        !viewer.host
            && self.ignored.iter().any(|rule| {
                rule.room.is_none_or(|own| own == room)
                    && rule.until.is_none_or(|until| at.mono < until.mono)
                    && rule.who.is(viewer)
            })
    }

    /// Ignores somebody, in one room or everywhere, until a moment or always.
    pub(super) fn ignore(&mut self, viewer: &Viewer, room: Option<RoomKey>, until: Option<Moment>) {
        self.forgive(viewer);
        if self.ignored.len() >= MOST {
            self.ignored.remove(0);
        }
        self.ignored.push(IgnoreRule { who: person(viewer), room, until });
    }

    /// Ignores somebody no longer; whether they were.
    pub(super) fn forgive(&mut self, viewer: &Viewer) -> bool {
        let before = self.ignored.len();
        self.ignored.retain(|rule| !rule.who.is(viewer));
        self.ignored.len() < before
    }

    /// Whether somebody is ignored anywhere.
    pub(super) fn is_ignored(&self, viewer: &Viewer) -> bool {
        self.ignored.iter().any(|rule| rule.who.is(viewer))
    }

    /// Who is to stand out.
    pub(super) fn highlighted(&self) -> Vec<WantedPerson> {
        self.highlighted.clone()
    }

    /// Whether a row of the room of this name stands out, for what it says or for who says it.
    pub(super) fn is_mention(&self, entry: &LogEntry, room: &str) -> bool {
        self.mention(entry, room).is_some()
    }

    /// How a row stands out; nothing where it does not. The style of a person goes before that of what they say.
    pub(super) fn mention(&self, entry: &LogEntry, room: &str) -> Option<HighlightStyle> {
        let person = match &entry.line {
            LogLine::Chat { from, .. } if self.highlights(from) => {
                Some(self.styles.iter().find(|(person, _)| person.is(from)).map(|(_, style)| *style))
            }
            _ => None,
        };
        match person {
            Some(Some(style)) => Some(style),
            Some(None) => Some(self.words.style_of(entry, room).unwrap_or_default()),
            None => self.words.style_of(entry, room),
        }
    }

    /// Whether somebody is to stand out.
    pub(super) fn highlights(&self, viewer: &Viewer) -> bool {
        self.highlighted.iter().any(|person| person.is(viewer))
    }

    /// Lets somebody stand out, or no longer; whether they do now.
    pub(super) fn toggle_highlight(&mut self, viewer: &Viewer) -> bool {
        let before = self.highlighted.len();
        self.highlighted.retain(|person| !person.is(viewer));
        if self.highlighted.len() < before {
            return false;
        }
        if self.highlighted.len() >= MOST {
            self.highlighted.remove(0);
        }
        self.highlighted.push(person(viewer));
        true
    }

    /// The handles of those who are ignored everywhere and always, and of those who stand out: what lasts.
    pub(super) fn lasting(&self) -> (Vec<String>, Vec<String>) {
        let lasting = self.ignored.iter().filter(|rule| rule.room.is_none() && rule.until.is_none());
        let handle = |person: &WantedPerson| (!person.handle.is_empty()).then(|| format!("@{}", person.handle));
        (lasting.filter_map(|rule| handle(&rule.who)).collect(), self.highlighted.iter().filter_map(handle).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::UserId;
    use std::time::Duration;

    fn viewer(id: u64, handle: &str) -> Viewer {
        Viewer { id: Some(UserId(id)), unique_id: handle.into(), ..Viewer::default() }
    }

    #[test]
    fn somebody_is_ignored_where_and_as_long_as_was_said() {
        let mut rules = PeopleRules::default();
        let (now, kit) = (Moment { mono: 1_000, ..Moment::default() }, viewer(1, "kit"));
        rules.ignore(&kit, Some(RoomKey(1)), Some(now + Duration::from_secs(60)));
        assert!(rules.ignores(&kit, RoomKey(1), now));
        assert!(!rules.ignores(&kit, RoomKey(2), now) && !rules.ignores(&viewer(2, "mia"), RoomKey(1), now));
        assert!(!rules.ignores(&kit, RoomKey(1), now + Duration::from_secs(60)));
        rules.ignore(&kit, None, None);
        assert!(rules.ignores(&kit, RoomKey(2), now + Duration::from_secs(9_000)));
        assert_eq!(rules.lasting().0, ["@kit"]);
        assert!(rules.forgive(&kit) && !rules.forgive(&kit));
        assert!(!rules.ignores(&kit, RoomKey(1), now));
    }

    #[test]
    fn the_host_is_never_ignored_and_names_of_the_settings_hold_whatever_their_capitals() {
        let settings =
            ScreenSettings { ignore: vec!["@Kit".into()], people: vec!["mia".into()], ..ScreenSettings::default() };
        let rules = PeopleRules::of_settings(&settings);
        let now = Moment::default();
        assert!(rules.ignores(&viewer(1, "kit"), RoomKey(1), now));
        assert!(!rules.ignores(&Viewer { host: true, ..viewer(1, "kit") }, RoomKey(1), now));
        assert!(rules.highlights(&viewer(9, "MIA")));
    }
}
