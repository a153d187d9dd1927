//! Search for lives that are on now, from the screen: what is asked of the service, what it found, and the rows of its list.

use super::app::App;
use super::number;
use super::picker::{Choice, Pick};
use super::roster::{RosterAnswer, RosterQuestion};
use crate::text::Text;

/// What the screen asks of the service beside its rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceQuestion {
    /// Who is in a room by name.
    Roster(RosterQuestion),
    /// Which lives match these words.
    Lives(String),
}

/// What the service answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceAnswer {
    /// Who is in a room by name.
    Roster(RosterAnswer),
    /// Lives that match.
    Lives(LiveSearch),
}

/// The answer to one search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSearch {
    /// What was looked for.
    pub words: String,
    /// The lives, best first; why they are not told, in words.
    pub lives: Result<Vec<ListedLive>, Text>,
}

/// A live that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedLive {
    /// Who, as a room is added: `@name`, else the number of the live.
    pub target: String,
    /// Its title.
    pub title: Text,
    /// Watching now.
    pub watching: Option<u64>,
}

/// Where a search stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FoundLives {
    /// These words are looked for.
    Asked(String),
    /// This was found.
    Known(LiveSearch),
}

/// The rows for what is typed: the answer to exactly that, else a row that asks.
pub(super) fn rows(app: &App, typed: &str) -> Vec<Pick> {
    let row = |name: &str, note: String, choice| Pick { name: name.to_owned(), note, keys: String::new(), choice };
    if typed.is_empty() {
        return vec![row("type some words", "a name, a title, a game; Enter looks for it".into(), Choice::Stay)];
    }
    match &app.found_lives {
        Some(FoundLives::Asked(words)) if words == typed => {
            vec![row("looking\u{2026}", format!("for lives with {words}"), Choice::Stay)]
        }
        Some(FoundLives::Known(found)) if found.words == typed => match &found.lives {
            Err(why) => vec![row("not told", why.to_string(), Choice::LookForLives(typed.to_owned()))],
            Ok(lives) if lives.is_empty() => {
                vec![row("no live matches", "other words may find some".into(), Choice::Stay)]
            }
            Ok(lives) => lives.iter().map(|live| live_row(app, live)).collect(),
        },
        _ => {
            let note = format!("Enter looks for lives with {typed}");
            vec![row("look", note, Choice::LookForLives(typed.to_owned()))]
        }
    }
}

fn live_row(app: &App, live: &ListedLive) -> Pick {
    let watching = live.watching.map(|watching| format!("{} watching", number::count(watching)));
    let here = app.tabs.iter().any(|tab| format!("@{}", tab.name()) == live.target).then(|| "open already".to_owned());
    let title = Some(live.title.to_string()).filter(|title| !title.is_empty());
    let note: Vec<String> = [here, watching, title].into_iter().flatten().collect();
    let choice = Choice::Add(live.target.clone());
    Pick { name: live.target.clone(), note: note.join(", "), keys: String::new(), choice }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::config::{Keys, ScreenSettings};
    use crate::track::TrackerCommand;
    use crate::tui::ScreenOptions;
    use crate::tui::chord::Chord;
    use crate::tui::msg::{Effect, Msg};
    use crate::tui::update::update;

    fn press(app: &mut App, chord: &str) -> Vec<Effect> {
        update(app, Msg::Key(chord.parse::<Chord>().unwrap().event())).effects
    }

    fn answer(app: &mut App, lives: Result<Vec<ListedLive>, Text>) {
        let answer = LiveSearch { words: "art".to_owned(), lives };
        update(app, Msg::Service(ServiceAnswer::Lives(answer)));
    }

    #[test]
    fn lives_are_looked_for_and_one_is_added() {
        let options = ScreenOptions::new(ScreenSettings::default(), Keys::new());
        let mut app = App::new(options, Moment::default()).unwrap();
        for chord in ["O", "a", "r", "t"] {
            assert_eq!(press(&mut app, chord), []);
        }
        let asks = Effect::AskService(ServiceQuestion::Lives("art".to_owned()));
        assert_eq!(press(&mut app, "enter"), std::slice::from_ref(&asks));
        let first = |app: &App| rows(app, "art").remove(0);
        assert_eq!((first(&app).name.as_str(), first(&app).choice), ("looking\u{2026}", Choice::Stay));
        answer(&mut app, Err("TikTok does not answer".into()));
        assert_eq!(first(&app).note, "TikTok does not answer");
        // Tried again.
        assert_eq!(press(&mut app, "enter"), [asks]);
        answer(&mut app, Ok(Vec::new()));
        assert_eq!(first(&app).name, "no live matches");
        let live = ListedLive { target: "@ana.live".to_owned(), title: "Painting".into(), watching: Some(1_243) };
        answer(&mut app, Ok(vec![live]));
        assert_eq!(first(&app).note, "1 243 watching, Painting");
        let adds = TrackerCommand::Add("@ana.live".parse().unwrap());
        assert_eq!(press(&mut app, "enter"), [Effect::Track(adds)]);
    }
}
